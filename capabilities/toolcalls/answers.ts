/**
 * What people said of a call's question, wherever they said it: with kubectl, stored from a channel, or heard over one a
 * moment ago. It checks an answer against what the tool wants to know; whether it counts is for `approvals.ts` to say.
 */
import type { ChannelAnswer, ToolCall } from "../../crds/index";
import { COMMENT_TEXT, momentOf, NAME_TEXT, questionKinds } from "../../crds/index";
import type { Heard } from "../adapters/channels/port";
import type { Entry } from "./approvals";
import { entriesOf } from "./approvals";
import type { Answer } from "./inputs";
import { isApprovable, respondTo } from "./inputs";
import { digestOf, questionId } from "./question";
import type { Asked, CallState, OpenQuestion } from "./state";
import { isAwaitingPeople } from "./state";
import type { ToolCallWorld } from "./world";

/**
 * What somebody said. `isNew`: since the status was written last. `fresh`: over the channel, and not stored yet. `unfit`: why
 * the tool could not take it for an answer.
 */
export interface Said {
  entry: Entry;
  isNew: boolean;
  fresh?: ChannelAnswer;
  unfit?: string;
}

/** As many as `status.answers` may hold. */
const MOST_ANSWERS = 32;

type Hears = Pick<ToolCallWorld, "arguments" | "channels" | "notes">;

/** All that was said of the question of a call; what was said of earlier questions of the same call is left out. */
export function saidOf(call: ToolCall, state: Extract<CallState, { question: OpenQuestion }>, world: Hears): Said[] {
  const { question } = state;
  const others = earlierQuestions(call, question.id);
  const isElsewhere = ({ entry }: Said): boolean => entry.question !== undefined && others.has(entry.question);
  const fresh = isAwaitingPeople(state) ? freshAnswers(call, question, world) : [];
  const all: Said[] = [
    ...storedEntries(call).filter((one) => !isElsewhere(one)),
    ...fresh.map((answer) => ({ entry: entryOf(answer), isNew: true, fresh: answer })),
  ];
  const asked = question.kind === "Input" && "inputRequests" in state ? state : undefined;
  return asked ? all.map((one) => ({ ...one, ...unfitness(one.entry, question.id, asked, world) })) : all;
}

/**
 * What is in the object. Of a ToolCall's spec nothing changes but that answers are added, usually one at a time, and each time
 * its generation grows by one from 1: so the generation that the status speaks of says how many it has seen, or less.
 */
function storedEntries(call: ToolCall): Said[] {
  const { spec, status } = call;
  const { approvals = [] } = spec;
  const seen = Math.max(0, (status?.observedGeneration ?? 1) - 1);
  const old = entriesOf({ ...call, spec: { ...spec, approvals: approvals.slice(0, seen) } });
  const added = entriesOf({ ...call, spec: { ...spec, approvals: approvals.slice(seen) }, status: {} });
  return [...old.map((entry) => ({ entry, isNew: false })), ...added.map((entry) => ({ entry, isNew: true }))];
}

/** The ids of all questions that the call has put or may have, except one. */
function earlierQuestions({ metadata, spec, status }: ToolCall, except: string): Set<string> {
  const ids = new Set<string>();
  for (let attempts = 0; attempts <= (status?.attempts ?? 0); attempts++)
    for (const kind of questionKinds) ids.add(questionId(metadata.uid, kind, spec.toolType, attempts));
  ids.delete(except);
  return ids;
}

function unfitness(entry: Entry, id: string, { inputRequests }: Asked, world: Hears): { unfit?: string } {
  if (entry.question !== id) return {};
  const response = respondTo(inputRequests ?? {}, wordsOf(entry), world.arguments);
  return response.kind === "Unfit" ? { unfit: response.why } : {};
}

/** Whether approving is an answer to what a tool wants to know: it is where nothing but a yes or a no is asked. */
export function mayBeApproved(
  state: Extract<CallState, { question: OpenQuestion }>,
  world: Pick<ToolCallWorld, "arguments">,
): boolean {
  if (state.question.kind !== "Input" || !("inputRequests" in state) || !state.inputRequests) return false;
  return isApprovable(state.inputRequests, world.arguments);
}

/** An answer as a tool is told it. */
export function wordsOf({ decision, comment }: Entry): Answer {
  return { decision, ...(comment !== undefined && { words: comment }) };
}

function freshAnswers(call: ToolCall, question: OpenQuestion, world: Hears): ChannelAnswer[] {
  const { answers = [] } = call.status ?? {};
  const asked = world.channels.look(question.id);
  const heard = [...(asked?.kind === "Answered" ? [asked.answer] : []), ...(world.notes.get(question.id)?.heard ?? [])];
  const known = [...answers];
  for (const one of heard) {
    const answer = storedAs(one, call, question);
    if (!known.some((other) => isSameAnswer(other, answer))) known.push(answer);
  }
  return known.slice(answers.length, MOST_ANSWERS);
}

/** What is heard comes from outside: it is made to fit the schema, for one answer must not keep the status from being stored. */
export function storedAs(
  { decision, comment, approver, at }: Heard,
  call: ToolCall,
  { id, channel }: Pick<OpenQuestion, "id" | "channel">,
): ChannelAnswer {
  return {
    decision,
    ...(comment !== undefined && { comment: comment.slice(0, COMMENT_TEXT) }),
    approver: approver.trim().slice(0, NAME_TEXT) || channel,
    at: momentIn(at),
    argumentsDigest: digestOf(argumentsOf(call)),
    question: id,
    channel,
  };
}

/** A moment that the schema takes (four digits of a year); one that cannot be read is late, and overtakes nobody. */
function momentIn(at: Date): string {
  const text = Number.isNaN(at.getTime()) ? "" : at.toISOString();
  return text.length === "2026-01-31T09:30:00.000Z".length ? text : "9999-12-31T23:59:59.999Z";
}

/** The arguments as the model wrote them. A call that is over may have been made small in memory: then there are none. */
export function argumentsOf({ spec }: ToolCall): string {
  return (spec as Partial<ToolCall["spec"]>).arguments ?? "";
}

/** Whether it is the same answer, told again: services repeat themselves. */
export function isSameAnswer(one: ChannelAnswer, other: ChannelAnswer): boolean {
  return (
    one.question === other.question &&
    one.approver === other.approver &&
    one.decision === other.decision &&
    one.comment === other.comment
  );
}

function entryOf({ at, ...answer }: ChannelAnswer): Entry {
  return { ...answer, at: momentOf(at) ?? new Date(0) };
}
