/**
 * Reads a ToolCall's state from `status`, and the few things that are kept in its sentences. Tolerant on purpose: a status
 * written by any released version, or by hand, must yield a state to go on from; what is missing is taken as its zero.
 */
import type { ToolCall, ToolCallState } from "../../crds/index";
import { momentOf } from "../../crds/index";
import type { ReadWaiting, Waiting } from "../runtime/waiting";
import { readWaiting } from "../runtime/waiting";
import type { Asked, CallState, FailureReason, OpenQuestion, RejectionReason, Result, Talk, Work } from "./state";
import { hasEnded, NEXT_ATTEMPT } from "./state";

/** The state that a stored call is in. */
export function readState(call: ToolCall): CallState {
  return readers[call.status?.status ?? "Pending"](call);
}

/** One reader a state; a state that the CRD gains and this list does not, no longer compiles. */
const readers: { [State in ToolCallState]: (call: ToolCall) => Extract<CallState, { status: State }> } = {
  Pending: (call) => {
    const { waiting } = waits(call);
    return { status: "Pending", ...(waiting && { waiting }) };
  },
  AwaitingHumanApproval: (call) => ({ status: "AwaitingHumanApproval", ...readParked(call, "Approval") }),
  AwaitingHumanInput: (call) => ({ status: "AwaitingHumanInput", ...readParked(call, "Input"), ...readAsked(call) }),
  ReadyToExecuteApprovedTool: (call) => {
    const { waiting } = waits(call);
    return {
      status: "ReadyToExecuteApprovedTool",
      ...readWork(call),
      ...readAsked(call),
      question: readQuestion(call) ?? nothingAsked(call, "Approval"),
      because: readBecause(call, waiting),
      ...(waiting && { waiting }),
    };
  },
  Executing: (call) => ({
    status: "Executing",
    ...readWork(call),
    attempts: call.status?.attempts ?? 1,
    holder: call.status?.holder ?? "",
    startedAt: momentOf(call.status?.startTime) ?? createdAt(call),
    waiting: { for: "an answer", since: createdAt(call) },
    ...readAsked(call),
    ...waits(call),
  }),
  ErrorBackoff: (call) => ({
    status: "ErrorBackoff",
    ...readWork(call),
    startedAt: momentOf(call.status?.startTime) ?? createdAt(call),
    retryAt: momentOf(call.status?.retryAt) ?? createdAt(call),
    because: call.status?.error ?? "",
    waiting: { for: NEXT_ATTEMPT, since: createdAt(call) },
    ...readAsked(call),
    ...waits(call),
  }),
  Succeeded: (call) => ({ status: "Succeeded", ...readWork(call), ...readEnd(call), ...readResult(call) }),
  Error: (call) => ({
    status: "Error",
    reason: (call.status?.finishReason ?? "ToolFailed") as FailureReason,
    message: call.status?.error ?? "",
    ...readWork(call),
    ...readEnd(call),
    ...readResult(call),
    ...readAsked(call),
  }),
  OutcomeUnknown: (call) =>
    hasEnded(call)
      ? { status: "OutcomeUnknown", ...readWork(call), ...readWords(call), ...readEnd(call) }
      : { status: "OutcomeUnknown", ...readParked(call, "Outcome"), ...readAsked(call) },
  ToolCallRejected: (call) => ({
    status: "ToolCallRejected",
    reason: (call.status?.finishReason ?? "Rejected") as RejectionReason,
    ...readWork(call),
    ...readWords(call),
    ...readEnd(call),
  }),
  Cancelled: (call) => ({ status: "Cancelled", ...readWork(call), ...readWords(call), ...readEnd(call) }),
  AwaitingSubAgent: () => ({ status: "AwaitingSubAgent" }),
};

function readWork(call: ToolCall): Work {
  const { status } = call;
  const startedAt = momentOf(status?.startTime);
  return {
    attempts: status?.attempts ?? 0,
    ...(startedAt && { startedAt }),
    ...(status?.holder !== undefined && { holder: status.holder }),
    ...readTalk(call),
  };
}

function readTalk(call: ToolCall): Talk {
  const question = readQuestion(call);
  const { answers } = call.status ?? {};
  return { ...(question && { question }), ...(answers && { answers }) };
}

function readQuestion(call: ToolCall): OpenQuestion | undefined {
  const { question, externalCallID } = call.status ?? {};
  if (!question || externalCallID === undefined) return undefined;
  const { kind, channel, message = "", schema } = question;
  const sentAt = momentOf(question.sentAt);
  return {
    id: externalCallID,
    kind,
    channel,
    message,
    ...(schema && { schema }),
    askedAt: momentOf(question.askedAt) ?? createdAt(call),
    ...(sentAt && { sentAt }),
  };
}

/** Stands for a question that somebody has removed from the status. Its id is empty; no question's is. */
function nothingAsked(call: ToolCall, kind: OpenQuestion["kind"]): OpenQuestion {
  return { id: "", kind, channel: "", message: "", askedAt: createdAt(call) };
}

function readParked(
  call: ToolCall,
  kind: OpenQuestion["kind"],
): Work & { question: OpenQuestion; waiting: Waiting; trouble?: string } {
  const question = readQuestion(call) ?? nothingAsked(call, kind);
  const { waiting = { for: "a person", since: question.askedAt } } = waits(call);
  const trouble = call.status?.error;
  return { ...readWork(call), question, waiting, ...(trouble !== undefined && { trouble }) };
}

function readEnd(call: ToolCall): { completedAt: Date } {
  return { completedAt: momentOf(call.status?.completionTime) ?? createdAt(call) };
}

function readWords({ status }: ToolCall): { message: string; result: string } {
  return { message: status?.error ?? "", result: status?.result ?? "" };
}

function readResult({ status }: ToolCall): Result {
  return {
    result: status?.result ?? "",
    ...(status?.content && { content: status.content }),
    ...(status?.structuredContent && { structuredContent: status.structuredContent }),
  };
}

function readAsked({ status }: ToolCall): Asked {
  return {
    ...(status?.requestState !== undefined && { requestState: status.requestState }),
    ...(status?.inputRequests && { inputRequests: status.inputRequests }),
  };
}

/** For how long a call has waited, and failed, counts for how long it may. */
function waits({ status }: ToolCall): ReadWaiting {
  return readWaiting(status?.waitingFor);
}

/** What a call that was approved says of itself: who approved it, and what it waits for all the same. */
export function readySentence(because: string, waiting: Waiting | undefined): string {
  return `${because}${endOf(waiting)}`;
}

/** The inverse, given what the call waits for. */
function readBecause({ status }: ToolCall, waiting: Waiting | undefined): string {
  const detail = status?.statusDetail ?? "";
  const end = endOf(waiting);
  return end !== "" && detail.endsWith(end) ? detail.slice(0, -end.length) : detail;
}

function endOf(waiting: Waiting | undefined): string {
  return waiting ? `; now waiting for ${waiting.for}` : "";
}

function createdAt(call: ToolCall): Date {
  return momentOf(call.metadata.creationTimestamp) ?? new Date(0);
}
