// The cluster as the controllers use it: six verbs, plain values, every refusal a `Problem`. Owns what each verb promises;
// the wire is api-server.ts, the promises are kept by cluster-calls.ts. Nothing here knows a kind.
import type { ClusterObject, Draft, ObjectMeta, Ref, Resource } from "./objects";
import type { Result } from "./errors";
import { connectApiServer } from "./api-server";
import { callCluster } from "./cluster-calls";

/** One page of a metadata list. `resourceVersion` is the moment the whole list (all its pages) is of. */
export interface MetadataPage {
  items: ObjectMeta[];
  /** Pass it back for the next page; absent on the last one. */
  continue?: string;
  /** How many objects come after this page, where the server says so. */
  remaining?: number;
  resourceVersion: string;
}

/** Which part of a list is wanted. */
export interface PageRequest {
  limit?: number;
  continue?: string;
}

/** What is to be removed: only this incarnation, and only at this version where one is given. */
export interface RemovalTarget extends Ref {
  uid: string;
  resourceVersion?: string;
}

/** How long a call may take, repetitions included; 15 s where nothing is said. */
export interface CallLimit {
  timeoutMs?: number;
}

/**
 * The outside call to the API server. No method throws or rejects. Every call ends by itself (deadline), and repeats what
 * is safe to repeat a few times before it says "retryable".
 */
export interface Cluster {
  /** The newest version, read through to the store (never from a cache). */
  get<T extends ClusterObject>(resource: Resource, ref: Ref, limit?: CallLimit): Promise<Result<T>>;
  /**
   * Creates if absent. `conflict` when an object of that name exists, unless it is the very one that an unanswered first try
   * made. Name the type: `cluster.create<ToolCall>(…)`.
   */
  create<T extends ClusterObject>(resource: Resource, object: Draft<T>, limit?: CallLimit): Promise<Result<T>>;
  /**
   * Replaces the status by compare-and-set on `object.metadata.resourceVersion`; spec and metadata of `object` are ignored.
   * `conflict` means somebody else wrote in between, and nothing was changed.
   */
  replaceStatus<T extends ClusterObject>(resource: Resource, object: T): Promise<Result<T>>;
  /** Deletes this incarnation; children follow in the background. `gone` when that uid does not exist (any more). */
  remove(resource: Resource, target: RemovalTarget): Promise<Result<void>>;
  /** Merge patch (RFC 7386). With `metadata.resourceVersion` in the patch it is a compare-and-set. */
  mergePatch<T extends ClusterObject>(
    resource: Resource,
    ref: Ref,
    patch: object,
    limit?: CallLimit,
  ): Promise<Result<T>>;
  /** One page of the metadata of all objects of a kind, in all namespaces. `items` lack apiVersion and kind. */
  listMetadata(resource: Resource, page?: PageRequest): Promise<Result<MetadataPage>>;
}

/** Connects with the kubeconfig of this process (`KUBECONFIG`, or the service account of its pod). Opens sockets on first use. */
export function connectCluster(): Cluster {
  return callCluster(connectApiServer());
}
