// An API server in memory, as strict as the real one where the operator depends on it: versions, conflicts, the status
// subresource, preconditions, finalizers, owner references, pages. Owns the objects and everything that was ever written.
// `cluster.contract.ts` runs the same table against this and the real one, so it cannot lie. It knows no schema.
import type { Clock } from "../runtime/clock";
import type { Cluster, MetadataPage, PageRequest, RemovalTarget } from "../runtime/cluster";
import { failed, ok, type Problem, type Result } from "../runtime/errors";
import {
  keyOf,
  type ClusterObject,
  type Draft,
  type Key,
  type ObjectMeta,
  type Ref,
  type Resource,
} from "../runtime/objects";
import { applyMergePatch, isSameJson } from "../runtime/same-json";
import type { Phase } from "../runtime/store";
import { FakeWatches, type WatchTroubles } from "./fake-watches";
import { overTheWire } from "./over-the-wire";

/** One outside call, seen just before it takes effect and just after. */
export interface Call {
  verb: keyof Cluster;
  resource: Resource;
  /** Empty for a list. */
  key: Key;
  phase: "before" | "after";
}

/** Something that was stored or removed, in order of occurrence. The object is the cluster's own: it never changes, and nobody may change it. */
export interface Write {
  at: Date;
  verb: keyof Cluster | "collect";
  resource: Resource;
  phase: Phase;
  object: ClusterObject;
}

export interface FakeClusterOptions {
  clock: Clock;
  /** Returns [0, 1); needed where the watches make trouble. */
  random?: () => number;
  troubles?: Partial<WatchTroubles>;
  /**
   * Called around every call. A `Problem` is the answer: before the call it means that nothing was done, after it that
   * the true answer was lost. A promise that never resolves is a process that has died there.
   */
  onCall?: (call: Call) => Problem | undefined | Promise<Problem | undefined>;
}

type Stored = ClusterObject & { status?: unknown };

/** What is stored is never changed, only replaced, so versions may share their parts. Whoever asks gets a copy. */
interface Shelf {
  resource: Resource;
  objects: Map<Key, Stored>;
}

const gone: Problem = { kind: "gone" };
const conflict: Problem = { kind: "conflict" };

export class FakeCluster implements Cluster {
  /** Everything that was written, by anybody. */
  readonly history: Write[] = [];
  /** How often each verb was called. */
  readonly calls: Record<keyof Cluster, number> = {
    get: 0,
    create: 0,
    replaceStatus: 0,
    remove: 0,
    mergePatch: 0,
    listMetadata: 0,
  };
  readonly watches: FakeWatches;
  onCall: NonNullable<FakeClusterOptions["onCall"]>;
  readonly #clock: Clock;
  readonly #shelves = new Map<string, Shelf>();
  readonly #lists = new Map<string, ObjectMeta[]>();
  #version = 100;
  #made = 0;

  constructor(options: FakeClusterOptions) {
    this.#clock = options.clock;
    this.onCall = options.onCall ?? (() => undefined);
    this.watches = new FakeWatches({
      clock: options.clock,
      random: options.random ?? (() => 0),
      troubles: options.troubles ?? {},
      list: (resource) => this.#sorted(resource),
    });
  }

