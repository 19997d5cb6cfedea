/** Pauses that grow while something goes on failing. Pure; how they are spread, and from how many failures on, is for others to say. */

/** The first pause and the longest, in milliseconds. */
export interface Growth {
  firstMs: number;
  longestMs: number;
}

/** The first pause doubled so many times, and never more than the longest. */
export function doubled(times: number, { firstMs, longestMs }: Growth): number {
  return Math.min(longestMs, firstMs * 2 ** Math.min(Math.max(0, times), MOST_DOUBLINGS));
}

/** Beyond this every pause is the longest, and the power must stay a number. */
const MOST_DOUBLINGS = 30;
