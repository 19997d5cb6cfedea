// A cluster whose writes go out only while this process holds the lease. Owns the order: look at the lease before a write if it
// may have run out, and again after it, before anybody acts on what was written. That is what keeps a process that stood still
// (stopped, starved, suspended) from acting beside the one that has taken its place. Reads are free.
import type { Cluster } from "./cluster";
import { failed, type Problem, type Result } from "./errors";
import type { Lease } from "./lease";

/** What a lease has to say about writes. */
export type Guard = Pick<Lease, "isSure" | "isHeld" | "untilKnown">;

const NOT_NOW: Problem = {
  kind: "retryable",
  message: "This process does not hold the operator's lease, or cannot tell; nothing was written.",
};

const LOST: Problem = {
  kind: "retryable",
  message: "This process has lost the operator's lease, and must not act on what it wrote.",
};

/** The same cluster, guarded. While the lease is surely held, a write costs two looks at a clock more. */
export function whileHeld(lease: Guard, cluster: Cluster): Cluster {
  const guarded = async <T>(write: () => Promise<Result<T>>): Promise<Result<T>> => {
    if (!lease.isSure() && !(await lease.isHeld())) return failed(NOT_NOW);
    const written = await write();
    if (!written.ok || lease.isSure()) return written;
    // It is stored: to say otherwise because nobody answers would make a call unknown that was never begun.
    return (await lease.untilKnown()) ? written : failed(LOST);
  };
  return {
    get: (resource, ref, limit) => cluster.get(resource, ref, limit),
    listMetadata: (resource, page) => cluster.listMetadata(resource, page),
    create: (resource, object, limit) => guarded(() => cluster.create(resource, object, limit)),
    replaceStatus: (resource, object) => guarded(() => cluster.replaceStatus(resource, object)),
    remove: (resource, target) => guarded(() => cluster.remove(resource, target)),
    mergePatch: (resource, ref, patch, limit) => guarded(() => cluster.mergePatch(resource, ref, patch, limit)),
  };
}
