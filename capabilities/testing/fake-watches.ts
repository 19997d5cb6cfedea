// The watches of the fake cluster, with the troubles that real ones have: they lag, so that kinds overtake each other; they
// repeat themselves; they go deaf; they report deletions that did not happen; and, where asked for, one object's events change
// places. All of it follows from one seeded source of chance.
import { after, type Clock } from "../runtime/clock";
import type { ClusterObject, Resource } from "../runtime/objects";
import type { Phase } from "../runtime/store";
import type { MetadataChange, MetadataWatch } from "../runtime/watch-metadata";
import { overTheWire } from "./over-the-wire";

/** Probabilities from 0 to 1; times in milliseconds. */
export interface WatchTroubles {
  /** The longest an event takes to arrive. Within one stream the order stays, so only kinds overtake each other. */
  lagMs: number;
  /** How often an event comes twice. */
  repeated: number;
  /** How often an event leaves its place in the stream, so that an object's older event may come after a newer one. */
  displaced: number;
}

export type WatchListener = (object: ClusterObject, phase: Phase) => void;

export interface FakeWatchesOptions {
  clock: Clock;
  random: () => number;
  troubles: Partial<WatchTroubles>;
  list: (resource: Resource) => ClusterObject[];
}

interface Subscription {
  resource: Resource;
  listener: WatchListener;
  /** No later event of an orderly stream arrives before this. */
  busyUntil: number;
}

export class FakeWatches {
  troubles: WatchTroubles;
  readonly #options: FakeWatchesOptions;
  readonly #subscriptions = new Set<Subscription>();
  readonly #deaf = new Set<string>();

  constructor(options: FakeWatchesOptions) {
    this.#options = options;
    const none = { lagMs: 0, repeated: 0, displaced: 0 };
    this.troubles = { ...none, ...options.troubles };
  }

  /** Delivers every object of a kind as "ADDED", then every change. Each delivery is a copy. Returns the way out. */
  watch(resource: Resource, listener: WatchListener): () => void {
    const subscription = { resource, listener, busyUntil: 0 };
    this.#subscriptions.add(subscription);
    for (const object of this.#options.list(resource)) this.#send(subscription, object, "ADDED");
    return () => void this.#subscriptions.delete(subscription);
  }

  /** The same for metadata alone. It is live as long as the kind's watches are not deaf. */
  watchMetadata(resource: Resource, onChange: (change: MetadataChange) => void): MetadataWatch {
    const stop = this.watch(resource, ({ metadata }, phase) =>
      onChange({ meta: metadata, deleted: phase === "DELETED" }),
    );
    const isLive = (): boolean => !this.#deaf.has(resource.plural);
    return { stop, isLive, synced: Promise.resolve() };
  }

  /** From now on nothing of this kind is delivered, and nobody is told so. */
  deafen(resource: Resource): void {
    this.#deaf.add(resource.plural);
  }

  /** Later changes are delivered again. What was missed stays missed. */
  heal(resource: Resource): void {
    this.#deaf.delete(resource.plural);
  }

  /** Reports something that may not have happened, as a racy relist does. */
  pretend(resource: Resource, object: ClusterObject, phase: Phase): void {
    this.tell(resource, overTheWire(object), phase);
  }

  /** Delivers a change to whoever watches that kind. The object may not change until it has been delivered. */
  tell(resource: Resource, object: ClusterObject, phase: Phase): void {
    if (this.#deaf.has(resource.plural)) return;
    for (const subscription of this.#subscriptions) {
      if (!isSameKind(subscription.resource, resource)) continue;
      this.#send(subscription, object, phase);
      if (this.#happens(this.troubles.repeated)) this.#send(subscription, object, phase);
    }
  }

  #send(subscription: Subscription, object: ClusterObject, phase: Phase): void {
    const { clock, random } = this.#options;
    const arrives = after(clock, random() * this.troubles.lagMs).getTime();
    const isDisplaced = this.#happens(this.troubles.displaced);
    const due = isDisplaced ? arrives : Math.max(arrives, subscription.busyUntil);
    if (!isDisplaced) subscription.busyUntil = due;
    clock.at(new Date(due), () => {
      if (this.#subscriptions.has(subscription)) subscription.listener(overTheWire(object), phase);
    });
  }

  #happens(probability: number): boolean {
    return probability > 0 && this.#options.random() < probability;
  }
}

function isSameKind(a: Resource, b: Resource): boolean {
  return a.apiVersion === b.apiVersion && a.plural === b.plural;
}
