/**
 * Times as the API writes them: lengths of time as people write them in a spec, and moments as Kubernetes writes them in
 * a status. Pure; owns the pattern that the schema and the reader share.
 */

/** A length of time such as `30s` or `1h30m`. Six digits a unit keep the sum inside what CEL can hold as a duration. */
export const DURATION = "^([0-9]{1,6}(ms|s|m|h))+$";

const pattern = new RegExp(DURATION);
const unitMs: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** Milliseconds of such a length of time. Undefined when there is none, it is not one, or it is no time at all. */
export function durationMs(text: string | undefined): number | undefined {
  if (text === undefined || !pattern.test(text)) return undefined;
  let total = 0;
  for (const [, count, unit] of text.matchAll(/(\d+)(ms|s|m|h)/g)) total += Number(count) * (unitMs[unit ?? ""] ?? 0);
  return total > 0 ? total : undefined;
}

/** RFC 3339 in whole seconds, as `metav1.Time` is written. */
export function timestamp(when: Date): string {
  return `${when.toISOString().slice(0, 19)}Z`;
}

/** The moment that `text` writes, or undefined when there is none or it is none. */
export function momentOf(text: string | undefined): Date | undefined {
  const date = text === undefined ? undefined : new Date(text);
  return date && !Number.isNaN(date.getTime()) ? date : undefined;
}
