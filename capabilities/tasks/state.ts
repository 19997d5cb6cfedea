/**
 * What a Task is doing, as one value: a variant per phase, each carrying only what a different process would need to
 * carry on. This file owns reading that value from `status` and nothing else owns it; `status.ts` writes it back.
 * The union and the CRD's list of phases are compared by the compiler.
 */
import type { Message, Task, TaskPhase } from "../../crds/index";
import { momentOf } from "../../crds/index";
import type { Waiting } from "../runtime/waiting";
import { readWaiting } from "../runtime/waiting";

/** What the model calls of a task have cost so far. Tokens, calls, and money in the currency of `LLM.spec.pricing`. */
export interface Usage {
  inputTokens: number;
  outputTokens: number;
  cachedInputTokens: number;
  /** Calls started, counted before each starts: a call repeated after a crash counts again. */
  requests: number;
  cost?: number;
}

/** What every phase carries once the operator has taken the task up. The conversation is only ever appended to. */
export interface Progress {
  startedAt: Date;
  conversation: Message[];
  /** Answers received. */
  turns: number;
  usage: Usage;
}

/** What a task is doing. */
export type TaskState =
  | { phase: "Pending"; startedAt?: Date; waiting?: Waiting; suspended: boolean }
  | ({ phase: "ReadyForLLM"; attempts: number; waiting?: Waiting; suspended: boolean } & Progress)
  /** `allMade`: every call of the last answer has had its ToolCall; one that is not there was deleted. */
  | ({ phase: "ToolCallsPending"; waiting?: Waiting; suspended: boolean; allMade?: true } & Progress)
  | ({
      phase: "ErrorBackoff";
      attempts: number;
      retryAt: Date;
      because: string;
      waiting?: Waiting;
      suspended: boolean;
    } & Progress)
  | ({ phase: "FinalAnswer"; output: string; completedAt: Date; told?: Told } & Progress)
  | ({ phase: "Failed"; reason: FailureReason; message: string; completedAt: Date } & Progress)
  | ({ phase: "Cancelled"; completedAt: Date } & Progress);

/** What is stored of the telling of a final answer over the task's contact channel; nothing while there is nothing to say of it. */
export type Told =
  | { kind: "Sent"; at: Date; channel: string }
  /** `NotThisAnswer` is final: the service has something else under the answer's id. */
  | {
      kind: "NotSent";
      reason: "ChannelMissing" | "ChannelNotReady" | "SendingFailed" | "NotThisAnswer";
      message: string;
    };

/** Whether nothing more is done about telling the answer. */
export function isSettled(told: Told | undefined): boolean {
  return told?.kind === "Sent" || told?.reason === "NotThisAnswer";
}

/** The type of the condition that says whether the final answer was handed to the contact channel. */
export const ANSWER_SENT = "AnswerSent";

/** Why a task failed; stored as `status.finishReason`. */
export type FailureReason =
  | "LLMRequestFailed"
  | "RetriesExhausted"
  | "EmptyAnswer"
  | "OutputMismatch"
  | "AnswerCut"
  | "Refused"
  | "TimedOut"
  | "TurnLimit"
  | "TokenLimit"
  | "CostLimit"
  | "ToolCallLimit"
  | "StatusRefused";

/** A task that is over. */
export type Terminal = Extract<TaskState, { completedAt: Date }>;

/** Whether a task is over. */
export function isTerminal(state: TaskState): state is Terminal {
  return "completedAt" in state;
}

const endings: ReadonlySet<string> = new Set(["FinalAnswer", "Failed", "Cancelled"] satisfies Terminal["phase"][]);

/** Whether a stored task is over, without reading all of its state: asked of every event. */
export function hasEnded(task: Task): boolean {
  return endings.has(task.status?.phase ?? "");
}

/** Whether a stored task has an answer that is still to be told; asked of every event. */
export function mustTell(task: Task): boolean {
  if (task.spec.contactChannelRef === undefined || task.status?.phase !== "FinalAnswer") return false;
  return !isSettled(readTold(task).told);
}

