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

/** Watches all tasks of the bench from now on. `stallMs` is how long no task may end while some are waited for. */
export async function observeTasks(api: Api, stallMs: number): Promise<Observer> {
  const waiting = new Map<string, Waiter>();
  const ended = new Map<string, Ending>();
  let broken: Error | undefined;
  let progressAt = performance.now();

  const fail = (error: Error): void => {
    broken ??= error;
    for (const { reject } of waiting.values()) reject(broken);
    waiting.clear();
  };
  const onLine = (line: string): void => {
    const seenAt = performance.now();
    if (line.startsWith('{"type":"ERROR"'))
      return fail(new Error(`The watch of the tasks failed: ${line.slice(0, 500)}`));
    const ending = readEnding(line, seenAt);
    if (ending === undefined) return;
    progressAt = seenAt;
    const waiter = waiting.get(ending.name);
    waiting.delete(ending.name);
    if (waiter === undefined) ended.set(ending.name, ending);
    else waiter.resolve(ending);
  };

  const { metadata } = JSON.parse(await api.ask({ method: "GET", path: `${pathOf("task")}?limit=1` })) as {
    metadata: { resourceVersion: string };
  };
  const stop = await api.watch(
    `${pathOf("task")}?watch=1&resourceVersion=${metadata.resourceVersion}&timeoutSeconds=7200`,
    onLine,
    fail,
  );
  const watchdog = setInterval(() => {
    const quietMs = performance.now() - progressAt;
    if (waiting.size > 0 && quietMs > stallMs)
      fail(
        new Error(
          `No task has ended for ${Math.round(quietMs / 1000)} s; ${waiting.size} have not, such as ${[...waiting.keys()].slice(0, 3).join(", ")}`,
        ),
      );
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
      await stop();
    },
  };
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
