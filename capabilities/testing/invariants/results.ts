/** Every call that a model asked for is one ToolCall, and what the model is told of it is what the server answered. */
import type { Message, ToolCall, ToolCallRequest } from "../../../crds/index";
import type { McpOutcome } from "../../adapters/mcp/port";
import type { SeenToolCall } from "../fake-mcp";
import type { Check, Life, ToolLife } from "./lives";
import { isTerminal, openingLength, stateOf, windowOf } from "./lives";

/** The ToolCalls of a task are the calls recorded in its conversation, one each, in order, and no others. */
export const oneObjectACall: Check = (life) => {
  const asked = askedFor(life);
  const made = life.toolCalls.map(({ last }) => last);
  const strange = life.toolCalls.filter(
    ({ versions }) => !isRecorded(versions[0]?.object, versions[0]?.mark ?? 0, life),
  );
  const twice = made.filter(({ metadata }, i) => made.findIndex((other) => other.metadata.name === metadata.name) < i);
  const answered = new Set(windowOf(life.last).flatMap(({ toolCallId }) => toolCallId ?? []));
  const missing = asked.filter(({ id }) => answered.has(id) && !made.some(({ spec }) => spec.toolCallId === id));
  return [
    ...strange.map(({ name }) => `has a ToolCall "${name}" that its conversation did not ask for when it was made`),
    ...twice.map(({ metadata }) => `has more than one ToolCall "${metadata.name}"`),
    ...missing.map(({ id }) => `has no ToolCall for call ${id}, but an answer to it`),
  ];
};

function askedFor({ last }: Life): ToolCallRequest[] {
  return callsIn(windowOf(last).slice(openingLength(last)));
}

function callsIn(messages: Message[]): ToolCallRequest[] {
  return messages.flatMap(({ toolCalls }) => toolCalls ?? []);
}

/** Whether the nth recorded call is what `<task>-tc-n` says it is, and was recorded before. */
function isRecorded(call: ToolCall | undefined, mark: number, life: Life): boolean {
  const stored = life.versions.findLast((version) => version.mark <= mark)?.object;
  if (!call || !stored) return false;
  const asked = callsIn(windowOf(stored).slice(openingLength(stored))).find(
    (_asked, i) => call.metadata.name === `${life.name}-tc-${String(i + 1).padStart(2, "0")}`,
  );
  return (
    asked?.id === call.spec.toolCallId &&
    asked.function.name === call.spec.toolRef.name &&
    asked.function.arguments === call.spec.arguments
  );
}

/** A result in the conversation is that of its ToolCall, which had ended before. */
export const resultsAreStored: Check = (life) => {
  const messages = windowOf(life.last).slice(openingLength(life.last));
  return messages.flatMap(({ role, toolCallId, content }) => {
    if (role !== "tool") return [];
    const mark = life.versions.find(({ object }) =>
      windowOf(object).some((message) => message.role === "tool" && message.toolCallId === toolCallId),
    )?.mark;
    const call = life.toolCalls.find(({ last }) => last.spec.toolCallId === toolCallId);
    return call && (isStored(call, mark ?? 0, content) || isOfDeleted(call, content))
      ? []
      : [`tells the model of call ${toolCallId ?? ""} what its ToolCall had not stored`];
  });
};

function isStored({ versions }: ToolLife, mark: number, content: string): boolean {
  const stored = versions.findLast((version) => version.mark < mark)?.object;
  return stored !== undefined && isTerminal(stored) && stored.status?.result === content;
}

/** Of a call whose ToolCall somebody has deleted it is said that nobody knows. */
function isOfDeleted({ deleted }: ToolLife, content: string): boolean {
  return deleted !== undefined && content.includes("its ToolCall was deleted");
}

/** What a ToolCall says has come of it is what the server answered, or words where it answered nothing. */
export const resultsAreTheServers: Check = (life) =>
  life.toolCalls.flatMap((call) => {
    const state = stateOf(call.last);
    const { result = "", finishReason } = call.last.status ?? {};
    if (!isTerminal(call.last) || state === "Cancelled") return [];
    if (result.trim() === "") return [`has a tool call "${call.name}" that ended without a word for the model`];
    const isTold = state === "Succeeded" || finishReason === "ToolFailed";
    return !isTold || wasAnswered(call, result, state !== "Succeeded") || wasSaid(call.last, result)
      ? []
      : [`has a tool call "${call.name}" with a result that the server never gave: ${result.slice(0, 100)}`];
  });

function wasAnswered({ sent }: ToolLife, result: string, isError: boolean): boolean {
  return sent.some(
    ({ answer }) => answer?.kind === "Result" && answer.isError === isError && result.includes(textOf(answer)),
  );
}

/** What a person says of a call stands in the place of what nobody knows; one that is a question has nothing else. */
function wasSaid({ spec, status }: ToolCall, result: string): boolean {
  const isAsked = spec.toolType === "HumanContact" || status?.question?.kind === "Outcome";
  const said = [...(spec.approvals ?? []), ...(status?.answers ?? [])].filter(({ decision }) => decision === "Respond");
  return (
    isAsked &&
    said.some(({ comment, question }) => question === status?.externalCallID && result.includes(comment ?? ""))
  );
}

function textOf({ content }: Extract<McpOutcome, { kind: "Result" }>): string {
  return content.map((part) => (typeof part["text"] === "string" ? part["text"] : "")).join("\n");
}

/** What was answered and heard is not lost: without a death in between, an answered call does not end as unknown. */
export const answersAreKept: Check = (life, { deaths }) =>
  life.toolCalls.flatMap((call) => {
    const end = call.versions.find(({ object }) => stateOf(object) === "OutcomeUnknown");
    if (!end) return [];
    const hasDied = ({ process, sentAt }: SeenToolCall): boolean =>
      deaths.some((death) => death.process === process && death.at >= sentAt && death.mark <= end.mark);
    const heard = call.sent.find((seen) => seen.mark <= end.mark && seen.answer && !hasDied(seen));
    return heard ? [`lost the answer to "${call.name}" (call ${heard.number})`] : [];
  });

/** When a task is over, nothing that it began goes on. */
export const leavesNothingRunning: Check = ({ last, deleted, toolCalls }) =>
  isTerminal(last) || deleted
    ? toolCalls
        .filter((call) => !call.deleted && !isTerminal(call.last))
        .map(({ name }) => `is over, but "${name}" is not`)
    : [];