const noUsage: Usage = { inputTokens: 0, outputTokens: 0, cachedInputTokens: 0, requests: 0 };

/** The progress of any state; a task that nobody has taken up yet starts at `now` with nothing said. */
export function progressOf(state: TaskState, now: Date): Progress {
  if (state.phase === "Pending") {
    return { startedAt: state.startedAt ?? now, conversation: [], turns: 0, usage: noUsage };
  }
  const { startedAt, conversation, turns, usage } = state;
  return { startedAt, conversation, turns, usage };
}

/**
 * Reads the state from the stored object. Tolerant on purpose: a status written by any released version, or by hand,
 * must yield a state to go on from; what is missing is taken as its zero.
 */
export function readState(task: Task): TaskState {
  return readers[task.status?.phase ?? "Pending"](task);
}

/** One reader a phase; a phase that the CRD gains and this list does not, no longer compiles. */
const readers: { [Phase in TaskPhase]: (task: Task) => Extract<TaskState, { phase: Phase }> } = {
  Pending: (task) => ({ phase: "Pending", ...readSuspended(task), ...readStart(task), ...waits(task) }),
  ReadyForLLM: (task) => ({
    phase: "ReadyForLLM",
    attempts: task.status?.attempts ?? 0,
    ...readSuspended(task),
    ...waits(task),
    ...readProgress(task),
  }),
  ToolCallsPending: (task) => ({
    phase: "ToolCallsPending",
    ...(task.status?.toolCallsCreated && { allMade: true }),
    ...readSuspended(task),
    ...waits(task),
    ...readProgress(task),
  }),
  ErrorBackoff: (task) => ({
    phase: "ErrorBackoff",
    attempts: task.status?.attempts ?? 1,
    retryAt: momentOf(task.status?.retryAt) ?? createdAt(task),
    because: readError(task),
    ...readSuspended(task),
    ...waits(task),
    ...readProgress(task),
  }),
  FinalAnswer: (task) => ({
    phase: "FinalAnswer",
    output: task.status?.output ?? "",
    ...readTold(task),
    ...readEnd(task),
    ...readProgress(task),
  }),
  Failed: (task) => ({
    phase: "Failed",
    reason: (task.status?.finishReason ?? "LLMRequestFailed") as FailureReason,
    message: readError(task),
    ...readEnd(task),
    ...readProgress(task),
  }),
  Cancelled: (task) => ({ phase: "Cancelled", ...readEnd(task), ...readProgress(task) }),
};

function readSuspended(task: Task): { suspended: boolean } {
  return { suspended: task.status?.status === "Suspended" };
}

function readError(task: Task): string {
  return task.status?.error ?? "";
}

function readProgress(task: Task): Progress {
  const status = task.status;
  const usage = status?.usage;
  return {
    startedAt: momentOf(status?.startTime) ?? createdAt(task),
    conversation: status?.contextWindow ?? [],
    turns: status?.turns ?? 0,
    usage: { ...noUsage, ...usage },
  };
}

function readEnd(task: Task): { completedAt: Date } {
  return { completedAt: momentOf(task.status?.completionTime) ?? createdAt(task) };
}

function readTold({ spec, status }: Task): { told?: Told } {
  const at = momentOf(status?.answerSentTime);
  if (at) return { told: { kind: "Sent", at, channel: spec.contactChannelRef?.name ?? "" } };
  const condition = status?.conditions?.find(({ type }) => type === ANSWER_SENT);
  if (condition?.status !== "False") return {};
  const reason = condition.reason as Extract<Told, { kind: "NotSent" }>["reason"];
  return { told: { kind: "NotSent", reason, message: condition.message } };
}

function readStart(task: Task): { startedAt?: Date } {
  const startedAt = momentOf(task.status?.startTime);
  return startedAt ? { startedAt } : {};
}

function waits(task: Task): { waiting?: Waiting } {
  const { waiting } = readWaiting(task.status?.waitingFor);
  return waiting ? { waiting } : {};
}

function createdAt(task: Task): Date {
  return momentOf(task.metadata.creationTimestamp) ?? new Date(0);
}
