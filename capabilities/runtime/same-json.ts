// Comparing what was to be written with what is stored. Pure. JSON values only: a key that is undefined counts as absent, as
// it does on the wire.
import { isRecord } from "./json";

/** Whether two values are the same JSON, whatever the order of their keys. */
export function isSameJson(a: unknown, b: unknown): boolean {
  return isWithin(a, b) && isWithin(b, a);
}

/** Whether everything that `part` says is so in `whole`, which may say more (defaults, stamps of the API server). */
export function isWithin(part: unknown, whole: unknown): boolean {
  if (part === whole) return true;
  if (Array.isArray(part))
    return Array.isArray(whole) && part.length === whole.length && part.every((value, i) => isWithin(value, whole[i]));
  if (!isRecord(part) || !isRecord(whole)) return false;
  return Object.entries(part).every(([key, value]) => value === undefined || isWithin(value, whole[key]));
}

/** Applies a merge patch (RFC 7386) to a JSON value, without changing it. */
export function applyMergePatch(target: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) return patch;
  const result: Record<string, unknown> = isRecord(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else if (value !== undefined) result[key] = applyMergePatch(result[key], value);
  }
  return result;
}
