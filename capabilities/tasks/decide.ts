/**
 * What a Task does next. Pure and total: the same observation gives the same decision; the clock is a field of the
 * observation. Every change of a Task's state starts here and nowhere else.
 */
import type { Agent, LLM, TaskSpec } from "../../crds/index";
import type { ModelAnswer, ModelFailure, ModelOutcome } from "../adapters/models/port";
import { assertNever } from "../runtime/assert-never";
import { addUsage, backoffMs, deadlineOf, exceeded, limitsOf, MAX_ATTEMPTS, MAX_EMPTY_ANSWERS } from "./limits";
import type { FailureReason, Progress, TaskState, Terminal, Waiting } from "./state";
import { isTerminal, progressOf } from "./state";
import { emptyAnswers, isBlank, openingOf, unknownToolResults } from "./transcript";

/** What a task would be answered by: both usable, or a phrase that completes "Waiting for …". */
export type Answerer = { kind: "Ready"; agent: Agent["spec"]; llm: LLM["spec"]; llmName: string } | { kind: "Awaited"; phrase: string; agent?: Agent["spec"] };

/** The model call of this task in this process. A call of a process that died is `None`: nobody will ever hear its answer. */
export type Call = { kind: "None" } | { kind: "Running" } | { kind: "Finished"; outcome: ModelOutcome };

export interface Observed {
  now: Date;
  uid: string;
  createdAt: Date;
  spec: TaskSpec;
  state: TaskState;
  answerer: Answerer;
  call: Call;
  /** The object is being deleted. */
  deleting: boolean;
  /** The process is stopping: nothing new is started, what has finished is still recorded. */
  stopping: boolean;
  /** The API server refused the last status for what it is (too large, invalid); its own words. */
  statusRefused?: string;
}

/** Effects never choose a state. `CallModel` and `AbortCall` live in this process; `DeleteTask` is repeated until it is true. */
export type Effect = { kind: "CallModel" } | { kind: "AbortCall" } | { kind: "DeleteTask" };

export type Decision =
  | { kind: "Stay"; until?: Date }
  | { kind: "Enter"; state: TaskState; then?: Effect }
  | { kind: "Repeat"; effect: Effect };

export function decide(seen: Observed): Decision {
  const { state } = seen;
  if (seen.deleting) return seen.call.kind === "None" ? stay() : { kind: "Repeat", effect: { kind: "AbortCall" } };
  if (isTerminal(state)) return expire(state, seen);
  return (
    giveUp(seen) ?? pause(seen) ?? proceed(seen, state)
  );
}

type Live = Exclude<TaskState, Terminal>;

function proceed(seen: Observed, state: Live): Decision {
  switch (state.phase) {
    case "Pending":
      return validate(state, seen);
    case "ReadyForLLM":
      return awaitAnswer(state, seen);
    case "ToolCallsPending":
      return stay(timeUp(seen)); // Entered only with tools on offer, which nothing offers yet; limits and cancelling still hold.
    case "ErrorBackoff":
      return seen.now < state.retryAt ? stay(earlier(state.retryAt, timeUp(seen))) : ask(state, seen);
    default:
      return assertNever(state);
  }
}

/** The ways out that are open in every phase: cancelled, out of time, or a status that the API server will not take. */
function giveUp(seen: Observed): Decision | undefined {
  const { now, state, spec } = seen;
  if (spec.cancelled) {
    return { kind: "Enter", state: { ...progressOf(state, now), phase: "Cancelled", completedAt: now }, then: { kind: "AbortCall" } };
  }
  if (seen.statusRefused !== undefined) {
    return fail(seen, "StatusRefused", `The conversation could not be stored: ${seen.statusRefused}. Start a Task with less text in it`);
  }
  const up = timeUp(seen);
  if (up && now >= up && !spec.suspended && !wasSuspended(state)) {
    return fail(seen, "TimedOut", `No final answer within limits.timeout, which ended at ${up.toISOString()}`);
  }
  return undefined;
}

/**
 * Suspending: no new call is started; the answer of one in flight is still recorded, for it has been paid for. When a
 * task goes on, its time starts anew, as that of a suspended Job does.
 */
