/**
 * What people are told when a Task has moved: the events of one transition, derived from the old and the new state
 * after the new one is stored. It decides nothing. Texts do not change between identical retries, so that repeats count.
 */
import type { Waiting } from "../runtime/waiting";
import { isTerminal } from "./state";
import type { TaskState } from "./state";
import { sentSentence } from "./status";

/** Something to tell with an event. */
export interface TaskEvent {
  type: "Normal" | "Warning";
  reason: string;
  message: string;
}

/** The events of a transition, in the order in which they are told. */
export function eventsOf(before: TaskState, after: TaskState): TaskEvent[] {
  const suspension = suspensionOf(before, after);
  if (suspension) return [suspension];
  switch (after.phase) {
    case "Pending":
      return waitingEvents(before, after);
    case "ReadyForLLM":
      return readyEvents(before, after);
    case "ToolCallsPending":
      return toolCallsEvents(before, after);
    case "ErrorBackoff":
      return [{ type: "Warning", reason: "LLMRequestFailed", message: after.because }];
    case "FinalAnswer":
      return before.phase === "FinalAnswer"
        ? tellingEvents(after)
        : [{ type: "Normal", reason: "LLMFinalAnswer", message: "LLM response received successfully" }];
    case "Failed":
      return [{ type: "Warning", reason: after.reason, message: after.message }];
    case "Cancelled":
      return [{ type: "Normal", reason: "Cancelled", message: "Task was cancelled by spec.cancelled" }];
  }
}

function readyEvents(before: TaskState, after: Extract<TaskState, { phase: "ReadyForLLM" }>): TaskEvent[] {
  const asked = after.usage.requests > requestsOf(before);
  const validated: TaskEvent = { type: "Normal", reason: "ValidationSucceeded", message: "Task validation succeeded" };
  const sending: TaskEvent = {
    type: "Normal",
    reason: "SendingContextWindowToLLM",
    message: "Sending context window to LLM",
  };
  const told: TaskEvent[] = before.phase === "ToolCallsPending" ? [completed] : [];
  if (asked) return before.phase === "Pending" ? [validated, sending] : [...told, sending];
  return [...told, ...waitingEvents(before, after)];
}

const completed: TaskEvent = {
  type: "Normal",
  reason: "AllToolCallsCompleted",
  message: "All tool calls completed, ready to send tool results to LLM",
};

function toolCallsEvents(before: TaskState, after: { waiting?: Waiting }): TaskEvent[] {
  if (before.phase === "ToolCallsPending") return waitingEvents(before, after);
  return [{ type: "Normal", reason: "ToolCallsPending", message: "LLM response received, tool calls pending" }];
}

function tellingEvents({ told }: Extract<TaskState, { phase: "FinalAnswer" }>): TaskEvent[] {
  if (!told) return [];
  return told.kind === "Sent"
    ? [{ type: "Normal", reason: "AnswerSent", message: sentSentence(told) }]
    : [{ type: "Warning", reason: "AnswerNotSent", message: `The final answer was not sent: ${told.message}` }];
}

function waitingEvents(before: TaskState, after: { waiting?: Waiting }): TaskEvent[] {
  if (!after.waiting || after.waiting === waitingOf(before)) return [];
  return [{ type: "Normal", reason: "Waiting", message: `Waiting for ${after.waiting.for}` }];
}

function suspensionOf(before: TaskState, after: TaskState): TaskEvent | undefined {
  if (isTerminal(before) || isTerminal(after) || before.suspended === after.suspended) return undefined;
  return after.suspended
    ? { type: "Normal", reason: "Suspended", message: "Task was suspended by spec.suspended" }
    : { type: "Normal", reason: "Resumed", message: "Task goes on; its time starts anew" };
}

function requestsOf(state: TaskState): number {
  return state.phase === "Pending" ? 0 : state.usage.requests;
}

function waitingOf(state: TaskState): unknown {
  return "waiting" in state ? state.waiting : undefined;
}
