/**
 * People in the loop, judged from what the services and the tool servers saw: no question is put twice or before it is
 * stored, no answer is lost, nothing that needs a person's word is done without it, nothing that was refused is done at
 * all, and a final answer is told once. Answers are counted here anew, by the words of the API and not by the machine's.
 */
import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { Approval, ContactChannel, MCPServer, QuestionKind, ToolCall } from "../../../crds/index";
import { EVENTS } from "../../runtime/event-body";
import type { StoredEvent } from "../../runtime/event-body";
import type { FakeItem } from "../fake-contact-service";
import type { SeenToolCall } from "../fake-mcp";
import type { Evidence } from "./evidence";
import type { Check, Life, ToolLife } from "./lives";
import { isParked, stateOf } from "./lives";

/** One question of a call, as it was stored. */
interface Asked {
  id: string;
  kind: QuestionKind;
  channel: string;
  attempts: number;
  /** When it was first stored. */
  mark: number;
}

/** The questions that a call ever had, in order. */
function questionsOf({ versions }: ToolLife): Asked[] {
  const asked = new Map<string, Asked>();
  for (const { object, mark } of versions) {
    const { question, externalCallID: id, attempts = 0 } = object.status ?? {};
    if (id === undefined || !question || asked.has(id)) continue;
    asked.set(id, { id, kind: question.kind, channel: question.channel, attempts, mark });
  }
  return [...asked.values()];
}

/** What the services have of an object, without what somebody else has put there. */
function itemsOf(uid: string, { questions }: Evidence): FakeItem[] {
  return questions.filter(({ isForeign, question }) => !isForeign && question.about.uid === uid);
}

/** S4: a question is stored before it is put, and the same question of the same call is put once. */
export const questionsArePutOnce: Check = (life, evidence) =>
  life.toolCalls.flatMap((call) => {
    const asked = questionsOf(call);
    const items = itemsOf(call.uid, evidence);
    const unstored = items.filter(({ id, mark }) => !asked.some((one) => one.id === id && one.mark <= mark));
    const wordings = asked.map(({ kind, attempts, channel }) => `${kind} after ${attempts} attempts, over ${channel}`);
    const repeated = wordings.filter((wording, i) => wordings.indexOf(wording) < i);
    const twice = items.filter(({ id }, i) => items.findIndex((other) => other.id === id) < i);
    return [
      ...unstored.map(({ id }) => `put question ${id} of "${call.name}" to people that was not stored before`),
      ...repeated.map((wording) => `asked people twice about "${call.name}": ${wording}`),
      ...twice.map(({ id }) => `put question ${id} of "${call.name}" to people twice`),
    ];
  });

/** People see the very arguments, and what they answer is bound to them. */
export const peopleSeeTheArguments: Check = (life, evidence) =>
  life.toolCalls.flatMap((call) =>
    itemsOf(call.uid, evidence).flatMap(({ id, question }) => {
      if (question.kind === "Notice") return [`told people of "${call.name}", which nobody asked for`];
      const isBound = question.argumentsDigest === digestOf(call.last);
      const isShown = question.kind !== "Approval" || isDeepStrictEqual(question.arguments, argumentsOf(call.last));
      return isBound && isShown ? [] : [`asked people about other arguments than those of "${call.name}" (${id})`];
    }),
  );

function argumentsOf({ spec }: ToolCall): unknown {
  return JSON.parse(spec.arguments.trim() || "{}");
}

function digestOf({ spec }: ToolCall): string {
  return `sha256:${createHash("sha256").update(spec.arguments).digest("hex")}`;
}

/** A call that was answered well enough does not wait any longer. */
export const answersAreHeard: Check = (life, evidence) =>
  life.toolCalls.flatMap((call) => {
    const { last, deleted, name } = call;
    const id = last.status?.externalCallID;
    if (deleted || id === undefined || !isParked(last)) return [];
    const isOver = verdictOn(last, [id], last.status?.question?.kind ?? "Approval", evidence) !== "Open";
    return [
      ...(isLost(call, id, evidence) ? [`lost the answer to question ${id} of "${name}"`] : []),
      ...(isOver ? [`still waits for people about "${name}", though they have answered`] : []),
    ];
  });

function isLost({ uid, last }: ToolLife, id: string, evidence: Evidence): boolean {
  const isAnswered = itemsOf(uid, evidence).some((item) => item.id === id && item.answer);
  return isAnswered && !(last.status?.answers ?? []).some(({ question }) => question === id);
}

/** Whoever sends an answer is told that it is stored only when it is. */
export const confirmedIsStored: Check = (life, evidence) =>
  life.toolCalls.flatMap((call) =>
    itemsOf(call.uid, evidence).flatMap(({ id, confirmed }) => {
      if (confirmed?.as !== "Stored") return [];
      const stored = call.versions.findLast(({ mark }) => mark <= confirmed.mark)?.object;
      const isStored = (stored?.status?.answers ?? []).some(({ question }) => question === id);
      return isStored ? [] : [`said that the answer to ${id} of "${call.name}" was stored when it was not`];
    }),
  );

