/**
 * How a ToolCall's state is shown to people: the whole of `status`, made from the state alone. It holds no rule about
 * what happens next, only words. Pure, so that the same state always reads the same.
 */
import type { Condition, Question, ToolCall, ToolCallPhase, ToolCallStatus, WantedCondition } from "../../crds/index";
import { conditionsOf, DETAIL_TEXT, timestamp } from "../../crds/index";
import { storable } from "../runtime/storable";
import { waitingSentence } from "../runtime/waiting";
import type { AwaitingPeople, OpenQuestion, Terminal, Written } from "./state";
import { askedIn, isAwaitingPeople, isTerminal, NEXT_ATTEMPT } from "./state";
import { readySentence } from "./stored";

/** What `kubectl get` shows of each state, as of a Pod. */
const phases: { [State in Written["status"]]: ToolCallPhase } = {
  Pending: "Pending",
  AwaitingHumanApproval: "Pending",
  AwaitingHumanInput: "Pending",
  ReadyToExecuteApprovedTool: "Pending",
  Executing: "Running",
  ErrorBackoff: "Running",
  Succeeded: "Succeeded",
  Error: "Failed",
  OutcomeUnknown: "Failed",
  ToolCallRejected: "Failed",
  Cancelled: "Failed",
};

/** `status` of a call in `state`, written at `now`; conditions keep their transition time while their value stands. */
export function writeStatus(call: ToolCall, state: Written, now: Date): ToolCallStatus {
  const statusDetail = detailOf(state).slice(0, DETAIL_TEXT);
  return {
    ready: state.status === "Succeeded",
    status: state.status,
    statusDetail,
    phase: isAwaitingPeople(state) ? "Pending" : phases[state.status],
    ...waits(state),
    ...work(state),
    ...talk(state),
    ...ending(state),
    observedGeneration: call.metadata.generation ?? 0,
    conditions: conditions(call, state, statusDetail, now),
  };
}

function detailOf(state: Written): string {
  if (isAwaitingPeople(state)) return parked(state);
  switch (state.status) {
    case "Pending":
      return state.waiting ? `Waiting for ${state.waiting.for}` : "Waiting to be executed";
    case "ReadyToExecuteApprovedTool":
      return readySentence(state.because, state.waiting);
    case "Executing":
      return state.attempts > 1 ? `Executing tool (attempt ${state.attempts})` : "Executing tool";
    case "ErrorBackoff":
      return backingOff(state);
    case "Succeeded":
      return "Tool executed successfully";
    default:
      return state.message;
  }
}

/** Whom it waits for, and why the question is not where it should be. What became of a call is asked in the question's words. */
function parked({ status, waiting, question, trouble }: AwaitingPeople): string {
  const asked = status === "OutcomeUnknown" ? `. ${question.message}` : "";
  return `Waiting for ${waiting.for}${trouble === undefined ? "" : ` (${trouble})`}${asked}`;
}

function backingOff(state: Extract<Written, { status: "ErrorBackoff" }>): string {
  const { because, attempts, retryAt, waiting } = state;
  const times = attempts === 1 ? "once" : `${attempts} times`;
  const next =
    waiting.for === NEXT_ATTEMPT ? `beginning again at ${timestamp(retryAt)}` : `now waiting for ${waiting.for}`;
  return `${because.replace(/\.$/, "")} (begun ${times}; ${next})`;
}

function waits(state: Written): { waitingFor?: string } {
  if (!("waiting" in state) || !state.waiting) return {};
  const failingSince = "failingSince" in state ? state.failingSince : undefined;
  return { waitingFor: waitingSentence(state.waiting, failingSince) };
}

function work(state: Written): Partial<ToolCallStatus> {
  if (state.status === "Pending") return {};
  const { attempts, startedAt, holder } = state;
  return {
    ...(attempts > 0 && { attempts }),
    ...(startedAt && { startTime: startedAt.toISOString() }),
    ...(holder !== undefined && { holder }),
    ...(state.status === "ErrorBackoff" && { retryAt: state.retryAt.toISOString(), error: bounded(state.because) }),
    ...(isAwaitingPeople(state) && state.trouble !== undefined && { error: bounded(state.trouble) }),
  };
}

