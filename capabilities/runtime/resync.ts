// The health check of one kind's watch: a watch can go deaf without a word (measured with Pepr 1.1.4), and then nothing would
// happen ever again. Owns the suspicion and the comparison with the cluster; whatever it finds, the controller reads live. While
// all is well it asks for one count every 30 s and for the list of versions every 10 min, and for nothing else.
import { catchUp } from "./catch-up";
import { after, pause, type Clock } from "./clock";
import type { Cluster } from "./cluster";
import { compareWithCluster, countInCluster, type Doubt } from "./compare";
import type { Controller } from "./controller";
import type { Log } from "./log";
import { isNewer, type ClusterObject, type Resource } from "./objects";
import type { Store } from "./store";

/** How often is looked, in milliseconds. */
export interface ResyncIntervals {
  /** Between two looks of a suspicious check, and the patience with an object the watch may still bring. */
  beatMs: number;
  /** Between two counts. */
  countMs: number;
  /** How long an own write may take to come back through the watch. */
  unseenMs: number;
  /** Between two comparisons of everything. */
  fullMs: number;
}

/** What is watched over, and whom to tell. */
export interface ResyncOptions<T extends ClusterObject> {
  resource: Resource;
  store: Store<T>;
  controller: Pick<Controller<T>, "suspect">;
  cluster: Cluster;
  clock: Clock;
  log: Log;
  intervals?: Partial<ResyncIntervals>;
}

/** The health of one kind's watch. */
export interface Resync {
  start(): void;
  stop(): void;
  /** Resolves when the API server serves this kind. */
  reachable(): Promise<void>;
  /** Resolves when the store has once held as many objects as the cluster, or the difference has been handed to the controller. */
  synced(): Promise<void>;
}

const DEFAULTS: ResyncIntervals = {
  beatMs: 5_000,
  countMs: 30_000,
  unseenMs: 15_000,
  fullMs: 600_000,
};

/** Between two questions whether the API server is there yet. */
const KNOCK_MS = 500;
/** After a comparison that found nothing, a differing count is only traffic; it is not followed up for this long. */
const TRUST_MS = 120_000;
/** So many comparisons in a row that find nothing make a suspicious check slow down to the pace of the counts. */
const CALMING_LOOKS = 12;

/** Why the watch is suspected, and what it had delivered when that began. */
interface Suspicion {
  heardVersion: string;
  cleanLooks: number;
  nextLookAt: number;
}

/** Makes one. It asks nothing before `start`. */
export function createResync<T extends ClusterObject>(options: ResyncOptions<T>): Resync {
  return new WatchHealth(options);
}

class WatchHealth<T extends ClusterObject> implements Resync {
  readonly #options: ResyncOptions<T>;
  readonly #intervals: ResyncIntervals;
  #isRunning = false;
  #cancelBeat: () => void = () => undefined;
  #suspicion: Suspicion | undefined;
  /** What the watch had delivered when a count differed for the first time in a row. */
  #differedAt: string | undefined;
  #nextCountAt = 0;
  #nextFullAt = 0;
  #trustedUntil = 0;
  #synced: Promise<void> | undefined;

  constructor(options: ResyncOptions<T>) {
    this.#options = options;
    this.#intervals = { ...DEFAULTS, ...options.intervals };
  }

  start(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#nextCountAt = this.#now() + this.#intervals.countMs;
    this.#nextFullAt = this.#now() + this.#intervals.fullMs;
    void this.synced().then(() => this.#planBeat());
  }

  stop(): void {
    this.#isRunning = false;
    this.#cancelBeat();
  }

  async reachable(): Promise<void> {
    const { cluster, resource, clock, log } = this.#options;
    for (let tries = 1; ; tries++) {
      const page = await cluster.listMetadata(resource, { limit: 1 });
      if (page.ok) return;
      const { problem } = page;
      if (tries === 1)
        log.warn({ kind: resource.kind, problem }, "The API server does not serve this kind yet; waiting for it.");
      await pause(clock, KNOCK_MS);
    }
  }

  synced(): Promise<void> {
    this.#synced ??= this.#catchUp();
    return this.#synced;
  }

  async #catchUp(): Promise<void> {
    const { store, clock, log, resource } = this.#options;
    if (await catchUp(store, clock, () => this.#count())) return;
    log.warn({ kind: resource.kind }, "The watch has not brought everything in time; the rest is read directly.");
    await this.#look(false);
  }

  #planBeat(): void {
    if (!this.#isRunning) return;
    const { clock } = this.#options;
    this.#cancelBeat = clock.at(after(clock, this.#intervals.beatMs), () => {
      void this.#beat().then(() => this.#planBeat());
    });
  }

