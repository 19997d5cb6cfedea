/**
 * Counts what people answered: which entries count for a question, which do not and why, and whether they are enough. It
 * trusts nobody before it: what admission has refused or stamped is counted again. Pure; what follows is for `decide`.
 */
import { momentOf } from "../../crds/index";
import type { Approval, ChannelAnswer, Decided, QuestionKind, ToolCall } from "../../crds/index";

/** One answer of one person, wherever it was given. */
export interface Entry {
  decision: Decided;
  /** Why, or the answer itself. */
  comment?: string;
  approver: string;
  at: Date;
  /** Of the arguments that were decided on. */
  argumentsDigest: string;
  /** The id of the question that was answered. */
  question?: string;
  /** The ContactChannel it came over; undefined when it was given with kubectl. */
  channel?: string;
}

/** What counts. */
export interface Rules {
  /** The id of the question that is put now. */
  question: string;
  /** Of the arguments as they are. */
  digest: string;
  kind: QuestionKind;
  /** How many different people have to approve; less than one counts as one. */
  quorum: number;
  /** Who created the task, where it is known. */
  requester?: string;
  mayNotBeRequester: boolean;
  /** Input: approving is an answer too (something is to be confirmed). It is not when left out. */
  mayBeApproved?: boolean;
}

/** An answer that does not count, and why, as a sentence about it. */
export interface Ignored {
  approver: string;
  why: string;
}

/** What the answers come to. */
export type Verdict =
  /** Not enough yet: `have` have approved, of `need`. */
  | { kind: "Open"; have: string[]; need: number }
  /** `comment` is that of all who approved; `at` is when the last one that was needed did. */
  | { kind: "Approved"; by: string[]; comment?: string; at: Date }
  | { kind: "Rejected"; by: string; comment?: string; at: Date }
  | { kind: "Answered"; by: string; words: string; at: Date };

/** A verdict, and what did not count for it. */
export type Tally = Verdict & { ignored: Ignored[] };

/** All answers that a call has, over channels and with kubectl, by time. Those of the same moment stay in their order. */
export function entriesOf(call: ToolCall): Entry[] {
  const { approvals = [] } = call.spec;
  const { answers = [] } = call.status ?? {};
  return [...approvals.map(entryOf), ...answers.map((one) => ({ ...entryOf(one), channel: one.channel }))].sort(byTime);
}

/** Whether the answers are enough, as far as they count. In order of time, the first that are enough decide. */
export function tally(entries: readonly Entry[], rules: Rules): Tally {
  const ignored: Ignored[] = [];
  const approving: Entry[] = [];
  let verdict: Verdict | undefined;
  for (const entry of [...entries].sort(byTime)) {
    const why = verdict ? TOO_LATE : whyNot(entry, approving, rules);
    if (why !== undefined) {
      ignored.push({ approver: entry.approver, why });
      continue;
    }
    if (entry.decision === "Approve") approving.push(entry);
    verdict = verdictOf(entry, approving, needOf(rules));
  }
  const open: Verdict = { kind: "Open", have: approving.map(({ approver }) => approver), need: needOf(rules) };
  return { ...(verdict ?? open), ignored };
}

const TOO_LATE = "the question was answered before";

/** Several have to agree that something may run; one who confirms is enough. */
function needOf({ kind, quorum }: Rules): number {
  return kind === "Input" ? 1 : Math.max(1, quorum);
}

/** What an entry that counts decides; undefined when it is not enough yet. */
function verdictOf({ decision, approver, comment, at }: Entry, approving: Entry[], need: number): Verdict | undefined {
  switch (decision) {
    case "Reject":
      return { kind: "Rejected", by: approver, ...(comment !== undefined && { comment }), at };
    case "Respond":
      return { kind: "Answered", by: approver, words: comment ?? "", at };
    case "Approve":
      if (approving.length < need) return undefined;
      return { kind: "Approved", by: approving.map((one) => one.approver), ...commentOf(approving), at };
  }
}

/** Of several comments it is said whose they are. */
function commentOf(entries: Entry[]): { comment?: string } {
  const said = entries.filter(({ comment = "" }) => comment.trim() !== "");
  const [first, ...more] = said;
  if (!first) return {};
  if (more.length === 0) return { comment: first.comment ?? "" };
  return { comment: said.map(({ approver, comment = "" }) => `${approver}: ${comment}`).join("\n") };
}

/** Why an entry does not count; undefined when it does. */
function whyNot(entry: Entry, approving: Entry[], rules: Rules): string | undefined {
  return misdirected(entry, rules) ?? notAllowed(entry, rules) ?? misfit(entry, rules) ?? repeated(entry, approving);
}

function misdirected(entry: Entry, rules: Rules): string | undefined {
  if (entry.question === undefined) return `the answer does not say which question it is for (${rules.question})`;
  if (entry.question !== rules.question) return `the answer is to another question (${entry.question})`;
  if (entry.argumentsDigest !== rules.digest) return "the answer is about other arguments than those of this call";
  return undefined;
}

function notAllowed({ approver }: Entry, { mayNotBeRequester, requester }: Rules): string | undefined {
  if (isSamePerson(approver, "")) return "the answer does not say whose it is";
  if (!mayNotBeRequester) return undefined;
  if (requester === undefined || isSamePerson(requester, "")) {
    return "whoever created the task may not answer, and it is not known who did";
  }
  return isSamePerson(approver, requester) ? "whoever created the task may not answer" : undefined;
}

function misfit({ decision, comment = "" }: Entry, { kind, mayBeApproved = false }: Rules): string | undefined {
  if (decision === "Respond" && kind === "Approval") return "it is asked whether the tool may run: approve or reject";
  if (decision === "Respond" && comment.trim() === "") return "the answer is empty: give it in the comment";
  if (decision === "Approve" && kind === "Input" && !mayBeApproved) return "an answer in words is asked for: respond";
  return undefined;
}

function repeated({ approver, decision }: Entry, approving: Entry[]): string | undefined {
  const isSecond = decision === "Approve" && approving.some((one) => isSamePerson(one.approver, approver));
  return isSecond ? "the same person has approved already" : undefined;
}

/** Names of people differ in their case and in blanks around them, and are the same people. */
export function isSamePerson(a: string, b: string): boolean {
  return folded(a) === folded(b);
}

function folded(name: string): string {
  return name.trim().toLowerCase();
}

function byTime(a: Entry, b: Entry): number {
  return a.at.getTime() - b.at.getTime();
}

/** An entry whose time cannot be read counts as the last: it overtakes nobody. */
const END_OF_TIME = new Date(8.64e15);

function entryOf({ at, ...entry }: Approval | Omit<ChannelAnswer, "channel">): Entry {
  return { ...entry, at: momentOf(at) ?? END_OF_TIME };
}
