// One kind's way from the watch to its reconcile: events go to the store, changes to the queue, keys to `reconcile`. Owns the
// proof of deletions and the live re-read after a lost race. It knows no kind: what a reconcile does is a function it is given.
import type { Clock } from "./clock";
import type { Cluster } from "./cluster";
import type { Log } from "./log";
import { isNewer, keyOf, splitKey, type ClusterObject, type Key, type Resource } from "./objects";
import { done, outcomeOf, type Outcome } from "./outcome";
import { WorkQueue } from "./queue";
import type { Phase, Store } from "./store";

/** What a controller is made of. */
export interface ControllerOptions<T extends ClusterObject> {
  /** For logs: "task-controller". */
  name: string;
  resource: Resource;
  store: Store<T>;
  cluster: Cluster;
  clock: Clock;
  log: Log;
  random: () => number;
  /**
   * One pass over one object: observe, decide, perform. Called whenever the object changed (own writes included), was woken,
   * or is gone (`store.get` then finds nothing). Never twice at once for a key. It must not wait for a model, a tool or a person.
   */
  reconcile: (key: Key) => Promise<Outcome>;
  concurrency?: number;
}

/** One kind's controller, as those see it who feed and wake it. */
export interface Controller<T extends ClusterObject> {
  /** What Pepr's watch callback calls, for all phases: stores, queues, returns. */
  notice(object: T, phase: Phase): void;
  /** Asks for a pass soon, or at a time (the earliest of several wishes counts). */
  wake(key: Key): void;
  wakeAt(key: Key, when: Date): void;
  /** Reads an object live before its next pass, unless it is known in at least `version` by then: it may be newer, or gone. */
  suspect(key: Key, version?: string): void;
  /** Lets passes begin; events that came before have been stored. */
  start(): void;
  /** Takes no more work; resolves when the passes under way have ended. */
  stop(): Promise<void>;
  /** Resolves when no pass is running or ready. */
  idle(): Promise<void>;
  readonly load: { ready: number; running: number; waiting: number };
}

/** Wires a store and a reconcile to a queue. Other controllers learn of this kind's changes through `store.subscribe`. */
export function createController<T extends ClusterObject>(options: ControllerOptions<T>): Controller<T> {
  const { name, resource, store, cluster, clock, log, random } = options;
  /** Keys whose known version is in doubt: a deletion was reported, or a write met something newer. */
  const doubted = new Map<Key, string | undefined>();
  const queue = new WorkQueue({
    name,
    clock,
    log,
    random,
    run: pass,
    ...(options.concurrency === undefined ? {} : { concurrency: options.concurrency }),
  });

  store.subscribe(function queueChanged({ key, object }) {
    if (object === undefined) queue.forget(key);
    queue.add(key);
  });

  async function pass(key: Key): Promise<Outcome> {
    if (doubted.has(key)) {
      const before = versionOf(key);
      const problem = await readLive(key);
      if (problem !== undefined) return problem;
      if (versionOf(key) !== before) return done; // The store's change has queued the key already.
    }
    const outcome = await options.reconcile(key);
    return outcome.kind === "Refresh" ? refresh(key) : outcome;
  }

  /** Settles a doubt. Only a live read may end an object: a relist can report the deletion of one that lives (measured). */
  async function readLive(key: Key): Promise<Outcome | undefined> {
    const version = doubted.get(key);
    doubted.delete(key);
    const known = store.get(key);
    if (known !== undefined && version !== undefined && !isNewer(version, known.metadata.resourceVersion))
      return undefined;
    const live = await cluster.get<T>(resource, splitKey(key));
    if (live.ok) {
      if (known !== undefined && known.metadata.uid !== live.value.metadata.uid) store.forget(key, known.metadata.uid);
      store.learn(live.value);
      return undefined;
    }
    if (live.problem.kind === "gone") {
      if (known !== undefined) store.forget(key, known.metadata.uid);
      return undefined;
    }
    doubted.set(key, version);
    return outcomeOf(live.problem);
  }

  /** If something newer is found, the store's change has queued the key already; if not, the next pass waits a little. */
  async function refresh(key: Key): Promise<Outcome> {
    const before = versionOf(key);
    const problem = await readLive(key);
    if (problem !== undefined) return problem;
    if (versionOf(key) !== before) return done;
    const because = "a write met a conflict, and nothing newer is there";
    return { kind: "Retry", because };
  }

  function versionOf(key: Key): string | undefined {
    return store.get(key)?.metadata.resourceVersion;
  }

  function suspect(key: Key, version?: string): void {
    // A doubt without a version is the stronger one: only a live read settles it.
    const isStronger = doubted.has(key) && doubted.get(key) === undefined;
    if (!isStronger) doubted.set(key, version);
    queue.add(key);
  }

  return {
    notice(object, phase) {
      try {
        if (store.accept(object, phase) !== "unverified") return;
        suspect(keyOf(object));
      } catch (error) {
        // An index or a listener threw: a bug, but Pepr's stream must go on.
        log.error({ controller: name, err: error }, "An event could not be taken in; this is a bug.");
      }
    },
    wake: (key) => queue.add(key),
    wakeAt: (key, when) => queue.addAt(key, when),
    suspect,
    start: () => queue.start(),
    stop: () => queue.drain(),
    idle: () => queue.idle(),
    get load() {
      return queue.load;
    },
  };
}
