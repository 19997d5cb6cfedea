/** The command line of `npm run bench`. Pure. */
import { parseArgs } from "node:util";
import type { Scale } from "./scenario";

/** What to run, and how much of it. */
export interface Options {
  scale: Scale;
  /** Names of scenarios, in the order in which the bench has them. */
  names: string[];
}

export type Parsed =
  | { kind: "Run"; options: Options }
  | { kind: "Help"; text: string }
  | { kind: "Refused"; message: string };

/** Reads the command line; `known` are the scenarios there are. */
export function parseOptions(argv: string[], known: readonly { name: string; title: string }[]): Parsed {
  const { tokens } = parseArgs({
    args: argv,
    options: { only: { type: "string" }, quick: { type: "boolean" }, help: { type: "boolean", short: "h" } },
    strict: false,
    tokens: true,
  });
  const only: string[] = [];
  const options: Options = { scale: "full", names: [] };
  for (const token of tokens) {
    if (token.kind === "option-terminator") continue;
    if (token.kind === "positional") return refused(`"${token.value}" is not an option`);
    if (token.name === "help" || token.name === "h") return { kind: "Help", text: help(known) };
    if (token.name === "quick") options.scale = "quick";
    else if (token.name === "only") only.push(...(token.value ?? "").split(","));
    else return refused(`there is no option ${token.rawName}`);
  }
  const unknown = only.find((name) => !known.some((one) => one.name === name));
  if (unknown !== undefined)
    return refused(`there is no scenario "${unknown}"; there are ${known.map(({ name }) => name).join(", ")}`);
  options.names = known.map(({ name }) => name).filter((name) => only.length === 0 || only.includes(name));
  return { kind: "Run", options };
}

function refused(complaint: string): Parsed {
  return { kind: "Refused", message: `bench: ${complaint}. Its options: --only NAME, --quick, --help.` };
}

function help(known: readonly { name: string; title: string }[]): string {
  const rows = known.map(({ name, title }) => `      ${name.padEnd(18)} ${title}`);
  return [
    "npm run bench -- [options]",
    "  Measures what a task costs on a control plane of its own and writes bench/results/. Takes about 40 minutes; leave the machine alone.",
    "",
    "  --only NAME   only this scenario (may be repeated, or several with commas):",
    ...rows,
    "  --quick       a small run of everything, to see that it works; its figures mean little",
  ].join("\n");
}
