/** Keeps the state diagrams of the machines in docs/architecture.md, each between two markers. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { drawn } from "./machine";
import { taskMachine } from "./observations-tasks";
import { toolCallMachine } from "./observations-toolcalls";

/** The page that shows the diagrams, from the root of the project. */
export const PAGE = "docs/architecture.md";

/** The diagrams, by the name in their markers. */
export const machines: Record<string, () => string> = {
  "task-machine": () => drawn(taskMachine),
  "toolcall-machine": () => drawn(toolCallMachine),
};

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
  const redrawn = Object.entries(machines).reduce(
    (text, [name, draw]) => between(text, name, `\`\`\`mermaid\n${draw()}\n\`\`\``),
    page,
  );
  if (redrawn === page) return [];
  if (!check) writeFileSync(file, redrawn);
  return [PAGE];
}
