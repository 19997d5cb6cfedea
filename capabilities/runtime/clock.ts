// Time as a port, so that tests and the crash simulation own it. Everything in the runtime that waits, waits on a Clock;
// nothing here decides what is waited for.

/** Tells the time and runs things later. */
export interface Clock {
  now(): Date;
  /** Runs `run` once at or after `when` (at once, but never synchronously, if that is past). Returns the cancellation. */
  at(when: Date, run: () => void): () => void;
}

/** The longest delay a Node timer can hold; a longer one would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * The real time. Timers keep the process alive: whoever waits is waiting for something, and a script must not end in the
 * middle of a pause. An orderly stop cancels what it no longer waits for, so nothing far away holds it up.
 */
export const systemClock: Clock = {
  now: () => new Date(),
  at(when, run) {
    let timer: NodeJS.Timeout;
    const arm = (): void => {
      const waitMs = Math.max(0, when.getTime() - Date.now());
      timer = waitMs > LONGEST_TIMER_MS ? setTimeout(arm, LONGEST_TIMER_MS) : setTimeout(run, waitMs);
    };
    arm();
    return () => clearTimeout(timer);
  },
};

/** The moment `ms` milliseconds from now. */
export function after(clock: Clock, ms: number): Date {
  return new Date(clock.now().getTime() + ms);
}

/** Waits `ms` milliseconds of the clock's time. */
export function pause(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => void clock.at(after(clock, ms), resolve));
}
