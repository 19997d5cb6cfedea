/**
 * A call that waits for people: whether what they said is enough and what follows from it, what it means that nobody says
 * anything, and that the question is where it should be. The first sufficient answer decides; a timeout is never a no. Pure.
 */
import { DETAIL_TEXT } from "../../crds/index";
import { later } from "../runtime/later";
import { storable } from "../runtime/storable";
import { phraseOf } from "../runtime/waiting";
import type { Said } from "./answers";
import type { Entry, Rules, Tally } from "./approvals";
import { tally } from "./approvals";
import { askElsewhere, awaited } from "./ask-people";
import type { Decision, Observed, Remark } from "./decision";
import { fail, stay } from "./decision";
import type { ChannelSeen, PeopleSeen } from "./people";
import { sentence } from "./question";
import { expire, settle } from "./settle-question";
import type { AwaitingPeople, OpenQuestion } from "./state";

/** What follows while people are waited for. */
export function awaitPeople(state: AwaitingPeople, seen: Observed): Decision {
  if (seen.task.kind === "Missing") return stay();
  if (state.question.id === "") return askAnew(state, seen);
  const { people } = seen;
  // Without the channel nobody can say whose word counts.
  if (people.channel?.kind !== "Found") return askElsewhere(state, seen) ?? keep({ state, seen, tell: [] });
  const rules = rulesOf(state.question, people.channel, people);
  const counted = tally(answersTo(people.said), rules);
  const tell = remarks(counted, rules, people);
  const stored = withAnswers(state, people);
  const decided = settle(counted, stored, seen) ?? expire(stored, people.channel, seen);
  if (decided) return { ...decided, ...(tell.length > 0 && { tell }) };
  return askElsewhere(stored, seen) ?? keep({ counted, state, seen, tell });
}

/** Somebody has removed the question from the status. What was not begun can be asked anew; what was cannot be gone on with. */
function askAnew(state: AwaitingPeople, seen: Observed): Decision {
  if (state.attempts === 0) return { kind: "Enter", state: { status: "Pending" } };
  const message = "What people were asked is not in the status any more, and so their answer cannot be known";
  return fail(state, seen, { reason: "NobodyAnswered", message });
}

/** What counts as an answer to a question. */
function rulesOf(
  { id, kind }: OpenQuestion,
  { quorum, mayNotBeRequester }: Extract<ChannelSeen, { kind: "Found" }>,
  { digest, requester, mayBeApproved }: Pick<PeopleSeen, "digest" | "requester" | "mayBeApproved">,
): Rules {
  return {
    question: id,
    digest,
    kind,
    quorum,
    mayNotBeRequester,
    mayBeApproved,
    ...(requester !== undefined && { requester }),
  };
}

function answersTo(said: Said[]): Entry[] {
  return said.flatMap(({ entry, unfit }) => (unfit === undefined ? [entry] : []));
}

/** What was heard over the channel is stored together with what follows from it. */
function withAnswers(state: AwaitingPeople, { said }: PeopleSeen): AwaitingPeople {
  const fresh = said.flatMap((one) => one.fresh ?? []);
  return fresh.length === 0 ? state : { ...state, answers: [...(state.answers ?? []), ...fresh] };
}

/** Answers that do not count are spoken of when they come. */
function remarks(counted: Tally, rules: Rules, { said }: PeopleSeen): Remark[] {
  const old = tally(answersTo(said.filter(({ isNew }) => !isNew)), rules);
  const ignored = without(counted.ignored.map(ignoredText), old.ignored.map(ignoredText));
  const unfit = said.flatMap((one) => (one.isNew && one.unfit !== undefined ? [unfitText(one.entry, one.unfit)] : []));
  return [
    ...ignored.map((message) => ({ type: "Warning" as const, reason: "ApprovalIgnored", message })),
    ...unfit.map((message) => ({ type: "Warning" as const, reason: "AnswerUnfit", message })),
  ];
}

function ignoredText({ approver, why }: Tally["ignored"][number]): string {
  return `What ${approver} says does not count: ${why}`;
}

function unfitText({ approver }: Entry, why: string): string {
  return `The answer of ${approver} is not what the tool asks for: ${why}`;
}

/** What is in `all` more often than in `some`. */
function without(all: string[], some: string[]): string[] {
  const left = [...some];
  return all.filter((text) => {
    const place = left.indexOf(text);
    if (place >= 0) left.splice(place, 1);
    return place < 0;
  });
}

/** What is known when the answers are not enough. `tell`: of those that do not count. */
interface Kept {
  counted?: Tally;
  state: AwaitingPeople;
  seen: Observed;
  tell: Remark[];
}