function pause(seen: Observed): Decision | undefined {
  const { now, spec, state } = seen;
  if (isTerminal(state)) return undefined;
  if (spec.suspended && seen.call.kind !== "None") return undefined;
  if (spec.suspended && !state.suspended) {
    const waiting = { for: "spec.suspended to be set to false", since: now };
    return state.phase === "Pending" || state.phase === "ReadyForLLM"
      ? { kind: "Enter", state: { ...state, suspended: true, waiting } }
      : { kind: "Enter", state: { ...state, suspended: true } };
  }
  if (spec.suspended) return stay();
  if (state.suspended) return { kind: "Enter", state: resumed(state, now) };
  return undefined;
}

function resumed(state: Live, now: Date): TaskState {
  if (state.phase === "Pending" || state.phase === "ReadyForLLM") {
    const { waiting: _over, ...rest } = state;
    return { ...rest, suspended: false, startedAt: now };
  }
  return { ...state, suspended: false, startedAt: now };
}

/** How long a new task waits silently for what was applied together with it, before it says that it waits. */
const SETTLING_MS = 2_000;

function validate(state: Extract<TaskState, { phase: "Pending" }>, seen: Observed): Decision {
  const { answerer, now } = seen;
  if (answerer.kind === "Ready") {
    const progress = progressOf(state, now);
    return ask({ ...progress, conversation: openingOf(seen.spec, answerer.agent.system) }, seen);
  }
  const settled = new Date(seen.createdAt.getTime() + SETTLING_MS);
  if (!state.waiting && now < settled) return stay(settled);
  const waiting = waitFor(answerer.phrase, state.waiting, now);
  if (waiting === state.waiting) return stay(timeUp(seen));
  return { kind: "Enter", state: { phase: "Pending", startedAt: state.startedAt ?? now, suspended: false, waiting } };
}

function awaitAnswer(state: Extract<TaskState, { phase: "ReadyForLLM" }>, seen: Observed): Decision {
  switch (seen.call.kind) {
    case "Running":
      return stay(timeUp(seen)); // The call itself ends by the LLM's own timeout.
    case "None":
      return ask(state, seen); // Restarted, or waited for its agent: what was not answered here is asked again.
    case "Finished":
      return seen.call.outcome.kind === "Answer" ? hear(seen.call.outcome, state, seen) : retry(seen.call.outcome, state, seen);
  }
}

/** Starts a call, if everything that it needs is there. The call is counted before it starts. */
function ask(from: Progress & { attempts?: number; waiting?: Waiting }, seen: Observed): Decision {
  const { answerer, now } = seen;
  const { startedAt, conversation, turns, usage } = from;
  const ready = { phase: "ReadyForLLM", startedAt, conversation, turns, attempts: from.attempts ?? 0, suspended: false } as const;
  if (seen.stopping || seen.spec.suspended) return seen.call.kind === "Finished" ? { kind: "Enter", state: { ...ready, usage } } : stay();
  if (answerer.kind === "Awaited") {
    const waiting = waitFor(answerer.phrase, from.waiting, now);
    return waiting === from.waiting ? stay(timeUp(seen)) : { kind: "Enter", state: { ...ready, usage, waiting } };
  }
  const limit = exceeded(limitsOf(seen.spec, answerer.agent), from);
  if (limit) return fail(seen, limit.reason, limit.message);
  const counted = { ...usage, requests: usage.requests + 1 };
  const waiting = { for: `LLM "${answerer.llmName}" to answer`, since: now };
  return { kind: "Enter", state: { ...ready, usage: counted, waiting }, then: { kind: "CallModel" } };
}

