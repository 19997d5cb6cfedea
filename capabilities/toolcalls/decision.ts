/**
 * The words of a decision about a ToolCall: what is observed, what can be decided, and the few sentences that every state
 * uses. Pure; it chooses nothing by itself.
 */
import type { ToolCallSpec } from "../../crds/index";
import type { McpOutcome } from "../adapters/mcp/port";
import type { PeopleSeen } from "./people";
import { errorText } from "./result";
import type { CallState, FailureReason, Live, Written } from "./state";
import { workOf } from "./state";

/**
 * The task that asked. `Missing`: it cannot be seen, so nothing is started in its name. `isOver`: ended, cancelled or
 * being deleted.
 */
export type TaskSeen = { kind: "Missing" } | { kind: "Found"; name: string; isSuspended: boolean; isOver: boolean };

/** What the call is to be carried out by. */
export type ToolSeen =
  /** The agent offered no tool of that name, or one that this version cannot carry out. */
  | { kind: "NotOffered" }
  /** The server's object does not exist, or is being deleted. */
  | { kind: "NoServer"; server: string }
  /** The server is connected and has no such tool. */
  | { kind: "NoLonger"; server: string }
  /** A person is asked `asks` over this ContactChannel: that is the whole of the call. */
  | { kind: "Person"; channel: string; asks: string }
  /**
   * `isSafe`: may be repeated without harm, by an annotation that is trusted. `isListed`: the server has said that it has the
   * tool, and what arguments it takes. `away`: what is known of a server that is not connected.
   */
  | {
      kind: "Known";
      server: string;
      timeoutMs: number;
      isSafe: boolean;
      isListed: boolean;
      isConnected: boolean;
      away?: string;
    };

/** Whether the arguments can be given to the tool. `Unchecked`: they are an object, and nothing more is known of them here. */
export type Fit =
  | { kind: "Fits" }
  | { kind: "Unchecked" }
  /** The model's fault: what is wrong, and where. */
  | { kind: "Unfit"; why: string }
  /** The server's fault: its schema cannot be checked against in the time that a check may take. */
  | { kind: "Hostile" };

/** The call of the tool in this process. One of a process that died is `None`: nobody will ever hear its answer. */
export type InProcess = { kind: "None" } | { kind: "Running" } | { kind: "Finished"; outcome: McpOutcome };

/** Everything that a decision about a ToolCall depends on. */
export interface Observed {
  now: Date;
  uid: string;
  createdAt: Date;
  /** Since when this process has looked at calls: servers have to be connected anew by each. */
  lookingSince: Date;
  /** Names this process. */
  holder: string;
  spec: ToolCallSpec;
  state: CallState;
  task: TaskSeen;
  tool: ToolSeen;
  fit: Fit;
  call: InProcess;
  people: PeopleSeen;
  /** The spec has changed (answers were added) since the status was written last. */
  isSpecNew: boolean;
  /** The object is being deleted. */
  deleting: boolean;
  /** The process is stopping: nothing new is started, what has finished is still recorded. */
  stopping: boolean;
  /** The API server refused the last status for what it is (too large, invalid); its own words. */
  statusRefused?: string;
}

/** Effects never choose a state. All live in this process; what they have asked of the world outside can be asked again. */
export type Effect = { kind: "CallTool" } | { kind: "AbortCall" } | { kind: "AskPerson" };

/** What people are told of something that changes no state: an answer that does not count, a question that is not sent. */
export interface Remark {
  type: "Normal" | "Warning";
  reason: string;
  message: string;
}

/** What is to happen: nothing (until a time), another state (and then an effect), or an effect again. */
export type Decision =
  | { kind: "Stay"; until?: Date }
  /** `tell`: besides what follows from the states. */
  | { kind: "Enter"; state: Written; then?: Effect; tell?: Remark[] }
  | { kind: "Repeat"; effect: Effect };

/** A call that waits to be begun, for the first time or again. */
export type Unbegun = Extract<CallState, { status: "Pending" | "ReadyToExecuteApprovedTool" | "ErrorBackoff" }>;
/** A call whose intent is stored: it may have left. */
export type Executing = Extract<CallState, { status: "Executing" }>;

/** Nothing to do until something changes, or until a time. */
export function stay(until?: Date): Decision {
  return until ? { kind: "Stay", until } : { kind: "Stay" };
}

/** The end of a call that came to nothing: `message` for people, and the same for the model unless it is told otherwise. */
export function fail(
  state: Live,
  seen: Observed,
  { reason, message, told = message }: { reason: FailureReason; message: string; told?: string },
): Extract<Decision, { kind: "Enter" }> {
  const result = errorText(told);
  return {
    kind: "Enter",
    state: { ...workOf(state), status: "Error", reason, message, result, completedAt: seen.now },
  };
}

/** A model may write anything for a name; so much of it is repeated to people and to the model. */
const NAME_CHARACTERS = 128;

/** The tool's name as the model wrote it, in quotes. */
export function toolName({ spec }: Observed): string {
  const { name } = spec.toolRef;
  return `"${name.length > NAME_CHARACTERS ? `${name.slice(0, NAME_CHARACTERS)}…` : name}"`;
}

/** The MCPServer's name; empty where there is none. */
export function serverOf(tool: ToolSeen): string {
  return tool.kind === "NotOffered" || tool.kind === "Person" ? "" : tool.server;
}

/** The later of two moments. */
export function latest(a: Date, b: Date): Date {
  return a < b ? b : a;
}
