/**
 * Hears of something about each object of a kind, once, through a watch of its own. What is worth hearing, a function says
 * that is given every line: it should parse only the few that matter, because the bench shares the processors with what is
 * measured.
 */
import type { Api, Stop } from "./api";
import { pathOf } from "./objects";

/** What is heard, and about what: `name` is what it is asked for by. */
export interface Named {
  name: string;
}

export interface News<Heard extends Named> {
  /** Resolves with the first news of that name; rejects when the watch has failed or nothing was heard for the time given. */
  first: (name: string) => Promise<Heard>;
  stop: Stop;
}

/** What to listen to. */
export interface Subject<Heard extends Named> {
  kind: "task" | "toolCall";
  /** `performance.now()` of this process when the line arrived comes with it. Undefined: no news. */
  read: (line: string, seenAt: number) => Heard | undefined;
  /** How long nothing may be heard while something is waited for. */
  stallMs: number;
  /** What did not happen then: completes "No …". */
  expected: string;
}

interface Waiter<Heard> {
  resolve: (heard: Heard) => void;
  reject: (error: Error) => void;
}

/**
 * Watches all objects of a kind of the bench from now on. A busy API server hangs up on watches it cannot serve in time;
 * the watch then goes on where it was.
 */
export async function listen<Heard extends Named>(api: Api, subject: Subject<Heard>): Promise<News<Heard>> {
  const { kind, read, stallMs, expected } = subject;
  const waiting = new Map<string, Waiter<Heard>>();
  const early = new Map<string, Heard>();
  let broken: Error | undefined;
  let progressAt = performance.now();
  let version = await newestVersion(api, kind);

  const fail = (error: Error): void => {
    broken ??= error;
    for (const { reject } of waiting.values()) reject(broken);
    waiting.clear();
  };
  const onLine = (line: string): void => {
    const seenAt = performance.now();
    if (line.startsWith('{"type":"ERROR"')) return fail(new Error(`The watch (${kind}) failed: ${line.slice(0, 500)}`));
    version = versionIn(line) ?? version;
    const heard = read(line, seenAt);
    if (heard === undefined) return;
    progressAt = seenAt;
    const waiter = waiting.get(heard.name);
    waiting.delete(heard.name);
    if (waiter === undefined) early.set(heard.name, heard);
    else waiter.resolve(heard);
  };
  const open = (): Promise<Stop> =>
    api.watch(`${pathOf(kind)}?watch=1&resourceVersion=${version}&timeoutSeconds=7200`, onLine, reopen);
  const reopen = (): void => {
    stop = open();
    stop.catch(fail);
  };
  let stop = open();
  await stop;

  const watchdog = setInterval(() => {
    const quietMs = performance.now() - progressAt;
    if (waiting.size > 0 && quietMs > stallMs) fail(stalled(expected, quietMs, [...waiting.keys()]));
  }, 1_000);

  return {
    first(name) {
      const known = early.get(name);
      early.delete(name);
      if (known !== undefined) return Promise.resolve(known);
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

/** Where a watch of this kind begins that is to bring everything from now on. */
async function newestVersion(api: Api, kind: "task" | "toolCall"): Promise<string> {
  const list = await api.ask({ method: "GET", path: `${pathOf(kind)}?limit=1` });
  return (JSON.parse(list) as { metadata: { resourceVersion: string } }).metadata.resourceVersion;
}

function stalled(expected: string, quietMs: number, names: string[]): Error {
  const some = names.slice(0, 3).join(", ");
  return new Error(
    `No ${expected} for ${Math.round(quietMs / 1000)} s; ${names.length} are waited for, such as ${some}`,
  );
}

/** The version of the object in a line of the watch. Nothing before it in a task or a ToolCall could be taken for it. */
export function versionIn(line: string): string | undefined {
  return /"resourceVersion":"(\d+)"/.exec(line)?.[1];
}
