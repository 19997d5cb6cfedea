/**
 * The words of a decision about a Task: what is observed, what can be decided, and the few sentences that every phase
 * uses. Pure; it chooses nothing by itself.
 */
import type { Agent, AgentTool, LLM, TaskSpec, ToolCallRequest } from "../../crds/index";
import type { ModelOutcome } from "../adapters/models/port";
import type { Telling } from "./answers";
import { deadlineOf, limitsOf } from "./limits";
import type { FailureReason, Progress, TaskState, Terminal } from "./state";
import { isTerminal, progressOf } from "./state";

/**
 * What a task would be answered by: both usable, or a phrase that completes "Waiting for …". `tools` is what the agent's
 * status says it offers, also while the agent is not ready; an agent that does not exist offers nothing.
 */
export type Answerer =
  | { kind: "Ready"; agent: Agent["spec"]; tools: AgentTool[]; llm: LLM["spec"]; llmName: string }
  | { kind: "Awaited"; phrase: string; agent?: Agent["spec"]; tools: AgentTool[] };

/**
 * What became of a call that the last answer asks for. `name` is its ToolCall's. `result` is what the model is told, of a
 * failure too. `asksPeople`: that may take days. `isDeleted`: somebody has deleted the ToolCall.
 */
export type SeenToolCall = { name: string; request: ToolCallRequest } & (
  | { kind: "Missing" }
  | { kind: "Unfinished"; asksPeople?: boolean }
  | { kind: "Finished"; ended: "Succeeded" | "Failed"; result: string; isDeleted?: boolean }
);

/** The model call of this task in this process. A call of a process that died is `None`: nobody will ever hear its answer. */
export type Call = { kind: "None" } | { kind: "Running" } | { kind: "Finished"; outcome: ModelOutcome };

/** Everything that a decision about a Task depends on. */
export interface Observed {
  now: Date;
  name: string;
  uid: string;
  createdAt: Date;
  spec: TaskSpec;
  state: TaskState;
  answerer: Answerer;
  call: Call;
  /** In `ToolCallsPending`: every call of the last answer, in its order. Empty in the other phases. */
  toolCalls: SeenToolCall[];
  /** In `FinalAnswer`, while the answer is still to be told over a contact channel. */
  telling?: Telling;
  /** The object is being deleted. */
  deleting: boolean;
  /** The process is stopping: nothing new is started, what has finished is still recorded. */
  stopping: boolean;
  /** The API server refused the last status for what it is (too large, invalid); its own words. */
  statusRefused?: string;
}

/**
 * Effects never choose a state. `CallModel` and `AbortCall` live in this process; `CreateToolCalls`, `TellAnswer` and
 * `DeleteTask` are repeated until what they are for is so.
 */
export type Effect =
  | { kind: "CallModel" }
  | { kind: "AbortCall" }
  | { kind: "CreateToolCalls" }
  | { kind: "TellAnswer" }
  | { kind: "DeleteTask" };

/** What is to happen: nothing (until a time), another state (and then an effect), or an effect again. */
export type Decision =
  | { kind: "Stay"; until?: Date }
  | { kind: "Enter"; state: TaskState; then?: Effect }
  | { kind: "Repeat"; effect: Effect };

/** A task that is not over. */
export type Live = Exclude<TaskState, Terminal>;

/** A task whose model has been asked. */
export type Asking = Extract<TaskState, { phase: "ReadyForLLM" }>;

/** Nothing to do until something changes, or until a time. */
export function stay(until?: Date): Decision {
  return until ? { kind: "Stay", until } : { kind: "Stay" };
}

/** The end of a task that cannot go on. What was said stays; a call in flight is of no more use. */
export function fail(seen: Observed, reason: FailureReason, message: string, progress?: Progress): Decision {
  const { startedAt, conversation, turns, usage } = progress ?? progressOf(seen.state, seen.now);
  return {
    kind: "Enter",
    state: { phase: "Failed", startedAt, conversation, turns, usage, reason, message, completedAt: seen.now },
    then: { kind: "AbortCall" },
  };
}

/** When the task's time is up, if it has an end. It runs from the moment the operator took the task up. */
export function timeUp({ spec, answerer, state }: Observed): Date | undefined {
  const startedAt = isTerminal(state) ? undefined : state.startedAt;
  return startedAt && deadlineOf(limitsOf(spec, answerer.agent), startedAt);
}
