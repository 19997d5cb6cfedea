/** How much of something was used in the last minute, and how long to wait until more may be. Reads no clock. */

const MINUTE_MS = 60_000;

interface Use {
  ticket: number;
  at: number;
  amount: number;
}

/** A sliding window of one minute. Times are milliseconds since the epoch. */
export class SlidingMinute {
  #uses: Use[] = [];
  #total = 0;
  #lastTicket = 0;

  /** Notes `amount` used at `now`. The ticket lets it be corrected. */
  add(now: number, amount: number): number {
    this.#lastTicket += 1;
    this.#uses.push({ ticket: this.#lastTicket, at: now, amount });
    this.#total += amount;
    return this.#lastTicket;
  }

  /** Replaces the amount under `ticket`, unless that has slid out already. */
  correct(ticket: number, amount: number): void {
    const use = this.#uses.find((candidate) => candidate.ticket === ticket);
    if (!use) return;
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
    for (const { at, amount } of this.#uses) {
      if (at > now - MINUTE_MS) break;
      this.#total -= amount;
      gone += 1;
    }
    if (gone > 0) this.#uses.splice(0, gone);
  }
}
