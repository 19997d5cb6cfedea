// One look at the lease: renew it, take it where that is allowed, or see whose it is. Owns what was last written, how long another's
// lease was watched, and the rules of taking over. Decides nothing about this process; every write is a compare-and-set.
import type { Clock } from "./clock";
import type { CallLimit, Cluster } from "./cluster";
import type { Problem, Result } from "./errors";
import * as stored from "./lease-object";
import { LEASE, LEASES, type Claim, type StoredLease } from "./lease-object";
import { isSurelyDead, type Here } from "./same-host";

/** For so long a holder that is not heard of counts as alive: what others wait after a crash on another machine. */
export const LEASE_MS = 15_000;
/** Two renewals may fail before that; more often would only be more writes. */
export const RENEW_MS = 5_000;
/** Short enough for a second try while the holder still acts without asking. */
const LIMIT: CallLimit = { timeoutMs: 4_000 };

/** What a look has shown. */
export type Standing =
  | { kind: "Ours" }
  /** Of another process, or of one that has given it back by now: `holder` is undefined then. */
  | { kind: "Theirs"; holder: string | undefined }
  /** `because` is undefined when somebody else was quicker just now: the next look shows who. */
  | { kind: "Unknown"; because: string | undefined };

/** What the calls are made of. `monotonicMs` counts from any moment and cannot be set. */
export interface LeaseCallsOptions {
  cluster: Pick<Cluster, "get" | "create" | "mergePatch">;
  clock: Clock;
  monotonicMs: () => number;
  here: Here;
}

/** The calls of one process. Never two at once. */
export class LeaseCalls {
  readonly #options: LeaseCallsOptions;
  /** The lease as this process wrote it last. */
  #mine: StoredLease | undefined;
  /** The version of another's lease, since when it has been that, and when it was last looked at. */
  #watched = { version: "", sinceMs: 0, lookedMs: -Infinity };

  constructor(options: LeaseCallsOptions) {
    this.#options = options;
  }

  /** Renews the lease or looks whose it is. Never rejects. */
  async check(): Promise<Standing> {
    return (await this.#renew()) ?? this.#look();
  }

  /** Lets the next process begin at once, if that is still ours to say. */
  async giveBack(limit: CallLimit): Promise<void> {
    if (this.#mine === undefined) return;
    const patch = stored.release(this.#mine.metadata.resourceVersion, this.#options.clock.now());
    await this.#options.cluster.mergePatch(LEASES, LEASE, patch, limit);
  }

  /** Undefined when there is nothing to renew, or something else is there than what was written last. */
  async #renew(): Promise<Standing | undefined> {
    if (this.#mine === undefined) return undefined;
    const { cluster, clock } = this.#options;
    const patch = stored.renewal(this.#mine.metadata.resourceVersion, clock.now());
    const renewed = await cluster.mergePatch<StoredLease>(LEASES, LEASE, patch, LIMIT);
    const isOther = !renewed.ok && (renewed.problem.kind === "conflict" || renewed.problem.kind === "gone");
    return isOther ? undefined : this.#standingOf(renewed);
  }

  async #look(): Promise<Standing> {
    const { cluster } = this.#options;
    const found = await cluster.get<StoredLease>(LEASES, LEASE, LIMIT);
    if (!found.ok && found.problem.kind === "gone") return this.#make();
    if (!found.ok) return unknown(found.problem);
    if (!this.#mayTake(found.value)) return { kind: "Theirs", holder: stored.holderOf(found.value)?.holder };
    const patch = stored.claimOn(found.value, this.#claim());
    return this.#standingOf(await cluster.mergePatch<StoredLease>(LEASES, LEASE, patch, LIMIT));
  }

  async #make(): Promise<Standing> {
    const made = await this.#options.cluster.create<StoredLease>(LEASES, stored.newLease(this.#claim()), LIMIT);
    const hasNoPlace = !made.ok && made.problem.kind === "gone";
    if (hasNoPlace) return { kind: "Unknown", because: `The namespace ${LEASE.namespace} does not exist.` };
    return this.#standingOf(made);
  }

  #mayTake(lease: StoredLease): boolean {
    const { here } = this.#options;
    const other = stored.holderOf(lease);
    if (other?.holder === here.holder) return true;
    // Who has held it goes on only if nobody else has held it since.
    if (this.#mine !== undefined) return !other && stored.transitionsOf(lease) === stored.transitionsOf(this.#mine);
    return !other || isSurelyDead(other, here) || this.#hasRunOut(lease);
  }

  /**
   * Only time in which this process was looking counts: while the API server or the whole machine stood still, the holder could
   * not renew either, and gets its time anew.
   */
  #hasRunOut(lease: StoredLease): boolean {
    const nowMs = this.#options.monotonicMs();
    const version = lease.metadata.resourceVersion;
    const isSame = version === this.#watched.version && nowMs - this.#watched.lookedMs <= RENEW_MS;
    const sinceMs = isSame ? this.#watched.sinceMs : nowMs;
    this.#watched = { version, sinceMs, lookedMs: nowMs };
    return nowMs - sinceMs >= stored.durationOf(lease, LEASE_MS);
  }

  #claim(): Claim {
    const { here, clock } = this.#options;
    return { holder: here.holder, place: here.place, now: clock.now(), durationMs: LEASE_MS };
  }

  #standingOf(written: Result<StoredLease>): Standing {
    if (!written.ok) return unknown(written.problem);
    this.#mine = written.value;
    return { kind: "Ours" };
  }
}

function unknown(problem: Problem): Standing {
  return { kind: "Unknown", because: "message" in problem ? problem.message : undefined };
}
