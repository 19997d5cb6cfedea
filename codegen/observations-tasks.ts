/**
 * What can be seen of a Task, in words: the facts that the diagram's observations are made of. Data only; what follows
 * from a fact is for `decide` to say.
 */
import type { ModelAnswer, ModelOutcome } from "../capabilities/adapters/models/port";
import type { Call, Decision, Observed, SeenToolCall } from "../capabilities/tasks/decision";
import { MAX_ATTEMPTS, MAX_USELESS_ANSWERS } from "../capabilities/tasks/limits";
import { decide } from "../capabilities/tasks/decide";
import type { TaskState } from "../capabilities/tasks/state";
import type { Fact as AnyFact, Machine } from "./machine";

type Phase = TaskState["phase"];
type Fact = AnyFact<Observed>;

const now = new Date("2026-01-02T03:04:05.000Z");
const later = (seconds: number): Date => new Date(now.getTime() + seconds * 1_000);
const unchanged = (seen: Observed): Observed => seen;

const progress = {
  startedAt: later(-60),
  conversation: [
    { role: "system" as const, content: "Be brief." },
    { role: "user" as const, content: "Hello?" },
  ],
  turns: 0,
  usage: { inputTokens: 0, outputTokens: 0, cachedInputTokens: 0, requests: 1 },
};

/** A state of each phase that a task can be found in. */
const states: Record<Phase, TaskState> = {
  Pending: { phase: "Pending", suspended: false },
  ReadyForLLM: { phase: "ReadyForLLM", attempts: 0, suspended: false, ...progress },
  ToolCallsPending: {
    phase: "ToolCallsPending",
    suspended: false,
    ...progress,
    waiting: { for: "ToolCall t-tc-01 to finish", since: later(-1) },
  },
  ErrorBackoff: {
    phase: "ErrorBackoff",
    attempts: 1,
    retryAt: later(5),
    because: "busy",
    suspended: false,
    ...progress,
  },
  FinalAnswer: {
    phase: "FinalAnswer",
    output: "Hi",
    completedAt: later(-30),
    ...progress,
  },
  Failed: {
    phase: "Failed",
    reason: "Refused",
    message: "No",
    completedAt: later(-30),
    ...progress,
  },
  Cancelled: { phase: "Cancelled", completedAt: later(-30), ...progress },
};

const usage = { inputTokens: 1, outputTokens: 1, cachedInputTokens: 0 };
const toolCalls = [{ id: "call_1", type: "function" as const, function: { name: "search", arguments: "{}" } }];

function answer(content: string, more: Partial<ModelAnswer> = {}): ModelOutcome {
  return {
    kind: "Answer",
    message: { role: "assistant", content },
    stop: "Complete",
    usage,
    ...more,
  };
}

function failure(retryable: boolean): ModelOutcome {
  return { kind: "Failure", retryable, reason: "ProviderError", message: "busy" };
}

const call = (label: string, seen: Call): Fact => ({
  label,
  effect: (before) => ({ ...before, call: seen }),
});
const heard = (label: string, outcome: ModelOutcome): Fact => call(label, { kind: "Finished", outcome });

const calls: Fact[] = [
  call("no call in flight (restart)", { kind: "None" }),
  call("call in flight", { kind: "Running" }),
  heard("answer", answer("Hi")),
  heard("empty answer", answer("")),
  heard(
    "tool calls",
    answer("", {
      stop: "ToolCalls",
      message: { role: "assistant", content: "", toolCalls },
    }),
  ),
  heard("answer cut by the token limit", answer("H", { stop: "TokenLimit" })),
  heard("refusal", answer("No", { stop: "Refusal" })),
  heard("failure that may pass", failure(true)),
  heard("failure that needs a person", failure(false)),
];

const answerers: Fact[] = [
  { label: "agent and LLM ready", effect: unchanged },
  {
    label: "agent or LLM not ready",
    effect: (seen) => ({ ...seen, answerer: { kind: "Awaited", phrase: 'Agent "a" to become ready', tools: [] } }),
  },
];

