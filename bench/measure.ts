/**
 * The measuring that scenarios share: a load with what it cost in requests, processor time and memory, and the figures
 * that are shown of it.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { ApiMetrics } from "./api-metrics";
import { between, countOf, meanMs, readApiMetrics, writesIn } from "./api-metrics";
import type { Lab } from "./lab";
import type { Running } from "./launch";
import type { LoadResult, TaskTimes } from "./load";
import { rateOf } from "./load";
import type { Usage } from "./process";
import { busySeconds, usageOf } from "./process";
import type { Summary } from "./statistics";
import { summarize } from "./statistics";
import type { Table } from "./table";
import { figure } from "./table";

/** No task may stay open without any other ending for so long, on top of the model's time. */
export const STALL_MS = 60_000;

/** Processor time and memory of everything that took part in a stretch of work. */
export interface Costs {
  operatorCpuMsPerTask: number;
  apiserverCpuMsPerTask: number;
  etcdCpuMsPerTask: number;
  operatorRssMiB: number;
  operatorPeakMiB: number;
  /** Processors that were busy for others than operator, control plane and driver (the model is one of them, at about 0.05): where that is much, the rest says little. */
  othersCores: number;
}

/** A stretch of work that was measured. */
export interface Measured {
  result: LoadResult;
  requests: ApiMetrics;
  costs: Costs;
}

/** Does the work of `load` and measures what it cost, with the events that are told afterwards and none told before. */
export async function measure(lab: Lab, worker: Running, load: () => Promise<LoadResult>): Promise<Measured> {
  const metricsBefore = await settled(lab);
  const before = usages(lab, worker);
  const [busyBefore, begun] = [busySeconds(), performance.now()];
  const result = await load();
  const requests = between(metricsBefore, await settled(lab));
  const after = usages(lab, worker);
  const busy = busySeconds() - busyBefore;
  const perTask = (one: Usage, other: Usage): number =>
    ((other.cpuSeconds - one.cpuSeconds) * 1_000) / result.times.length;
  const cpuOf = (all: typeof before): number => Object.values(all).reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0);
  const ours = cpuOf(after) - cpuOf(before);
  return {
    result,
    requests,
    costs: {
      operatorCpuMsPerTask: perTask(before.operator, after.operator),
      apiserverCpuMsPerTask: perTask(before.apiserver, after.apiserver),
      etcdCpuMsPerTask: perTask(before.etcd, after.etcd),
      operatorRssMiB: after.operator.rssMiB,
      operatorPeakMiB: after.operator.peakMiB,
      othersCores: (busy - ours) / ((performance.now() - begun) / 1_000),
    },
  };
}

const LOOK_AGAIN_MS = 300;
const SETTLED_WITHIN_MS = 30_000;

/** A reading after which nothing is written any more: the events of the last tasks come after their end. */
async function settled(lab: Lab): Promise<ApiMetrics> {
  let last = await readApiMetrics(lab.api.metrics);
  for (const end = Date.now() + SETTLED_WITHIN_MS; Date.now() < end; ) {
    await sleep(LOOK_AGAIN_MS);
    const now = await readApiMetrics(lab.api.metrics);
    const isQuiet = writesIn(between(last, now)).length === 0;
    last = now;
    if (isQuiet) break;
  }
  return last;
}

function usages(lab: Lab, worker: Running): Record<"operator" | "apiserver" | "etcd" | "controllers" | "bench", Usage> {
  return {
    operator: worker.usage(),
    apiserver: lab.usage("kube-apiserver"),
    etcd: lab.usage("etcd"),
    controllers: lab.usage("kube-controller-manager"),
    bench: usageOf(process.pid),
  };
}

/** What of the API server's work is shown: a create waits for both webhooks, everything of the operator's for its turn. */
const DURATIONS = [
  "POST tasks",
  "mutating webhook",
  "validating webhook",
  "PUT tasks/status",
  "POST events",
  "waiting for a turn: operator",
] as const;

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
  /** Mean durations by the API server's clock, in milliseconds. */
  serverMs: Record<(typeof DURATIONS)[number], number>;
  conflicts: number;
  /** Watches that the API server ended, anybody's, and lists of all tasks, which the operator makes when its watch has ended. */
  watchesEnded: number;
  listsOfTasks: number;
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
    serverMs: Object.fromEntries(DURATIONS.map((what) => [what, meanMs(requests, what)])) as LoadFigures["serverMs"],
    conflicts: countOf(requests, { code: "409" }),
    watchesEnded: countOf(requests, { verb: "WATCH" }),
    listsOfTasks: countOf(requests, { verb: "LIST", resource: "tasks" }),
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
  "status writes/task",
  "events/task",
  "create p50 ms",
  "p99",
  "operator CPU ms/task",
  "API server",
  "etcd",
  "RSS MiB",
  "peak",
  "others' cores",
];

export function loadCells(figures: LoadFigures): string[] {
  const { overheadMs, createMs } = figures;
  return [
    figures.tasks,
    figures.tasksPerSecond,
    overheadMs.p50,
    overheadMs.p99,
    overheadMs.max,
    figures.statusWritesPerTask,
    figures.eventsPerTask,
    createMs.p50,
    createMs.p99,
    figures.operatorCpuMsPerTask,
    figures.apiserverCpuMsPerTask,
    figures.etcdCpuMsPerTask,
    figures.operatorRssMiB,
    figures.operatorPeakMiB,
    Math.max(0, figures.othersCores),
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

/** How long the API server took for what, one line a load. */
export function durationTable(loads: readonly (readonly [name: string, figures: LoadFigures])[]): Table {
  return {
    title: "Mean durations by the API server's clock, ms (a create includes its webhooks)",
    columns: ["load", ...DURATIONS],
    rows: loads.map(([name, { serverMs }]) => [name, ...DURATIONS.map((what) => figure(serverMs[what]))]),
  };
}
