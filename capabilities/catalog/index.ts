/** What is watched for the catalog of LLMs and Agents, and who answers: nothing more. */
import { Capability } from "pepr";
import type { Agent, LLM } from "../../crds/index";
import * as kinds from "../../crds/kinds";
import type { Controller } from "../runtime/controller";
import { watchAll } from "../watch-every-change";

export function catalog(operator: {
  llms: Pick<Controller<LLM>, "notice">;
  agents: Pick<Controller<Agent>, "notice">;
}): Capability {
  const capability = new Capability({
    name: "catalog",
    description: "Says of LLMs and Agents whether they can be used.",
  });
  watchAll(capability, kinds.LLM, function noticeLLM(llm, phase) {
    operator.llms.notice(llm, phase);
  });
  watchAll(capability, kinds.Agent, function noticeAgent(agent, phase) {
    operator.agents.notice(agent, phase);
  });
  return capability;
}
