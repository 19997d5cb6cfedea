/** How long a server that is away is left alone before the next attempt. Pure. */

/** 1 s, 2 s, 4 s … 1 min, each shortened at random by up to half. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
const MOST_DOUBLINGS = 10;

/** The pause after so many failures in a row (from 1), milliseconds. `random` is [0, 1). */
export function pauseMs(failures: number, random: number): number {
  const longest = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(failures - 1, MOST_DOUBLINGS));
  return longest * (1 - random / 2);
}
