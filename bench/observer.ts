/**
 * Sees tasks end, through a watch of its own: when the news arrived here, and what the task says about itself. Parses only
 * the lines that tell of an end, because it shares the processors with what is measured.
 */
import type { Task } from "../crds/index";
import type { Api, Stop } from "./api";
import { pathOf } from "./objects";

/** How a task ended. */
export interface Ending {
  name: string;
  /** `performance.now()` of this process when the news arrived. */
  seenAt: number;
  phase: string;
  /** From `startTime` to `completionTime`, as the operator wrote them. */
  ownMs: number;
}

export interface Observer {
  /** Resolves when the task has ended; rejects when the watch has failed or nothing has ended for `stallMs`. */
  ending: (name: string) => Promise<Ending>;
  stop: Stop;
}

interface Waiter {
  resolve: (ending: Ending) => void;
  reject: (error: Error) => void;
}

interface Event {
  type: string;
  object: Pick<Task, "metadata" | "status">;
}

/**
 * Watches all tasks of the bench from now on. `stallMs` is how long no task may end while some are waited for. A busy API
 * server hangs up on watches it cannot serve in time; the watch then goes on where it was.
 */
export async function observeTasks(api: Api, stallMs: number): Promise<Observer> {
  const waiting = new Map<string, Waiter>();
  const ended = new Map<string, Ending>();
  let broken: Error | undefined;
  let progressAt = performance.now();
  let version = await newestVersion(api);

  const fail = (error: Error): void => {
    broken ??= error;
    for (const { reject } of waiting.values()) reject(broken);
    waiting.clear();
  };
  const onLine = (line: string): void => {
    const seenAt = performance.now();
    if (line.startsWith('{"type":"ERROR"'))
      return fail(new Error(`The watch of the tasks failed: ${line.slice(0, 500)}`));
    version = versionIn(line) ?? version;
    const ending = readEnding(line, seenAt);
    if (ending === undefined) return;
    progressAt = seenAt;
    const waiter = waiting.get(ending.name);
    waiting.delete(ending.name);
    if (waiter === undefined) ended.set(ending.name, ending);
    else waiter.resolve(ending);
  };
  const open = (): Promise<Stop> =>
    api.watch(`${pathOf("task")}?watch=1&resourceVersion=${version}&timeoutSeconds=7200`, onLine, reopen);
  const reopen = (): void => {
    stop = open();
    stop.catch(fail);
  };
  let stop = open();
  await stop;

  const watchdog = setInterval(() => {
    const quietMs = performance.now() - progressAt;
    if (waiting.size > 0 && quietMs > stallMs) fail(stalled(quietMs, [...waiting.keys()]));
  }, 1_000);

  return {
    ending(name) {
      const early = ended.get(name);
      ended.delete(name);
      if (early !== undefined) return Promise.resolve(early);
      if (broken !== undefined) return Promise.reject(broken);
      if (waiting.size === 0) progressAt = performance.now();
      return new Promise((resolve, reject) => waiting.set(name, { resolve, reject }));
    },
    async stop() {
      clearInterval(watchdog);
      await (
        await stop
      )();
    },
  };
}

async function newestVersion(api: Api): Promise<string> {
  const list = await api.ask({ method: "GET", path: `${pathOf("task")}?limit=1` });
  return (JSON.parse(list) as { metadata: { resourceVersion: string } }).metadata.resourceVersion;
}

function stalled(quietMs: number, names: string[]): Error {
  const some = names.slice(0, 3).join(", ");
  return new Error(`No task has ended for ${Math.round(quietMs / 1000)} s; ${names.length} have not, such as ${some}`);
}

/** The version of the object in a line of the watch. Nothing before it in a task could be taken for it. */
export function versionIn(line: string): string | undefined {
  return /"resourceVersion":"(\d+)"/.exec(line)?.[1];
}

/** The ending that a line of the watch tells of; undefined if it tells of something else. */
export function readEnding(line: string, seenAt: number): Ending | undefined {
  // Only a task that has ended has one, and nothing else in a bench's task says so.
  if (!line.includes('"completionTime"')) return undefined;
  const { type, object } = JSON.parse(line) as Event;
  const { phase, startTime, completionTime } = object.status ?? {};
  if (type !== "MODIFIED" || completionTime === undefined) return undefined;
  const ownMs = startTime === undefined ? 0 : Date.parse(completionTime) - Date.parse(startTime);
  return { name: object.metadata.name, seenAt, phase: phase ?? "", ownMs };
}
