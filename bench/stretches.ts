/**
 * Quiet stretches with calls that wait for people, compared with one without any: what was asked of the API server and of the
 * service, and what the operator worked. What counts as no cost is said here, once.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Lab } from "./lab";
import type { Running } from "./launch";
import type { PeopleService } from "./people-service";
import type { Quiet } from "./quiet";
import { QUIET_WANTED, judgeQuiet, operatorRequests, watchQuiet } from "./quiet";
import type { RequestCounts } from "./request-count";
import { countsBetween, countsText, totalOf } from "./request-count";
import type { Goal } from "./scenario";
import type { Table } from "./table";
import { figure } from "./table";

/** More than with nothing parked, in a quiet minute; less than this the same process differs by from minute to minute. */
const CPU_MORE_SECONDS = 0.1;
/** One poll for all calls, ever more seldom, and a look at the channel: not one a call. */
const SERVICE_REQUESTS = 10;

/** A quiet stretch with so many calls parked. */
export interface Stretch {
  when: string;
  calls: number;
  quiet: Quiet;
  /** What the service was asked meanwhile. */
  service: RequestCounts;
}

/** Watches quiet stretches, each so long after what was before. */
export function watchStretches(
  lab: Lab,
  service: Pick<PeopleService, "requests">,
  { settleSeconds, quietSeconds }: { settleSeconds: number; quietSeconds: number },
): (when: string, running: Running, calls: number) => Promise<Stretch> {
  return async (when, running, calls) => {
    await sleep(settleSeconds * 1_000);
    const before = await service.requests();
    const quiet = await watchQuiet(lab, running, quietSeconds);
    return { when, calls, quiet, service: countsBetween(before, await service.requests()) };
  };
}

/** One line a stretch. */
export function stretchTable(stretches: Stretch[]): Table {
  return {
    title: `${stretches[0]?.quiet.seconds ?? 0} quiet seconds`,
    columns: ["when", "calls", "CPU s", "RSS MiB", "peak", "operator's requests", "requests to the service"],
    rows: stretches.map(({ when, calls, quiet, service }) => [
      when,
      ...[calls, quiet.cpuSeconds, quiet.usage.rssMiB, quiet.usage.peakMiB, operatorRequests(quiet)].map(figure),
      countsText(service),
    ]),
  };
}

/** That nothing is asked of the API server but what is asked anyway. */
export function requestsGoal(all: Stretch[], nothing: Stretch): Goal {
  const { seconds } = nothing.quiet;
  const judged = all.map((one) => ({ ...one, ...judgeQuiet(one.quiet) }));
  const each = judged.map(({ when, quiet, text }) => `${when}: ${operatorRequests(quiet)} (${text})`);
  return {
    what: `requests of the operator to the API server in ${seconds} quiet seconds, calls parked`,
    wanted: QUIET_WANTED,
    reached: `${each.join("; ")}; with nothing parked: ${operatorRequests(nothing.quiet)}`,
    isMet: judged.every(({ isQuiet }) => isQuiet),
  };
}

/** That the operator works no more than it does anyway. */
export function cpuGoal(all: Stretch[], nothing: Stretch): Goal {
  const { seconds, cpuSeconds } = nothing.quiet;
  return {
    what: `processor time of the operator in ${seconds} quiet seconds, calls parked`,
    wanted: `at most ${CPU_MORE_SECONDS} s more than with nothing parked`,
    reached: `${all.map(({ when, quiet }) => `${when}: ${figure(quiet.cpuSeconds)} s`).join("; ")}; with nothing parked: ${figure(cpuSeconds)} s`,
    isMet: all.every(({ quiet }) => quiet.cpuSeconds - cpuSeconds <= CPU_MORE_SECONDS),
  };
}

/** That the service is not asked about every one of the `calls` that wait for its answers. */
export function serviceGoal(calls: number, stretches: Stretch[]): Goal {
  return {
    what: `requests to the HumanLayer-compatible server in ${stretches[0]?.quiet.seconds ?? 0} quiet seconds, ${calls} calls parked over it`,
    wanted: `at most ${SERVICE_REQUESTS}`,
    reached: stretches.map(({ when, service }) => `${when}: ${totalOf(service)}`).join("; "),
    isMet: stretches.every(({ service }) => totalOf(service) <= SERVICE_REQUESTS),
  };
}
