/** The counts of a run of the crash proof. Pure; what they mean is said in the report. */
import type { QuestionKind, ToolCall } from "../../crds/index";
import type { Evidence, Life, Said } from "./evidence";
import { groupedBy, textOf, wordsOf } from "./evidence";
import { needsApproval, UNSAFE, wordsFoundIn } from "./plan";
import type { Verdict } from "./verdict";
import { isUnknown } from "./verdict";

export interface Figures extends WorkFigures, PeopleFigures {
  seconds: number;
  kills: number;
  killedBeforeReady: number;
  medianReadySeconds: number;
  /** How many faults there are of each promise. */
  faults: { [Promise in keyof Verdict]: number };
}

/** What models and tools did. */
interface WorkFigures {
  tasks: number;
  modelRequests: number;
  toolCalls: number;
  executions: number;
  unsafeExecutions: number;
  /** Executions of what somebody had to agree to. */
  agreedExecutions: number;
  safeRepeats: number;
  outcomeUnknown: number;
  /** Those of them that a server has begun all the same. */
  unknownAndBegun: number;
}

/** What people did. */
interface PeopleFigures {
  approvalsAsked: number;
  questionsAsked: number;
  /** How often people were asked what has become of a call. */
  outcomesAsked: number;
  answeredByKubectl: number;
  answeredByEmail: number;
  rejected: number;
  /** Words that came too late, and whose people were told so. */
  tooLate: number;
  runAgainByPeople: number;
  answersTold: number;
}

/** Counts. */
export function figuresOf(evidence: Evidence, verdict: Verdict, seconds: number): Figures {
  const { lives } = evidence;
  const killed = lives.filter(({ killedAtMs }) => killedAtMs !== undefined);
  const counted = Object.entries(verdict).map(([promise, all]: [string, string[]]) => [promise, all.length] as const);
  return {
    seconds: Math.round(seconds),
    kills: killed.length,
    killedBeforeReady: killed.filter(({ readyAtMs }) => readyAtMs === undefined).length,
    medianReadySeconds: medianReadySeconds(lives),
    ...workOf(evidence),
    ...peopleOf(evidence),
    faults: Object.fromEntries(counted) as Figures["faults"],
  };
}

/** Whether a kill has hit a call in flight, which is then unknown or made again; where there are faults, one has hit something. */
export function hasHit({ outcomeUnknown, safeRepeats, faults }: Figures): boolean {
  return outcomeUnknown + safeRepeats > 0 || Object.values(faults).some((count: number) => count > 0);
}

function medianReadySeconds(lives: Life[]): number {
  const ready = lives.flatMap(({ startedAtMs, readyAtMs }) => (readyAtMs ? [readyAtMs - startedAtMs] : []));
  return (ready.sort((a, b) => a - b)[Math.floor(ready.length / 2)] ?? 0) / 1_000;
}

function workOf(evidence: Evidence): WorkFigures {
  const { ended, unfinished, asked, effects } = evidence;
  const toolCalls = ended.flatMap((one) => one.toolCalls);
  const begun = effects.filter(({ moment }) => moment === "begin");
  const agreed = new Set(toolCalls.filter(({ spec }) => needsApproval(spec.toolRef.name)).map(wordsOf));
  const safe = groupedBy(
    begun.filter(({ tool }) => !UNSAFE.includes(tool)),
    textOf,
  );
  const unknown = [...toolCalls.filter(isUnknown).map((call: ToolCall) => wordsOf(call)), ...outcomesIn(evidence)];
  const texts = new Set(begun.map(textOf));
  return {
    tasks: ended.length + unfinished.length,
    modelRequests: asked.length,
    toolCalls: toolCalls.length,
    executions: begun.length,
    unsafeExecutions: begun.filter(({ tool }) => UNSAFE.includes(tool)).length,
    agreedExecutions: begun.filter((effect) => agreed.has(textOf(effect))).length,
    safeRepeats: [...safe.values()].reduce((sum, own) => sum + own.length - 1, 0),
    outcomeUnknown: unknown.length,
    unknownAndBegun: unknown.filter((words) => texts.has(words)).length,
  };
}

/** The words of the calls whose outcome people were asked for, once a question. */
function outcomesIn(evidence: Evidence): string[] {
  return [...questionsIn(evidence, "Outcome").values()];
}

/** The words by the ids of all questions of a kind, wherever they were seen. */
function questionsIn({ seen, mails }: Evidence, kind: QuestionKind): Map<string, string> {
  return new Map([
    ...mails.filter((one) => one.kind === kind).map(({ id, text }) => [id, wordsFoundIn(text) ?? text] as const),
    ...seen.filter((one) => one.kind === kind).map(({ question, words }) => [question, words] as const),
  ]);
}

function peopleOf(evidence: Evidence): PeopleFigures {
  const { said, mails } = evidence;
  const taken = said.filter(({ ending }) => ending === "Taken");
  const questions = (chosen: Said[]): number => new Set(chosen.map(({ question }) => question)).size;
  const again = taken.filter(({ kind, decision }) => kind === "Outcome" && decision === "Approve");
  return {
    approvalsAsked: questionsIn(evidence, "Approval").size,
    questionsAsked: questionsIn(evidence, "Input").size,
    outcomesAsked: outcomesIn(evidence).length,
    answeredByKubectl: questions(taken.filter(({ way }) => way === "kubectl")),
    answeredByEmail: questions(taken.filter(({ way }) => way === "email")),
    rejected: questions(taken.filter(({ kind, decision }) => kind !== "Outcome" && decision === "Reject")),
    tooLate: said.filter(({ ending }) => ending === "Refused").length,
    runAgainByPeople: questions(again),
    answersTold: mails.filter(({ kind }) => kind === "Notice").length,
  };
}