function hear(answer: ModelAnswer, state: Extract<TaskState, { phase: "ReadyForLLM" }>, seen: Observed): Decision {
  const { message, stop } = answer;
  const pricing = seen.answerer.kind === "Ready" ? seen.answerer.llm.pricing : undefined;
  const heard = { ...progressOf(state, seen.now), turns: state.turns + 1, usage: addUsage(state.usage, answer.usage, pricing) };
  const conversation = [...state.conversation, message];
  switch (stop) {
    case "TokenLimit":
      return fail(seen, "AnswerCut", "The answer was cut at the token limit; raise parameters.maxTokens of the LLM or ask for less. What came is the last message of status.contextWindow", { ...heard, conversation });
    case "Refusal":
      return fail(seen, "Refused", `The model refused to answer: ${isBlank(message.content) ? "it gave no reason" : message.content}`, { ...heard, conversation });
    case "ToolCalls":
    case "Complete":
      break;
    default:
      return assertNever(stop);
  }
  if ((message.toolCalls ?? []).length > 0) {
    return ask({ ...heard, conversation: [...conversation, ...unknownToolResults(message)] }, seen);
  }
  if (isBlank(message.content)) return hearNothing({ ...state, ...heard }, seen);
  return { kind: "Enter", state: { ...heard, phase: "FinalAnswer", conversation, output: message.content, completedAt: seen.now } };
}

function hearNothing(state: Extract<TaskState, { phase: "ReadyForLLM" }>, seen: Observed): Decision {
  const times = emptyAnswers(seen.spec, state);
  if (times >= MAX_EMPTY_ANSWERS) {
    return fail(seen, "EmptyAnswer", `The model gave an empty answer ${times} times; change the Agent's system prompt or the message`, state);
  }
  return backOff({ because: "The model gave an empty answer", waitMs: backoffMs(state.attempts + 1, seen.uid) }, state, seen);
}

function retry(failure: ModelFailure, state: Extract<TaskState, { phase: "ReadyForLLM" }>, seen: Observed): Decision {
  if (!failure.retryable) return fail(seen, "LLMRequestFailed", failure.message);
  const attempts = state.attempts + 1;
  if (attempts >= MAX_ATTEMPTS) return fail(seen, "RetriesExhausted", `${failure.message}. Gave up after ${attempts} attempts`);
  const waitMs = Math.max(backoffMs(attempts, seen.uid), failure.retryAfterMs ?? 0);
  return backOff({ because: failure.message, waitMs }, state, seen);
}

function backOff(why: { because: string; waitMs: number }, state: Extract<TaskState, { phase: "ReadyForLLM" }>, seen: Observed): Decision {
  const retryAt = new Date(seen.now.getTime() + why.waitMs);
  const attempts = state.attempts + 1;
  return { kind: "Enter", state: { ...progressOf(state, seen.now), phase: "ErrorBackoff", attempts, retryAt, because: why.because, suspended: false } };
}

function fail(seen: Observed, reason: FailureReason, message: string, progress?: Progress): Decision {
  const { startedAt, conversation, turns, usage } = progress ?? progressOf(seen.state, seen.now);
  return {
    kind: "Enter",
    state: { phase: "Failed", startedAt, conversation, turns, usage, reason, message, completedAt: seen.now },
    then: { kind: "AbortCall" },
  };
}

/** A finished task is kept for as long as it says, and then deletes itself. */
function expire(state: Terminal, { spec, now, call }: Observed): Decision {
  if (call.kind !== "None") return { kind: "Repeat", effect: { kind: "AbortCall" } };
  if (spec.ttlSecondsAfterFinished === undefined) return stay();
  const until = new Date(state.completedAt.getTime() + spec.ttlSecondsAfterFinished * 1_000);
  return now < until ? stay(until) : { kind: "Repeat", effect: { kind: "DeleteTask" } };
}

function timeUp({ spec, answerer, state }: Observed): Date | undefined {
  const startedAt = isTerminal(state) ? undefined : state.startedAt;
  return startedAt && deadlineOf(limitsOf(spec, answerer.agent), startedAt);
}

function wasSuspended(state: TaskState): boolean {
  return !isTerminal(state) && state.suspended;
}

/** The same wait keeps its beginning, and the very value, so that it is seen to be no change. */
function waitFor(phrase: string, old: Waiting | undefined, now: Date): Waiting {
  return old?.for === phrase ? old : { for: phrase, since: now };
}

function earlier(a: Date, b: Date | undefined): Date {
  return b && b < a ? b : a;
}

function stay(until?: Date): Decision {
  return until ? { kind: "Stay", until } : { kind: "Stay" };
}
