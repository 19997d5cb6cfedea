/**
 * What people are told when their word on a ToolCall is not taken: what is wrong, with which call, and what to do. Pure. The
 * same sentence goes to kubectl and into an event, so it names people instead of saying "you".
 */
import type { Decided, ToolCall } from "../../crds/index";
import { COMMENT_TEXT, group, timestamp } from "../../crds/index";
import { listed } from "../runtime/listed";
import type { Entry } from "../toolcalls/approvals";
import { ANNOTATIONS } from "./approval-intent";
import type { Referrer } from "./references";
import { introduced } from "./references";

/** Of whom and of what is spoken. */
export interface Spoken {
  call: Referrer;
  username: string;
}

/** A call is created with approvals. */
export function createdApproved({ call }: Spoken): string {
  return `${introduced(call)} cannot be created with approvals: it is decided on when it waits for a person. Leave spec.approvals and the annotations that decide out.`;
}

/** Approvals that were there are changed or gone. */
export function tampered({ call, username }: Spoken): string {
  return `The approvals of ${introduced(call)} cannot be changed, moved or removed, and "${username}" tried to. Leave those that are there, and add a new one at the end.`;
}

/** Several decisions in one request. */
export function several({ call }: Spoken, count: number): string {
  return `One request may add one decision to ${introduced(call)}, and this one adds ${count}. Send one; everybody sends their own.`;
}

/** An account of the operator decides. */
export function byOperator({ call, username }: Spoken): string {
  return `"${username}" is an account of the operator and may not decide on ${introduced(call)}: a person has to, with an account of their own.`;
}

/** An approval in somebody else's name. */
export function forged({ call, username }: Spoken, approver: string): string {
  return `The approval of ${introduced(call)} names "${approver}" as its approver, but "${username}" sent it. Leave approver out: it is filled in.`;
}

/** An approval that names other arguments than the call has. */
export function ofOtherArguments({ call, username }: Spoken): string {
  return `The approval of ${introduced(call)} by "${username}" is about other arguments than those of the call. Read spec.arguments again, and leave argumentsDigest out: it is filled in.`;
}

/** An approval that names a question other than the open one. */
export function ofAnotherQuestion({ call, username }: Spoken, asked: string): string {
  return `The approval of ${introduced(call)} by "${username}" answers another question than the one that is put now, ${asked}. Read status.question again, and leave question out: it is filled in.`;
}

/** Without the right to decide. */
export function notAllowed({ call, username }: Spoken): string {
  const grant = `kubectl create rolebinding approvers --clusterrole=kubechain-approver --user='${username}' --namespace=${call.namespace}`;
  return `"${username}" may not decide on ${introduced(call)}: that takes the verb approve on toolcalls. Who administers the cluster can grant it, for example with: ${grant}`;
}

/** Nobody could say whether there is the right to decide. */
export function notKnownWhetherAllowed({ call, username }: Spoken): string {
  return `Nothing was decided on ${introduced(call)}: whether "${username}" may could not be found out just now. Try again in a moment.`;
}

/** `by` are the decisions on the call's last question, by time. */
export function notWaiting({ call }: Spoken, { status, statusDetail }: Where, by: readonly Entry[]): string {
  const isOver = ["Succeeded", "Error", "ToolCallRejected", "Cancelled"].includes(status);
  const next = isOver ? "" : " A word is taken while its STATUS is AwaitingHumanApproval or AwaitingHumanInput.";
  const detail = by.length === 0 && isOver && statusDetail ? ` (${withoutStop(statusDetail)})` : "";
  return `${introduced(call)} does not wait for anybody: ${decidedBy(by)}; it is ${status}${detail}.${next}`;
}

/** Where a call is. */
export interface Where {
  status: string;
  statusDetail?: string | undefined;
}

/** The question has been answered meanwhile. */
export function tooLate({ call }: Spoken, by: readonly Entry[]): string {
  return `${introduced(call)} has its answer already: ${decidedBy(by)}. The first answer that is enough counts.`;
}

