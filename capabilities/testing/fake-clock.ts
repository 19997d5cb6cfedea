// Time that moves only when it is told to. Owns the order of timers: by time, then by when they were set. Between two timers it
// lets everything settle that is ready to run, so a test sees the same order every time.
import type { Clock } from "../runtime/clock";

interface Timer {
  due: number;
  run: () => void;
}

/** A part of the clock that can be stopped alone: the time of one process that is going to be killed. */
export interface ProcessClock extends Clock {
  /** Cancels all its timers; later ones are never set. */
  kill(): void;
}

/** How often the event loop may go round before what is going on counts as settled. */
const ROUNDS = 3;

export class FakeClock implements Clock {
  /** Sorted: the next one last, so that taking it is cheap. */
  readonly #timers: Timer[] = [];
  #now: number;

  constructor(start = new Date("2026-01-01T00:00:00Z")) {
    this.#now = start.getTime();
  }

  now(): Date {
    return new Date(this.#now);
  }

  at(when: Date, run: () => void): () => void {
    const timer = { due: Math.max(when.getTime(), this.#now), run };
    this.#timers.splice(this.#placeOf(timer.due), 0, timer);
    return () => {
      const place = this.#timers.indexOf(timer);
      if (place >= 0) this.#timers.splice(place, 1);
    };
  }

  /** How many timers are set. */
  get pending(): number {
    return this.#timers.length;
  }

  /** When the next timer is due. */
  get nextAt(): Date | undefined {
    const next = this.#timers.at(-1);
    return next === undefined ? undefined : new Date(next.due);
  }

  /** Moves on to `when`, running every timer on the way at its own time, and settling after each. */
  async advanceTo(when: Date): Promise<void> {
    await this.settle();
    await this.#runUpTo(when);
    this.#now = Math.max(this.#now, when.getTime());
  }

  async #runUpTo(when: Date): Promise<void> {
    for (let next = this.#timers.at(-1); next !== undefined && next.due <= when.getTime(); next = this.#timers.at(-1)) {
      this.#timers.pop();
      this.#now = Math.max(this.#now, next.due);
      next.run();
      await this.settle();
    }
  }

  /** Moves on from timer to timer until `isOver` says so, or there is none any more; asked whenever all is settled. */
  async advanceUntil(isOver: () => boolean): Promise<void> {
    await this.settle();
    for (let next = this.nextAt; next !== undefined && !isOver(); next = this.nextAt) await this.#runUpTo(next);
  }

  /** Moves on by `ms` milliseconds. */
  advance(ms: number): Promise<void> {
    return this.advanceTo(new Date(this.#now + ms));
  }

  /** Moves on to the next timer and runs it; false when there is none. */
  async step(): Promise<boolean> {
    const next = this.nextAt;
    if (next === undefined) return false;
    await this.advanceTo(next);
    return true;
  }

  /** Lets everything run that is ready, without moving time. */
  async settle(): Promise<void> {
    for (let round = 0; round < ROUNDS; round++) await new Promise<void>((resolve) => setImmediate(resolve));
  }

  /** The same time, for one process. */
  process(): ProcessClock {
    const cancels = new Set<() => void>();
    let isKilled = false;
    return {
      now: () => this.now(),
      at: (when, run) => {
        if (isKilled) return () => undefined;
        const cancelTimer = this.at(when, () => {
          cancels.delete(cancel);
          run();
        });
        const cancel = (): void => {
          cancels.delete(cancel);
          cancelTimer();
        };
        cancels.add(cancel);
        return cancel;
      },
      kill: () => {
        isKilled = true;
        for (const cancel of [...cancels]) cancel();
      },
    };
  }

  /** Where a timer due then belongs: before all that are due earlier, and before those due at the same time that were set first. */
  #placeOf(due: number): number {
    let low = 0;
    let high = this.#timers.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#timers[middle]?.due ?? 0) > due) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
