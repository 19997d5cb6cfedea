/**
 * Judges one decision on a ToolCall: whether it is the sender's own, whether they may, whether it answers what is asked now.
 * Pure: what has to be found out comes in as facts. It never trusts what a request says of itself, and it is not the last
 * to judge: the operator counts again by the same rules (toolcalls/approvals).
 */
import type { Decided, Question, ToolCall } from "../../crds/index";
import { COMMENT_TEXT, decisions } from "../../crds/index";
import type { Entry, Tally } from "../toolcalls/approvals";
import { entriesOf, isSamePerson, tally } from "../toolcalls/approvals";
import type { Check as Fitter } from "../toolcalls/inputs";
import { isApprovable, respondTo } from "../toolcalls/inputs";
import { digestOf } from "../toolcalls/question";
import type { Draft, Intent } from "./approval-intent";
import type { Spoken } from "./approval-words";
import * as words from "./approval-words";
import type { Answer } from "./may-approve";
import type { SignedRequest } from "./request";
import { referrerOf } from "./request";

/** What is known of the ContactChannel over which the question is put. */
export type ChannelSeen =
  | { kind: "Found"; quorum: number; mayNotBeRequester: boolean }
  | { kind: "Gone" }
  | { kind: "Unreadable" }
  /** The call puts no question. */
  | { kind: "None" };

/** What has to be found out before a decision can be judged. `fitter` checks an answer against the schema of a question. */
export interface Facts {
  mayApprove: Answer;
  channel: ChannelSeen;
  now: Date;
  fitter: Fitter;
}

/** `entry` is what is stored. */
export type Judgement = { kind: "Stamped"; entry: Draft } | { kind: "Refused"; message: string };

/** Who speaks of what. */
function spokenOf(request: SignedRequest): Spoken {
  return { call: referrerOf(request), username: request.user.username };
}

/** What is wrong with a request whatever else is known; undefined when nothing is, or nothing is decided. */
export function objectionTo(intent: Intent, request: SignedRequest): string | undefined {
  const spoken = spokenOf(request);
  switch (intent.kind) {
    case "Nothing":
      return undefined;
    case "Tampering":
      return words.tampered(spoken);
    case "Several":
      return request.stored ? words.several(spoken, intent.count) : words.createdApproved(spoken);
    case "Entry":
      return request.stored ? objectionToEntry(intent.draft, request) : words.createdApproved(spoken);
  }
}

function objectionToEntry({ approver, argumentsDigest }: Draft, request: SignedRequest): string | undefined {
  const { user } = request;
  const spoken = spokenOf(request);
  if (user.isOperator) return words.byOperator(spoken);
  if (approver !== undefined && approver !== user.username) return words.forged(spoken, String(approver));
  const isOther = argumentsDigest !== undefined && argumentsDigest !== digestOf(storedCall(request).spec.arguments);
  return isOther ? words.ofOtherArguments(spoken) : undefined;
}

/** The ToolCall as the cluster holds it; only for a request that has one. */
export function storedCall({ stored }: SignedRequest): ToolCall {
  return stored as unknown as ToolCall; // What is stored has passed the schema.
}

/** The question that a call puts to people now; undefined when it waits for nobody. */
export function openQuestion({ status = {} }: ToolCall): Question | undefined {
  const isAsking = status.status === "AwaitingHumanApproval" || status.status === "AwaitingHumanInput";
  const isUnsure = status.status === "OutcomeUnknown" && status.phase === "Pending";
  return isAsking || isUnsure ? status.question : undefined;
}

/** Everything that the checks look at. */
interface Seen extends Facts {
  call: ToolCall;
  draft: Draft;
  spoken: Spoken;
}

/** One reason to refuse; undefined when it is none here. */
type Check = (seen: Seen) => string | undefined;

/** In this order: who may not decide is told nothing else. */
const CHECKS: readonly Check[] = [
  allowed,
  waited,
  sameQuestion,
  fitting,
  short,
  saying,
  channelled,
  eligible,
  fresh,
  fit,
];

/** What becomes of a new entry: it is stamped, or refused in words. */
export function judge(draft: Draft, request: SignedRequest, facts: Facts): Judgement {
  const call = storedCall(request);
  const seen: Seen = { ...facts, call, draft, spoken: spokenOf(request) };
  for (const check of CHECKS) {
    const message = check(seen);
    if (message !== undefined) return { kind: "Refused", message };
  }
  return { kind: "Stamped", entry: stamped(seen) };
}

/** What a request says of when it was decided counts as little as what it says of who did. */
function stamped({ call, draft, spoken, now }: Seen): Draft {
  return {
    ...draft,
    approver: spoken.username,
    at: now.toISOString(),
    argumentsDigest: digestOf(call.spec.arguments),
    ...(call.status?.externalCallID !== undefined && { question: call.status.externalCallID }),
  };
}

function allowed({ mayApprove, spoken }: Seen): string | undefined {
  switch (mayApprove.kind) {
    case "Yes":
      return undefined;
    case "No":
      return words.notAllowed(spoken);
    case "Unknown":
      return words.notKnownWhetherAllowed(spoken);
  }
}

