/** A Task as `decide` sees it, and decisions in a few characters: what the tables over `decide` share. For tests only. */
import type { TaskSpec } from "../../crds/index";
import type { ModelAnswer } from "../adapters/models/port";
import type { Asking, Decision, Observed } from "./decision";
import type { TaskState } from "./state";

export const now = new Date("2026-01-02T03:04:05.000Z");

/** So many seconds after `now`. */
export const later = (seconds: number): Date => new Date(now.getTime() + seconds * 1_000);

export const agent = { llmRef: { name: "gpt-4o" }, system: "Be brief." };
export const tools = [{ name: "fetch__search", kind: "MCP" as const, source: "MCPServer/fetch", tool: "search" }];
export const ready: Observed["answerer"] = {
  kind: "Ready",
  agent,
  tools,
  llm: { provider: "openai" },
  llmName: "gpt-4o",
};
export const awaited: Observed["answerer"] = { kind: "Awaited", phrase: 'Agent "a" to become ready', tools: [] };

export const conversation = [
  { role: "system" as const, content: "Be brief." },
  { role: "user" as const, content: "Hello?" },
];
export const usage = { inputTokens: 0, outputTokens: 0, cachedInputTokens: 0, requests: 1 };
export const progress = { startedAt: later(-10), conversation, turns: 0, usage };
export const asking: Asking = { phase: "ReadyForLLM", attempts: 0, suspended: false, ...progress };

export const spec = (over: Partial<TaskSpec> = {}): TaskSpec => ({
  agentRef: { name: "a" },
  userMessage: "Hello?",
  ...over,
});

/** A new task whose agent is ready, but for what is given. */
export function seen(over: Partial<Observed>): Observed {
  return {
    now,
    name: "t",
    uid: "0d6b2d8e-3c53-4d2a-9a35-0b1f5a0d2f11",
    createdAt: later(-60),
    spec: spec(),
    state: { phase: "Pending", suspended: false },
    answerer: ready,
    call: { kind: "None" },
    toolCalls: [],
    deleting: false,
    stopping: false,
    ...over,
  };
}

/** A model call of this process that has brought an answer. */
export function finished(over: Partial<ModelAnswer> = {}): Observed["call"] {
  return {
    kind: "Finished",
    outcome: {
      kind: "Answer",
      message: { role: "assistant", content: "Hi" },
      stop: "Complete",
      usage: { inputTokens: 5, outputTokens: 2, cachedInputTokens: 0 },
      ...over,
    },
  };
}

/** A decision in a few characters: the phase entered and the effect, or the wait. */
export function summary(decision: Decision): string {
  switch (decision.kind) {
    case "Stay":
      return decision.until ? `Stay until +${(decision.until.getTime() - now.getTime()) / 1_000}s` : "Stay";
    case "Repeat":
      return `Repeat ${decision.effect.kind}`;
    case "Enter": {
      const { state, then } = decision;
      return `${state.phase}${reasonOf(state)}${then ? `+${then.kind}` : ""}`;
    }
  }
}

function reasonOf(state: TaskState): string {
  if (state.phase === "Failed") return `(${state.reason})`;
  if (state.phase !== "FinalAnswer" || !state.told) return "";
  return `(${state.told.kind === "Sent" ? "Sent" : state.told.reason})`;
}
