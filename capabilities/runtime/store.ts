// What this process knows of one kind: the newest version of every object that the watch, our own writes or a live read
// have shown. Owns freshness: stale, duplicate and late events change nothing. It never talks to the cluster, and never
// believes a deletion by itself: a relist can report one that did not happen.
import type { Clock } from "./clock";
import { Indexes } from "./indexes";
import { isNewer, keyOf, type ClusterObject, type Key } from "./objects";

/** What the watch says happened. "ADDED" comes again for every object after a restart. */
export type Phase = "ADDED" | "MODIFIED" | "DELETED";

/**
 * What an event meant. `changed`: the store holds something newer now. `stale`: nothing new. `unverified`: a deletion that
 * a live read has to confirm; the store is unchanged.
 */
export type Verdict = "changed" | "stale" | "unverified";

/** Told to subscribers after the store has changed. `object` is absent when it is gone, `previous` when it is new. */
export interface Change<T> {
  key: Key;
  uid: string;
  object?: T;
  previous?: T;
}

/** What a store is made of. */
export interface StoreOptions<T> {
  clock: Clock;
  /** May shorten an object in place before it is kept. It is shared with Pepr's cache, so both become smaller. */
  slim?: (object: T) => void;
}

/** An own write that the watch has not shown yet. */
export interface Undelivered {
  key: Key;
  uid: string;
  resourceVersion: string;
  since: Date;
}

/** How many ended uids are remembered, to recognise their late events. */
const REMEMBERED_ENDINGS = 20_000;

/** All objects of one kind, as far as this process knows them. */
export class Store<T extends ClusterObject> {
  readonly #objects = new Map<Key, T>();
  readonly #indexes = new Indexes<T>();
  readonly #subscribers = new Set<(change: Change<T>) => void>();
  /** uid → own newest write. Insertion order is the order of `since`, so the oldest is the first. */
  readonly #undelivered = new Map<string, Undelivered>();
  /** uids that are gone for certain, oldest first. */
  readonly #ended = new Set<string>();
  readonly #clock: Clock;
  readonly #slim: (object: T) => void;
  #heardVersion = "0";

  constructor(options: StoreOptions<T>) {
    this.#clock = options.clock;
    this.#slim = options.slim ?? (() => undefined);
  }

  /** Takes one event of the watch. The object is kept as it is, not copied. */
  accept(object: T, phase: Phase): Verdict {
    this.#hear(object);
    const known = this.#objects.get(keyOf(object));
    if (phase === "DELETED") return isSameUid(known, object) ? "unverified" : "stale";
    if (this.learn(object) === "changed") return "changed";
    // The same version replaces our own copy, so that one object is in memory, not two.
    if (isSameVersion(known, object)) this.#objects.set(keyOf(object), this.#trim(object));
    return "stale";
  }

  /** Takes the answer to an own write: it is seen at once, and the watch is expected to show it too. */
  wrote(object: T): void {
    const { uid, resourceVersion } = object.metadata;
    if (this.learn(object) === "stale") return;
    const since = this.#undelivered.get(uid)?.since ?? this.#clock.now();
    const key = keyOf(object);
    this.#undelivered.set(uid, { key, uid, resourceVersion, since });
  }

  /** Takes the answer to a live read. */
  learn(object: T): Verdict {
    const { uid, resourceVersion } = object.metadata;
    if (this.#ended.has(uid)) return "stale";
    const key = keyOf(object);
    const known = this.#objects.get(key)?.metadata;
    if (known !== undefined) {
      if (!isNewer(resourceVersion, known.resourceVersion)) return "stale";
      if (known.uid !== uid) this.forget(key, known.uid); // The name was taken again: the former one is gone.
    }
    const previous = this.#objects.get(key);
    this.#objects.set(key, this.#trim(object));
    this.#indexes.file(key, object);
    const change: Change<T> = { key, uid, object };
    this.#tell(previous === undefined ? change : { ...change, previous });
    return "changed";
  }

  get(key: Key): T | undefined {
    return this.#objects.get(key);
  }

  /** All objects, in the order in which they were first seen. A copy. */
  values(): T[] {
    return [...this.#objects.values()];
  }

  get size(): number {
    return this.#objects.size;
  }

  /** Files every object, now and from now on, under each string that `of` returns for it. */
  index(name: string, of: (object: T) => string[]): void {
    this.#indexes.add(name, of, this.#objects);
  }

  /** The objects filed under `value`, sorted by key. A copy. Throws if there is no such index (a bug). */
  byIndex(name: string, value: string): T[] {
    const keys = this.#indexes.keys(name, value);
    return keys.flatMap((key) => this.#objects.get(key) ?? []);
  }

  /** Drops an object whose end is certain; later events of that uid are stale for ever. Says whether it was known. */
  forget(key: Key, uid: string): boolean {
    this.#end(uid);
    const known = this.#objects.get(key);
    if (known?.metadata.uid !== uid) return false;
    this.#objects.delete(key);
    this.#indexes.remove(key);
    this.#tell({ key, uid, previous: known });
    return true;
  }

  /** Calls `listener` after every change, own writes included; it must not throw. Returns the way out. */
  subscribe(listener: (change: Change<T>) => void): () => void {
    this.#subscribers.add(listener);
    return () => void this.#subscribers.delete(listener);
  }

  /** The own write that has waited longest for the watch to show it. */
  oldestUndelivered(): Undelivered | undefined {
    return this.#undelivered.values().next().value;
  }

  /** The newest version that the watch itself has delivered; "0" before the first. */
  get heardVersion(): string {
    return this.#heardVersion;
  }

  #hear(object: T): void {
    const { uid, resourceVersion } = object.metadata;
    if (isNewer(resourceVersion, this.#heardVersion)) this.#heardVersion = resourceVersion;
    const write = this.#undelivered.get(uid);
    if (write === undefined) return;
    this.#undelivered.delete(uid);
    // An event older than the write proves that the watch lives: the write gets its full time again.
    if (isNewer(write.resourceVersion, resourceVersion))
      this.#undelivered.set(uid, { ...write, since: this.#clock.now() });
  }

  /** Nobody here reads managedFields, and they can be half of an object. Set, not deleted: that keeps V8's object shape. */
  #trim(object: T): T {
    object.metadata.managedFields = undefined;
    this.#slim(object);
    return object;
  }

  #end(uid: string): void {
    this.#undelivered.delete(uid);
    this.#ended.add(uid);
    if (this.#ended.size <= REMEMBERED_ENDINGS) return;
    for (const oldest of this.#ended) {
      this.#ended.delete(oldest);
      return;
    }
  }

  #tell(change: Change<T>): void {
    for (const listener of this.#subscribers) listener(change);
  }
}

function isSameUid(known: ClusterObject | undefined, object: ClusterObject): boolean {
  return known?.metadata.uid === object.metadata.uid;
}

function isSameVersion(known: ClusterObject | undefined, object: ClusterObject): boolean {
  return isSameUid(known, object) && known?.metadata.resourceVersion === object.metadata.resourceVersion;
}