  get<T extends ClusterObject>(resource: Resource, ref: Ref): Promise<Result<T>> {
    return this.#call("get", resource, ref, () => {
      const object = this.read<T>(resource, ref);
      return object === undefined ? failed(gone) : ok(object);
    });
  }

  create<T extends ClusterObject>(resource: Resource, object: Draft<T>): Promise<Result<T>> {
    return this.#call("create", resource, object.metadata, () => {
      const { objects } = this.#shelf(resource);
      if (objects.has(keyOf(object))) return failed(conflict);
      const made = this.#made++;
      const draft = overTheWire(object) as unknown as Stored;
      if (hasStatus(resource)) delete draft.status;
      draft.metadata.uid = uidOf(made);
      draft.metadata.creationTimestamp = this.#timestamp();
      if (hasStatus(resource)) draft.metadata.generation = 1;
      return ok(this.#store("create", resource, draft, "ADDED") as T);
    });
  }

  replaceStatus<T extends ClusterObject>(resource: Resource, object: T): Promise<Result<T>> {
    return this.#call("replaceStatus", resource, object.metadata, () => {
      if (!hasStatus(resource)) return failed(notServed(resource));
      const live = this.#shelf(resource).objects.get(keyOf(object));
      if (live === undefined) return failed(gone);
      if (!isSameVersion(live, object)) return failed(conflict);
      const next = withStatus(renewed(live), overTheWire((object as Stored).status));
      return ok(this.#update("replaceStatus", resource, live, next) as T);
    });
  }

  remove(resource: Resource, target: RemovalTarget): Promise<Result<void>> {
    return this.#call("remove", resource, target, () => {
      const live = this.#shelf(resource).objects.get(keyOf({ metadata: target }));
      if (live === undefined || live.metadata.uid !== target.uid) return failed(gone);
      const wanted = target.resourceVersion;
      if (wanted !== undefined && wanted !== live.metadata.resourceVersion) return failed(conflict);
      this.#remove("remove", resource, live);
      return ok(undefined);
    });
  }

  mergePatch<T extends ClusterObject>(resource: Resource, ref: Ref, patch: object): Promise<Result<T>> {
    return this.#call("mergePatch", resource, ref, () => {
      const live = this.#shelf(resource).objects.get(keyOf({ metadata: ref }));
      if (live === undefined) return failed(gone);
      const next = renewed(applyMergePatch(live, overTheWire(patch)) as Stored);
      if (next.metadata.resourceVersion !== live.metadata.resourceVersion) return failed(conflict);
      if (hasStatus(resource)) withStatus(next, live.status);
      if (hasStatus(resource) && isDifferentBeyondMetadata(live, next))
        next.metadata.generation = (live.metadata.generation ?? 0) + 1;
      return ok(this.#update("mergePatch", resource, live, next) as T);
    });
  }

  listMetadata(resource: Resource, page: PageRequest = {}): Promise<Result<MetadataPage>> {
    return this.#call("listMetadata", resource, undefined, () => {
      const [version, skipped] = (page.continue ?? "").split("/");
      const resourceVersion = version || String(this.#version);
      const all =
        this.#lists.get(`${resource.plural}/${resourceVersion}`) ??
        this.#sorted(resource).map((object) => object.metadata);
      const from = Number(skipped ?? 0);
      const to = Math.min(all.length, from + (page.limit ?? all.length));
      const items = overTheWire(all.slice(from, to));
      if (to === all.length) return ok({ items, resourceVersion });
      this.#lists.set(`${resource.plural}/${resourceVersion}`, all); // Later pages are of the same moment.
      const rest = { continue: `${resourceVersion}/${to}`, remaining: all.length - to };
      return ok({ items, resourceVersion, ...rest });
    });
  }

  /** What is stored now: a copy, without a call. */
  read<T extends ClusterObject>(resource: Resource, ref: Ref): T | undefined {
    const object = this.#shelf(resource).objects.get(keyOf({ metadata: ref }));
    return object === undefined ? undefined : (overTheWire(object) as unknown as T);
  }

  /** All objects of a kind, sorted by key: copies, without a call. */
  all<T extends ClusterObject>(resource: Resource): T[] {
    return this.#sorted(resource).map((object) => overTheWire(object) as unknown as T);
  }

  /** All kinds that were ever written. */
  get resources(): Resource[] {
    return Array.from(this.#shelves.values(), (shelf) => shelf.resource);
  }

  async #call<T>(
    verb: keyof Cluster,
    resource: Resource,
    ref: Ref | undefined,
    act: () => Result<T>,
  ): Promise<Result<T>> {
    this.calls[verb]++;
    const key = ref === undefined ? "" : keyOf({ metadata: ref });
    const before = await this.onCall({ verb, resource, key, phase: "before" });
    if (before !== undefined) return failed(before);
    const result = act();
    const after = await this.onCall({ verb, resource, key, phase: "after" });
    return after === undefined ? result : failed(after);
  }

  #shelf(resource: Resource): Shelf {
    const name = `${resource.apiVersion}/${resource.plural}`;
    const shelf = this.#shelves.get(name) ?? { resource, objects: new Map() };
    this.#shelves.set(name, shelf);
    return shelf;
  }

  #sorted(resource: Resource): Stored[] {
    const entries = [...this.#shelf(resource).objects];
    return entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object);
  }

  /** An update that changes nothing is no write: no new version, no event. One that takes the last finalizer ends the object. */
  #update(verb: Write["verb"], resource: Resource, live: Stored, next: Stored): ClusterObject {
    if (isSameJson(live, next)) return overTheWire(live);
    const { deletionTimestamp, finalizers = [] } = next.metadata;
    if (deletionTimestamp === undefined || finalizers.length > 0) return this.#store(verb, resource, next, "MODIFIED");
    return this.#end(verb, resource, next);
  }

  #remove(verb: Write["verb"], resource: Resource, live: Stored): void {
    if ((live.metadata.finalizers ?? []).length === 0) {
      this.#end(verb, resource, renewed(live));
      return;
    }
    if (live.metadata.deletionTimestamp !== undefined) return;
    const next = renewed(live);
    next.metadata.deletionTimestamp = this.#timestamp();
    if (next.metadata.generation !== undefined) next.metadata.generation++;
    this.#store(verb, resource, next, "MODIFIED");
  }

  #store(verb: Write["verb"], resource: Resource, object: Stored, phase: Phase): ClusterObject {
    object.metadata.resourceVersion = String(++this.#version);
    this.#shelf(resource).objects.set(keyOf(object), object);
    this.#tell({ at: this.#clock.now(), verb, resource, phase, object });
    return overTheWire(object);
  }

  #end(verb: Write["verb"], resource: Resource, object: Stored): ClusterObject {
    object.metadata.resourceVersion = String(++this.#version);
    this.#shelf(resource).objects.delete(keyOf(object));
    const phase = "DELETED";
    this.#tell({ at: this.#clock.now(), verb, resource, phase, object });
    this.#collect(object.metadata.uid);
    return overTheWire(object);
  }

  /** The garbage collector, without its delay: what only the removed one owned goes too. */
  #collect(uid: string): void {
    for (const { resource, objects } of [...this.#shelves.values()])
      for (const object of [...objects.values()]) {
        const owners = object.metadata.ownerReferences ?? [];
        if (!owners.some((owner) => owner.uid === uid)) continue;
        const isOwned = owners.some((owner) => this.#exists(owner.uid));
        if (!isOwned) this.#remove("collect", resource, object);
      }
  }

  #exists(uid: string): boolean {
    for (const { objects } of this.#shelves.values())
      for (const object of objects.values()) if (object.metadata.uid === uid) return true;
    return false;
  }

  #tell(write: Write): void {
    this.history.push(write);
    this.watches.tell(write.resource, write.object, write.phase);
  }

  #timestamp(): string {
    return `${this.#clock.now().toISOString().slice(0, 19)}Z`;
  }
}

/** Kinds of an API group of their own are custom resources here, and those have a status subresource; core kinds have none. */
function hasStatus(resource: Resource): boolean {
  return resource.apiVersion.includes("/");
}

/** The words of errors.ts for a path that is not served. */
function notServed(resource: Resource): Problem {
  return {
    kind: "retryable",
    message: `The API server does not serve ${resource.plural}/status.`,
  };
}

function isSameVersion(live: Stored, object: ClusterObject): boolean {
  return live.metadata.uid === object.metadata.uid && live.metadata.resourceVersion === object.metadata.resourceVersion;
}

function isDifferentBeyondMetadata(live: Stored, next: Stored): boolean {
  return !isSameJson({ ...live, metadata: undefined }, { ...next, metadata: undefined });
}

function uidOf(made: number): string {
  return `00000000-0000-4000-8000-${String(made).padStart(12, "0")}`;
}

/** Another version of an object, whose metadata may be changed. */
function renewed(object: Stored): Stored {
  return { ...object, metadata: { ...object.metadata } };
}

/** No status at all is no field. */
function withStatus(object: Stored, status: unknown): Stored {
  if (status === undefined) delete object.status;
  else object.status = status;
  return object;
}
