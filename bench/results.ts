/**
 * What a run of the bench leaves behind: one JSON file with every figure, one Markdown file with the tables, one SVG. The
 * texts are made by pure functions; only `writeResults` touches the disk.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Machine } from "./process";
import type { Goal, Report, Scale, Scenario } from "./scenario";
import type { Table } from "./table";
import { toMarkdown } from "./table";

/** The circumstances of a run. */
export interface Circumstances {
  /** Year, month and day. */
  date: string;
  scale: Scale;
  machine: Machine;
  versions: Record<string, string>;
}

/** A scenario that was run. */
export interface Outcome {
  scenario: Pick<Scenario, "name" | "title">;
  report: Report;
  seconds: number;
}

/** The head of a result: when, where, with what. */
export function describeCircumstances({ date, scale, machine, versions }: Circumstances): string {
  const { cores, processor, memoryGiB, system, node, loadBefore } = machine;
  const used = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return [
    `${date}${scale === "quick" ? ", a QUICK run: too small for its figures to mean much" : ""}.`,
    `${cores} cores (${processor}), ${memoryGiB} GiB, ${system}, shared by API server, etcd, operator, model and bench;`,
    `load average before: ${loadBefore.join(", ")}. Node.js ${node}, ${used.join(", ")}.`,
  ].join("\n");
}

/** The goals of all scenarios as one table. */
export function goalTable(outcomes: readonly Outcome[]): Table {
  const row = ({ what, wanted, reached, isMet }: Goal): string[] => [what, wanted, reached, isMet ? "yes" : "NO"];
  return {
    title: "## Goals",
    columns: ["what", "wanted", "reached", "met"],
    rows: outcomes.flatMap(({ report }) => report.goals.map(row)),
  };
}

/** The Markdown file. */
export function toDocument(circumstances: Circumstances, outcomes: readonly Outcome[]): string {
  const sections = outcomes.map(({ scenario, report, seconds }) =>
    [
      `## ${scenario.title} (\`${scenario.name}\`, ${Math.round(seconds)} s)`,
      ...report.tables.map((table) => toMarkdown(table)),
    ].join("\n\n"),
  );
  return `${["# What a task costs", describeCircumstances(circumstances), toMarkdown(goalTable(outcomes)), ...sections].join("\n\n")}\n`;
}

/** Writes the files of a run and returns their paths. `label` tells runs of one day apart. */
export function writeResults(
  folder: string,
  label: string,
  run: { circumstances: Circumstances; outcomes: readonly Outcome[] },
): string[] {
  const { circumstances, outcomes } = run;
  mkdirSync(folder, { recursive: true });
  const scenarios = Object.fromEntries(
    outcomes.map(({ scenario, report, seconds }) => [
      scenario.name,
      { title: scenario.title, seconds, goals: report.goals, figures: report.figures },
    ]),
  );
  const files: [name: string, text: string][] = [
    [`${label}.json`, `${JSON.stringify({ ...circumstances, scenarios }, roundNumbers, 1)}\n`],
    [`${label}.md`, toDocument(circumstances, outcomes)],
  ];
  for (const { report } of outcomes) if (report.picture !== undefined) files.push([`${label}.svg`, report.picture]);
  return files.map(([name, text]) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  });
}

/** Three digits after the point are more than is known. */
function roundNumbers(_name: string, value: unknown): unknown {
  return typeof value === "number" && !Number.isInteger(value) ? Math.round(value * 1_000) / 1_000 : value;
}
