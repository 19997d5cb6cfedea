// How the promises of `Cluster` are kept over a wire that may lose an answer. Owns the recognition of our own write: a replace
// that was carried out, but whose answer was lost, meets itself as a conflict when it is repeated. Then the live object decides.
import type { ApiServer } from "./api-server";
import { ask, toResult, type Heard, type Line } from "./ask";
import { systemClock, type Clock } from "./clock";
import type { CallLimit, Cluster, MetadataPage, PageRequest, RemovalTarget } from "./cluster";
import { failed, ok, type Problem, type Result } from "./errors";
import type { ClusterObject, Draft, ObjectMeta, Ref, Resource } from "./objects";
import { AS_METADATA_LIST, collectionPath, namespacePath, objectPath, query } from "./paths";
import { applyMergePatch, isSameJson, isWithin } from "./same-json";

/** `random` returns [0, 1). */
export interface CallOptions {
  clock: Clock;
  random: () => number;
}

/** How long a call may take, repetitions included. */
const DEADLINE_MS = 15_000;

/** Says in `managedFields` who wrote. */
const AS_KUBECHAIN = query({ fieldManager: "kubechain" });
/** Which fields a status has is settled by our types; looking for unknown ones costs the API server time on every write. */
const STATUS_AS_KUBECHAIN = query({ fieldManager: "kubechain", fieldValidation: "Ignore" });

const REAL: CallOptions = { clock: systemClock, random: Math.random };

/** A `Cluster` over a connection. */
export function callCluster(server: ApiServer, options = REAL): Cluster {
  return new ClusterCalls({ server, ...options });
}

interface MetadataList {
  metadata: {
    resourceVersion: string;
    continue?: string;
    remainingItemCount?: number;
  };
  /** `null` when there are none: Go writes an empty slice of metadata so (kube-apiserver 1.36). */
  items: { metadata: ObjectMeta }[] | null;
}

class ClusterCalls implements Cluster {
  readonly #line: Line;

  constructor(line: Line) {
    this.#line = line;
  }

  async get<T extends ClusterObject>(
    resource: Resource,
    ref: Ref,
    { timeoutMs = DEADLINE_MS }: CallLimit = {},
  ): Promise<Result<T>> {
    const path = objectPath(resource, ref);
    return toResult(await ask(this.#line, { method: "GET", path, timeoutMs }));
  }

  async create<T extends ClusterObject>(
    resource: Resource,
    object: Draft<T>,
    { timeoutMs = DEADLINE_MS }: CallLimit = {},
  ): Promise<Result<T>> {
    const heard = await ask(this.#line, {
      method: "POST",
      path: namespacePath(resource, object.metadata.namespace) + AS_KUBECHAIN,
      body: JSON.stringify(object),
      timeoutMs,
    });
    const isOurs = (live: T): boolean => isWithin(asJson(object), live);
    return this.#orOurs(heard, resource, object.metadata, isOurs);
  }

  async replaceStatus<T extends ClusterObject>(resource: Resource, object: T): Promise<Result<T>> {
    const heard = await ask(this.#line, {
      method: "PUT",
      path: `${objectPath(resource, object.metadata)}/status${STATUS_AS_KUBECHAIN}`,
      body: JSON.stringify(statusAlone(object)),
      timeoutMs: DEADLINE_MS,
    });
    const isOurs = (live: T): boolean =>
      live.metadata.uid === object.metadata.uid && isSameJson(asJson(statusOf(object)), statusOf(live));
    return this.#orOurs(heard, resource, object.metadata, isOurs);
  }

