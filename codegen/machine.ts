/**
 * Draws a machine as a mermaid `stateDiagram-v2` by running its `decide` over the product of what can be seen. The labels
 * are found, not written: for each transition the fewest facts that always lead to it. It knows no rule of any machine.
 */

/** One way in which an observation can differ. `label` is empty for what goes without saying; `effect` changes it. */
export interface Fact<Seen> {
  label: string;
  effect: (seen: Seen) => Seen;
}

/** What is drawn: the states by name, what can be seen in each, and where an observation leads (`[*]`: the object's end). */
export interface Machine<State extends string, Seen> {
  initial: State;
  states: readonly State[];
  dimensions: Record<State, Fact<Seen>[][]>;
  /** An object in this state of which nothing special is seen. */
  seenIn: (state: State) => Seen;
  /** The state that is entered, `[*]`, or undefined when nothing changes. */
  target: (seen: Seen) => string | undefined;
}

/** All ways to choose one of each; with `any`, each may also be left open (undefined). */
function product<Seen>(sets: Fact<Seen>[][], any = false): (Fact<Seen> | undefined)[][] {
  return sets.reduce<(Fact<Seen> | undefined)[][]>(
    (chosen, facts) =>
      chosen.flatMap((before) => [...(any ? [undefined] : []), ...facts].map((fact) => [...before, fact])),
    [[]],
  );
}

/** An observation, as the facts it is made of, and where it leads. */
interface Row<Seen> {
  facts: (Fact<Seen> | undefined)[];
  target: string | undefined;
}

function rowsOf<State extends string, Seen>(state: State, machine: Machine<State, Seen>): Row<Seen>[] {
  return product(machine.dimensions[state]).map((facts) => {
    const seen = facts.reduce((before, fact) => fact?.effect(before) ?? before, machine.seenIn(state));
    return { facts, target: machine.target(seen) };
  });
}

type Pattern<Seen> = (Fact<Seen> | undefined)[];
const fixed = <Seen>(pattern: Pattern<Seen>): Fact<Seen>[] => pattern.filter((fact) => fact !== undefined);
const spoken = <Seen>(pattern: Pattern<Seen>): string[] => fixed(pattern).flatMap(({ label }) => label || []);

/**
 * The fewest facts that always lead to `target`: patterns that cover only rows of this target, those that say least
 * first, until every row is covered. A pattern that says more than another chosen one is left out.
 */
function reasons<Seen>(target: string, rows: Row<Seen>[], patterns: Pattern<Seen>[]): string[] {
  const covers = (pattern: Pattern<Seen>, row: Row<Seen>): boolean =>
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

function linesOf<State extends string, Seen>(state: State, machine: Machine<State, Seen>): string[] {
  const rows = rowsOf(state, machine);
  const patterns = product(machine.dimensions[state], true);
  const targets = [...new Set(rows.flatMap(({ target }) => target ?? []))];
  return targets.map((target) => {
    const labels = reasons(target, rows, patterns).filter((label) => label !== "");
    return `    ${state} --> ${target}${labels.length > 0 ? `: ${labels.join("<br/>")}` : ""}`;
  });
}

/** The diagram: every state that a new object can reach, and what leads where. */
export function drawn<State extends string, Seen>(machine: Machine<State, Seen>): string {
  const reached: State[] = [machine.initial];
  const lines = ["stateDiagram-v2", `    [*] --> ${machine.initial}`];
  for (const state of reached) {
    const leading = linesOf(state, machine);
    lines.push(...leading);
    for (const other of machine.states) {
      if (!reached.includes(other) && leading.some((line) => line.split(": ")[0]?.endsWith(`--> ${other}`)))
        reached.push(other);
    }
  }
  return lines.join("\n");
}
