/**
 * The promises to people, held against the evidence: nobody is asked the same twice, every answer is acted upon, nothing runs
 * that was not agreed to, and final answers are told once. It trusts what the mailbox has, what people said and saw, and what
 * the tool servers wrote; the operator's own word counts only where it is what the model was told. Pure.
 */
import type { Effect } from "../../capabilities/testing/tool-server";
import type { QuestionKind, ToolCall } from "../../crds/index";
import type { Ended, Evidence, Said } from "./evidence";
import { groupedBy, textOf, wordsOf } from "./evidence";
import { needsApproval, wordsFoundIn } from "./plan";

/** What breaks each promise to people. */
export interface PeopleVerdict {
  /** Questions that were put again under another id. */
  askedTwice: string[];
  /** Answers that were accepted and not acted upon, and ends that nobody has decided. */
  unheard: string[];
  /** Executions that nobody had agreed to before they began. */
  unapproved: string[];
  /** Executions of what somebody had refused, and nobody had agreed to; refusals of what was executed. */
  despiteNo: string[];
  /** Final answers that people were told twice, not at all, or unasked. */
  tellings: string[];
}

/** What is known of one call. */
interface About {
  call: ToolCall;
  said: Said[];
  begins: Effect[];
}

export function judgePeople(evidence: Evidence): PeopleVerdict {
  const calls = aboutCalls(evidence);
  const approved = calls.filter(({ call }) => needsApproval(call.spec.toolRef.name));
  return {
    askedTwice: askedTwice(evidence),
    unheard: [
      ...evidence.said
        .filter(({ ending }) => ending === "Swallowed")
        .map((one) => `${sentence(one)}, and it is nowhere`),
      ...calls.flatMap((about) => unheardIn(about)),
      ...evidence.ended.flatMap((one) => unaskedIn(one)),
    ],
    unapproved: approved.filter(({ said }) => !isRefused(said)).flatMap(unapprovedIn),
    despiteNo: approved.filter(({ said }) => isRefused(said)).flatMap(despiteNoIn),
    tellings: evidence.ended.flatMap((one) => tellingsOf(one, evidence)),
  };
}

/** How often people have said until then that a call may be run again: once a question, however many said it. */
export function repeatsAllowed(said: Said[], words: string, atMs: number): number {
  const again = said.filter((one) => one.words === words && one.kind === "Outcome" && one.decision === "Approve");
  return new Set(again.filter((one) => isHeard(one) && (one.saidAtMs ?? 0) <= atMs).map(({ question }) => question))
    .size;
}

/** Whether a result is what a person said that it is. */
export function isWordOfPeople(result: string, said: Said[], words: string): boolean {
  return said.some(
    (one) => one.words === words && one.decision === "Respond" && isHeard(one) && result.endsWith(one.comment),
  );
}

/** Accepted, or perhaps: the run ended before the person knew. */
function isHeard({ ending, saidAtMs }: Said): boolean {
  return ending === "Taken" || (ending === "Unsaid" && saidAtMs !== undefined);
}

function sentence({ way, decision, comment }: Said): string {
  return `"${comment}" (${decision}) was accepted by ${way}`;
}

function aboutCalls({ ended, said, effects }: Evidence): About[] {
  const sayings = groupedBy(said.filter(isHeard), ({ words }) => words);
  const begins = groupedBy(
    effects.filter(({ moment }) => moment === "begin"),
    textOf,
  );
  return ended.flatMap(({ toolCalls }) =>
    toolCalls.map((call) => {
      const words = wordsOf(call);
      return { call, said: sayings.get(words) ?? [], begins: begins.get(words) ?? [] };
    }),
  );
}

/** A question as it came to people: with kubectl or by email, which are one question. */
interface Question {
  where: string;
  words: string;
  kind: QuestionKind;
  id: string;
}

