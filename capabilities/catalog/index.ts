/** What is watched for the catalog of LLMs, Agents, MCPServers and ContactChannels, and who answers: nothing more. */
import { Capability } from "pepr";
import type { Agent, ContactChannel, LLM, MCPServer } from "../../crds/index";
import * as kinds from "../../crds/kinds";
import type { Controller } from "../runtime/controller";
import { watchAll } from "../watch-every-change";

/** The capability: one watch a kind. */
export function catalog(operator: {
  llms: Pick<Controller<LLM>, "notice">;
  agents: Pick<Controller<Agent>, "notice">;
  mcpServers: Pick<Controller<MCPServer>, "notice">;
  contactChannels: Pick<Controller<ContactChannel>, "notice">;
}): Capability {
  const capability = new Capability({
    name: "catalog",
    description:
      "Says of LLMs, Agents, MCPServers and ContactChannels whether they can be used, and keeps MCPServers connected.",
  });
  watchAll(capability, kinds.LLM, function noticeLLM(llm, phase) {
    operator.llms.notice(llm, phase);
  });
  watchAll(capability, kinds.Agent, function noticeAgent(agent, phase) {
    operator.agents.notice(agent, phase);
  });
  watchAll(capability, kinds.MCPServer, function noticeMCPServer(server, phase) {
    operator.mcpServers.notice(server, phase);
  });
  watchAll(capability, kinds.ContactChannel, function noticeContactChannel(channel, phase) {
    operator.contactChannels.notice(channel, phase);
  });
  return capability;
}
