/**
 * Draws the state diagram of the Task machine by running its `decide` over the product of what can be seen, and keeps
 * the drawing in docs/architecture.md between two markers. The labels are found, not written: for each transition the
 * fewest facts that always lead to it. It knows no rule of the machine.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Decision } from "../capabilities/tasks/decision";
import { decide } from "../capabilities/tasks/decide";
import type { Fact, Phase } from "./observations";
import { dimensions, seenIn, states } from "./observations";

/** The page that shows the diagram, from the root of the project. */
export const PAGE = "docs/architecture.md";

/** Where a decision leads: another phase, the end, or nowhere. */
function targetOf(decision: Decision): string | undefined {
  if (decision.kind === "Enter") return decision.state.phase;
  return decision.kind === "Repeat" && decision.effect.kind === "DeleteTask" ? "[*]" : undefined;
}

/** All ways to choose one of each; with `any`, each may also be left open (undefined). */
function product(sets: Fact[][], any = false): (Fact | undefined)[][] {
  return sets.reduce<(Fact | undefined)[][]>(
    (chosen, facts) =>
      chosen.flatMap((before) => [...(any ? [undefined] : []), ...facts].map((fact) => [...before, fact])),
    [[]],
  );
}

/** An observation, as the facts it is made of, and where it leads. */
interface Row {
  facts: (Fact | undefined)[];
  target: string | undefined;
}

function rowsOf(phase: Phase): Row[] {
  return product(dimensions[phase]).map((facts) => {
    const seen = facts.reduce((before, fact) => fact?.effect(before) ?? before, seenIn(phase));
    return { facts, target: targetOf(decide(seen)) };
  });
}

const fixed = (pattern: (Fact | undefined)[]): Fact[] => pattern.filter((fact) => fact !== undefined);
const spoken = (pattern: (Fact | undefined)[]): string[] => fixed(pattern).flatMap(({ label }) => label || []);

/**
 * The fewest facts that always lead to `target`: patterns that cover only rows of this target, those that say least
 * first, until every row is covered. A pattern that says more than another chosen one is left out.
 */
function reasons(target: string, rows: Row[], patterns: (Fact | undefined)[][]): string[] {
  const covers = (pattern: (Fact | undefined)[], row: Row): boolean =>
    pattern.every((fact, i) => fact === undefined || fact === row.facts[i]);
  const sound = patterns
    .filter((pattern) => rows.every((row) => row.target === target || !covers(pattern, row)))
    .sort((a, b) => spoken(a).length - spoken(b).length || fixed(a).length - fixed(b).length);
  let open = rows.filter((row) => row.target === target);
  const chosen: string[][] = [];
  for (const pattern of sound) {
    const rest = open.filter((row) => !covers(pattern, row));
    if (rest.length === open.length) continue;
    open = rest;
    const says = spoken(pattern);
    if (!chosen.some((less) => less.every((word) => says.includes(word)))) chosen.push(says);
  }
  return chosen.map((words) => words.join(", "));
}

function linesOf(phase: Phase): string[] {
  const rows = rowsOf(phase);
  const patterns = product(dimensions[phase], true);
  const targets = [...new Set(rows.flatMap(({ target }) => target ?? []))];
  return targets.map((target) => `    ${phase} --> ${target}: ${reasons(target, rows, patterns).join("<br/>")}`);
}

/** The Task machine as a mermaid `stateDiagram-v2`: every phase that a new task can reach, and what leads where. */
export function taskMachine(): string {
  const reached: Phase[] = ["Pending"];
  const lines = ["stateDiagram-v2", "    [*] --> Pending"];
  for (const phase of reached) {
    const drawn = linesOf(phase);
    lines.push(...drawn);
    for (const other of Object.keys(states) as Phase[]) {
      if (!reached.includes(other) && drawn.some((line) => line.includes(`--> ${other}:`))) reached.push(other);
    }
  }
  return lines.join("\n");
}

/** Puts `text` between the markers of that name in `page`. Throws when the page has no such markers. */
export function between(page: string, name: string, text: string): string {
  const [open, close] = [`<!-- generated:${name} -->`, `<!-- /generated:${name} -->`];
  const [start, end] = [page.indexOf(open), page.indexOf(close)];
  if (start < 0 || end < start) throw new Error(`${PAGE} has no markers ${open} and ${close}.`);
  return `${page.slice(0, start)}${open}\n\n${text}\n\n${page.slice(end)}`;
}

/** Redraws the diagrams under `root`, or with `check` only looks. The result names the files that were, or are, stale. */
export function diagrams({ check, root = process.cwd() }: { check: boolean; root?: string }): string[] {
  const file = join(root, PAGE);
  const page = readFileSync(file, "utf8");
  const drawn = between(page, "task-machine", `\`\`\`mermaid\n${taskMachine()}\n\`\`\``);
  if (drawn === page) return [];
  if (!check) writeFileSync(file, drawn);
  return [PAGE];
}
