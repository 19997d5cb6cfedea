/**
 * The checks of LLMs that run in this process, and how the last one of each ended. Memory only: a new process finds
 * nothing here and checks anew. It bounds a check in time and counts failures; what they mean is the readiness' business.
 */
import type { Models, ModelTarget } from "../../adapters/models/port";
import type { Clock } from "../../runtime/clock";
import { after } from "../../runtime/clock";
import { InFlight } from "../../runtime/in-flight";
import type { Check, CheckResult } from "./readiness";

/** A check that has not ended by then has failed. */
export const CHECK_LIMIT_MS = 20_000;

type Ended = Extract<Check, { kind: "Finished" }>;

/** One check to be started: of what, after how many failures in a row, and whom to tell when it has ended. */
export interface CheckOrder {
  uid: string;
  subject: string;
  failures: number;
  target: ModelTarget;
  onSettled: () => void;
}

export class Checks {
  readonly #calls: InFlight<Ended>;
  /** What the running check of each LLM is about. */
  readonly #subjects = new Map<string, string>();
  readonly #clock: Clock;
  readonly #models: Models;

  constructor(clock: Clock, models: Models) {
    this.#clock = clock;
    this.#models = models;
    this.#calls = new InFlight(clock);
  }

  look(uid: string): Check {
    const seen = this.#calls.look(uid);
    if (seen?.kind === "Finished") return seen.outcome;
    return seen ? { kind: "Running", subject: this.#subjects.get(uid) ?? "" } : { kind: "None" };
  }

  /** Starts a check, in the place of one of something else that is no longer of interest. */
  start({ uid, subject, failures, target, onSettled }: CheckOrder): void {
    if (this.#calls.look(uid)?.kind === "Running") this.forget(uid);
    const ended = (result: CheckResult): Ended => ({
      kind: "Finished",
      subject,
      result,
      failures: result.kind === "Verified" ? 0 : failures + 1,
      at: this.#clock.now(),
    });
    this.#subjects.set(uid, subject);
    this.#calls.start(uid, async (signal) => ended(await this.#models.verify(target, signal)), {
      until: after(this.#clock, CHECK_LIMIT_MS),
      onSettled,
      lost: () =>
        ended({
          kind: "Failure",
          retryable: true,
          message: `The check had no answer within ${CHECK_LIMIT_MS / 1_000} s. It is repeated.`,
        }),
    });
  }

  /** Drops what is known of an LLM that is gone; a check that runs is aborted. */
  forget(uid: string): void {
    this.#calls.forget(uid);
    this.#subjects.delete(uid);
  }
}
