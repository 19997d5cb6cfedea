/** What has happened lately: texts that are forgotten after a while, and the oldest first when there are too many. */
import type { Clock } from "../../runtime/clock";

/** More are never kept. */
const MOST = 100_000;

/** Texts that were seen lately, each for the same time. */
export class Recent {
  /** In order of time. */
  readonly #until = new Map<string, number>();
  readonly #clock: Clock;
  readonly #keepMs: number;

  constructor(clock: Clock, keepMs: number) {
    this.#clock = clock;
    this.#keepMs = keepMs;
  }

  has(text: string): boolean {
    this.#forget();
    return this.#until.has(text);
  }

  add(text: string): void {
    this.#forget();
    this.#until.delete(text);
    this.#until.set(text, this.#clock.now().getTime() + this.#keepMs);
  }

  #forget(): void {
    const now = this.#clock.now().getTime();
    for (const [text, until] of this.#until) {
      if (until > now && this.#until.size < MOST) return;
      this.#until.delete(text);
    }
  }
}
