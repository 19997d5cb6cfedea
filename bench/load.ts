/**
 * Puts load on the operator: creates tasks, waits for their ends, perhaps deletes them, so many at once. It knows how
 * long each took and nothing about who does the work.
 */
import type { Api } from "./api";
import { pathOf, questionOf, task } from "./objects";
import type { Ending, Observer } from "./observer";

/** What one task took, in milliseconds. `overheadMs` is from the start of the create call to the news of its end, minus the model's, the tools' and the person's. */
export interface TaskTimes {
  createMs: number;
  totalMs: number;
  overheadMs: number;
  ownMs: number;
}

export interface Load {
  /** Part of the tasks' names; must be another one for every load on one control plane. */
  name: string;
  agent: string;
  count: number;
  /** How many tasks are open at once; all, if left out. */
  atOnce?: number;
  /** What the user of a task says; a question that needs no tool, if left out. */
  messageOf?: (name: string) => string;
  /** What one call of the model takes. */
  modelMs: number;
  /** What a task's tools take by themselves, one turn after another; nothing, if left out. */
  toolMs?: number;
  /** What a person does for the task once it is created. Returns for how long the task waited for that alone, milliseconds. */
  person?: (name: string) => Promise<number>;
  deleteAfterwards?: boolean;
  /** No task is begun later than this, however few there were. */
  beginWithinMs?: number;
}

/** What came of a load. */
export interface LoadResult {
  times: TaskTimes[];
  /** From the start of the first create call to the news of the last end. */
  seconds: number;
  /** From the start of the first create call to the answer of the last. */
  creatingSeconds: number;
  phases: Record<string, number>;
}

/** What is known of a task that has not ended: `performance.now()` before and after its create, and how long a person took. */
interface Began {
  startedAt: number;
  createdAt: number;
  personMs: number;
}

/** So many requests of the bench are under way at a time, as from an API server with a few busy clients. */
const CREATORS = 16;

/** Runs a load to its end. Rejects when a create is refused or no task ends any more. */
export async function runLoad(api: Api, observer: Observer, load: Load): Promise<LoadResult> {
  const withTurn = limitTo(CREATORS);
  const begun = performance.now();
  const result: LoadResult = { times: [], seconds: 0, creatingSeconds: 0, phases: {} };
  const messageOf = load.messageOf ?? questionOf;
  const elsewhereMs = load.modelMs + (load.toolMs ?? 0);
  let next = 0;

  async function runOne(name: string): Promise<void> {
    const [startedAt, createdAt] = await withTurn(async () => {
      const before = performance.now();
      await api.ask({ method: "POST", path: pathOf("task"), body: task(name, load.agent, messageOf(name)) });
      return [before, performance.now()];
    });
    result.creatingSeconds = (createdAt - begun) / 1_000;
    const personMs = (await load.person?.(name)) ?? 0;
    const ending = await observer.ending(name);
    record(ending, { startedAt, createdAt, personMs });
    if (load.deleteAfterwards) await withTurn(() => api.ask({ method: "DELETE", path: pathOf("task", name) }));
  }

  function record(ending: Ending, { startedAt, createdAt, personMs }: Began): void {
    const totalMs = ending.seenAt - startedAt;
    const createMs = createdAt - startedAt;
    const overheadMs = totalMs - elsewhereMs - personMs;
    result.times.push({ createMs, totalMs, overheadMs, ownMs: ending.ownMs });
    result.phases[ending.phase] = (result.phases[ending.phase] ?? 0) + 1;
    result.seconds = Math.max(result.seconds, (ending.seenAt - begun) / 1_000);
  }

  async function work(): Promise<void> {
    while (next < load.count && performance.now() - begun < (load.beginWithinMs ?? Number.POSITIVE_INFINITY)) {
      next += 1;
      await runOne(`${load.name}-${next}`);
    }
  }

  await Promise.all(Array.from({ length: Math.min(load.atOnce ?? load.count, load.count) }, work));
  return result;
}

/** Lets at most `limit` pieces of work run at a time, first come, first served. */
export function limitTo(limit: number): <T>(work: () => Promise<T>) => Promise<T> {
  const queue: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running >= limit) await new Promise<void>((resolve) => queue.push(resolve));
    else running += 1;
    try {
      return await work();
    } finally {
      // Whoever is next takes over this place, so `running` stays as it is.
      const next = queue.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}

/** Tasks per second over the whole load. */
export function rateOf({ times, seconds }: LoadResult): number {
  return times.length / seconds;
}
