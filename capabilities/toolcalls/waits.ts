/**
 * How a call that cannot be begun yet waits, and when it says so: silently for a moment, for what was applied together with
 * it will be there soon, then in words, once. Pure.
 */
import { later } from "../runtime/later";
import { waitFor } from "../runtime/waiting";
import type { Decision, Observed, Unbegun } from "./decision";
import { latest, stay } from "./decision";
import { SETTLING_MS } from "./limits";

/** Waits for `phrase`, until something changes or `until`. */
export function wait(phrase: string, state: Unbegun, seen: Observed, until?: Date): Decision {
  const waiting = waitFor(phrase, state.waiting, waitBegan(state, seen));
  if (waiting === state.waiting) return stay(until);
  const settled = later(settlingFrom(state, seen), SETTLING_MS);
  if (seen.now < settled && !isSaid(state)) return stay(until && until < settled ? until : settled);
  return { kind: "Enter", state: { ...state, waiting } };
}

/** Waits in words for a ContactChannel, for as long as it takes: without it nobody can say who may answer. */
export function waitForChannel(name: string, state: Unbegun, seen: Observed): Decision {
  return wait(`ContactChannel "${name}", which does not exist, to be created`, state, seen);
}

/** A new call has waited from its beginning; for anything later, from now on. */
export function waitBegan(state: Unbegun, { now, createdAt, lookingSince }: Observed): Date {
  return state.status === "Pending" && !state.waiting ? latest(createdAt, lookingSince) : now;
}

/** A call that says already what it waits for is not silent about the next thing. */
function isSaid(state: Unbegun): boolean {
  return state.status !== "ErrorBackoff" && state.waiting !== undefined;
}

function settlingFrom(state: Unbegun, { createdAt, lookingSince }: Observed): Date {
  return latest(state.status === "ErrorBackoff" ? state.retryAt : createdAt, lookingSince);
}