type Verdict = "Open" | "Approved" | "Rejected" | "Answered";

/** What people have said to one of these questions by the time of this version, in order of time. */
function verdictOn(call: ToolCall, ids: string[], kind: QuestionKind, evidence: Evidence): Verdict {
  const { quorum = 1 } = approversOf(call, evidence);
  const approving = new Set<string>();
  for (const { decision, approver } of countingIn(call, ids, evidence)) {
    if (decision === "Reject") return "Rejected";
    if (decision === "Respond") return "Answered";
    approving.add(approver);
    if (approving.size >= (kind === "Input" ? 1 : quorum)) return "Approved";
  }
  return "Open";
}

/** What was said about these very arguments, to one of these questions, by somebody who may. */
function countingIn(call: ToolCall, ids: string[], evidence: Evidence): Approval[] {
  const { mayNotBeRequester = false } = approversOf(call, evidence);
  const requester = call.spec.requester;
  return entriesOf(call)
    .filter(({ question, argumentsDigest }) => ids.includes(question ?? "") && argumentsDigest === digestOf(call))
    .filter(({ approver }) => !mayNotBeRequester || (requester !== undefined && approver !== requester))
    .sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
}

/** Everything that people have said of a call, wherever. */
function entriesOf({ spec, status }: ToolCall): Approval[] {
  return [...(spec.approvals ?? []), ...(status?.answers ?? [])];
}

function approversOf(call: ToolCall, { versions }: Evidence): { quorum?: number; mayNotBeRequester?: boolean } {
  const name = call.status?.question?.channel;
  const stored = versions.findLast(({ object }) => object.kind === "ContactChannel" && object.metadata.name === name);
  return (stored?.object as ContactChannel | undefined)?.spec.approvers ?? {};
}

/** The heart of it: what needs a person's word is not sent before that word is stored, and never after a no. */
export const nothingWithoutApproval: Check = (life, evidence) =>
  life.toolCalls.flatMap((call) =>
    call.sent
      .filter((seen) => needsApproval(call, seen, evidence))
      .flatMap((seen) => {
        const verdict = verdictBefore(call, "Approval", seen.mark, evidence);
        return verdict === "Approved"
          ? []
          : [`had a tool called for "${call.name}" (call ${seen.number}) that people had not approved: ${verdict}`];
      }),
  );

/** Whether the server's tools wait for a person, and the policy does not let this one through. */
function needsApproval({ name }: ToolLife, { server, mark }: SeenToolCall, evidence: Evidence): boolean {
  const unguarded = Object.values(evidence.expected).flatMap((expectation) => expectation.unguarded ?? []);
  const stored = evidence.versions.findLast(
    ({ object, mark: at }) => object.kind === "MCPServer" && object.metadata.name === server && at <= mark,
  );
  const guarded = (stored?.object as MCPServer | undefined)?.spec.approvalContactChannel !== undefined;
  return guarded && !unguarded.includes(name);
}

function verdictBefore(call: ToolLife, kind: QuestionKind, mark: number, evidence: Evidence): Verdict {
  const stored = call.versions.findLast((version) => version.mark <= mark)?.object;
  const ids = questionsOf(call).flatMap((one) => (one.kind === kind && one.mark <= mark ? one.id : []));
  return stored && ids.length > 0 ? verdictOn(stored, ids, kind, evidence) : "Open";
}

/** How often people had said of a call, by that mark, that it is to be run again though nobody knows what became of it. */
export function timesToRunAgain(call: ToolLife, mark: number, evidence: Evidence): number {
  const stored = call.versions.findLast((version) => version.mark <= mark)?.object;
  const outcomes = questionsOf(call).filter((one) => one.kind === "Outcome" && one.mark <= mark);
  return outcomes.filter(({ id }) => stored && verdictOn(stored, [id], "Outcome", evidence) === "Approved").length;
}

/** What people have refused is never done, whatever they say afterwards; and it is only called so where they have. */
export const refusalsHold: Check = (life, evidence) =>
  life.toolCalls.flatMap((call) => {
    if (stateOf(call.last) !== "ToolCallRejected") return [];
    const isRefusal = call.last.status?.finishReason === "Rejected";
    const hasRefused = questionsOf(call).some(
      ({ id, kind }) => verdictOn(call.last, [id], kind, evidence) === "Rejected",
    );
    return [
      ...call.sent.map(({ number }) => `had a tool called for "${call.name}" (call ${number}), which was rejected`),
      ...(isRefusal !== hasRefused ? [`says that "${call.name}" was rejected, and nobody had: nor the other way`] : []),
    ];
  });

