/**
 * A limit of time for synchronous work that somebody else's data drives: a regular expression or a schema that would
 * keep the whole process busy. V8 itself ends the work, wherever it is, so no `try` inside can hold on. Work that is
 * ended leaves its own data half done: give it data that nobody else uses.
 */
import { createContext, Script } from "node:vm";
import type { Context } from "node:vm";

/** How the work ended. `Threw`: what was thrown by its class's name ("RangeError" for a stack too deep) and message. */
export type Ended<T> =
  | { kind: "Done"; value: T }
  | { kind: "TimedOut" }
  | { kind: "Threw"; name: string; message: string };

/** Runs `work` at once and lets it take `limitMs` milliseconds of wall-clock time at most. */
export type WithinTime = <T>(work: () => T, limitMs: number) => Ended<T>;

/** The watchdog: a thread of Node's that watches one run (node:vm, `timeout`), which costs about half a millisecond a run. */
export function createWatchdog(): WithinTime {
  const box: { run?: () => unknown } = {};
  let context: Context | undefined; // Made when it is first needed: it takes milliseconds.
  // The timeout of a script holds for every function that it calls, those of other contexts too (measured, Node 24).
  const script = new Script("run()");
  return function withinTime<T>(work: () => T, limitMs: number): Ended<T> {
    box.run = work;
    context ??= createContext(box);
    try {
      return { kind: "Done", value: script.runInContext(context, { timeout: limitMs }) as T };
    } catch (error) {
      return described(error);
    } finally {
      delete box.run;
    }
  };
}

/** How long work may take, and how long it may when it is tried once more, milliseconds. */
const TRIES_MS = [100, 300];

/**
 * Runs `work` within the first limit and, if that was not enough, within the next: a process that was kept waiting for the
 * processor must not take harmless work for hostile. `anew` replaces, between two tries, what ended work has left half done.
 */
export function withinTries<T>(
  within: WithinTime,
  work: () => T,
  { limitsMs = TRIES_MS, anew }: { limitsMs?: readonly number[]; anew?: () => void } = {},
): Ended<T> {
  let ended: Ended<T> = { kind: "TimedOut" };
  for (const [index, limitMs] of limitsMs.entries()) {
    if (index > 0) anew?.();
    ended = within(work, limitMs);
    if (ended.kind !== "TimedOut") break;
  }
  return ended;
}

/** Errors may be of another context, so they are told by what they say of themselves and not by their class. */
function described(error: unknown): Ended<never> {
  const { code, name, message } = (typeof error === "object" && error !== null ? error : {}) as Partial<
    Record<"code" | "name" | "message", unknown>
  >;
  if (code === "ERR_SCRIPT_EXECUTION_TIMEOUT") return { kind: "TimedOut" };
  return {
    kind: "Threw",
    name: typeof name === "string" ? name : "Error",
    message: typeof message === "string" ? message : String(error),
  };
}
