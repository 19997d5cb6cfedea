/** What a run of the crash proof says: a table, the faults found, one last line of zeros, and the file of figures. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { toMarkdown } from "../../bench/table";
import type { Figures } from "./figures";
import type { CrashOptions } from "./options";
import type { Verdict } from "./verdict";

/** Faults that are shown of each kind; all are in the file. */
const SHOWN = 5;

/** What breaks each promise, in the plural, in the order of the last line. */
const PROMISES: { [Promise in keyof Verdict]: string } = {
  lost: "tasks or answers lost",
  twice: "unsafe executions twice",
  broken: "broken conversations",
  unexplained: "unexplained unknown outcomes",
  askedTwice: "approvals asked twice",
  unheard: "approvals lost",
  unapproved: "executed without approval",
  despiteNo: "executed although rejected",
  tellings: "final answers told twice or not told",
};

/** Whether every promise was kept. */
export function isClean(verdict: Verdict): boolean {
  return Object.values(verdict).every((faults: string[]) => faults.length === 0);
}

/** The table and the faults. */
export function describe(figures: Figures, verdict: Verdict): string {
  const promised = Object.entries(PROMISES).map(
    ([promise, words]) => [`${words} (promised: 0)`, figures.faults[promise as keyof Verdict]] as const,
  );
  const rows: (readonly [what: string, value: number])[] = [
    ["kills", figures.kills],
    ["  of them before the operator was ready", figures.killedBeforeReady],
    ["seconds until a new operator is ready, median", figures.medianReadySeconds],
    ["tasks", figures.tasks],
    ["requests to the model", figures.modelRequests],
    ["tool calls", figures.toolCalls],
    ["executions on the tool servers", figures.executions],
    ["  of them of unsafe tools", figures.unsafeExecutions],
    ["  of them with somebody's approval", figures.agreedExecutions],
    ["  of them repeats of safe tools", figures.safeRepeats],
    ["approvals asked", figures.approvalsAsked],
    ["questions of models to people", figures.questionsAsked],
    ["questions answered by kubectl", figures.answeredByKubectl],
    ["questions answered by email", figures.answeredByEmail],
    ["rejected by people", figures.rejected],
    ["words of people that came too late", figures.tooLate],
    ["final answers told by email", figures.answersTold],
    ["outcome unknown", figures.outcomeUnknown],
    ["  of them begun by a server", figures.unknownAndBegun],
    ["  of them put to people", figures.outcomesAsked],
    ["    of them run again by a person", figures.runAgainByPeople],
    ...promised,
  ];
  const faults = Object.entries(verdict).flatMap(([promise, all]: [string, string[]]) => [
    ...all.slice(0, SHOWN).map((fault) => `✗ ${promise}: ${fault}`),
    ...(all.length > SHOWN ? [`✗ ${promise}: … and ${all.length - SHOWN} more`] : []),
  ]);
  const title = `What ${figures.kills} kills did in ${figures.seconds} s`;
  const table = toMarkdown({ title, columns: ["what", "count"], rows: rows.map(([what, n]) => [what, String(n)]) });
  return [table, ...faults].join("\n");
}

/** The last line. */
export function lastLine({ kills, faults, outcomeUnknown, approvalsAsked }: Figures): string {
  return [
    `${kills} kills: ${faults.lost} lost`,
    `${faults.twice} ${PROMISES.twice}`,
    `${faults.broken} ${PROMISES.broken}`,
    `${faults.unexplained} ${PROMISES.unexplained} (${outcomeUnknown} explained by a kill)`,
    `${faults.askedTwice} of ${approvalsAsked} ${PROMISES.askedTwice}`,
    `${faults.unheard} ${PROMISES.unheard}`,
    `${faults.unapproved} ${PROMISES.unapproved}`,
    `${faults.despiteNo} ${PROMISES.despiteNo}`,
    `${faults.tellings} ${PROMISES.tellings}`,
  ].join(", ");
}

/** Writes the file of one run and returns its path. */
export function writeFigures(
  folder: string,
  run: { options: CrashOptions; figures: Figures; verdict: Verdict; at: Date },
): string {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${run.at.toISOString().replace(/[:.]/g, "-")}.json`);
  writeFileSync(file, `${JSON.stringify(run, undefined, 1)}\n`);
  return file;
}
