/**
 * What a Task does next. Pure and total: the same observation gives the same decision; the clock is a field of the
 * observation. Every change of a Task's state starts here: `ask` and `hear` are its two longer words.
 */
import { assertNever } from "../runtime/assert-never";
import { waitFor } from "../runtime/waiting";
import { tellAnswer } from "./answers";
import { ask } from "./ask";
import { awaitTools, callsPhrase, noted } from "./await-tools";
import type { Asking, Decision, Live, Observed } from "./decision";
import { fail, stay, timeUp } from "./decision";
import { failToStore, hear, nextAttempt, retry } from "./hear";
import type { TaskState, Terminal } from "./state";
import { isTerminal, progressOf } from "./state";
import { openingOf } from "./transcript";

/** What a task does next. */
export function decide(seen: Observed): Decision {
  const { state } = seen;
  if (seen.deleting) return seen.call.kind === "None" ? stay() : letGo;
  if (isTerminal(state)) return finish(state, seen);
  return giveUp(seen) ?? pause(seen) ?? proceed(seen, state);
}

function proceed(seen: Observed, state: Live): Decision {
  // S5: what it led to was stored, though the API server's word for that was lost. It must not be heard a second time.
  if (state.phase !== "ReadyForLLM" && seen.call.kind === "Finished") return letGo;
  switch (state.phase) {
    case "Pending":
      return validate(state, seen);
    case "ReadyForLLM":
      return awaitAnswer(state, seen);
    case "ToolCallsPending":
      return awaitTools(state, seen);
    case "ErrorBackoff":
      return seen.now < state.retryAt ? stay(earlier(state.retryAt, timeUp(seen))) : ask(state, seen);
    default:
      return assertNever(state);
  }
}

/** Forgets the model call of this process. */
const letGo: Decision = { kind: "Repeat", effect: { kind: "AbortCall" } };

/** The ways out that are open in every phase: cancelled, out of time, or a status that the API server will not take. */
function giveUp(seen: Observed): Decision | undefined {
  const { now, state, spec } = seen;
  if (spec.cancelled) {
    return {
      kind: "Enter",
      state: { ...progressOf(state, now), phase: "Cancelled", completedAt: now },
      then: { kind: "AbortCall" },
    };
  }
  if (seen.statusRefused !== undefined) {
    return failToStore(seen, seen.statusRefused);
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
    const more = state.phase === "ToolCallsPending" ? noted(seen.toolCalls) : {};
    return { kind: "Enter", state: { ...state, suspended: true, waiting, ...more } };
  }
  if (spec.suspended) return stay();
  if (state.suspended) return { kind: "Enter", state: resumed(state, seen) };
  return undefined;
}

function resumed(state: Live, { now, toolCalls }: Observed): TaskState {
  const again = { suspended: false, startedAt: now };
  if (state.phase === "ErrorBackoff") return { ...state, ...again, waiting: nextAttempt(state.retryAt, now) };
  if (state.phase === "ToolCallsPending") {
    return { ...state, ...again, waiting: { for: callsPhrase(toolCalls), since: now } };
  }
  const { waiting: _over, ...rest } = state;
  return { ...rest, ...again };
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

function awaitAnswer(state: Asking, seen: Observed): Decision {
  switch (seen.call.kind) {
    case "Running":
      return stay(timeUp(seen)); // The call itself ends by the LLM's own timeout.
    case "None":
      return ask(state, seen); // Restarted, or waited for its agent: what was not answered here is asked again.
    case "Finished":
      return seen.call.outcome.kind === "Answer"
        ? hear(seen.call.outcome, state, seen)
        : retry(seen.call.outcome, state, seen);
  }
}

/** A finished task still tells its answer, if somebody is to be told; then it is only kept. */
function finish(state: Terminal, seen: Observed): Decision {
  if (seen.call.kind !== "None") return letGo;
  const telling = state.phase === "FinalAnswer" ? tellAnswer(state, seen) : undefined;
  return telling ?? expire(state, seen);
}

/** A finished task is kept for as long as it says, and then deletes itself. */
function expire(state: Terminal, { spec, now }: Observed): Decision {
  if (spec.ttlSecondsAfterFinished === undefined) return stay();
  const until = new Date(state.completedAt.getTime() + spec.ttlSecondsAfterFinished * 1_000);
  return now < until ? stay(until) : { kind: "Repeat", effect: { kind: "DeleteTask" } };
}

function wasSuspended(state: TaskState): boolean {
  return !isTerminal(state) && state.suspended;
}

function earlier(a: Date, b: Date | undefined): Date {
  return b && b < a ? b : a;
}
