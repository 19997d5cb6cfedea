/** The evidence by what it is about: one life for each incarnation of a task and of a tool call. Judges nothing. */
import { isDeepStrictEqual } from "node:util";
import type { Message, Task, ToolCall } from "../../../crds/index";
import type { SeenToolCall } from "../fake-mcp";
import type { SeenCall } from "../scripted-model";
import type { Evidence, Version } from "./evidence";

/** One incarnation of an object: everything stored of it, in order. */
interface History<T> {
  name: string;
  uid: string;
  versions: { mark: number; at: Date; object: T }[];
  deleted?: Version;
  last: T;
}

/** One incarnation of a task, with every call made for it. */
export interface Life extends History<Task> {
  calls: SeenCall[];
  toolCalls: ToolLife[];
}

/** One incarnation of a tool call, with everything that was sent to a server for it. */
export interface ToolLife extends History<ToolCall> {
  sent: SeenToolCall[];
}

/** A check of one task; the sentences follow its name. */
export type Check = (life: Life, evidence: Evidence) => string[];

/** The tasks that ever were, in the order in which they were made. */
export function livesOf(evidence: Evidence): Life[] {
  const children = historiesOf<ToolCall>("ToolCall", evidence).map((history): ToolLife => {
    const trace = traceOf(ownerOf(history.last));
    const { source, arguments: text } = history.last.spec;
    const isIts = (seen: SeenToolCall): boolean =>
      seen.trace === trace && seen.server === source?.name && seen.tool === source.tool && isSameArguments(seen, text);
    return { ...history, sent: evidence.toolCalls.filter(isIts) };
  });
  return historiesOf<Task>("Task", evidence).map((history) => ({
    ...history,
    calls: evidence.calls.filter(({ trace }) => trace === traceOf(history.uid)),
    toolCalls: children.filter(({ last }) => ownerOf(last) === history.uid),
  }));
}

function historiesOf<T extends Task | ToolCall>(kind: string, { versions }: Evidence): History<T>[] {
  const histories = new Map<string, History<T>>();
  for (const version of versions) {
    if (version.object.kind !== kind) continue;
    const object = version.object as T;
    const { uid, name } = object.metadata;
    const history = histories.get(uid) ?? { name, uid, versions: [], last: object };
    histories.set(uid, history);
    if (version.change === "Deleted") history.deleted = version;
    else history.versions.push({ mark: version.mark, at: version.at, object });
    history.last = object;
  }
  return [...histories.values()];
}

/** The simulation's models write their JSON without blanks; nothing at all stands for no arguments. */
function isSameArguments(seen: SeenToolCall, text: string): boolean {
  return JSON.stringify(seen.arguments) === (text.trim() || "{}");
}

/** The trace id of everything that happens for an object. */
export function traceOf(uid: string): string {
  return uid.replaceAll("-", "");
}

/** The uid of the task that a tool call belongs to. */
export function ownerOf(call: ToolCall): string {
  return call.metadata.ownerReferences?.find(({ kind }) => kind === "Task")?.uid ?? "";
}

const terminal = ["FinalAnswer", "Failed", "Cancelled"];
const ended = ["Succeeded", "Error", "ToolCallRejected", "Cancelled"];
export const phaseOf = (task: Task): string => task.status?.phase ?? "Pending";
export const windowOf = (task: Task): Message[] => task.status?.contextWindow ?? [];
export const requestsOf = (task: Task): number => task.status?.usage?.requests ?? 0;
/** The fine state of a tool call. */
export const stateOf = (call: ToolCall): string => call.status?.status ?? "Pending";

/** Whether nothing more may happen to it. */
export function isTerminal(object: Task | ToolCall): boolean {
  return object.kind === "Task" ? terminal.includes(phaseOf(object as Task)) : hasEnded(object as ToolCall);
}

/** An unknown outcome is no end while somebody is asked about it. */
function hasEnded(call: ToolCall): boolean {
  return stateOf(call) === "OutcomeUnknown" ? call.status?.phase !== "Pending" : ended.includes(stateOf(call));
}

/** Whether a tool call waits for people. */
export function isParked(call: ToolCall): boolean {
  return ["AwaitingHumanApproval", "AwaitingHumanInput", "OutcomeUnknown"].includes(stateOf(call)) && !isTerminal(call);
}

/** Where a task is, in the words of `Expectation.ends`. */
export function endingOf(task: Task | undefined): string {
  if (!task) return "Deleted";
  if (task.status?.status === "Suspended") return "Suspended";
  return phaseOf(task) === "Failed" ? `Failed:${task.status?.finishReason ?? "no reason"}` : phaseOf(task);
}

export interface StatusWrite<T> {
  mark: number;
  before: T | undefined;
  after: T;
}

/** Neighbouring versions between which the status changed, the first status included. */
export function statusWrites<T extends Task | ToolCall>({ versions }: History<T>): StatusWrite<T>[] {
  return versions.flatMap(({ mark, object }, i) => {
    const before = versions[i - 1]?.object;
    return object.status && !isDeepStrictEqual(before?.status, object.status) ? [{ mark, before, after: object }] : [];
  });
}

/** How many of the conversation's messages were there before the model said anything. */
export function openingLength({ spec }: Task): number {
  const given = spec.contextWindow ?? [{ role: "user" }];
  return given.length + (given.some(({ role }) => role === "system") ? 0 : 1);
}