  async remove(resource: Resource, target: RemovalTarget): Promise<Result<void>> {
    const { uid, resourceVersion } = target;
    const heard = await ask(this.#line, {
      method: "DELETE",
      path: objectPath(resource, target),
      body: JSON.stringify({
        apiVersion: "v1",
        kind: "DeleteOptions",
        propagationPolicy: "Background",
        preconditions: { uid, resourceVersion },
      }),
      timeoutMs: DEADLINE_MS,
    });
    const result = toResult<unknown>(heard);
    if (result.ok) return ok(undefined);
    const isGone = await this.#isGone(resource, target, result.problem);
    if (!isGone) return failed(result.problem);
    const wasUs = heard.kind === "Answer" && heard.isRepeat;
    return wasUs ? ok(undefined) : failed({ kind: "gone" });
  }

  async mergePatch<T extends ClusterObject>(
    resource: Resource,
    ref: Ref,
    patch: object,
    { timeoutMs = DEADLINE_MS }: CallLimit = {},
  ): Promise<Result<T>> {
    const heard = await ask(this.#line, {
      method: "PATCH",
      path: objectPath(resource, ref) + AS_KUBECHAIN,
      contentType: "application/merge-patch+json",
      body: JSON.stringify(patch),
      timeoutMs,
    });
    const wanted = withoutVersion(asJson(patch));
    const isOurs = (live: T): boolean => isSameJson(applyMergePatch(live, wanted), live);
    return this.#orOurs(heard, resource, ref, isOurs);
  }

  async listMetadata(resource: Resource, page: PageRequest = {}): Promise<Result<MetadataPage>> {
    const part = query({ limit: page.limit, continue: page.continue });
    const heard = await ask(this.#line, {
      method: "GET",
      path: collectionPath(resource) + part,
      accept: AS_METADATA_LIST,
      timeoutMs: DEADLINE_MS,
    });
    const result = toResult<MetadataList>(heard);
    return result.ok ? ok(toPage(result.value)) : result;
  }

  /** A conflict says that a precondition failed, and not which one: if it was the uid, this incarnation is gone. */
  async #isGone(resource: Resource, target: RemovalTarget, problem: Problem): Promise<boolean> {
    if (problem.kind !== "conflict") return problem.kind === "gone";
    const live = await this.get(resource, target);
    return live.ok ? live.value.metadata.uid !== target.uid : live.problem.kind === "gone";
  }

  /** Turns the conflict of a repeated write into a success, if what is stored is what we wanted to store. */
  async #orOurs<T extends ClusterObject>(
    heard: Heard,
    resource: Resource,
    ref: Ref,
    isOurs: (live: T) => boolean,
  ): Promise<Result<T>> {
    const result = toResult<T>(heard);
    if (result.ok || result.problem.kind !== "conflict") return result;
    if (heard.kind === "NoAnswer" || !heard.isRepeat) return result;
    const live = await this.get<T>(resource, ref);
    if (!live.ok) return live;
    return isOurs(live.value) ? live : result;
  }
}

function toPage(list: MetadataList): MetadataPage {
  const { resourceVersion, continue: next } = list.metadata;
  const remaining = list.metadata.remainingItemCount;
  return {
    items: (list.items ?? []).map((item) => item.metadata),
    resourceVersion,
    ...(next === undefined || next === "" ? {} : { continue: next }),
    ...(remaining === undefined ? {} : { remaining }),
  };
}

/** What a write to the status subresource is read for; the API server takes all the rest from what it has. */
function statusAlone(object: ClusterObject): object {
  const { name, namespace, uid, resourceVersion } = object.metadata;
  const { apiVersion, kind } = object;
  return { apiVersion, kind, metadata: { name, namespace, uid, resourceVersion }, status: statusOf(object) };
}

function statusOf(object: object): unknown {
  return "status" in object ? object.status : undefined;
}

/** The version a patch insists on is a condition, not a part of what it wants. */
function withoutVersion(patch: unknown): unknown {
  if (typeof patch !== "object" || patch === null || !("metadata" in patch)) return patch;
  const { metadata } = patch;
  if (typeof metadata !== "object" || metadata === null) return patch;
  return { ...patch, metadata: { ...metadata, resourceVersion: undefined } };
}

/** The value as it looks after a trip over the wire: dates are text, undefined is absent. */
function asJson(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}
