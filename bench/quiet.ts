/**
 * A stretch of time in which nobody does anything: what the operator asks and works all the same. What counts as nothing is
 * said here, once.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { resources } from "../crds/index";
import type { ApiMetrics } from "./api-metrics";
import { between, readApiMetrics } from "./api-metrics";
import type { Lab } from "./lab";
import type { Running } from "./launch";
import type { Usage } from "./process";

/** What happened in so many seconds, and what the operator's process had used in the end. */
export interface Quiet {
  seconds: number;
  requests: ApiMetrics;
  cpuSeconds: number;
  usage: Usage;
}

/** Waits for so long and looks before and after. */
export async function watchQuiet(lab: Lab, running: Running, seconds: number): Promise<Quiet> {
  const metrics = await readApiMetrics(lab.api.metrics);
  const before = running.usage();
  await sleep(seconds * 1_000);
  const usage = running.usage();
  const requests = between(metrics, await readApiMetrics(lab.api.metrics));
  return { seconds, requests, cpuSeconds: usage.cpuSeconds - before.cpuSeconds, usage };
}

/** The watches of the operator are looked after so often, with one cheap list a kind. */
const LOOK_EVERY_SECONDS = 30;
/** The one that acts says so often that it is alive (`runtime/lease-calls.ts`). Other programs' leases are renewed with PUT. */
const RENEW_EVERY_SECONDS = 5;
const OURS = new Set([...Object.values(resources).map(({ plural }) => plural), "secrets", "events"]);

/** Whether a resource is one that the operator has to do with, `tasks/status` as well as `tasks`. */
export function isOurs(resource: string): boolean {
  return OURS.has(resource.split("/")[0] ?? "");
}

/** What was asked about our kinds, in words, and whether it was nothing but the operator's looks after its watches and its sign of life. */
export function judgeQuiet({ seconds, requests }: Pick<Quiet, "seconds" | "requests">): {
  text: string;
  isQuiet: boolean;
} {
  // A watch is counted when it ends, whosever it was and whenever it began.
  const ours = requests.requests.filter((one) => isRenewal(one) || (one.verb !== "WATCH" && isOurs(one.resource)));
  const most = (every: number): number => Math.ceil(seconds / every) + 1;
  const text = ours.map(({ verb, resource, count }) => `${count} ${verb} ${resource}`).join(", ");
  return {
    text: text === "" ? "none" : text,
    isQuiet: ours.every((one) =>
      isRenewal(one)
        ? one.count <= most(RENEW_EVERY_SECONDS)
        : one.verb === "LIST" && one.count <= most(LOOK_EVERY_SECONDS),
    ),
  };
}

function isRenewal({ verb, resource }: { verb: string; resource: string }): boolean {
  return verb === "PATCH" && resource === "leases";
}

/** What is wanted of a quiet stretch. */
export const QUIET_WANTED = `nothing but one list of one object a kind every ${LOOK_EVERY_SECONDS} s, and one lease renewal every ${RENEW_EVERY_SECONDS} s`;

/** All requests of the operator, watches that it began included. */
export function operatorRequests({ requests }: Pick<Quiet, "requests">): number {
  return requests.byClient["operator"] ?? 0;
}
