/**
 * Whether an Agent can be used. Pure and level-based: it follows its LLM in both directions, for ever, and nothing it
 * says is sticky.
 */
import type { AgentSpec } from "../../../crds/index";
import { assertNever } from "../../runtime/assert-never";
import type { Note, Verdict } from "../status";

/** The LLM an agent names. `detail` is what the LLM says about itself; it is `Unchecked` before the operator has looked at it. */
export type LLMFound =
  | { kind: "Missing" }
  | { kind: "Unchecked" }
  | { kind: "NotReady"; detail: string }
  | { kind: "Ready" };

export interface Observed {
  namespace: string;
  spec: Pick<AgentSpec, "llmRef" | "mcpServers" | "tools" | "humanContactChannels" | "subAgents">;
  llm: LLMFound;
  /** Nothing has been said about this agent yet. */
  isNew: boolean;
}

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
  const tools = toolsDetail(seen.spec);
  const llm = llmDetail(seen);
  if (tools === undefined && llm === undefined) return usable();
  // Of an LLM that is only just being looked at nothing is told; it comes last, for its sentence may end in a command.
  if (tools === undefined && seen.llm.kind === "Unchecked") return { ...pending([llm]), passing: true };
  const verdict = pending([tools, llm]);
  return llm === undefined && awaitsOnlyAgents(seen.spec) ? { ...verdict, reason: "SubAgentsPending" } : verdict;
}

function awaitsOnlyAgents({ mcpServers, tools, humanContactChannels }: Observed["spec"]): boolean {
  return [mcpServers, tools, humanContactChannels].every((references) => (references ?? []).length === 0);
}

function llmDetail({ llm, namespace, spec }: Observed): string | undefined {
  const { name } = spec.llmRef;
  switch (llm.kind) {
    case "Missing":
      return `LLM "${name}" does not exist in namespace "${namespace}". Create it, or change spec.llmRef.name.`;
    case "NotReady":
      return `LLM "${name}" is not ready: ${llm.detail}`;
    case "Unchecked":
      return `Waiting for LLM "${name}" to be validated`;
    case "Ready":
      return undefined;
    default:
      return assertNever(llm);
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

/** Tools of any sort are waited for, since nothing in this version would offer them to the model. */
function toolsDetail(spec: Observed["spec"]): string | undefined {
  const awaited = [
    ...namesOf("MCPServer", spec.mcpServers),
    ...namesOf("Tool", spec.tools),
    ...namesOf("ContactChannel", spec.humanContactChannels),
    ...namesOf("Agent", spec.subAgents),
  ];
  if (awaited.length === 0) return undefined;
  const fields = (["mcpServers", "tools", "humanContactChannels", "subAgents"] as const).filter(
    (field) => (spec[field] ?? []).length > 0,
  );
  return (
    `Waiting for ${listed(awaited)}: this version of KubeChain does not offer tools to agents yet. ` +
    `Remove ${listed(fields.map((field) => `spec.${field}`))} to use the agent without tools.`
  );
}

function namesOf(kind: string, references: { name: string }[] | undefined): string[] {
  return (references ?? []).map(({ name }) => `${kind} "${name}"`);
}

function listed(parts: string[]): string {
  return parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join(", ")} and ${parts.slice(-1).join("")}`;
}
