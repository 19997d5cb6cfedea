/**
 * What people are told when a ToolCall has moved: the events of one transition, derived from the old and the new state
 * after the new one is stored. It decides nothing. Texts do not change between identical retries, so that repeats count.
 */
import type { Waiting } from "../runtime/waiting";
import type { Remark } from "./decision";
import type { AwaitingPeople, CallState, Live, Terminal, Written } from "./state";
import { isTerminal } from "./state";

/** The events of a transition of the call of `tool` (the name that the model saw), in the order in which they are told. */
export function eventsOf(before: CallState, after: Written, tool: string): Remark[] {
  return isTerminal(after) ? [endEvent(before, after, tool)] : liveEvents(before, after);
}

function liveEvents(before: CallState, after: Live): Remark[] {
  switch (after.status) {
    case "Pending":
      return waitingEvents(before, after.waiting);
    case "AwaitingHumanApproval":
    case "AwaitingHumanInput":
    case "OutcomeUnknown":
      return askingEvents(before, after);
    case "ReadyToExecuteApprovedTool":
      return before.status === after.status ? waitingEvents(before, after.waiting) : [readyEvent(after)];
    case "Executing":
      return [];
    case "ErrorBackoff":
      return before.status === after.status
        ? waitingEvents(before, after.waiting)
        : [{ type: "Warning", reason: "ExecutionFailed", message: after.because }];
  }
}

function endEvent(before: CallState, after: Terminal, tool: string): Remark {
  switch (after.status) {
    case "Succeeded":
      return { type: "Normal", reason: "ExecutionSucceeded", message: successOf(before, tool) };
    case "Error":
      return { type: "Warning", reason: errorReason(after.reason), message: after.message };
    case "OutcomeUnknown":
      return { type: "Warning", reason: "OutcomeUnknown", message: after.message };
    case "ToolCallRejected":
      return { type: "Warning", reason: after.reason, message: after.message };
    case "Cancelled":
      return { type: "Normal", reason: "Cancelled", message: after.message };
  }
}

function readyEvent({ question, because }: Extract<Live, { status: "ReadyToExecuteApprovedTool" }>): Remark {
  return { type: "Normal", reason: readyReasons[question.kind], message: because };
}

const readyReasons = { Approval: "Approved", Input: "Answered", Outcome: "RunAgain" } as const;

/** Of a question it is told once that it is asked; what becomes of it is told when it happens. */
function askingEvents(before: CallState, { question, status }: AwaitingPeople): Remark[] {
  const isOld = "question" in before && before.question?.id === question.id;
  if (isOld) return [];
  const via = `via contact channel ${question.channel}`;
  switch (status) {
    case "AwaitingHumanApproval":
      return [{ type: "Normal", reason: status, message: `Tool execution requires approval ${via}` }];
    case "AwaitingHumanInput":
      return [{ type: "Normal", reason: status, message: `A person is asked ${via}: ${question.message}` }];
    case "OutcomeUnknown":
      return [{ type: "Warning", reason: status, message: `${question.message} It is asked ${via}` }];
  }
}

function successOf(before: CallState, tool: string): string {
  switch (before.status) {
    case "AwaitingHumanInput":
      return `A person has answered through tool "${tool}"`;
    case "OutcomeUnknown":
      return `A person has said what tool "${tool}" has done`;
    default:
      return `MCP tool "${tool}" executed successfully`;
  }
}

/** That nobody answered is no failure of the tool. */
function errorReason(reason: Extract<Written, { status: "Error" }>["reason"]): string {
  return reason === "NobodyAnswered" ? reason : "ExecutionFailed";
}

function waitingEvents(before: CallState, waiting: Waiting | undefined): Remark[] {
  const old = "waiting" in before ? before.waiting : undefined;
  if (!waiting || waiting === old) return [];
  return [{ type: "Normal", reason: "Waiting", message: `Waiting for ${waiting.for}` }];
}
