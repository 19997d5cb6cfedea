/**
 * What a ToolCall does next. Pure and total: the same observation gives the same decision; the clock is a field of the
 * observation. Every change of a ToolCall's state starts here: `begin`, `hear` and `awaitPeople` are its longer words.
 */
import { assertNever } from "../runtime/assert-never";
import { awaitPeople } from "./await-people";
import { begin } from "./begin";
import type { Decision, Observed } from "./decision";
import { fail, stay, toolName } from "./decision";
import { hear, hearSilence } from "./hear";
import { errorText } from "./result";
import type { Live } from "./state";
import { isLater, isTerminal, workOf } from "./state";

/** What a call does next. */
export function decide(seen: Observed): Decision {
  const { state } = seen;
  if (isLater(state)) return stay(); // A later version's call: it knows what to do with it, and this one does not.
  if (seen.deleting || isTerminal(state)) return letGo(seen);
  return giveUp(state, seen) ?? proceed(state, seen);
}

/** Nothing more is expected of the call, so one in flight is of no use. */
function letGo({ call }: Observed): Decision {
  return call.kind === "None" ? stay() : { kind: "Repeat", effect: { kind: "AbortCall" } };
}

/** The ways out that are open in every state: a status that the API server will not take, and a task that is over. */
function giveUp(state: Live, seen: Observed): Decision | undefined {
  if (seen.statusRefused !== undefined) return failToStore(state, seen, seen.statusRefused);
  if (seen.task.kind !== "Found" || !seen.task.isOver) return undefined;
  // What the tool did is recorded even so: it is the truth, and somebody may want to know.
  if (state.status === "Executing" && isAnswered(seen)) return undefined;
  return cancel(state, seen);
}

function isAnswered({ call }: Observed): boolean {
  return call.kind === "Finished" && call.outcome.kind !== "NotSent" && call.outcome.kind !== "Unknown";
}

function failToStore(state: Live, seen: Observed, because: string): Decision {
  const name = toolName(seen);
  const { call } = seen;
  const message =
    call.kind === "Finished" && call.outcome.kind === "Result"
      ? `Tool ${name} has done its work, but what it gave back could not be stored. ${because}`
      : `What the call of tool ${name} has come to could not be stored. ${because}`;
  return fail(state, seen, { reason: "StatusRefused", message });
}

function cancel(state: Live, seen: Observed): Decision {
  const { call, now } = seen;
  const isUnsent = call.kind === "Finished" && call.outcome.kind === "NotSent";
  const isSent = state.status === "OutcomeUnknown" || (state.status === "Executing" && !isUnsent);
  const message = isSent
    ? "Cancelled because its task is over; the tool had been called and may have done its work"
    : "Cancelled because its task is over";
  return {
    kind: "Enter",
    state: { ...workOf(state), status: "Cancelled", message, result: errorText(message), completedAt: now },
    ...(call.kind !== "None" && { then: { kind: "AbortCall" } }),
  };
}

function proceed(state: Live, seen: Observed): Decision {
  switch (state.status) {
    case "Pending":
    case "ReadyToExecuteApprovedTool":
      return begin(state, seen);
    case "OutcomeUnknown":
      return hearLate(state, seen) ?? awaitPeople(state, seen);
    case "AwaitingHumanApproval":
    case "AwaitingHumanInput":
      return awaitPeople(state, seen);
    case "Executing":
      return awaitOutcome(state, seen);
    case "ErrorBackoff":
      return seen.now < state.retryAt ? stay(state.retryAt) : begin(state, seen);
    default:
      return assertNever(state);
  }
}

/**
 * Another process has taken this one for dead while its call was under way. What has come of the call is the truth all the
 * same, and better than what people can find out.
 */
function hearLate(state: Extract<Live, { status: "OutcomeUnknown" }>, seen: Observed): Decision | undefined {
  const { call, holder, now } = seen;
  if (state.holder !== holder || call.kind !== "Finished" || !isAnswered(seen)) return undefined;
  return hear(call.outcome, { ...state, status: "Executing", holder, startedAt: state.startedAt ?? now }, seen);
}

function awaitOutcome(state: Extract<Live, { status: "Executing" }>, seen: Observed): Decision {
  switch (seen.call.kind) {
    case "Running":
      return stay(); // The call ends by the server's own timeout.
    case "Finished":
      return hear(seen.call.outcome, state, seen);
    case "None":
      return hearSilence(state, seen);
    default:
      return assertNever(seen.call);
  }
}
