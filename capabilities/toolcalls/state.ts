/**
 * What a ToolCall is doing, as one value: a variant per fine state, each carrying only what a different process would
 * need to carry on. `stored.ts` reads that value from `status` and `status.ts` writes it back; nothing else does. The
 * union and the CRD's list of states are compared by the compiler.
 */
import type { ChannelAnswer, QuestionKind, ToolCall } from "../../crds/index";
import type { Waiting } from "../runtime/waiting";

/** What a tool gave back, as it is stored: the text that the model is told, and the tool's own form where that says more. */
export interface Result {
  result: string;
  content?: Record<string, unknown>[];
  structuredContent?: Record<string, unknown>;
}

/** What a tool wants from a person, as the protocol has it; all of it is needed to go on. */
export interface Asked {
  requestState?: string;
  inputRequests?: Record<string, unknown>;
}

/** A question to people. Its id is computed, so that every process asks the same one. */
export interface OpenQuestion {
  id: string;
  kind: QuestionKind;
  /** The name of the ContactChannel. */
  channel: string;
  message: string;
  /** Of the answer, where it is to be JSON. */
  schema?: Record<string, unknown>;
  askedAt: Date;
  /** When the service behind the channel took it; nothing is sent for a channel of type kubernetes. */
  sentAt?: Date;
}

/** What people were asked last, and what they have answered over channels, all of it. What they say with kubectl is in the spec. */
export interface Talk {
  question?: OpenQuestion;
  answers?: ChannelAnswer[];
}

/** What a call waits for after a failure, until it may be begun again. */
export const NEXT_ATTEMPT = "the next attempt";

/** How the work on a call has gone. A call that ended without any was begun 0 times. */
export interface Work extends Talk {
  attempts: number;
  startedAt?: Date;
  /** The process that carried it out last. */
  holder?: string;
}

/** Since when the attempts have failed, in a row. Carried through the attempts between the failures. */
interface Failing {
  failingSince?: Date;
}

/** A call that waits for people. `trouble`: why the question is not where it should be; kubectl works all the same. */
interface Parked extends Work {
  question: OpenQuestion;
  waiting: Waiting;
  trouble?: string;
}

/** States of later versions. A call in one of them is left alone. */
export type LaterState = "AwaitingSubAgent";

/** `Asked` in a state before the end: the call goes on with what people answered to it. */
export type CallState =
  | { status: "Pending"; waiting?: Waiting }
  | ({ status: "AwaitingHumanApproval" } & Parked)
  | ({ status: "AwaitingHumanInput" } & Parked & Asked)
  /** People have said that it is to be executed; `because` says who. */
  | ({ status: "ReadyToExecuteApprovedTool"; question: OpenQuestion; because: string; waiting?: Waiting } & Work &
      Asked)
  | ({ status: "Executing"; holder: string; startedAt: Date; waiting: Waiting } & Work & Asked & Failing)
  | ({ status: "ErrorBackoff"; startedAt: Date; retryAt: Date; because: string; waiting: Waiting } & Work &
      Asked &
      Failing)
  /** Somebody is asked what has become of it. */
  | ({ status: "OutcomeUnknown" } & Parked & Asked)
  | ({ status: "Succeeded"; completedAt: Date } & Work & Result)
  | ({ status: "Error"; reason: FailureReason; message: string; completedAt: Date } & Work & Result & Asked)
  /** There was nobody to ask. */
  | ({ status: "OutcomeUnknown"; message: string; result: string; completedAt: Date } & Work)
  | ({ status: "ToolCallRejected"; reason: RejectionReason; message: string; result: string; completedAt: Date } & Work)
  | ({ status: "Cancelled"; message: string; result: string; completedAt: Date } & Work)
  | { [State in LaterState]: { status: State } }[LaterState];

/** Why a call ended in an error; stored as `status.finishReason`. */
export type FailureReason =
  /** The agent offers no such tool, or the server has it no longer. */
  | "NoSuchTool"
  | "InvalidArguments"
  /** The tool's schema cannot be used to check anything without harm. */
  | "InvalidToolSchema"
  | "ServerUnavailable"
  /** The tool said that it failed. */
  | "ToolFailed"
  /** The server would not carry the call out. */
  | "Refused"
  /** The tool asks a person, and nobody can be asked. */
  | "InputRequired"
  /** A tool that is safe to repeat was begun as often as one may be, and never answered. */
  | "NoAnswer"
  /** Nobody said in time what was asked; nobody refused either. */
  | "NobodyAnswered"
  /** Nobody knows what became of it, and a person gave it up. */
  | "OutcomeUnknown"
  /** The API server would not store what came. */
  | "StatusRefused";

/** Why a call counts as rejected; stored as `status.finishReason`. A timeout may count as a no, and is not one. */
export type RejectionReason = "Rejected" | "NobodyAnswered";

/** A call that is over. */
export type Terminal = Extract<CallState, { completedAt: Date }>;
/** A call in a state of a later version. */
export type Later = Extract<CallState, { status: LaterState }>;
/** A state that this version writes. */
export type Written = Exclude<CallState, Later>;
/** A call that is not over and that this version drives. */
export type Live = Exclude<Written, Terminal>;
/** A call that waits for people to answer. */
export type AwaitingPeople = Extract<
  Live,
  { status: "AwaitingHumanApproval" | "AwaitingHumanInput" | "OutcomeUnknown" }
>;

/** Whether a call is over. */
export function isTerminal(state: CallState): state is Terminal {
  return "completedAt" in state;
}

const later: ReadonlySet<string> = new Set(["AwaitingSubAgent"] satisfies LaterState[]);

/** Whether a call is in a state of a later version. */
export function isLater(state: CallState): state is Later {
  return later.has(state.status);
}

const parked: ReadonlySet<string> = new Set([
  "AwaitingHumanApproval",
  "AwaitingHumanInput",
  "OutcomeUnknown",
] satisfies AwaitingPeople["status"][]);

/** Whether a call waits for people to answer. */
export function isAwaitingPeople(state: CallState): state is AwaitingPeople {
  return parked.has(state.status) && !isTerminal(state);
}

const endings: ReadonlySet<string> = new Set([
  "Succeeded",
  "Error",
  "ToolCallRejected",
  "Cancelled",
] satisfies Terminal["status"][]);

/** Whether a stored call is over, without reading all of its state: asked of every event. */
export function hasEnded({ status }: ToolCall): boolean {
  return status?.status === "OutcomeUnknown" ? status.phase !== "Pending" : endings.has(status?.status ?? "");
}

/** The id of the question that a stored call waits to be answered, if it waits for people. */
export function openQuestionOf(call: ToolCall): string | undefined {
  const { status, metadata } = call;
  const isOpen = parked.has(status?.status ?? "") && !hasEnded(call) && metadata.deletionTimestamp === undefined;
  return isOpen ? status?.externalCallID : undefined;
}

/** How the work on a call has gone so far, in any state. */
export function workOf(state: Live): Work {
  if (state.status === "Pending") return { attempts: 0 };
  const { attempts, startedAt, holder, question, answers } = state;
  return {
    attempts,
    ...(startedAt && { startedAt }),
    ...(holder !== undefined && { holder }),
    ...(question && { question }),
    ...(answers && { answers }),
  };
}

/** What the tool has asked of people and is still to be told; nothing where the call is not being continued. */
export function askedIn(state: Live): Asked {
  if (!("inputRequests" in state) && !("requestState" in state)) return {};
  const { requestState, inputRequests } = state;
  return {
    ...(requestState !== undefined && { requestState }),
    ...(inputRequests && { inputRequests }),
  };
}
