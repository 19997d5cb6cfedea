/**
 * The checks of one kind's objects that run in this process, and how the last one of each ended. Memory only: a new
 * process finds nothing here and checks anew. It bounds a check in time and counts failures; what they mean is the
 * readiness' business.
 */
import type { Clock } from "../runtime/clock";
import { after } from "../runtime/clock";
import { InFlight } from "../runtime/in-flight";

/** A check that has not ended by then has failed. */
export const CHECK_LIMIT_MS = 20_000;

/** The check of an object in this process. `subject` says what was checked; `failures` counts them in a row. */
export type Check<Result> =
  | { kind: "None" }
  | { kind: "Running"; subject: string }
  | {
      kind: "Finished";
      subject: string;
      result: Result;
      failures: number;
      at: Date;
    };

type Ended<Result> = Extract<Check<Result>, { kind: "Finished" }>;

/** One check to be started: of what, after how many failures in a row, and whom to tell when it has ended. */
export interface CheckOrder<Target> {
  uid: string;
  subject: string;
  failures: number;
  target: Target;
  onSettled: () => void;
}

/** How objects of a kind are checked. */
export interface Checking<Target, Result> {
  check(target: Target, signal: AbortSignal): Promise<Result>;
  isGood(result: Result): boolean;
  /** The result of a check that had no answer in time; `message` says so. */
  lost(message: string): Result;
}

/** The checks of one kind. */
export class Checks<Target, Result> {
  readonly #calls: InFlight<Ended<Result>>;
  /** What the running check of each object is about. */
  readonly #subjects = new Map<string, string>();
  readonly #clock: Clock;
  readonly #checking: Checking<Target, Result>;

  constructor(clock: Clock, checking: Checking<Target, Result>) {
    this.#clock = clock;
    this.#checking = checking;
    this.#calls = new InFlight(clock);
  }

  look(uid: string): Check<Result> {
    const seen = this.#calls.look(uid);
    if (seen?.kind === "Finished") return seen.outcome;
    return seen ? { kind: "Running", subject: this.#subjects.get(uid) ?? "" } : { kind: "None" };
  }

  /** Starts a check, in the place of one of something else that is no longer of interest. */
  start({ uid, subject, failures, target, onSettled }: CheckOrder<Target>): void {
    if (this.#calls.look(uid)?.kind === "Running") this.forget(uid);
    const checking = this.#checking;
    const ended = (result: Result): Ended<Result> => ({
      kind: "Finished",
      subject,
      result,
      failures: checking.isGood(result) ? 0 : failures + 1,
      at: this.#clock.now(),
    });
    this.#subjects.set(uid, subject);
    this.#calls.start(uid, async (signal) => ended(await checking.check(target, signal)), {
      until: after(this.#clock, CHECK_LIMIT_MS),
      onSettled,
      lost: () => ended(checking.lost(`The check had no answer within ${CHECK_LIMIT_MS / 1_000} s. It is repeated.`)),
    });
  }

  /** Drops what is known of an object that is gone; a check that runs is aborted. */
  forget(uid: string): void {
    this.#calls.forget(uid);
    this.#subjects.delete(uid);
  }
}
