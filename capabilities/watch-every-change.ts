/**
 * One watch of one kind that also tells of deletions. Pepr's own words offer either "created or updated" or "deleted",
 * and a binding for each would be two streams, two caches and no order between them. Owns the one reach into Pepr's
 * internals (a binding's `event`), which a unit test guards; decides nothing.
 */
import type { GenericClass } from "kubernetes-fluent-client";
import type { Capability } from "pepr";

/** What the watch says happened, in the words of the watch protocol. */
export type WatchedPhase = "ADDED" | "MODIFIED" | "DELETED";

/** The event of a binding that takes every phase (pepr 1.1.4, src/lib/enums.ts: `Event.ANY`). */
export const EVERY_EVENT = "*";

/**
 * Calls `notice` for every change of every object of a kind, deletions included, in the order of the one stream. `notice`
 * must return at once and must not throw: Pepr awaits it before it reads on. Give it a name, for Pepr logs who was called.
 * Throws when Pepr no longer keeps its bindings as 1.1.4 does (a bug at start-up, not at run time).
 */
export function watchAll<T extends GenericClass>(
  capability: Capability,
  model: T,
  notice: (object: InstanceType<T>, phase: WatchedPhase) => void,
): void {
  const before = capability.bindings.length;
  capability.When(model).IsCreatedOrUpdated().Watch(notice);
  const made = capability.bindings.slice(before);
  if (made.length === 0) return; // A process that only admits has no watches: Pepr leaves the binding out.
  const [binding] = made;
  if (made.length > 1 || !binding?.isWatch) throw new Error("Pepr did not add exactly one watch binding; see capabilities/watch-every-change.ts");
  Object.assign(binding, { event: EVERY_EVENT });
}
