/**
 * Whether somebody is slowed down by what goes on beside: the same light loads before it and beside it, in one run, and
 * the second as a share of the first. What counts as not slowed is said here, once.
 */
import type { Running } from "./launch";
import type { LoadResult } from "./load";
import { busySeconds } from "./process";
import type { Goal } from "./scenario";
import type { Summary } from "./statistics";
import { summarize } from "./statistics";
import type { Table } from "./table";
import { figure } from "./table";

/** A middle of at most so many times what it was before counts as not slowed: less than that this machine does by itself. */
const NOT_SLOWED = 1.5;

/** Loads that ran together, by name, and how many processors were busy meanwhile. */
export interface Stretch {
  overheadMs: Record<string, Summary>;
  operatorCores: number;
  /** For anybody. */
  busyCores: number;
}

/** Runs loads at the same time, to the end of the last. */
export async function runTogether(worker: Running, loads: Record<string, () => Promise<LoadResult>>): Promise<Stretch> {
  const [begun, busyBefore, before] = [performance.now(), busySeconds(), worker.usage()];
  const results = await Promise.all(
    Object.entries(loads).map(async ([name, run]) => [name, overheadOf(await run())] as const),
  );
  const seconds = (performance.now() - begun) / 1_000;
  return {
    overheadMs: Object.fromEntries(results),
    operatorCores: (worker.usage().cpuSeconds - before.cpuSeconds) / seconds,
    busyCores: (busySeconds() - busyBefore) / seconds,
  };
}

function overheadOf({ times }: LoadResult): Summary {
  return summarize(times.map(({ overheadMs }) => overheadMs));
}

/** The same loads twice. */
export interface Comparison {
  before: Stretch;
  beside: Stretch;
}

/** What it takes beside, as a multiple of what it took before; of the middle and of the tail. */
export function slowdownOf({ before, beside }: Comparison, load: string): { p50: number; p99: number } {
  const [old, now] = [before.overheadMs[load], beside.overheadMs[load]];
  const times = (which: "p50" | "p99"): number => (now?.[which] ?? Number.NaN) / (old?.[which] ?? Number.NaN);
  return { p50: times("p50"), p99: times("p99") };
}

/** A goal for each load: that it is not slowed. `beside` says by what. */
export function slowdownGoals(comparison: Comparison, beside: string): Goal[] {
  return Object.keys(comparison.before.overheadMs).map((load) => {
    const { p50, p99 } = slowdownOf(comparison, load);
    const [old, now] = [comparison.before.overheadMs[load], comparison.beside.overheadMs[load]];
    return {
      what: `${load}, one after another, beside ${beside}: overhead p50`,
      wanted: `at most ${NOT_SLOWED} times what it is without them`,
      reached: `${figure(p50)} times (${figure(old?.p50 ?? 0)} → ${figure(now?.p50 ?? 0)} ms), p99 ${figure(p99)} times`,
      isMet: p50 <= NOT_SLOWED,
    };
  });
}

/** Both stretches, one line a load. */
export function besideTable(title: string, { before, beside }: Comparison): Table {
  const rows = (when: string, { overheadMs, operatorCores, busyCores }: Stretch): string[][] =>
    Object.entries(overheadMs).map(([load, { count, p50, p99, max }]) => [
      load,
      when,
      ...[count, p50, p99, max, operatorCores, busyCores].map(figure),
    ]);
  return {
    title,
    columns: ["load", "when", "tasks", "overhead p50 ms", "p99", "max", "operator's cores", "busy cores"],
    rows: [...rows("before", before), ...rows("beside", beside)],
  };
}
