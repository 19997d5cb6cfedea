// The work queue: keys in, one run per key at a time, many keys at once. Owns merging, retries with growing jittered pauses,
// and wake-ups. It knows nothing of objects, and a key is all it ever holds: what a run does is read anew each time.
import { Alarms } from "./alarms";
import { after, type Clock } from "./clock";
import { doubled } from "./doubled";
import type { Log } from "./log";
import type { Key } from "./objects";
import type { Outcome } from "./outcome";

/** `random` returns [0, 1); it is given so that tests own the jitter. */
export interface QueueOptions {
  name: string;
  clock: Clock;
  log: Log;
  random: () => number;
  run: (key: Key) => Promise<Outcome>;
  concurrency?: number;
}

/** How long a failing key waits: 5 ms doubled per failure, up to 5 minutes, each pause shortened at random by up to half. */
export const FIRST_PAUSE_MS = 5;
/** The longest of these pauses. */
export const LONGEST_PAUSE_MS = 5 * 60_000;

const DEFAULT_CONCURRENCY = 256;

/**
 * After so many runs begun (a full house more at most) the event loop gets a turn: ten thousand keys at start-up must not
 * deafen the watch.
 */
const BURST = 512;

/** A queue of keys. */
export class WorkQueue {
  readonly #options: QueueOptions;
  readonly #concurrency: number;
  readonly #alarms: Alarms;
  /** Keys to run, first come first served; `#head` is the next one, `#queued` says who is in it. */
  #line: Key[] = [];
  #head = 0;
  readonly #queued = new Set<Key>();
  /** Keys that run now; true means "once more afterwards". */
  readonly #running = new Map<Key, boolean>();
  readonly #failures = new Map<Key, number>();
  #state: "Paused" | "Started" | "Draining" = "Paused";
  #isPumpPlanned = false;
  #begun = 0;
  #idlers: (() => void)[] = [];

  constructor(options: QueueOptions) {
    this.#options = options;
    this.#concurrency = options.concurrency ?? DEFAULT_CONCURRENCY;
    this.#alarms = new Alarms(options.clock, (key) => this.add(key));
  }

  /** Lets runs begin. What was added before has waited. */
  start(): void {
    if (this.#state !== "Paused") return;
    this.#state = "Started";
    this.#planPump();
  }

  /**
   * Asks for a run soon. Merged with a run that is waiting; during a run it means one more afterwards. It also overtakes the
   * pause of a failing key: something changed, so trying at once is right. Never runs anything synchronously.
   */
  add(key: Key): void {
    if (this.#state === "Draining" || this.#queued.has(key)) return;
    if (this.#running.has(key)) {
      this.#running.set(key, true);
      return;
    }
    this.#queued.add(key);
    this.#line.push(key);
    this.#planPump();
  }

  /**
   * Asks for a run at `when`. One wake-up is kept per key, the earliest; runs in between do not cancel it, so a run may come
   * that finds nothing to do, but none is missed. Whoever wants a later one asks again when woken.
   */
  addAt(key: Key, when: Date): void {
    if (this.#state === "Draining") return;
    if (when.getTime() <= this.#options.clock.now().getTime()) this.add(key);
    else this.#alarms.set(key, when);
  }

  /** Drops what is remembered of a key whose object is gone: its wake-up and its failures. */
  forget(key: Key): void {
    this.#alarms.cancel(key);
    this.#failures.delete(key);
  }

  /** Takes no more work, and resolves when the runs under way have ended. */
  async drain(): Promise<void> {
    this.#state = "Draining";
    this.#alarms.clear();
    this.#line = [];
    this.#head = 0;
    this.#queued.clear();
    this.#failures.clear();
    await this.idle();
  }

  /** Resolves when nothing runs and nothing is ready to run; wake-ups and pauses in the future do not count. */
  idle(): Promise<void> {
    if (this.#isIdle()) return Promise.resolve();
    return new Promise((resolve) => void this.#idlers.push(resolve));
  }

  /** How many keys are ready, running, and waiting for a time. */
  get load(): { ready: number; running: number; waiting: number } {
    return {
      ready: this.#queued.size,
      running: this.#running.size,
      waiting: this.#alarms.size,
    };
  }

  #isIdle(): boolean {
    return this.#running.size === 0 && this.#queued.size === 0;
  }

  #planPump(): void {
    if (this.#isPumpPlanned || this.#state !== "Started") return;
    this.#isPumpPlanned = true;
    if (this.#begun < BURST) {
      queueMicrotask(() => this.#pump());
      return;
    }
    setImmediate(() => {
      this.#begun = 0;
      this.#pump();
    });
  }

  #pump(): void {
    this.#isPumpPlanned = false;
    while (this.#running.size < this.#concurrency) {
      const key = this.#takeFirst();
      if (key === undefined) return;
      this.#begun++;
      this.#running.set(key, false);
      void this.#work(key);
    }
  }

  #takeFirst(): Key | undefined {
    const key = this.#line[this.#head];
    if (key === undefined) return undefined;
    this.#head++;
    this.#queued.delete(key);
    // Shifting an array moves all of it; dropping the used half now and then costs O(1) a key.
    if (this.#head * 2 > this.#line.length && this.#head > 64) {
      this.#line = this.#line.slice(this.#head);
      this.#head = 0;
    }
    return key;
  }

  async #work(key: Key): Promise<void> {
    const outcome = await this.#runSafely(key);
    const isWantedAgain = this.#running.get(key) === true;
    this.#running.delete(key);
    if (this.#state !== "Draining") this.#settle(key, outcome);
    if (isWantedAgain) this.add(key);
    this.#planPump();
    if (this.#isIdle()) this.#releaseIdlers();
  }

  /** A rejecting run is a bug, but one key's bug must not stop the others or itself: it is logged and tried again. */
  async #runSafely(key: Key): Promise<Outcome> {
    try {
      return await this.#options.run(key);
    } catch (error) {
      this.#options.log.error(
        { queue: this.#options.name, key, err: error },
        "A reconcile threw; this is a bug. It is tried again.",
      );
      return { kind: "Retry", because: "the reconcile threw" };
    }
  }

  #settle(key: Key, outcome: Outcome): void {
    if (outcome.kind === "Done") {
      this.#failures.delete(key);
      return;
    }
    const { afterMs, because } = outcome.kind === "Retry" ? outcome : { afterMs: undefined, because: "out of date" };
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    const pauseMs = this.#jitter(
      afterMs ?? doubled(failures, { firstMs: FIRST_PAUSE_MS, longestMs: LONGEST_PAUSE_MS }),
      afterMs !== undefined,
    );
    this.#options.log.debug({ queue: this.#options.name, key, failures: failures + 1, pauseMs }, because);
    this.#alarms.set(key, after(this.#options.clock, pauseMs));
  }

  /** A pause the server asked for is only ever lengthened; our own is shortened, so that many keys spread out. */
  #jitter(pauseMs: number, isAsked: boolean): number {
    const random = this.#options.random();
    return isAsked ? pauseMs * (1 + random / 10) : pauseMs * (1 - random / 2);
  }

  #releaseIdlers(): void {
    const idlers = this.#idlers;
    this.#idlers = [];
    for (const resolve of idlers) resolve();
  }
}
