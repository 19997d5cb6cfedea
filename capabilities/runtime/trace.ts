/** Ids of traces (W3C trace context, https://www.w3.org/TR/trace-context/), made of what objects have. Pure. */

/**
 * A uid as 32 hex digits. It is 128 random bits, so it serves as a trace id: the same after every crash, with nothing to
 * remember.
 */
export function traceIdOf(uid: string): string {
  return uid
    .replace(/[^0-9a-f]/g, "")
    .padEnd(32, "0")
    .slice(0, 32);
}

/** The second half of it, which serves as the id of a span. */
export function spanIdOf(uid: string): string {
  return traceIdOf(uid).slice(16);
}
