/** No event without what it tells of, and none more often than that happened. */
import { isDeepStrictEqual } from "node:util";
import type { MCPServerStatus, TaskStatus, ToolCall, ToolCallStatus } from "../../../crds/index";
import { EVENTS } from "../../runtime/event-body";
import type { StoredEvent } from "../../runtime/event-body";
import type { ClusterObject } from "../../runtime/objects";
import type { Evidence, Version } from "./evidence";
import { ownerOf } from "./lives";

/** One event, however often and under however many names it was told, and when for the last time. */
interface Told {
  times: number;
  mark: number;
  event: StoredEvent;
}

/** Compares what was told with what was stored by then. */
export function eventsTellTheTruth({ versions, isStormy, deaths }: Evidence): string[] {
  return toldIn(versions).flatMap(({ times, mark, event }) => {
    // Each process may say of what somebody has answered that it does not count.
    const tellers = remarks.has(event.reason) ? deaths.length + 1 : 1;
    const happened = tellers * timesOf(event, versions.slice(0, mark));
    // An event whose answer was lost may be told again under another name: that is all that may happen twice.
    return times <= happened || (isStormy && happened > 0)
      ? []
      : [
          `Event ${event.reason} "${event.message}" about ${event.involvedObject.kind} "${event.involvedObject.name}" was told ${times} times, but happened ${happened} times`,
        ];
  });
}

function toldIn(versions: Version[]): Told[] {
  const latest = new Map<string, { mark: number; event: StoredEvent }>();
  for (const { object, mark, change } of versions) {
    if (object.kind === EVENTS.kind && change === "Stored")
      latest.set(object.metadata.name, { mark, event: object as StoredEvent });
  }
  const told = new Map<string, Told>();
  for (const { mark, event } of latest.values()) {
    const words = [event.involvedObject.uid, event.reason, event.message].join("\n");
    const before = told.get(words) ?? { times: 0, mark: 0, event };
    told.set(words, { times: before.times + event.count, mark: Math.max(before.mark, mark), event });
  }
  return [...told.values()];
}

/** How often what an event tells of has happened. */
function timesOf(event: StoredEvent, versions: Version[]): number {
  const { uid } = event.involvedObject;
  if (event.reason === "ToolCallCreated") return childrenOf(uid, event.message, versions);
  const own = versions.filter(({ object, change }) => object.metadata.uid === uid && change === "Stored");
  if (remarks.has(event.reason)) return answersBy(event.message, own.at(-1)?.object as ToolCall);
  return own.filter(({ object }, i) => {
    const [before, after] = [own[i - 1]?.object as Said | undefined, object as Said];
    return after.status && !isDeepStrictEqual(before?.status, after.status) && tells(event, before, after);
  }).length;
}

function childrenOf(uid: string, message: string, versions: Version[]): number {
  const made = versions.filter(
    ({ object, change }) =>
      object.kind === "ToolCall" &&
      change === "Stored" &&
      ownerOf(object as ToolCall) === uid &&
      message === `Created ToolCall ${object.metadata.name}`,
  );
  return new Set(made.map(({ object }) => object.metadata.uid)).size;
}

/** What is said of single answers. */
const remarks = new Set(["ApprovalIgnored", "AnswerUnfit"]);

/** How many answers there are of the person of whom the message speaks. */
function answersBy(message: string, { spec, status }: ToolCall): number {
  const all = [...(spec.approvals ?? []), ...(status?.answers ?? [])];
  return all.filter(({ approver }) => message.includes(approver)).length;
}

/** The fields of all statuses that events are about. */
type Status = Partial<TaskStatus & MCPServerStatus & Omit<ToolCallStatus, "phase" | "status">>;

interface Said extends ClusterObject {
  status?: Status;
}

type Move = (old: Status, next: Status, message: string) => boolean;

/** Whether going from `before` to `after` is what the event says has happened. */
function tells({ involvedObject, reason, message }: StoredEvent, before: Said | undefined, after: Said): boolean {
  const [old, next] = [before?.status ?? {}, after.status ?? {}];
  const move = meanings[involvedObject.kind]?.[reason];
  if (move) return move(old, next, message);
  if (involvedObject.kind === "Task") return isToldAs(next.error, message) && reason === next.finishReason;
  return reason === "Initializing" || isToldAs(next.statusDetail, message);
}