/** Goes on waiting; what is new about the question is stored, and one that nobody was sent is sent. */
function keep({ counted, state, seen, tell }: Kept): Decision {
  const { trouble: _old, ...rest } = withAnswers(state, seen.people);
  const [question, sent] = noteSent(state.question, seen.people);
  const [trouble, troubled] = noteTrouble(state, seen.people);
  const phrase = phraseOf(awaitedBy(state, counted));
  const isSame =
    rest.answers === state.answers &&
    question === state.question &&
    trouble === state.trouble &&
    phrase === state.waiting.for &&
    !seen.isSpecNew;
  if (isSame) return attend(state, seen);
  const waiting = { ...state.waiting, for: phrase };
  const all = [...sent, ...troubled, ...tell];
  return {
    kind: "Enter",
    state: { ...rest, question, waiting, ...(trouble !== undefined && { trouble }) },
    ...(all.length > 0 && { tell: all }),
  };
}

/** Sees to it that the question is put; otherwise there is nothing to do until its time is up. */
function attend({ question }: AwaitingPeople, { people, stopping, task }: Observed): Decision {
  const { delivery, channel } = people;
  const isNew = question.sentAt === undefined && task.kind === "Found" && task.isSuspended;
  if (delivery.kind === "Due" && !stopping && !isNew) return { kind: "Repeat", effect: { kind: "AskPerson" } };
  const times = [
    ...(channel?.kind === "Found" && channel.limit ? [later(question.askedAt, channel.limit.ms)] : []),
    ...(delivery.kind === "NoWay" ? [delivery.retryAt] : []),
  ];
  return stay(times.sort((a, b) => a.getTime() - b.getTime())[0]);
}

function noteSent(question: OpenQuestion, { delivery, channel }: PeopleSeen): [OpenQuestion, Remark[]] {
  if (delivery.kind !== "Sent" || question.sentAt) return [question, []];
  const isWebhook = channel?.kind === "Found" && channel.type === "webhook";
  const remark: Remark = isWebhook
    ? {
        type: "Normal",
        reason: "RequestSent",
        message: `Request sent to webhook of contact channel ${question.channel}`,
      }
    : { type: "Normal", reason: "HumanLayerRequestSent", message: "HumanLayer request sent" };
  return [{ ...question, sentAt: delivery.at }, [remark]];
}

/**
 * Why the question is not where it should be. One that is on its way again keeps the reason until it is known better; where
 * several take turns, the first to be told stands for them.
 */
function noteTrouble(state: AwaitingPeople, people: PeopleSeen): [string | undefined, Remark[]] {
  const { delivery } = people;
  if (delivery.kind === "Due" || delivery.kind === "Sending") return [state.trouble, []];
  const trouble = troubleOf(people);
  const isTold = trouble === state.trouble || (state.trouble !== undefined && "isTold" in delivery && delivery.isTold);
  if (trouble === undefined || isTold) return [trouble === undefined ? undefined : state.trouble, []];
  return [trouble, [troubleRemark(trouble, state, people)]];
}

function troubleOf({ delivery, channel }: PeopleSeen): string | undefined {
  if (channel?.kind === "Missing") return `ContactChannel "${channel.name}" does not exist`;
  // As it is stored, for it is compared with what is.
  return "detail" in delivery ? storable(delivery.detail, DETAIL_TEXT) : undefined;
}

function troubleRemark(trouble: string, { question }: AwaitingPeople, { delivery, channel }: PeopleSeen): Remark {
  const via = `via contact channel ${question.channel}`;
  if (delivery.kind === "Foreign") {
    return { type: "Warning", reason: "AnswerRefused", message: `An answer ${via} would not count: ${trouble}` };
  }
  const meanwhile = channel?.kind === "Found" ? ` It can be answered with kubectl all the same` : "";
  const message = `The question could not be put ${via}: ${sentence(trouble)}${meanwhile}`;
  return { type: "Warning", reason: "RequestNotSent", message };
}

/** Where several have to agree, it is said how many have. */
function awaitedBy({ waiting, question }: AwaitingPeople, counted: Tally | undefined): string {
  if (!counted) return waiting.for;
  const said = waiting.for.replace(/ \(\d+ of \d+: .*\)$/s, "");
  const base = said === "a person" ? awaited(question) : said; // Which stands for a sentence that is gone.
  if (counted.kind !== "Open" || counted.have.length === 0) return base;
  return `${base} (${counted.have.length} of ${counted.need}: ${counted.have.join(", ")})`;
}