type Fate = { kind: "Missing" } | { kind: "Unfinished" } | { kind: "Finished"; ended: "Succeeded"; result: string };
const tools = (label: string, fate: Fate): Fact => ({
  label,
  effect: (seen) => ({
    ...seen,
    toolCalls: toolCalls.map((request): SeenToolCall => ({ name: "t-tc-01", request, ...fate })),
  }),
});

const results: Fact[] = [
  tools("not all ToolCalls exist", { kind: "Missing" }),
  tools("not all have finished", { kind: "Unfinished" }),
  tools("all have finished", { kind: "Finished", ended: "Succeeded", result: "Hi" }),
];

const wishes: Fact[] = [
  { label: "", effect: unchanged },
  {
    label: "cancelled",
    effect: (seen) => ({ ...seen, spec: { ...seen.spec, cancelled: true } }),
  },
  {
    label: "suspended",
    effect: (seen) => ({ ...seen, spec: { ...seen.spec, suspended: true } }),
  },
  {
    label: "resumed",
    effect: (seen) => ({ ...seen, state: { ...seen.state, suspended: true } }),
  },
];

const turnsOf = ({ state }: Observed): number => (state.phase === "Pending" ? 0 : state.turns);

const limits: Fact[] = [
  { label: "", effect: unchanged },
  {
    label: "out of time",
    effect: (seen) => ({
      ...seen,
      spec: { ...seen.spec, limits: { timeout: "30s" } },
      state: { ...seen.state, startedAt: later(-60) },
    }),
  },
  {
    label: "last turn",
    effect: (seen) => ({
      ...seen,
      spec: { ...seen.spec, limits: { maxTurns: turnsOf(seen) + 1 } },
    }),
  },
];

const countedCalls: Fact[] = [
  { label: "", effect: unchanged },
  {
    label: "more than limits.maxToolCalls",
    effect: (seen) => ({ ...seen, spec: { ...seen.spec, limits: { ...seen.spec.limits, maxToolCalls: 0 } } }),
  },
];

const attempts: Fact[] = [
  { label: "", effect: unchanged },
  {
    label: "for the last time",
    effect: (seen) => ({
      ...seen,
      state: { ...seen.state, attempts: MAX_ATTEMPTS - 1, turns: MAX_USELESS_ANSWERS - 1 },
    }),
  },
];

const waits: Fact[] = [
  { label: "", effect: unchanged },
  { label: "wait over", effect: (seen) => ({ ...seen, now: later(5) }) },
];

const ttls: Fact[] = [
  { label: "", effect: unchanged },
  {
    label: "ttl over",
    effect: (seen) => ({
      ...seen,
      spec: { ...seen.spec, ttlSecondsAfterFinished: 10 },
    }),
  },
];

/** What can be seen of a task in each phase. A call is in flight only while the task waits for one. */
const dimensions: Record<Phase, Fact[][]> = {
  Pending: [answerers, wishes, limits],
  ReadyForLLM: [calls, answerers, wishes, attempts, limits, countedCalls],
  ToolCallsPending: [results, answerers, wishes, limits],
  ErrorBackoff: [waits, answerers, wishes, limits],
  FinalAnswer: [ttls],
  Failed: [ttls],
  Cancelled: [ttls],
};

function seenIn(phase: Phase): Observed {
  const agent = { llmRef: { name: "gpt-4o" }, system: "Be brief." };
  return {
    now,
    name: "t",
    uid: "0d6b2d8e-3c53-4d2a-9a35-0b1f5a0d2f11",
    createdAt: later(-60),
    spec: { agentRef: { name: "a" }, userMessage: "Hello?" },
    state: states[phase],
    answerer: { kind: "Ready", agent, tools: [], llm: { provider: "openai" }, llmName: "gpt-4o" },
    call: { kind: "None" },
    toolCalls: [],
    deleting: false,
    stopping: false,
  };
}

function targetOf(decision: Decision): string | undefined {
  if (decision.kind === "Enter") return decision.state.phase;
  return decision.kind === "Repeat" && decision.effect.kind === "DeleteTask" ? "[*]" : undefined;
}

/** The Task machine, to be drawn. */
export const taskMachine: Machine<Phase, Observed> = {
  initial: "Pending",
  states: Object.keys(states) as Phase[],
  dimensions,
  seenIn,
  target: (seen) => targetOf(decide(seen)),
};
