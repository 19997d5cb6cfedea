/**
 * Sees tasks end, through a watch of its own: when the news arrived here, and what the task says about itself.
 */
import type { Task } from "../crds/index";
import type { Api, Stop } from "./api";
import { listen } from "./news";

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

interface Event {
  type: string;
  object: Pick<Task, "metadata" | "status">;
}

/** Watches all tasks of the bench from now on. `stallMs` is how long no task may end while some are waited for. */
export async function observeTasks(api: Api, stallMs: number): Promise<Observer> {
  const news = await listen(api, { kind: "task", read: readEnding, stallMs, expected: "task has ended" });
  return { ending: news.first, stop: news.stop };
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
