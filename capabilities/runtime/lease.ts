// One process acts, however many are alive: the one that holds the lease. Owns when it is taken, renewed and given back, and the
// word whether it is held right now; the rules of taking it over are in lease-calls.ts (ADR 10).
import { after, pause } from "./clock";
import { LeaseCalls, LEASE_MS, RENEW_MS, type LeaseCallsOptions, type Standing } from "./lease-calls";
import { LEASE_NAME } from "./lease-object";
import type { Log } from "./log";

/**
 * So long after a renewal was sent its holder acts without asking. The rest of the lease is for what cannot be taken back: a
 * pause between this check and the act, clocks that run at different speeds.
 */
export const SURE_MS = 10_000;
/** Between two looks of one who waits, and after a renewal that nobody answered. */
export const LOOK_MS = 1_000;
/** The last thing that an ending process does; its successor can wait for the lease to run out, too. */
const RELEASE_MS = 500;

/** The right to act, of which there is one in a cluster. */
export interface Lease {
  /** Resolves when this process has it, and may act; never, when it is given back before. */
  take(): Promise<void>;
  /** Whether this process surely has it now. Costs nothing. */
  isSure(): boolean;
  /** The same, after asking the API server once if need be. */
  isHeld(): Promise<boolean>;
  /** The same, asking until somebody knows: false means that it is lost or given back. */
  untilKnown(): Promise<boolean>;
  /** Gives it back, or stops waiting for it. Ends within half a second. */
  release(): Promise<void>;
}

/** What it is made of. */
export interface LeaseOptions extends LeaseCallsOptions {
  log: Log;
  /** Called once when another process turns out to have taken it: this one must not act any more. */
  onLost: () => void;
}

/** Makes it. It asks nothing before `take`. */
export function createLease(options: LeaseOptions): Lease {
  return new OneLease(options);
}

/** A moment on both clocks of this machine: one may stand still while it sleeps, the other can be set. */
interface Moment {
  monotonicMs: number;
  wallMs: number;
}

class OneLease implements Lease {
  readonly #options: LeaseOptions;
  readonly #calls: LeaseCalls;
  #state: "Waiting" | "Held" | "Over" = "Waiting";
  /** When the last renewal that succeeded was sent. */
  #renewedAt: Moment = { monotonicMs: -Infinity, wallMs: -Infinity };
  #checking: Promise<Standing> | undefined;
  #cancelNext: () => void = () => undefined;
  #begin: () => void = () => undefined;
  /** What was last said about waiting or trouble: once is enough. */
  #said = "";

  constructor(options: LeaseOptions) {
    this.#options = options;
    this.#calls = new LeaseCalls(options);
  }

  take(): Promise<void> {
    return new Promise((resolve) => {
      this.#begin = resolve;
      void this.#goRound();
    });
  }

  isSure(): boolean {
    const { monotonicMs, wallMs } = this.#now();
    const elapsedMs = Math.max(monotonicMs - this.#renewedAt.monotonicMs, wallMs - this.#renewedAt.wallMs);
    return this.#state === "Held" && elapsedMs < SURE_MS;
  }

  async isHeld(): Promise<boolean> {
    if (this.#state === "Held" && !this.isSure()) await this.#check();
    return this.isSure();
  }

  async untilKnown(): Promise<boolean> {
    while (!(await this.isHeld())) {
      if (this.#state !== "Held") return false;
      await pause(this.#options.clock, LOOK_MS);
    }
    return true;
  }

  async release(): Promise<void> {
    this.#end();
    await Promise.race([this.#giveBack(), pause(this.#options.clock, RELEASE_MS)]);
  }

  async #giveBack(): Promise<void> {
    await this.#checking; // It may be taking it just now.
    await this.#calls.giveBack({ timeoutMs: RELEASE_MS });
  }

  async #goRound(): Promise<void> {
    if (this.#state === "Over") return;
    const { kind } = await this.#check();
    if (this.#isOver()) return;
    const { clock } = this.#options;
    const pauseMs = kind === "Ours" && this.isSure() ? RENEW_MS : LOOK_MS;
    this.#cancelNext = clock.at(after(clock, pauseMs), () => void this.#goRound());
  }

  /** One look for all who want to know at the same time. */
  #check(): Promise<Standing> {
    this.#checking ??= this.#checkOnce().finally(() => (this.#checking = undefined));
    return this.#checking;
  }

  async #checkOnce(): Promise<Standing> {
    const askedAt = this.#now();
    const standing = await this.#calls.check();
    // An answer that comes after the end is given back, or was never wanted.
    if (this.#state === "Over") return standing;
    if (standing.kind === "Ours") this.#keep(askedAt);
    else if (standing.kind === "Theirs") this.#respect(standing.holder);
    else if (standing.because !== undefined) this.#complain(standing.because);
    return standing;
  }

  #keep(askedAt: Moment): void {
    const isNew = this.#state === "Waiting";
    this.#renewedAt = askedAt;
    this.#state = "Held";
    const what = isNew ? "is this process's now: it acts" : "is renewed again";
    if (this.#said !== "") this.#options.log.warn({ lease: LEASE_NAME }, `The lease ${LEASE_NAME} ${what}.`);
    this.#said = "";
    this.#begin();
  }

  #respect(holder = "one that has ended since"): void {
    if (this.#state === "Held") this.#lose(holder);
    else
      this.#say(
        `Another operator acts: ${holder} holds the lease ${LEASE_NAME}. This process answers admission requests, and acts once that one has ended or has not renewed the lease for ${LEASE_MS / 1_000} s.`,
      );
  }

  #lose(holder: string): void {
    this.#end();
    this.#options.log.error(
      { lease: LEASE_NAME, holder },
      `Another operator (${holder}) has taken the lease ${LEASE_NAME}, which this process had not renewed in time. Only one may act, so this process ends; started again, it waits for its turn.`,
    );
    this.#options.onLost();
  }

  #complain(because: string): void {
    if (this.#state === "Waiting")
      this.#say(`The lease ${LEASE_NAME} cannot be had, and without it this process does nothing. ${because}`);
    else if (!this.isSure())
      this.#say(`The lease ${LEASE_NAME} cannot be renewed, and until it is nothing new is begun. ${because}`);
  }

  #say(sentence: string): void {
    if (this.#said === sentence) return;
    this.#said = sentence;
    this.#options.log.warn({ lease: LEASE_NAME }, sentence);
  }

  #end(): void {
    this.#state = "Over";
    this.#cancelNext();
  }

  /** Asked anew, since it may have changed while an answer was awaited. */
  #isOver(): boolean {
    return this.#state === "Over";
  }

  #now(): Moment {
    return { monotonicMs: this.#options.monotonicMs(), wallMs: this.#options.clock.now().getTime() };
  }
}