function waited({ call, spoken }: Seen): string | undefined {
  if (!openQuestion(call)) return words.notWaiting(spoken, words.whereIs(call), decisionsOn(call));
  return call.status?.externalCallID === undefined ? words.questionless(spoken) : undefined;
}

/** What was decided on the question that was put last. */
function decisionsOn(call: ToolCall): Entry[] {
  const id = call.status?.externalCallID;
  return entriesOf(call).filter(({ question }) => question !== undefined && question === id);
}

function sameQuestion({ call, draft, spoken }: Seen): string | undefined {
  const asked = call.status?.externalCallID ?? "";
  const isOther = draft.question !== undefined && draft.question !== asked;
  return isOther ? words.ofAnotherQuestion(spoken, asked) : undefined;
}

function fitting(seen: Seen): string | undefined {
  const { spoken } = seen;
  const { decision } = seen.draft;
  const fits = decisionsFor(seen);
  // A decision that there is not is refused by the schema.
  return isDecision(decision) && !fits.includes(decision) ? words.wrongWord(spoken, decision, fits) : undefined;
}

function decisionsFor(seen: Seen): Decided[] {
  switch (openQuestion(seen.call)?.kind) {
    case "Approval":
      return ["Approve", "Reject"];
    case "Input":
      return mayBeApproved(seen) ? ["Approve", "Reject", "Respond"] : ["Respond", "Reject"];
    case "Outcome":
    case undefined:
      return ["Approve", "Reject", "Respond"];
  }
}

/** Whether approving is an answer to what a tool wants to know, by the rule of the one who will take it. */
function mayBeApproved({ call, fitter }: Seen): boolean {
  const { inputRequests } = call.status ?? {};
  return inputRequests !== undefined && isApprovable(inputRequests, fitter);
}

function isDecision(word: string | undefined): word is Decided {
  return decisions.some((decision) => decision === word);
}

/** The schema counts code points, of which there are never more than UTF-16 units. */
function short({ draft: { comment = "" }, spoken }: Seen): string | undefined {
  const isLong = comment.length > COMMENT_TEXT && [...comment].length > COMMENT_TEXT;
  return isLong ? words.tooLong(spoken) : undefined;
}

function saying({ draft, spoken }: Seen): string | undefined {
  return draft.decision === "Respond" && isBlank(draft.comment) ? words.emptyAnswer(spoken) : undefined;
}

function isBlank(comment: unknown): boolean {
  return typeof comment !== "string" || comment.trim() === "";
}

function channelled({ call, channel, spoken }: Seen): string | undefined {
  const name = call.status?.question?.channel ?? "";
  if (channel.kind === "Gone") return words.channelGone(spoken, name, call.status?.question?.kind === "Approval");
  return channel.kind === "Unreadable" ? words.channelUnread(spoken, name) : undefined;
}

function eligible({ call, channel, spoken }: Seen): string | undefined {
  if (channel.kind !== "Found" || !channel.mayNotBeRequester) return undefined;
  const name = call.status?.question?.channel ?? "";
  const requester = call.spec.requester?.trim();
  if (!requester) return words.requesterUnknown(spoken, name);
  return isSamePerson(requester, spoken.username) ? words.byRequester(spoken, name) : undefined;
}

/** Whether the question is open still, and this person has not said the same before. Who has approved may yet reject. */
function fresh(seen: Seen): string | undefined {
  const { call, draft, spoken } = seen;
  const counted = countedOn(seen);
  if (counted.kind !== "Open") return words.tooLate(spoken, decisionsOn(call));
  const own = decisionsOn(call).find(
    ({ approver, decision }) => decision === "Approve" && isSamePerson(approver, spoken.username),
  );
  return own && draft.decision === "Approve"
    ? words.secondTime(spoken, own, counted.need - counted.have.length)
    : undefined;
}

function countedOn(seen: Seen): Tally {
  const { call, channel } = seen;
  const found = channel.kind === "Found" ? channel : { quorum: 1, mayNotBeRequester: false };
  const requester = call.spec.requester;
  return tally(entriesOf(call), {
    question: call.status?.externalCallID ?? "",
    digest: digestOf(call.spec.arguments),
    kind: call.status?.question?.kind ?? "Approval",
    quorum: found.quorum,
    mayNotBeRequester: found.mayNotBeRequester,
    mayBeApproved: mayBeApproved(seen),
    ...(requester !== undefined && { requester }),
  });
}

/** What the tool would not take for an answer is told to the person while they are there. */
function fit({ call, draft, spoken, fitter }: Seen): string | undefined {
  const { inputRequests, question } = call.status ?? {};
  if (question?.kind !== "Input" || !inputRequests || !isDecision(draft.decision)) return undefined;
  const answer = { decision: draft.decision, ...(draft.comment !== undefined && { words: draft.comment }) };
  const response = respondTo(inputRequests, answer, fitter);
  return response.kind === "Unfit" ? words.unfitAnswer(spoken, response.why) : undefined;
}
