/**
 * One watch of one kind that also tells of deletions. Pepr's own words offer either "created or updated" or "deleted",
 * and a binding for each would be two streams, two caches and no order between them. Owns the one reach into Pepr's
 * internals (a binding's `event`), which a unit test guards; decides nothing.
 */
import type { GenericKind } from "kubernetes-fluent-client";
import type { Capability } from "pepr";
import type { ClusterObject } from "./runtime/objects";
import type { Phase } from "./runtime/store";

/** The event of a binding that takes every phase (pepr 1.1.4, src/lib/enums.ts: `Event.ANY`). */
export const EVERY_EVENT = "*";

/** An object of a kind as the watch delivers it: stored, so its metadata is complete, and times are text as on the wire. */
export type Stored<Kind> = ClusterObject & Described<Kind>;

/** Picked by inference, because the index signature of GenericKind hides the names of its fields. */
type Described<Kind> = Kind extends { spec: infer Spec; status?: infer Status }
  ? { spec: Spec; status?: NonNullable<Status> }
  : object;

/**
 * Calls `notice` for every change of every object of a kind, deletions included, in the order of the one stream. `notice`
 * must return at once and must not throw: Pepr awaits it before it reads on. Give it a name, for Pepr logs who was called.
 * Throws when Pepr no longer keeps its bindings as 1.1.4 does (a bug at start-up, not at run time).
 */
export function watchAll<Kind extends GenericKind>(
  capability: Capability,
  model: new () => Kind,
  notice: (object: Stored<Kind>, phase: Phase) => void,
): void {
  const before = capability.bindings.length;
  // Pepr types objects as people write them and phases as an enum; what arrives is the wire's own object and word.
  capability
    .When(model)
    .IsCreatedOrUpdated()
    .Watch(notice as (object: unknown, phase: unknown) => void);
  const made = capability.bindings.slice(before);
  if (made.length === 0) return; // A process that only admits has no watches: Pepr leaves the binding out.
  const [binding] = made;
  if (made.length > 1 || !binding?.isWatch) {
    throw new Error("Pepr did not add exactly one watch binding; see capabilities/watch-every-change.ts");
  }
  Object.assign(binding, { event: EVERY_EVENT });
}
