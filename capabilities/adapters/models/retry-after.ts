/** What a provider's headers say about trying again: whether, and after how long. Pure; the clock is an argument. */

/** The longest wait that is believed: a day. A longer one is a mistake, or a date of another clock. */
const LONGEST_WAIT_MS = 86_400_000;

/** `afterMs`: not before this many milliseconds from now. `shouldRetry`: the provider's own opinion, where it gives one. */
export interface RetryAdvice {
  afterMs?: number;
  shouldRetry?: boolean;
}

/** Headers of whichever fetch answered: Node's own and undici's are different classes. */
export interface HeaderReader {
  get(name: string): string | null;
}

/**
 * Reads `retry-after-ms`, `retry-after` (RFC 9110: seconds or an HTTP date) and `x-should-retry`, the header both vendors'
 * SDKs obey.
 */
export function retryAdvice(headers: HeaderReader | undefined, now: Date): RetryAdvice {
  if (!headers) return {};
  const afterMs =
    millisecondsIn(headers.get("retry-after-ms"), 1) ??
    millisecondsIn(headers.get("retry-after"), 1_000) ??
    untilDate(headers.get("retry-after"), now);
  const should = headers.get("x-should-retry");
  return {
    ...(afterMs === undefined ? {} : { afterMs }),
    ...(should === "true" || should === "false" ? { shouldRetry: should === "true" } : {}),
  };
}

function millisecondsIn(header: string | null, unitMs: number): number | undefined {
  if (header === null || !/^\s*\d+(\.\d+)?\s*$/.test(header)) return undefined;
  return Math.min(Math.ceil(Number(header) * unitMs), LONGEST_WAIT_MS);
}

function untilDate(header: string | null, now: Date): number | undefined {
  // Date.parse takes nearly anything for a date; HTTP's begin with a weekday.
  if (header === null || !/^\s*[A-Z][a-z]{2}/.test(header)) return undefined;
  const at = Date.parse(header);
  if (Number.isNaN(at)) return undefined;
  return Math.min(Math.max(0, at - now.getTime()), LONGEST_WAIT_MS);
}
