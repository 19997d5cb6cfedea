/** Makes one plain value of everything the readiness of an Agent depends on. Reads memory only. */
import type { Agent, ContactChannel, LLM, MCPServer } from "../../../crds/index";
import type { Store } from "../../runtime/store";
import { isUnseen } from "../status";
import { offerOf } from "./offer";
import type { Found, Observed, ServerFound } from "./readiness";

/** Where an Agent's dependencies are found. */
export interface Dependencies {
  llms: Store<LLM>;
  mcpServers: Store<MCPServer>;
  contactChannels: Store<ContactChannel>;
}

/** What is seen of an Agent now. */
export function observe(agent: Agent, { llms, mcpServers, contactChannels }: Dependencies): Observed {
  const { namespace } = agent.metadata;
  const served = (agent.spec.mcpServers ?? []).map((server) => ({
    server,
    object: alive(mcpServers.get(`${namespace}/${server.name}`)),
  }));
  const reached = (agent.spec.humanContactChannels ?? []).map(({ name }) => ({
    name,
    object: alive(contactChannels.get(`${namespace}/${name}`)),
  }));
  return {
    namespace,
    spec: agent.spec,
    llm: found(alive(llms.get(`${namespace}/${agent.spec.llmRef.name}`))),
    servers: served.map(({ server, object }) => ({ name: server.name, ...foundServer(object) })),
    channels: reached.map(({ name, object }) => ({ name, ...found(object) })),
    offer: offerOf(
      served.map(({ server, object }) => ({ server, tools: object?.status?.tools?.map(({ name }) => name) })),
      reached.flatMap(({ name, object }) => (object ? [{ channel: name, type: object.spec.type }] : [])),
    ),
    isNew: isUnseen(agent.status),
  };
}

/** One on its way out is no longer there for an agent. */
function alive<T extends LLM | MCPServer | ContactChannel>(object: T | undefined): T | undefined {
  return object?.metadata.deletionTimestamp ? undefined : object;
}

function found(object: LLM | ContactChannel | undefined): Found {
  if (!object) return { kind: "Missing" };
  if (object.status?.ready) return { kind: "Ready" };
  if (isUnseen(object.status)) return { kind: "Unchecked" };
  return { kind: "NotReady", detail: object.status?.statusDetail ?? "it does not say why" };
}

function foundServer(server: MCPServer | undefined): ServerFound {
  if (!server) return { kind: "Missing" };
  if (server.status?.connected) return { kind: "Connected" };
  if (isUnseen(server.status) || server.status?.status === "Connecting") return { kind: "Connecting" };
  return {
    kind: "NotConnected",
    detail: server.status?.statusDetail ?? "it does not say why",
  };
}
