// Effects in flight: calls to models, tools and people that run beside the watch (S8). Owns their deadline, their abort
// signal and their outcome until somebody has seen it. It is memory only: a new process finds nothing here, and the machines
// must be right without it. It never decides what an outcome means.
import type { Clock } from "./clock";

/** What is known of the effect of one object. `token` differs for every start in this process. */
export type Look<Outcome> =
  | { kind: "Running"; startedAt: Date; token: string }
  | { kind: "Finished"; outcome: Outcome; token: string };

/** How an effect ends. */
export interface StartOptions<Outcome> {
  /** The deadline. Work that waits for something outside should always have one (S8). */
  until?: Date;
  /** Called once, after the outcome can be seen with `look`: wake the object here. Must not throw. */
  onSettled: () => void;
  /** The outcome when there is none: the work threw (a bug), met its deadline (`DeadlineError`) or was aborted (`AbortError`). */
  lost: (error: unknown) => Outcome;
}

/** The work did not end by its deadline. Its signal was aborted; whether its effect happened is not known. */
export class DeadlineError extends Error {
  override name = "DeadlineError";
}

/** The work was aborted by `abort`, `forget` or an orderly stop; the message is the reason given. */
export class AbortError extends Error {
  override name = "AbortError";
}

interface Running<Outcome> {
  kind: "Running";
  startedAt: Date;
  token: string;
  controller: AbortController;
  cancelDeadline: () => void;
  options: StartOptions<Outcome>;
}

interface Finished<Outcome> {
  kind: "Finished";
  outcome: Outcome;
  token: string;
}

/** Effects by the uid of their object. */
export class InFlight<Outcome> {
  readonly #entries = new Map<string, Running<Outcome> | Finished<Outcome>>();
  readonly #clock: Clock;
  #running = 0;
  #started = 0;
  #isDraining = false;
  #onEmpty: (() => void)[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Starts the effect of an object, unless one is already running for it or the process is stopping: then `false`, and
   * nothing happened. An outcome that nobody has forgotten yet is replaced.
   */
  start(uid: string, work: (signal: AbortSignal) => Promise<Outcome>, options: StartOptions<Outcome>): boolean {
    if (this.#isDraining || this.#entries.get(uid)?.kind === "Running") return false;
    const entry: Running<Outcome> = {
      kind: "Running",
      startedAt: this.#clock.now(),
      token: String(++this.#started),
      controller: new AbortController(),
      cancelDeadline: () => undefined,
      options,
    };
    this.#entries.set(uid, entry);
    this.#running++;
    const { until } = options;
    if (until !== undefined) {
      const expire = (): void =>
        this.#interrupt(uid, entry, new DeadlineError(`No outcome until ${until.toISOString()}.`));
      entry.cancelDeadline = this.#clock.at(until, expire);
    }
    void this.#follow(uid, entry, work);
    return true;
  }

  /** The effect of an object: running, finished and not forgotten yet, or none in this process. */
  look(uid: string): Look<Outcome> | undefined {
    const entry = this.#entries.get(uid);
    if (entry === undefined || entry.kind === "Finished") return entry;
    return { kind: "Running", startedAt: entry.startedAt, token: entry.token };
  }

  /** Ends a running effect at once: its signal is aborted and its outcome is `lost(AbortError)`, whatever it answers later. */
  abort(uid: string, reason: string): void {
    const entry = this.#entries.get(uid);
    if (entry?.kind === "Running") this.#interrupt(uid, entry, new AbortError(reason));
  }

  /** Drops what is kept for an object. A running effect is aborted, and nobody is told of its end. */
  forget(uid: string): void {
    const entry = this.#entries.get(uid);
    this.#entries.delete(uid);
    if (entry?.kind === "Running") this.#letGo(entry, new AbortError("nobody waits for it any more"));
  }

  /** How many effects are running. */
  get size(): number {
    return this.#running;
  }

  /** How many outcomes wait to be seen and forgotten. */
  get unseen(): number {
    return this.#entries.size - this.#running;
  }

  /**
   * The orderly stop: from now on `start` refuses. Resolves when all running effects have settled, or after `graceMs`; what
   * is unfinished then is aborted and *not* given an outcome, so that no machine writes a failure that never was: the next
   * process sees an effect of unknown outcome and knows what that means (S7).
   */
  async drain(graceMs: number): Promise<void> {
    this.#isDraining = true;
    if (this.#running === 0) return;
    await new Promise<void>((resolve) => {
      const cancel = this.#clock.at(new Date(this.#clock.now().getTime() + graceMs), resolve);
      this.#onEmpty.push(() => {
        cancel();
        resolve();
      });
    });
    for (const [uid, entry] of this.#entries) if (entry.kind === "Running") this.forget(uid);
  }

  async #follow(uid: string, entry: Running<Outcome>, work: (signal: AbortSignal) => Promise<Outcome>): Promise<void> {
    let outcome: Outcome;
    try {
      outcome = await work(entry.controller.signal);
    } catch (error) {
      outcome = entry.options.lost(error);
    }
    this.#settle(uid, entry, outcome);
  }

  #interrupt(uid: string, entry: Running<Outcome>, reason: Error): void {
    if (this.#entries.get(uid) !== entry) return;
    entry.controller.abort(reason);
    this.#settle(uid, entry, entry.options.lost(reason));
  }

  /** The first end of an effect counts; a late answer after a deadline or an abort finds its entry gone. */
  #settle(uid: string, entry: Running<Outcome>, outcome: Outcome): void {
    if (this.#entries.get(uid) !== entry) return;
    this.#entries.set(uid, { kind: "Finished", outcome, token: entry.token });
    this.#letGo(entry);
    entry.options.onSettled();
  }

  #letGo(entry: Running<Outcome>, reason?: Error): void {
    this.#running--;
    entry.cancelDeadline();
    if (reason !== undefined) entry.controller.abort(reason);
    if (this.#running > 0) return;
    const waiting = this.#onEmpty;
    this.#onEmpty = [];
    for (const tell of waiting) tell();
  }
}
