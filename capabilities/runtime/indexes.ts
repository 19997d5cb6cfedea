// Finding objects by what they say: "all ToolCalls of this Task" without looking at every ToolCall. Owns which key is filed
// under which values; the objects themselves are the store's.
import type { Key } from "./objects";

interface Index<T> {
  of: (object: T) => string[];
  keysByValue: Map<string, Set<Key>>;
  /** Where each key is filed, so that taking it out needs no look at the object, which may have changed in place. */
  valuesByKey: Map<Key, string[]>;
}

/** A store's indexes, by name. */
export class Indexes<T> {
  readonly #indexes = new Map<string, Index<T>>();

  /** Adds an index over `objects` and all that are filed from now on. */
  add(name: string, of: (object: T) => string[], objects: Iterable<[Key, T]>): void {
    const index = { of, keysByValue: new Map(), valuesByKey: new Map() };
    this.#indexes.set(name, index);
    for (const [key, object] of objects) fileIn(index, key, object);
  }

  /** Files an object anew under what it says now. */
  file(key: Key, object: T): void {
    for (const index of this.#indexes.values()) {
      takeOut(index, key);
      fileIn(index, key, object);
    }
  }

  /** Takes a key out of all indexes. */
  remove(key: Key): void {
    for (const index of this.#indexes.values()) takeOut(index, key);
  }

  /** The keys filed under a value, sorted. Throws if there is no such index (a bug). */
  keys(name: string, value: string): Key[] {
    const index = this.#indexes.get(name);
    if (index === undefined) throw new Error(`The store has no index "${name}".`);
    return [...(index.keysByValue.get(value) ?? [])].sort();
  }
}

function fileIn<T>(index: Index<T>, key: Key, object: T): void {
  const values = index.of(object);
  if (values.length === 0) return;
  index.valuesByKey.set(key, values);
  for (const value of values) {
    const keys = index.keysByValue.get(value);
    if (keys === undefined) index.keysByValue.set(value, new Set([key]));
    else keys.add(key);
  }
}

function takeOut<T>(index: Index<T>, key: Key): void {
  for (const value of index.valuesByKey.get(key) ?? []) {
    const keys = index.keysByValue.get(value);
    keys?.delete(key);
    if (keys?.size === 0) index.keysByValue.delete(value);
  }
  index.valuesByKey.delete(key);
}