/** What a person answered is what the model is told, word for word; a comment on a refusal is told too. */
export const wordsArriveWhole: Check = (life) =>
  life.toolCalls.flatMap(({ last, name }) => {
    const said = entriesOf(last).flatMap(({ decision, comment }) => (decision === "Approve" ? [] : (comment ?? [])));
    const isTold = said.some((words) => (last.status?.result ?? "").includes(words));
    return said.length === 0 || isTold || !endsInWords(last)
      ? []
      : [`does not tell the model what people said of "${name}"`];
  });

/** Whether what people said is all that has come of it. */
function endsInWords(call: ToolCall): boolean {
  const isQuestion = call.spec.toolType === "HumanContact" && stateOf(call) === "Succeeded";
  return isQuestion || (stateOf(call) === "ToolCallRejected" && call.status?.finishReason === "Rejected");
}

/** The final answer is told once it is stored, over the task's channel and no other, once. */
export const finalAnswersAreTold: Check = (life, evidence) => {
  const items = itemsOf(life.uid, evidence);
  const ended = life.versions.find(({ object }) => object.status?.phase === "FinalAnswer");
  const isDue = ended !== undefined && !life.deleted && hasWay(life, evidence);
  const output = ended?.object.status?.output ?? "";
  const early = items.filter(({ mark }) => (ended?.mark ?? Infinity) > mark);
  const wrong = items.filter((item) => !isNotice(item, life, output));
  return [
    ...early.map(({ id }) => `told people its answer (${id}) before it was stored`),
    ...wrong.map(({ id }) => `told people something else than its answer (${id})`),
    ...(items.length > 1 ? [`told people its answer ${items.length} times`] : []),
    ...(isDue && items.length === 0 ? ["did not tell people its answer"] : []),
    ...saysWhenTold(life, items, isDue),
  ];
};

function isNotice({ channel, question }: FakeItem, { last }: Life, output: string): boolean {
  const isThere = channel === last.spec.contactChannelRef?.name;
  return isThere && question.kind === "Notice" && question.message.includes(output);
}

/** Whether the task's people are reached over a service. */
function hasWay({ last }: Life, { versions }: Evidence): boolean {
  const name = last.spec.contactChannelRef?.name;
  const channels = versions.flatMap(({ object }) =>
    object.kind === "ContactChannel" && object.metadata.name === name ? [object as ContactChannel] : [],
  );
  return channels.some(({ spec }) => spec.type !== "kubernetes");
}

function saysWhenTold({ versions, last }: Life, items: FakeItem[], isDue: boolean): string[] {
  const said = versions.find(({ object }) => object.status?.answerSentTime !== undefined);
  const first = items[0]?.mark ?? Infinity;
  return [
    ...(said && said.mark <= first ? ["says that its answer was told when it was not"] : []),
    ...(isDue && items.length > 0 && !last.status?.answerSentTime ? ["does not say that its answer was told"] : []),
  ];
}

/** People are asked about what exists, and no service has seen anything that it could tell to be wrong. */
export function strangeQuestions(lives: Life[], evidence: Evidence): string[] {
  const known = new Set(lives.flatMap(({ uid, toolCalls }) => [uid, ...toolCalls.map((call) => call.uid)]));
  return [
    ...evidence.questions
      .filter(({ isForeign, question }) => !isForeign && !known.has(question.about.uid))
      .map(({ id }) => `People were asked (${id}) about nothing that ever existed`),
    ...evidence.misheard,
  ];
}

/** A question is told of as sent only after it was told that people are waited for, and when the service has it. */
export function asksBeforeItSays({ versions, questions }: Evidence): string[] {
  const first = new Map<string, { mark: number; event: StoredEvent }>();
  for (const { object, mark } of versions) {
    if (object.kind !== EVENTS.kind) continue;
    const event = object as StoredEvent;
    const key = `${event.involvedObject.uid} ${event.reason}`;
    if (!first.has(key)) first.set(key, { mark, event });
  }
  return [...first.values()].flatMap(({ mark, event }) => {
    const { uid, name } = event.involvedObject;
    if (event.reason !== "HumanLayerRequestSent") return [];
    const waiting = first.get(`${uid} AwaitingHumanApproval`);
    const hasIt = questions.some(({ question, mark: at }) => question.about.uid === uid && at <= mark);
    return [
      ...(waiting && waiting.mark > mark && isOfFirst(waiting.event, versions)
        ? [`Event HumanLayerRequestSent about "${name}" came too early`]
        : []),
      ...(hasIt ? [] : [`Event HumanLayerRequestSent about "${name}" was told, but no service had anything`]),
    ];
  });
}

/** Whether it is told of the first question that the call had. Where a death has kept that from being told, it is of a later one. */
function isOfFirst({ involvedObject, message }: StoredEvent, versions: Evidence["versions"]): boolean {
  const first = versions.find(
    ({ object }) => object.metadata.uid === involvedObject.uid && (object as ToolCall).status?.question !== undefined,
  );
  return message.endsWith(` ${(first?.object as ToolCall | undefined)?.status?.question?.channel ?? ""}`);
}
