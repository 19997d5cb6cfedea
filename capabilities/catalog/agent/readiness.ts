/**
 * Whether an Agent can be used. Pure and level-based: it follows its LLM, its MCPServers and its ContactChannels in both
 * directions, for ever, and nothing it says is sticky. What it offers to the model is worked out in offer.ts.
 */
import type { AgentSpec } from "../../../crds/index";
import { assertNever } from "../../runtime/assert-never";
import { listed } from "../../runtime/listed";
import type { Note, Verdict } from "../status";
import type { Offer } from "./offer";

/**
 * An LLM or a ContactChannel an agent names. `detail` is what it says about itself; it is `Unchecked` before the operator has
 * looked at it.
 */
export type Found =
  | { kind: "Missing" }
  | { kind: "Unchecked" }
  | { kind: "NotReady"; detail: string }
  | { kind: "Ready" };

/** An MCPServer an agent names. `detail` is what the server says about itself; it is `Connecting` before anything is known. */
export type ServerFound =
  | { kind: "Missing" }
  | { kind: "Connecting" }
  | { kind: "NotConnected"; detail: string }
  | { kind: "Connected" };

/** Everything that the readiness of an Agent depends on. */
export interface Observed {
  namespace: string;
  spec: Pick<AgentSpec, "llmRef" | "tools" | "subAgents">;
  llm: Found;
  /** In the order of `spec.mcpServers`. */
  servers: (ServerFound & { name: string })[];
  /** In the order of `spec.humanContactChannels`. */
  channels: (Found & { name: string })[];
  /** What is offered, of what the servers are known to have. */
  offer: Offer;
  /** Nothing has been said about this agent yet. */
  isNew: boolean;
}

/** What to say, and what to tell before it. */
export interface Decision {
  say: Verdict;
  /** Events that come before that of the verdict. */
  notes: Note[];
}

/** Pure: same observation, same decision. */
export function decide(seen: Observed): Decision {
  const notes: Note[] = seen.isNew
    ? [
        {
          type: "Normal",
          reason: "Initializing",
          message: "Starting validation",
        },
      ]
    : [];
  return { say: judge(seen), notes };
}

function judge(seen: Observed): Verdict {
  const unoffered = unofferedDetail(seen.spec);
  const servers = seen.servers.flatMap((server) => serverDetail(server, seen.namespace) ?? []);
  const channels = seen.channels.flatMap((channel) => channelDetail(channel, seen.namespace) ?? []);
  const llm = llmDetail(seen);
  const tools = [unoffered, ...servers, ...channels, ...seen.offer.faults].filter((sentence) => sentence !== undefined);
  if (tools.length === 0 && llm === undefined) return usable();
  // The LLM comes last, for its sentence may end in a command.
  const verdict = pending([...tools, llm]);
  if (awaitsOnlyNews(seen, unoffered)) return { ...verdict, passing: true };
  const awaitsOnlyAgents = llm === undefined && tools.length === 1 && namesOnlyAgents(seen.spec);
  return awaitsOnlyAgents ? { ...verdict, reason: "SubAgentsPending" } : verdict;
}

/** Of an LLM or a channel that is only just being looked at, and of a server that is being connected, nothing is told. */
function awaitsOnlyNews({ llm, servers, channels, offer }: Observed, unoffered: string | undefined): boolean {
  return (
    unoffered === undefined &&
    offer.faults.length === 0 &&
    [llm, ...channels].every(({ kind }) => kind === "Ready" || kind === "Unchecked") &&
    servers.every(({ kind }) => kind === "Connected" || kind === "Connecting")
  );
}

function namesOnlyAgents({ tools, subAgents }: Observed["spec"]): boolean {
  return (subAgents ?? []).length > 0 && (tools ?? []).length === 0;
}

function serverDetail(server: Observed["servers"][number], namespace: string): string | undefined {
  switch (server.kind) {
    case "Missing":
      return `MCPServer "${server.name}" does not exist in namespace "${namespace}". Create it, or change spec.mcpServers.`;
    case "NotConnected":
      return `MCPServer "${server.name}" is not connected: ${server.detail}`;
    case "Connecting":
      return `Waiting for MCPServer "${server.name}" to be connected`;
    case "Connected":
      return undefined;
    default:
      return assertNever(server);
  }
}

function channelDetail(channel: Observed["channels"][number], namespace: string): string | undefined {
  const { name } = channel;
  return foundDetail(channel, { kind: "ContactChannel", name, namespace, field: "spec.humanContactChannels" });
}

function llmDetail({ llm, namespace, spec }: Observed): string | undefined {
  return foundDetail(llm, { kind: "LLM", name: spec.llmRef.name, namespace, field: "spec.llmRef.name" });
}

interface Named {
  kind: string;
  name: string;
  namespace: string;
  /** Where the agent names it. */
  field: string;
}

function foundDetail(found: Found, { kind, name, namespace, field }: Named): string | undefined {
  switch (found.kind) {
    case "Missing":
      return `${kind} "${name}" does not exist in namespace "${namespace}". Create it, or change ${field}.`;
    case "NotReady":
      return `${kind} "${name}" is not ready: ${found.detail}`;
    case "Unchecked":
      return `Waiting for ${kind} "${name}" to be validated`;
    case "Ready":
      return undefined;
    default:
      return assertNever(found);
  }
}

function usable(): Verdict {
  return {
    ready: true,
    status: "Ready",
    reason: "ValidationSucceeded",
    detail: "All dependencies validated successfully",
    conditions: [],
  };
}

function pending(sentences: (string | undefined)[]): Verdict {
  const detail = sentences.filter((sentence) => sentence !== undefined).join(" ");
  return { ready: false, status: "Pending", reason: "ValidationFailed", detail, conditions: [] };
}

/** Other sorts of tools are waited for, since nothing in this version would offer them to the model. */
function unofferedDetail(spec: Observed["spec"]): string | undefined {
  const awaited = [...namesOf("Tool", spec.tools), ...namesOf("Agent", spec.subAgents)];
  if (awaited.length === 0) return undefined;
  const fields = (["tools", "subAgents"] as const).filter((field) => (spec[field] ?? []).length > 0);
  return (
    `Waiting for ${listed(awaited)}: this version of KubeChain does not offer such tools to agents yet. ` +
    `Remove ${listed(fields.map((field) => `spec.${field}`))} to use the agent without them.`
  );
}

function namesOf(kind: string, references: { name: string }[] | undefined): string[] {
  return (references ?? []).map(({ name }) => `${kind} "${name}"`);
}