/** `jane and bob approved it, at … and …` in the words of the annotations. */
function decidedBy(entries: readonly Entry[]): string {
  const last = entries.at(-1);
  if (!last) return "nobody has decided on it";
  if (last.decision !== "Approve") return `${last.approver} ${PAST[last.decision]} it at ${timestamp(last.at)}`;
  const approving = entries.filter(({ decision }) => decision === "Approve");
  const who = listed([...new Set(approving.map(({ approver }) => approver))]);
  return `${who} approved it${approving.length > 1 ? ", last" : ""} at ${timestamp(last.at)}`;
}

const PAST: Readonly<Record<Decided, string>> = { Approve: "approved", Reject: "rejected", Respond: "answered" };

/** The call waits, and its question is not stored yet. */
export function questionless({ call }: Spoken): string {
  return `${introduced(call)} is about to wait for a person, and its question is not stored yet. Try again in a moment.`;
}

/** `fitting` are the decisions that answer the question, the most usual first. */
export function wrongWord({ call }: Spoken, given: Decided, fitting: readonly Decided[]): string {
  const asks = fitting.includes("Approve") ? "asks whether its tool may run" : "wants an answer in words";
  const is = given === "Respond" ? "words are" : "approving is";
  const [first = "Reject"] = fitting;
  const say = first === "Respond" ? "the answer" : "why";
  const others = fitting.slice(1).map((decision) => `/${ANNOTATIONS[decision].slice(group.length + 1)}`);
  const or = others.length === 0 ? "" : ` (or ${listed(others)} instead)`;
  return `${introduced(call)} ${asks}, and ${is} no answer to that. Write: ${command(call, first, say)}${or}`;
}

/** An answer without words. */
export function emptyAnswer({ call }: Spoken): string {
  return `The answer to ${introduced(call)} is empty. Give it as the annotation's value: ${command(call, "Respond", "the answer")}`;
}

/** An answer that the tool would not take; `why` says why. */
export function unfitAnswer({ call }: Spoken, why: string): string {
  return `The answer does not fit what ${introduced(call)} asks: ${withoutStop(why)}.`;
}

/** More words than can be kept. */
export function tooLong({ call }: Spoken): string {
  return `The words about ${introduced(call)} are too long: they may have ${COMMENT_TEXT} characters. Shorten them.`;
}

/** `isApproval`: then the question follows the server to another channel. */
export function channelGone({ call }: Spoken, channel: string, isApproval: boolean): string {
  const or = isApproval ? ", or name another one in spec.approvalContactChannel of its MCPServer" : "";
  return `Nobody can decide on ${introduced(call)} now: ContactChannel "${channel}", which says who may, does not exist any more. Create it again${or}.`;
}

/** The channel that says who may decide could not be read. */
export function channelUnread({ call }: Spoken, channel: string): string {
  return `Nothing was decided on ${introduced(call)}: ContactChannel "${channel}", which says who may, could not be read just now. Try again in a moment.`;
}

/** Who created the task decides, and may not. */
export function byRequester({ call, username }: Spoken, channel: string): string {
  return `"${username}" created the task of ${introduced(call)}, and ContactChannel "${channel}" wants somebody else to decide (spec.approvers.mayNotBeRequester). Ask a colleague.`;
}

/** It is not known who created the task, so nobody may decide. */
export function requesterUnknown({ call }: Spoken, channel: string): string {
  return `It is not known who created the task of ${introduced(call)}, and ContactChannel "${channel}" lets anybody decide but them (spec.approvers.mayNotBeRequester), so nobody can. Create the task again, or change the channel.`;
}

/** The same person approves again. */
export function secondTime({ call, username }: Spoken, { at }: Entry, missing: number): string {
  const others = missing === 1 ? "one more person" : `${missing} more people`;
  return `"${username}" approved ${introduced(call)} already, at ${timestamp(at)}. It waits for ${others} to approve.`;
}

/** The command that a person can copy. */
function command({ name, namespace }: Referrer, decision: Decided, words: string): string {
  return `kubectl annotate toolcall ${name} -n ${namespace} ${ANNOTATIONS[decision]}="${words}"`;
}

function withoutStop(text: string): string {
  return text.trim().replace(/\.$/, "");
}

/** What a stored ToolCall says of where it is. One without a status has just been made. */
export function whereIs({ status }: ToolCall): Where {
  return { status: status?.status ?? "Pending", statusDetail: status?.statusDetail };
}