  async #beat(): Promise<void> {
    this.#weighSuspicion();
    if (this.#suspicion !== undefined) return this.#lookSuspiciously();
    if (this.#now() >= this.#nextFullAt) return void (await this.#look(true));
    if (this.#differedAt !== undefined || this.#now() >= this.#nextCountAt) await this.#compareCounts();
  }

  /**
   * A count that differs twice in a row leads to a comparison, unless it is only traffic: the watch goes on delivering, and
   * all was well a moment ago. No answer is no difference: the next count will tell.
   */
  async #compareCounts(): Promise<void> {
    const { store } = this.#options;
    this.#nextCountAt = this.#now() + this.#intervals.countMs;
    const count = await this.#count();
    const differedAt = this.#differedAt;
    this.#differedAt = undefined;
    if (count === undefined || count === store.size) return;
    if (differedAt === undefined) this.#differedAt = store.heardVersion;
    else if (differedAt === store.heardVersion || this.#now() >= this.#trustedUntil) await this.#look(true);
  }

  /** A watch that has delivered anything newer since is heard again; an own write that stays unseen makes it suspicious. */
  #weighSuspicion(): void {
    const { store, log, resource } = this.#options;
    const { heardVersion } = store;
    const since = store.oldestUndelivered()?.since.getTime() ?? Infinity;
    const isUnseen = this.#now() - since >= this.#intervals.unseenMs;
    if (this.#suspicion === undefined) {
      if (isUnseen) this.#suspect("an own write has not come back");
    } else if (!isUnseen && isNewer(heardVersion, this.#suspicion.heardVersion)) {
      this.#suspicion = undefined;
      log.info({ kind: resource.kind }, "The watch is heard again.");
    }
  }

  #suspect(because: string): void {
    const { store, log, resource } = this.#options;
    this.#suspicion ??= {
      heardVersion: store.heardVersion,
      cleanLooks: 0,
      nextLookAt: 0,
    };
    log.warn({ kind: resource.kind, because }, "The watch may be deaf; comparing with the cluster.");
  }

  async #lookSuspiciously(): Promise<void> {
    const suspicion = this.#suspicion;
    if (suspicion === undefined || this.#now() < suspicion.nextLookAt) return;
    const found = await this.#look(false);
    suspicion.cleanLooks = found === 0 ? suspicion.cleanLooks + 1 : 0;
    const isCalm = suspicion.cleanLooks >= CALMING_LOOKS;
    if (isCalm) suspicion.nextLookAt = this.#now() + this.#intervals.countMs;
  }

  #count(): Promise<number | undefined> {
    return countInCluster(this.#options.cluster, this.#options.resource);
  }

  /**
   * Compares everything. With patience, what differs gets one beat to arrive by the watch. What still differs is handed to
   * the controller, and the watch is suspected. Returns how much that was, or undefined when the cluster did not answer.
   */
  async #look(patiently: boolean): Promise<number | undefined> {
    const { cluster, resource, store, clock, controller } = this.#options;
    const doubts = await compareWithCluster(cluster, resource, store);
    if (doubts === undefined) return undefined;
    this.#nextFullAt = this.#now() + this.#intervals.fullMs;
    if (patiently && doubts.length > 0) await pause(clock, this.#intervals.beatMs);
    const confirmed = doubts.filter((doubt) => isStill(doubt, store));
    for (const { key, version } of confirmed) controller.suspect(key, version);
    if (confirmed.length > 0) this.#suspect(`${confirmed.length} objects differ`);
    else this.#trustedUntil = this.#now() + TRUST_MS;
    return confirmed.length;
  }

  #now(): number {
    return this.#options.clock.now().getTime();
  }
}

function isStill<T extends ClusterObject>(doubt: Doubt, store: Store<T>): boolean {
  const known = store.get(doubt.key)?.metadata;
  if (doubt.version === undefined) return known?.uid === doubt.uid;
  return known === undefined || isNewer(doubt.version, known.resourceVersion);
}