/** The words themselves, or the beginning of words that are too long for an event. */
function isToldAs(words: string | undefined, message: string): boolean {
  return words === message || (message.endsWith("…") && (words ?? "").startsWith(message.slice(0, -1)));
}

const hasAsked: Move = (old, next) => (next.usage?.requests ?? 0) > (old.usage?.requests ?? 0);
const isWaiting: Move = (_old, next, message) => `Waiting for ${next.waitingFor ?? ""}`.startsWith(message);
const is =
  (status: string): Move =>
  (_old, next) =>
    next.status === status;

/** A question that was not asked before. */
const isAsked =
  (status: string): Move =>
  (old, next) =>
    next.status === status && next.externalCallID !== old.externalCallID;
const isSent: Move = (old, next) =>
  next.question?.sentAt !== undefined && next.question.sentAt !== old.question?.sentAt;

/** What must have happened for an event of that reason to be true; any other reason is told in the object's own words. */
const meanings: Record<string, Record<string, Move>> = {
  Task: {
    ValidationSucceeded: (old, next, message) => hasAsked(old, next, message) && (old.phase ?? "Pending") === "Pending",
    SendingContextWindowToLLM: hasAsked,
    ToolCallsPending: (old, next) => next.phase === "ToolCallsPending" && old.phase !== "ToolCallsPending",
    AllToolCallsCompleted: (old, next) =>
      old.phase === "ToolCallsPending" && next.contextWindow?.at(-1)?.role === "tool",
    LLMFinalAnswer: (_old, next) => next.phase === "FinalAnswer",
    Cancelled: (_old, next) => next.phase === "Cancelled",
    Waiting: isWaiting,
    Suspended: is("Suspended"),
    Resumed: (old, next) => old.status === "Suspended" && next.status !== "Suspended",
    AnswerSent: (old, next) => next.answerSentTime !== undefined && old.answerSentTime === undefined,
    AnswerNotSent: (_old, next, message) =>
      (next.conditions ?? []).some(({ type, message: why = "" }) => type === "AnswerSent" && message.endsWith(why)),
    LLMRequestFailed: (_old, next, message) =>
      isToldAs(next.error, message) && (next.phase === "ErrorBackoff" || next.finishReason === "LLMRequestFailed"),
  },
  ToolCall: {
    AwaitingHumanApproval: isAsked("AwaitingHumanApproval"),
    ApprovalPolicyFaulty: isAsked("AwaitingHumanApproval"),
    AwaitingHumanInput: isAsked("AwaitingHumanInput"),
    HumanLayerRequestSent: isSent,
    RequestSent: isSent,
    RequestNotSent: (_old, next, message) => message.includes(next.error ?? "nothing"),
    AnswerRefused: (_old, next, message) => message.includes(next.error ?? "nothing"),
    Approved: is("ReadyToExecuteApprovedTool"),
    Answered: is("ReadyToExecuteApprovedTool"),
    RunAgain: is("ReadyToExecuteApprovedTool"),
    Rejected: (_old, next) => next.finishReason === "Rejected",
    NobodyAnswered: (_old, next) => next.finishReason === "NobodyAnswered",
    ExecutionSucceeded: is("Succeeded"),
    ExecutionFailed: (_old, next, message) =>
      (next.status === "Error" || next.status === "ErrorBackoff") && isToldAs(next.error, message),
    OutcomeUnknown: is("OutcomeUnknown"),
    Cancelled: is("Cancelled"),
    Waiting: isWaiting,
  },
  MCPServer: {
    Connected: (_old, next) => next.connected === true,
    ConnectionFailed: (_old, next, message) => next.connected === false && isToldAs(next.statusDetail, message),
    // The connection was this process's, which may not have had the time to write that it was there.
    ConnectionLost: (_old, next, message) => next.connected === false && isToldAs(next.statusDetail, message),
    ToolsUpdated: (old, next) => !isDeepStrictEqual(old.tools, next.tools),
  },
};
