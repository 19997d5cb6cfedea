// What this process knows of one kind: the newest version of every object that the watch, our own writes or a live read
// have shown. Owns freshness (stale, duplicate and late events change nothing) and the indexes. It never talks to the
// cluster, and never believes a deletion by itself: a relist can report one that did not happen.
import type { Clock } from "./clock";
import { isNewer, keyOf, type ClusterObject, type Key } from "./objects";

/** What the watch says happened. "ADDED" comes again for every object after a restart. */
export type Phase = "ADDED" | "MODIFIED" | "DELETED";

/**
 * What an event meant. `changed`: the store holds something newer now. `stale`: nothing new. `unverified`: a deletion that
 * a live read has to confirm; the store is unchanged.
 */
export type Verdict = "changed" | "stale" | "unverified";

/** Told to subscribers after the store has changed. `object` is absent when it is gone; `previous` when it is new. */
export interface Change<T> {
  key: Key;
  uid: string;
  object?: T;
  previous?: T;
}

/** `slim` may shorten an object in place before it is kept (it is shared with Pepr's cache, so both become smaller). */
export interface StoreOptions<T> {
  clock: Clock;
  slim?: (object: T) => void;
}

/** An own write that the watch has not shown yet. */
export interface Undelivered {
  key: Key;
  uid: string;
  resourceVersion: string;
  since: Date;
}

interface Entry<T> {
  object: T;
  /** The values under which each index lists this object, so that leaving them needs no look at the object. */
  filed: Map<string, string[]>;
}

interface Index<T> {
  of: (object: T) => string[];
  keys: Map<string, Set<Key>>;
}

/** How many ended uids are remembered to recognise their late events. */
const REMEMBERED_ENDINGS = 20_000;

export class Store<T extends ClusterObject> {
  readonly #entries = new Map<Key, Entry<T>>();
  readonly #indexes = new Map<string, Index<T>>();
  readonly #subscribers = new Set<(change: Change<T>) => void>();
  /** uid → own newest write; insertion order is the order of `since`, so the oldest is the first. */
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

  /** Takes one event of the watch. */
  accept(object: T, phase: Phase): Verdict {
    this.#hear(object);
    if (phase === "DELETED") return this.#isCurrent(object) ? "unverified" : "stale";
    return this.#keep(object, "watch");
  }

  /** Takes the answer to an own write: it is seen at once, and the watch is expected to show it too. */
  wrote(object: T): void {
    const { uid, resourceVersion } = object.metadata;
    if (this.#keep(object, "own") === "stale") return;
    const since = this.#undelivered.get(uid)?.since ?? this.#clock.now();
    this.#undelivered.set(uid, { key: keyOf(object), uid, resourceVersion, since });
  }

  /** Takes the answer to a live read. */
  learn(object: T): Verdict {
    return this.#keep(object, "own");
  }

  get(key: Key): T | undefined {
    return this.#entries.get(key)?.object;
  }

  /** All objects, in the order they were first seen. A copy. */
  values(): T[] {
    return Array.from(this.#entries.values(), (entry) => entry.object);
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Files every object, now and from now on, under each string that `of` returns for it. */
  index(name: string, of: (object: T) => string[]): void {
    this.#indexes.set(name, { of, keys: new Map() });
    for (const [key, entry] of this.#entries) this.#file(key, entry, name);
  }

  /** The objects filed under `value`, sorted by key. A copy. Throws if there is no such index (a bug). */
  byIndex(name: string, value: string): T[] {
    const index = this.#indexes.get(name);
    if (index === undefined) throw new Error(`The store has no index "${name}".`);
    const keys = [...(index.keys.get(value) ?? [])].sort();
    return keys.flatMap((key) => this.get(key) ?? []);
  }

  /** Drops an object whose end is certain; later events of that uid are stale for ever. Says whether it was there. */
  forget(key: Key, uid: string): boolean {
    this.#end(uid);
    const entry = this.#entries.get(key);
    if (entry?.object.metadata.uid !== uid) return false;
    this.#unfile(key, entry);
    this.#entries.delete(key);
    this.#tell({ key, uid, previous: entry.object });
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

  /** The newest version that the watch itself has delivered, "0" before the first. */
  get heardVersion(): string {
    return this.#heardVersion;
  }

  #hear(object: T): void {
    const { uid, resourceVersion } = object.metadata;
    if (isNewer(resourceVersion, this.#heardVersion)) this.#heardVersion = resourceVersion;
    const write = this.#undelivered.get(uid);
    if (write === undefined) return;
    this.#undelivered.delete(uid);
    // An older event than the write proves that the watch lives: the write gets its full time again.
    if (isNewer(write.resourceVersion, resourceVersion))
      this.#undelivered.set(uid, { ...write, since: this.#clock.now() });
  }

  #isCurrent(object: T): boolean {
    return this.#entries.get(keyOf(object))?.object.metadata.uid === object.metadata.uid;
  }

  #keep(object: T, source: "watch" | "own"): Verdict {
    const { uid, resourceVersion } = object.metadata;
    if (this.#ended.has(uid)) return "stale";
    const key = keyOf(object);
    const entry = this.#entries.get(key);
    const known = entry?.object.metadata;
    if (known !== undefined && !isNewer(resourceVersion, known.resourceVersion)) {
      // The same version from the watch replaces our copy, so that one object is in memory, not two.
      if (source === "watch" && known.uid === uid && known.resourceVersion === resourceVersion)
        entry.object = this.#trim(object);
      return "stale";
    }
    if (known !== undefined && known.uid !== uid) this.#end(known.uid); // The name was taken again: the old one is gone.
    this.#put(key, this.#trim(object), entry);
    return "changed";
  }

  #put(key: Key, object: T, former: Entry<T> | undefined): void {
    if (former !== undefined) this.#unfile(key, former);
    const entry: Entry<T> = { object, filed: new Map() };
    this.#entries.set(key, entry);
    for (const name of this.#indexes.keys()) this.#file(key, entry, name);
    const change: Change<T> = { key, uid: object.metadata.uid, object };
    this.#tell(former === undefined ? change : { ...change, previous: former.object });
  }

  /** Nobody here reads managedFields, and they are often half of an object. Set, not deleted: that keeps V8's object shape. */
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

  #file(key: Key, entry: Entry<T>, name: string): void {
    const index = this.#indexes.get(name);
    if (index === undefined) return;
    const values = index.of(entry.object);
    entry.filed.set(name, values);
    for (const value of values) {
      const keys = index.keys.get(value);
      if (keys === undefined) index.keys.set(value, new Set([key]));
      else keys.add(key);
    }
  }

  #unfile(key: Key, entry: Entry<T>): void {
    for (const [name, values] of entry.filed) {
      const keys = this.#indexes.get(name)?.keys;
      for (const value of values) {
        const filed = keys?.get(value);
        filed?.delete(key);
        if (filed?.size === 0) keys?.delete(value);
      }
    }
  }

  #tell(change: Change<T>): void {
    for (const listener of this.#subscribers) listener(change);
  }
}
