/** How much of something was used in the last minute, and how long to wait until more may be. Reads no clock. */

const MINUTE_MS = 60_000;

/** One use. Whoever made it may correct its amount for as long as it counts. */
export interface Use {
  at: number;
  amount: number;
  /** It is more than a minute old, and no longer counts. */
  over: boolean;
}

/** A sliding window of one minute. Times are milliseconds since the epoch. */
export class SlidingMinute {
  #uses: Use[] = [];
  #total = 0;

  /** Notes `amount` used at `now`. */
  add(now: number, amount: number): Use {
    const use = { at: now, amount, over: false };
    this.#uses.push(use);
    this.#total += amount;
    return use;
  }

  /** Replaces the amount of a use, unless that has slid out already. */
  correct(use: Use, amount: number): void {
    if (use.over) return;
    this.#total += amount - use.amount;
    use.amount = amount;
  }

  /**
   * How long, in milliseconds, until `amount` more fits under `limit`; 0: now. What is more than the limit by itself fits
   * once nothing else is in the window, because it would never fit otherwise.
   */
  waitMs(now: number, amount: number, limit: number | undefined): number {
    this.#slide(now);
    if (limit === undefined) return 0;
    let left = this.#total;
    let until = now;
    for (const use of this.#uses) {
      if (left + amount <= limit) break;
      left -= use.amount;
      until = use.at + MINUTE_MS;
    }
    return Math.max(0, until - now);
  }

  #slide(now: number): void {
    let gone = 0;
    for (const use of this.#uses) {
      if (use.at > now - MINUTE_MS) break;
      use.over = true;
      this.#total -= use.amount;
      gone += 1;
    }
    if (gone > 0) this.#uses.splice(0, gone);
  }
}
