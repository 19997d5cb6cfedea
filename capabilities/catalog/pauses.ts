/**
 * When what stands behind an object of the catalog is checked again. Pure: the jitter is made of the object's identity, so that
 * the same object waits the same time.
 */
import { doubled } from "../runtime/doubled";
import { fractionOf } from "../runtime/fraction";

/** What of a failed check says when to repeat it. */
export interface CheckFailure {
  /** It may pass by itself. */
  retryable: boolean;
  /** For how long the other side asked to be left alone, in milliseconds. */
  retryAfterMs?: number;
}

/** What is Ready is checked again this often, so that a revoked key is noticed before a task meets it. */
export const RECHECK_MS = 10 * 60_000;
/** What a person has to mend is looked at again this often. */
export const REFUSED_RECHECK_MS = 5 * 60_000;
/** First and longest pause before a failed check that may pass is repeated. */
export const FIRST_RETRY_MS = 5_000;
export const LONGEST_RETRY_MS = 60_000;

/** How long after a failed check the next one is due, in milliseconds. `failures` counts them in a row. */
export function pauseMs(uid: string, failure: CheckFailure, failures: number): number {
  if (!failure.retryable) return REFUSED_RECHECK_MS;
  return Math.max(retryPauseMs(uid, failures), failure.retryAfterMs ?? 0);
}

/**
 * The pause before the repetition that follows `failures` (1 or more) failures in a row: doubled each time, then
 * shortened by up to a quarter, always the same for the same object and count, and different between objects.
 */
export function retryPauseMs(uid: string, failures: number): number {
  const pause = doubled(failures - 1, { firstMs: FIRST_RETRY_MS, longestMs: LONGEST_RETRY_MS });
  return Math.round(pause * (1 - fractionOf(`${uid}/${failures}`) / 4));
}
