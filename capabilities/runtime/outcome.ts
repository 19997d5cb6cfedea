// How a reconcile ends, as the queue and the controller understand it. Owns the translation of a `Problem` that a write met
// into what to do next, so that every machine treats a lost race and a lost object the same way.
import { assertNever } from "./assert-never";
import type { Problem } from "./errors";

/** How a reconcile ended. */
export type Outcome =
  /** Nothing more to do until something changes or a wake-up comes. */
  | { kind: "Done" }
  /** It did not work: run again after `afterMs`, or after a growing, jittered pause. `because` is for the log. */
  | { kind: "Retry"; because: string; afterMs?: number }
  /** What the store holds is out of date (a write met a conflict, or the object is gone): read it live, then run again. */
  | { kind: "Refresh" };

/** Nothing more to do. */
export const done: Outcome = { kind: "Done" };

/** What to do after a write that ended in `problem`. A terminal one is tried again too, ever more slowly: a person may mend it. */
export function outcomeOf(problem: Problem): Outcome {
  switch (problem.kind) {
    case "gone":
    case "conflict":
      return { kind: "Refresh" };
    case "retryable":
      return problem.retryAfterMs === undefined
        ? { kind: "Retry", because: problem.message }
        : {
            kind: "Retry",
            because: problem.message,
            afterMs: problem.retryAfterMs,
          };
    case "terminal":
      return { kind: "Retry", because: problem.message };
    default:
      return assertNever(problem);
  }
}
