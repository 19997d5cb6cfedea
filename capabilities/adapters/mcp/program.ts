/**
 * A program in a process group of its own, so that what it starts ends with it: `npx` and `uvx` only start others. Owns
 * the processes from the first to the last, and the tail of what they say on stderr; it never reads their stdout.
 */
import { spawn } from "node:child_process";
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { codeOf } from "../../runtime/errors";
import type { Clock } from "../../runtime/clock";
import { after, pause } from "../../runtime/clock";

/** How to start it. */
export interface ProgramSpec {
  command: string;
  args: string[];
  /** All of its environment. */
  env: Record<string, string>;
}

/** How it ended. */
export type Ending =
  /** It could not be started; `code` is the system's ("ENOENT", "EACCES"). */
  { kind: "NotStarted"; code: string } | { kind: "Exited"; code: number | null; signal: string | null };

/** How much of stderr is kept, in bytes. */
const TAIL_BYTES = 4_096;
/** How long a program that is asked to end has to do so after its stdin was closed, before SIGTERM. */
const POLITE_MS = 500;
/** How long what it has started may outlive it, after SIGTERM. */
const ORPHANS_MS = 2_000;
/** How long its last words may take to arrive after it has ended: something it has started may hold the pipe open. */
const LAST_WORDS_MS = 200;
/** How often a process group is looked at while its end is awaited. */
const GLANCE_MS = 50;
/** How long after SIGKILL its effect is awaited. */
const KILLED_MS = 1_000;

/** One program, from its start to the end of all that it has started. */
export class Program {
  /** Resolves once it has started or could not be started. */
  readonly started: Promise<void>;
  /** Resolves when the program has ended and its last words are read. What it has started is being ended then. */
  readonly ended: Promise<Ending>;
  readonly #child: ChildProcessWithoutNullStreams | undefined;
  readonly #clock: Clock;
  #tail: Buffer = Buffer.alloc(0);
  #ending: Ending | undefined;
  /** Nobody is left of the group; from then on its number may be somebody else's. */
  #isGone = false;
  /** The end of what the program had started, where it has ended by itself. */
  #cleared: Promise<void> = Promise.resolve();
  #ends: Promise<void> = Promise.resolve();

  constructor(spec: ProgramSpec, clock: Clock) {
    this.#clock = clock;
    const child = start(spec);
    if ("code" in child) {
      this.#ending = { kind: "NotStarted", code: child.code };
      this.started = Promise.resolve();
      this.ended = Promise.resolve(this.#ending);
      return;
    }
    this.#child = child.process;
    this.started = new Promise((resolve) => {
      child.process.once("spawn", resolve);
      child.process.once("error", () => resolve());
    });
    this.ended = this.#watch(child.process);
  }

  /** The program's own process; what it starts is in the group of the same number. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** How it ended, once that is known. */
  get ending(): Ending | undefined {
    return this.#ending;
  }

  /** The last of what it said on stderr, as it was said. */
  get tail(): string {
    return this.#tail.toString("utf8");
  }

  /** Hears what it writes to stdout. */
  listen(hear: (chunk: Buffer) => void, ended: () => void): void {
    this.#child?.stdout.on("data", hear);
    this.#child?.stdout.once("end", ended);
  }

  /** Writes to its stdin; resolves when that is taken, false when it can no longer be written to. */
  write(text: string): Promise<boolean> {
    const stdin = this.#child?.stdin;
    if (stdin === undefined || !stdin.writable || this.#ending !== undefined) return Promise.resolve(false);
    return new Promise((resolve) => stdin.write(text, (error) => resolve(error === null || error === undefined)));
  }

  /** Waits for its end, but no longer than `ms`. */
  async endedWithin(ms: number): Promise<void> {
    await this.#unless(this.ended, ms);
  }

  /** Ends it: closes its stdin, then SIGTERM, and after `graceMs` SIGKILL to all of its group. Resolves when all are gone. */
  end(graceMs: number): Promise<void> {
    // Asked twice, it ends by the sooner time; both wait until nothing of either is left.
    this.#ends = Promise.all([this.#ends, this.#endBy(graceMs)]).then(() => undefined);
    return this.#ends;
  }

  async #endBy(graceMs: number): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    child.stdin.end();
    await this.#persuade(after(this.#clock, Math.min(POLITE_MS, graceMs / 2)), after(this.#clock, graceMs));
    await this.#cleared;
    // Whoever still holds the pipes has left the group; the pipes must not hold us.
    child.stdout.destroy();
    child.stderr.destroy();
  }

  async #persuade(politeUntil: Date, until: Date): Promise<void> {
    if (await this.#isGoneBy(politeUntil)) return;
    this.#signal("SIGTERM");
    if (await this.#isGoneBy(until)) return;
    this.#signal("SIGKILL");
    await this.#isGoneBy(after(this.#clock, KILLED_MS));
  }

  async #watch(child: ChildProcessWithoutNullStreams): Promise<Ending> {
    child.stderr.on("data", (chunk: Buffer) => this.#remember(chunk));
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream.on("error", ignore);
    const closed = new Promise<void>((resolve) => child.once("close", () => resolve()));
    const ending = await new Promise<Ending>((resolve) => {
      child.once("error", (error) => resolve({ kind: "NotStarted", code: codeOf(error) ?? "EINVAL" }));
      child.once("exit", (code, signal) => resolve({ kind: "Exited", code, signal }));
    });
    this.#ending = ending;
    if (ending.kind === "NotStarted") return ending;
    this.#cleared = this.#clear();
    await this.#unless(closed, LAST_WORDS_MS);
    return ending;
  }

  /** What the program has started must not outlive it. */
  async #clear(): Promise<void> {
    if (!this.#signal("SIGTERM")) return;
    if (!(await this.#isGoneBy(after(this.#clock, ORPHANS_MS)))) this.#signal("SIGKILL");
  }

  async #isGoneBy(when: Date): Promise<boolean> {
    while (this.#signal(0)) {
      const leftMs = when.getTime() - this.#clock.now().getTime();
      if (leftMs <= 0) return false;
      await pause(this.#clock, Math.min(GLANCE_MS, leftMs));
    }
    return true;
  }

  /** Signals the whole group; false when nobody is left in it. */
  #signal(signal: NodeJS.Signals | 0): boolean {
    const pid = this.#child?.pid;
    if (pid === undefined || this.#isGone) return false;
    try {
      return process.kill(-pid, signal);
    } catch (error) {
      if (codeOf(error) === "EPERM") return true; // Somebody is there who may not be signalled.
      this.#isGone = this.#ending !== undefined;
      return false;
    }
  }

  async #unless(done: Promise<unknown>, ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const cancel = this.#clock.at(after(this.#clock, ms), resolve);
      void done.then(() => {
        cancel();
        resolve();
      });
    });
  }

  /** Copies, because a piece of a chunk would keep the whole chunk. */
  #remember(chunk: Buffer): void {
    const joined = chunk.length >= TAIL_BYTES ? chunk : Buffer.concat([this.#tail, chunk]);
    this.#tail = Buffer.from(joined.subarray(Math.max(0, joined.length - TAIL_BYTES)));
  }
}

function start({ command, args, env }: ProgramSpec): { process: ChildProcessWithoutNullStreams } | { code: string } {
  try {
    return { process: spawn(command, args, { env, detached: true, stdio: ["pipe", "pipe", "pipe"] }) };
  } catch (error) {
    // Arguments that are too long or hold a zero byte; a program that is missing is told of by an event.
    return { code: codeOf(error) ?? "EINVAL" };
  }
}

function ignore(): void {
  // A pipe that breaks says what the end of the program says too.
}
