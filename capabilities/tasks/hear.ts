/** What the outcome of a model call means for the Task: an answer, one that is none, or a failure that may pass. Pure. */
import type { ModelAnswer, ModelFailure, TokenUsage } from "../adapters/models/port";
import { timestamp } from "../../crds/index";
import { assertNever } from "../runtime/assert-never";
import type { Waiting } from "../runtime/waiting";
import { callTools } from "./await-tools";
import type { Asking, Decision, Observed } from "./decision";
import { fail } from "./decision";
import { addUsage, backoffMs, MAX_ATTEMPTS, MAX_USELESS_ANSWERS } from "./limits";
import type { Usage } from "./state";
import { progressOf } from "./state";
import { uselessAnswers, isBlank } from "./transcript";

/** What follows from an answer. */
export function hear(answer: ModelAnswer, state: Asking, seen: Observed): Decision {
  const { message, stop } = answer;
  const heard = { ...progressOf(state, seen.now), turns: state.turns + 1, usage: paid(state, answer, seen) };
  const conversation = [...state.conversation, message];
  switch (stop) {
    case "TokenLimit":
      return fail(
        seen,
        "AnswerCut",
        "The answer was cut at the token limit; raise parameters.maxTokens of the LLM or ask for less. What came is the last message of status.contextWindow",
        { ...heard, conversation },
      );
    case "Refusal":
      return fail(
        seen,
        "Refused",
        `The model refused to answer: ${isBlank(message.content) ? "it gave no reason" : message.content}`,
        { ...heard, conversation },
      );
    case "ToolCalls":
    case "Complete":
      break;
    default:
      return assertNever(stop);
  }
  if ((message.toolCalls ?? []).length > 0) return callTools({ ...heard, conversation }, seen);
  if (isBlank(message.content)) return hearNothing({ ...state, ...heard }, seen);
  return {
    kind: "Enter",
    state: { ...heard, phase: "FinalAnswer", conversation, output: message.content, completedAt: seen.now },
  };
}

function hearNothing(state: Asking, seen: Observed): Decision {
  const times = uselessAnswers(seen.spec, state);
  if (times >= MAX_USELESS_ANSWERS) {
    return fail(
      seen,
      "EmptyAnswer",
      `The model gave ${times} answers of no use, the last of them empty; change the Agent's system prompt or the message`,
      state,
    );
  }
  return backOff(
    { because: "The model gave an empty answer", waitMs: backoffMs(state.attempts + 1, seen.uid) },
    state,
    seen,
  );
}

/** What follows from a failed call. */
export function retry(failure: ModelFailure, state: Asking, seen: Observed): Decision {
  const usage = paid(state, failure, seen);
  if (failure.reason === "OutputMismatch")
    return hearMismatch(failure, { ...state, usage, turns: state.turns + 1 }, seen);
  if (!failure.retryable) return fail(seen, "LLMRequestFailed", failure.message, { ...state, usage });
  const attempts = state.attempts + 1;
  if (attempts >= MAX_ATTEMPTS) return fail(seen, "RetriesExhausted", gaveUp(failure, attempts), { ...state, usage });
  const waitMs = Math.max(backoffMs(attempts, seen.uid), failure.retryAfterMs ?? 0);
  return backOff({ because: failure.message, waitMs }, { ...state, usage }, seen);
}

/** An answer that does not fit the outputSchema has been received and paid for, and is not kept. */
function hearMismatch(failure: ModelFailure, state: Asking, seen: Observed): Decision {
  const times = uselessAnswers(seen.spec, state);
  if (times >= MAX_USELESS_ANSWERS) return fail(seen, "OutputMismatch", gaveUp(failure, times), state);
  return backOff({ because: failure.message, waitMs: backoffMs(state.attempts + 1, seen.uid) }, state, seen);
}

function gaveUp({ message }: ModelFailure, attempts: number): string {
  return `${message.replace(/\.$/, "")}. Gave up after ${attempts} attempts`;
}

/** The usage with what this call cost added, at the prices that hold now. */
function paid(state: Asking, call: { usage?: TokenUsage }, { answerer }: Observed): Usage {
  const pricing = answerer.kind === "Ready" ? answerer.llm.pricing : undefined;
  return call.usage ? addUsage(state.usage, call.usage, pricing) : state.usage;
}

/**
 * The end of a task whose next status the API server will not store. An answer that came is not asked for again, for it
 * would cost the same and be as large; what it has cost is counted.
 */
export function failToStore(seen: Observed, because: string): Decision {
  const { state, call } = seen;
  if (state.phase !== "ReadyForLLM" || call.kind !== "Finished" || call.outcome.kind !== "Answer")
    return fail(seen, "StatusRefused", `What the task has come to could not be stored. ${because}`);
  const { message } = call.outcome;
  const isFinal = (message.toolCalls ?? []).length === 0;
  const why = isFinal ? ": a final answer is kept twice, in output and as the last message" : "";
  const sizes = `The model's answer of ${sizeOf(message)}, after a conversation of ${sizeOf(state.conversation)}`;
  const paidFor = { ...state, turns: state.turns + 1, usage: paid(state, call.outcome, seen) };
  return fail(seen, "StatusRefused", `${sizes}, could not be stored${why}. ${because}`, paidFor);
}

/** How much room something takes in the cluster, in words. */
function sizeOf(value: unknown): string {
  const kilobytes = Buffer.byteLength(JSON.stringify(value)) / 1_000;
  return kilobytes < 1_000 ? `${Math.ceil(kilobytes)} kB` : `${(kilobytes / 1_000).toFixed(1)} MB`;
}

function backOff(why: { because: string; waitMs: number }, state: Asking, seen: Observed): Decision {
  const retryAt = new Date(seen.now.getTime() + why.waitMs);
  const attempts = state.attempts + 1;
  return {
    kind: "Enter",
    state: {
      ...progressOf(state, seen.now),
      phase: "ErrorBackoff",
      attempts,
      retryAt,
      because: why.because,
      waiting: nextAttempt(retryAt, seen.now),
      suspended: false,
    },
  };
}

/** What a task waits for between failed calls. */
export function nextAttempt(retryAt: Date, since: Date): Waiting {
  return { for: `the next attempt at ${timestamp(retryAt)}`, since };
}
