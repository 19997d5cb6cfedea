/** How long services are left alone: after failures, between polls, and as long as they ask for. Pure. */
import { doubled } from "../../runtime/doubled";

/** 1 s, 2 s, 4 s … 10 min, each shortened at random by up to half. */
const PAUSES = { firstMs: 1_000, longestMs: 600_000 };

/** The longest Retry-After that is believed: a longer one is a mistake, or a date of another clock. */
const LONGEST_WAIT_MS = 3_600_000;

/** The pause after so many failures in a row (from 1), milliseconds. `random` is [0, 1). */
export function pauseMs(failures: number, random: number): number {
  return doubled(failures - 1, PAUSES) * (1 - random / 2);
}

/** A wait spread a little, so that what began together does not go on together: shortened by up to a quarter. */
export function spread(waitMs: number, random: number): number {
  return waitMs * (1 - random / 4);
}

/** Reads the header Retry-After (RFC 9110, section 10.2.3: seconds, or an HTTP date), as milliseconds from `now`. */
export function retryAfterMs(header: string | string[] | undefined, now: Date): number | undefined {
  const text = (Array.isArray(header) ? header[0] : header)?.trim() ?? "";
  if (/^\d+$/.test(text)) return Math.min(Number(text) * 1_000, LONGEST_WAIT_MS);
  // Date.parse takes nearly anything for a date; HTTP's begin with a weekday.
  const at = /^[A-Z][a-z]{2}/.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(at) ? undefined : Math.min(Math.max(0, at - now.getTime()), LONGEST_WAIT_MS);
}