/** What people were asked and answered, and what a tool waits for to go on. */
function talk(state: Written): Partial<ToolCallStatus> {
  if (state.status === "Pending") return {};
  const { question, answers } = state;
  return {
    ...(question && { externalCallID: question.id, question: asStored(question) }),
    ...(answers && { answers }),
    ...(isTerminal(state) ? {} : askedIn(state)),
  };
}

function asStored({ kind, channel, message, schema, askedAt, sentAt }: OpenQuestion): Question {
  return {
    kind,
    channel,
    message: bounded(message),
    ...(schema && { schema }),
    askedAt: askedAt.toISOString(),
    ...(sentAt && { sentAt: sentAt.toISOString() }),
  };
}

function ending(state: Written): Partial<ToolCallStatus> {
  if (!isTerminal(state)) return {};
  return { completionTime: state.completedAt.toISOString(), result: state.result, ...outcome(state) };
}

function outcome(state: Terminal): Partial<ToolCallStatus> {
  switch (state.status) {
    case "Succeeded":
      return raw(state);
    case "Error":
      return { error: bounded(state.message), finishReason: state.reason, ...raw(state) };
    case "ToolCallRejected":
      return { error: bounded(state.message), finishReason: state.reason };
    case "OutcomeUnknown":
    case "Cancelled":
      return { error: bounded(state.message) };
  }
}

/** What the tool gave back or wants, in its own form. */
function raw(state: Extract<Terminal, { status: "Succeeded" | "Error" }>): Partial<ToolCallStatus> {
  const { content, structuredContent } = state;
  const { requestState, inputRequests } = state.status === "Error" ? state : {};
  return {
    ...(content && { content }),
    ...(structuredContent && { structuredContent }),
    ...(requestState !== undefined && { requestState }),
    ...(inputRequests && { inputRequests }),
  };
}

function bounded(text: string): string {
  return storable(text, DETAIL_TEXT);
}

/** The schema allows 32 KiB of message; a person wants a sentence. */
const CONDITION_MESSAGE_CHARACTERS = 1024;

function conditions(call: ToolCall, state: Written, statusDetail: string, now: Date): Condition[] {
  const message = statusDetail.slice(0, CONDITION_MESSAGE_CHARACTERS);
  const condition = (type: string, holds: boolean): WantedCondition => ({
    type,
    status: holds ? "True" : "False",
    reason: state.status,
    message,
  });
  const wanted = [condition("Ready", state.status === "Succeeded")];
  // As with a Job, there is no such condition until it holds; kubectl wait waits for it all the same.
  if (isTerminal(state)) wanted.push(condition("Completed", true));
  const approved = approval(call, state, message);
  if (approved) wanted.push(approved);
  return conditionsOf(wanted, { old: call.status?.conditions, generation: call.metadata.generation ?? 0, now });
}

/** Whether people have agreed: only of a call that needed it, from when they were asked; what they decided stays. */
function approval(call: ToolCall, state: Written, message: string): WantedCondition | undefined {
  const isAsked = "question" in state && state.question?.kind === "Approval";
  const said = isAsked ? agreed(state) : undefined;
  const words = state.status === "ReadyToExecuteApprovedTool" ? state.because : message;
  if (said) return { type: "Approved", ...said, message: words.slice(0, CONDITION_MESSAGE_CHARACTERS) };
  const old = call.status?.conditions?.find(({ type }) => type === "Approved");
  return old && { type: "Approved", status: old.status, reason: old.reason, message: old.message };
}

function agreed(state: Written): Pick<WantedCondition, "status" | "reason"> | undefined {
  switch (state.status) {
    case "AwaitingHumanApproval":
      return { status: "Unknown", reason: state.status };
    case "ReadyToExecuteApprovedTool":
      return { status: "True", reason: "Approved" };
    case "ToolCallRejected":
      return { status: "False", reason: state.reason };
    case "Error":
      return state.reason === "NobodyAnswered" ? { status: "False", reason: state.reason } : undefined;
    default:
      return undefined;
  }
}
