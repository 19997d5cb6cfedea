/**
 * What every scenario of the bench is and gives: goals with what was reached, tables for people, figures for the JSON
 * file. And the measuring that several scenarios share.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { ApiMetrics } from "./api-metrics";
import { between, countOf, readApiMetrics, writesIn } from "./api-metrics";
import type { Lab } from "./lab";
import type { Running } from "./launch";
import type { LoadResult, TaskTimes } from "./load";
import { rateOf } from "./load";
import type { Usage } from "./process";
import type { Summary } from "./statistics";
import { summarize } from "./statistics";
import type { Table } from "./table";
import { figure } from "./table";

/** Something the product is to reach, and what it has reached. */
export interface Goal {
  what: string;
  wanted: string;
  reached: string;
  isMet: boolean;
}

/** What came of a scenario. `figures` is plain data. */
export interface Report {
  goals: Goal[];
  tables: Table[];
  figures: unknown;
  /** An SVG. */
  picture?: string;
}

/** How much to do: everything, or just enough to see that it works. */
export type Scale = "full" | "quick";

/** What a scenario is given. */
export interface Bench {
  scale: Scale;
  /** A line of progress. */
  say: (line: string) => void;
  /** For the title of a picture. */
  date: string;
}

export interface Scenario {
  /** As `--only` takes it. */
  name: string;
  title: string;
  run: (bench: Bench) => Promise<Report>;
}

/** No task may stay open without any other ending for so long, on top of the model's time. */
export const STALL_MS = 60_000;

/** Processor time and memory of everything that took part in a stretch of work. */
export interface Costs {
  operatorCpuMsPerTask: number;
  apiserverCpuMsPerTask: number;
  etcdCpuMsPerTask: number;
  operatorRssMiB: number;
  operatorPeakMiB: number;
}

/** A stretch of work that was measured. */
export interface Measured {
  result: LoadResult;
  requests: ApiMetrics;
  costs: Costs;
}

/** Does the work of `load` and measures what it cost, events that are told afterwards included. */
export async function measure(lab: Lab, worker: Running, load: () => Promise<LoadResult>): Promise<Measured> {
  const metricsBefore = await readApiMetrics(lab.api.metrics);
  const before = usages(lab, worker);
  const result = await load();
  const { requests, after } = await settled(lab, worker, metricsBefore);
  const perTask = (one: Usage, other: Usage): number =>
    ((other.cpuSeconds - one.cpuSeconds) * 1_000) / result.times.length;
  return {
    result,
    requests,
    costs: {
      operatorCpuMsPerTask: perTask(before.operator, after.operator),
      apiserverCpuMsPerTask: perTask(before.apiserver, after.apiserver),
      etcdCpuMsPerTask: perTask(before.etcd, after.etcd),
      operatorRssMiB: after.operator.rssMiB,
      operatorPeakMiB: after.operator.peakMiB,
    },
  };
}

const SETTLE_MS = 300;
const SETTLED_WITHIN_MS = 20_000;

/** Waits until nothing is written any more: the events of the last tasks come after their end. */
async function settled(
  lab: Lab,
  worker: Running,
  before: ApiMetrics,
): Promise<{ requests: ApiMetrics; after: ReturnType<typeof usages> }> {
  const writes = (metrics: ApiMetrics): number => writesIn(metrics).reduce((sum, { count }) => sum + count, 0);
  let requests = between(before, await readApiMetrics(lab.api.metrics));
  for (const end = Date.now() + SETTLED_WITHIN_MS; Date.now() < end; ) {
    await sleep(SETTLE_MS);
    const now = between(before, await readApiMetrics(lab.api.metrics));
    if (writes(now) === writes(requests)) break;
    requests = now;
  }
  return { requests, after: usages(lab, worker) };
}

function usages(lab: Lab, worker: Running): Record<"operator" | "apiserver" | "etcd", Usage> {
  return { operator: worker.usage(), apiserver: lab.usage("kube-apiserver"), etcd: lab.usage("etcd") };
}

/** The figures of a measured load, for tables and the JSON file. */
export interface LoadFigures extends Costs {
  tasks: number;
  seconds: number;
  creatingSeconds: number;
  tasksPerSecond: number;
  overheadMs: Summary;
  createMs: Summary;
  /** From the task's own start time to its own completion time. */
  ownMs: Summary;
  statusWritesPerTask: number;
  eventsPerTask: number;
  conflicts: number;
  phases: Record<string, number>;
}

/** Puts the figures of a measured load together. */
export function figuresOf({ result, requests, costs }: Measured): LoadFigures {
  const { times, seconds, creatingSeconds, phases } = result;
  const all = (name: keyof TaskTimes): Summary => summarize(times.map((one) => one[name]));
  const perTask = (resource: string): number =>
    writesIn(requests)
      .filter((one) => one.resource === resource)
      .reduce((sum, { count }) => sum + count, 0) / times.length;
  return {
    tasks: times.length,
    seconds,
    creatingSeconds,
    tasksPerSecond: rateOf(result),
    overheadMs: all("overheadMs"),
    createMs: all("createMs"),
    ownMs: all("ownMs"),
    statusWritesPerTask: perTask("tasks/status"),
    eventsPerTask: perTask("events"),
    conflicts: countOf(requests, { code: "409" }),
    phases,
    ...costs,
  };
}

/** The columns in which loads are compared, and a load's cells in them. */
export const LOAD_COLUMNS = [
  "tasks",
  "tasks/s",
  "overhead p50 ms",
  "p99",
  "max",
  "create p50 ms",
  "p99",
  "operator CPU ms/task",
  "API server",
  "etcd",
  "RSS MiB",
  "peak",
];

export function loadCells(figures: LoadFigures): string[] {
  const { overheadMs, createMs } = figures;
  return [
    figures.tasks,
    figures.tasksPerSecond,
    overheadMs.p50,
    overheadMs.p99,
    overheadMs.max,
    createMs.p50,
    createMs.p99,
    figures.operatorCpuMsPerTask,
    figures.apiserverCpuMsPerTask,
    figures.etcdCpuMsPerTask,
    figures.operatorRssMiB,
    figures.operatorPeakMiB,
  ].map(figure);
}

/** Requests per task, by verb, resource and code. */
export function requestTable(title: string, requests: ApiMetrics, tasks: number): Table {
  return {
    title,
    columns: ["verb", "resource", "code", "requests", "per task"],
    rows: requests.requests.map(({ verb, resource, code, count }) => [
      verb,
      resource === "" ? "(none)" : resource,
      code,
      String(count),
      figure(count / tasks),
    ]),
  };
}

/** Whether every task has an answer. */
export function allAnswered({ phases, tasks }: Pick<LoadFigures, "phases" | "tasks">): boolean {
  return phases["FinalAnswer"] === tasks;
}