/** One question of each kind about a call; of what became of it, one more for every time that it was to be run again. */
function askedTwice({ seen, mails, said }: Evidence): string[] {
  const questions: Question[] = [
    ...seen.map(({ words, kind, question }) => ({ where: "with kubectl", words, kind, id: question })),
    ...mails.flatMap(({ id, kind, text }) =>
      kind === "Notice" ? [] : [{ where: "by email", words: wordsFoundIn(text) ?? text, kind, id }],
    ),
  ];
  const groups = groupedBy(questions, ({ where, words, kind }) => `${kind} of ${words}, as it came ${where},`);
  return [...groups].flatMap(([what, own]) => {
    const ids = [...new Set(own.map(({ id }) => id))];
    const [first] = own;
    const more = first?.kind === "Outcome" ? repeatsAllowed(said, first.words, Infinity) : 0;
    return ids.length <= 1 + more ? [] : [`${what} was asked ${ids.length} times: ${ids.join(", ")}`];
  });
}

function isRefused(said: Said[]): boolean {
  return said.some(({ kind, decision }) => kind === "Approval" && decision === "Reject");
}

/** Executions before which nobody had agreed. */
function blindIn({ said, begins }: About): Effect[] {
  const agreed = said.filter(({ kind, decision }) => kind === "Approval" && decision === "Approve");
  const first = Math.min(...agreed.map(({ saidAtMs = Infinity }) => saidAtMs));
  return begins.filter(({ at }) => Date.parse(at) < first);
}

function unapprovedIn(about: About): string[] {
  return blindIn(about).map(
    ({ at, arguments: args }) => `${JSON.stringify(args)} began at ${at}, and nobody had agreed`,
  );
}

function despiteNoIn(about: About): string[] {
  const { call, begins } = about;
  const isDenied = call.status?.status === "ToolCallRejected" && begins.length > 0;
  return [
    ...blindIn(about).map(({ at }) => `${call.metadata.name} began at ${at}, and was refused`),
    ...(isDenied ? [`${call.metadata.name} was executed, and the model was told that it was refused`] : []),
  ];
}

/** The end of a call is what people have said of the question that was put last. */
function unheardIn(about: About): string[] {
  const { call, said } = about;
  const { question, externalCallID: id } = call.status ?? {};
  const fault = question
    ? faultIn(
        about,
        said.filter((one) => one.question === id),
      )
    : undefined;
  return fault === undefined ? [] : [`${call.metadata.name} (${wordsOf(call)}): ${fault}`];
}

function faultIn({ call, begins }: About, said: Said[]): string | undefined {
  const { status = "", result = "" } = call.status ?? {};
  const [any] = said;
  if (!any) return `it ended as ${status}, and nobody has answered the question ${call.status?.externalCallID ?? ""}`;
  if (said.some((one) => accounts(one, call, begins))) return undefined;
  return `${sentence(any)}, and the call ended as ${status}: ${result}`;
}

/** Whether what somebody said accounts for the end of a call. */
function accounts(
  { kind, decision, comment, saidAtMs = 0 }: Said,
  { status = {} }: ToolCall,
  begins: Effect[],
): boolean {
  const { status: end, result } = status;
  const isTold = String(result).includes(comment);
  switch (decision) {
    case "Approve":
      return end !== "ToolCallRejected" && isAnyAfter(saidAtMs, begins);
    case "Respond":
      return end === "Succeeded" && isTold;
    case "Reject":
      return isTold && (kind === "Outcome" ? status.finishReason : end) === REFUSED[kind];
  }
}

const isAnyAfter = (ms: number, begins: Effect[]): boolean => begins.some(({ at }) => Date.parse(at) >= ms);

/** By what a refusal is known: the state in which the call has ended, or the reason that it gives. */
const REFUSED: Record<QuestionKind, string> = {
  Approval: "ToolCallRejected",
  Input: "ToolCallRejected",
  Outcome: "OutcomeUnknown",
};

/** Where there is somebody to ask, what has become of a call is never left unknown. */
function unaskedIn({ plan, toolCalls }: Ended): string[] {
  return toolCalls
    .filter(({ status }) => status?.status === "OutcomeUnknown")
    .filter(({ spec }) => plan.agent === "asker" || plan.tells || needsApproval(spec.toolRef.name))
    .map(({ metadata }) => `${metadata.name} ended as OutcomeUnknown, and nobody was asked`);
}

function tellingsOf({ plan, status }: Ended, { mails }: Evidence): string[] {
  const told = mails.filter(({ kind, text }) => kind === "Notice" && text === plan.output);
  const due = plan.tells && status.phase === "FinalAnswer" ? 1 : 0;
  return told.length === due ? [] : [`the answer of ${plan.name} was told ${told.length} times instead of ${due}`];
}
