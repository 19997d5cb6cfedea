// Operators that contend for the lease of one fake cluster: each can be stopped and continued, cut off, and has its own log.
import { FakeClock } from "../testing/fake-clock";
import { FakeCluster } from "../testing/fake-cluster";
import type { Clock } from "./clock";
import type { Cluster } from "./cluster";
import { failed, type Problem, type Result } from "./errors";
import { createLease, type Lease } from "./lease";
import { LEASE, LEASES, type StoredLease } from "./lease-object";
import { silentLog } from "./log";

const PLACE = "boot ipc:[4026531839] pid:[1]";

/** Where a contender runs: same host, same process ids. */
export interface Place {
  host: string;
  pid: number;
}

export class Scene {
  readonly clock = new FakeClock();
  readonly cluster = new FakeCluster({ clock: this.clock });
  /** The processes that run, on whatever host. */
  readonly running = new Set<number>();

  /** A process that has not asked for the lease yet. */
  process(place: Place): Contender {
    return new Contender(this, place);
  }

  /** A process that holds the lease. */
  async acting(place: Place): Promise<Contender> {
    const contender = this.process(place);
    await contender.take();
    if (!contender.acts) throw new Error("somebody else has the lease");
    return contender;
  }

  /** What is stored. */
  get stored(): StoredLease | undefined {
    return this.cluster.read<StoredLease>(LEASES, LEASE);
  }

  /** Everybody's writes to the lease so far. */
  get writes(): number {
    return this.cluster.history.length;
  }

  /** What somebody does to the lease with kubectl. */
  async edit(patch: object): Promise<void> {
    await this.cluster.mergePatch(LEASES, LEASE, patch);
  }

  async delete(): Promise<void> {
    if (this.stored) await this.cluster.remove(LEASES, this.stored.metadata);
  }
}

export class Contender {
  readonly lease: Lease;
  readonly holder: string;
  readonly warnings: string[] = [];
  readonly errors: string[] = [];
  /** What it hears instead of the API server's answers. */
  trouble: Problem | undefined;
  /** How far somebody has set its wall clock forward. */
  aheadMs = 0;
  acts = false;
  endings = 0;
  readonly #scene: Scene;
  readonly #pid: number;
  #isStopped = false;
  #held: (() => void)[] = [];

  constructor(scene: Scene, { host, pid }: Place) {
    this.#scene = scene;
    this.#pid = pid;
    this.holder = `${host}/${pid}-${pid}abc`;
    scene.running.add(pid);
    this.lease = createLease({
      cluster: this.#line(),
      clock: this.#clock(),
      monotonicMs: () => scene.clock.now().getTime(),
      log: {
        ...silentLog,
        warn: (_fields, message) => void this.warnings.push(message),
        error: (_fields, message) => void this.errors.push(message),
      },
      here: { holder: this.holder, place: PLACE, pid, isRunning: (other) => scene.running.has(other) },
      onLost: () => {
        this.endings++;
        this.acts = false;
      },
    });
  }

  /** Asks for the lease; returns when there is nothing to do but wait. */
  async take(): Promise<void> {
    void this.lease.take().then(() => void (this.acts = true));
    await this.#scene.clock.settle();
  }

  /** SIGKILL. */
  async kill(): Promise<void> {
    this.#scene.running.delete(this.#pid);
    this.stop();
  }

  /** SIGSTOP. */
  stop(): void {
    this.#isStopped = true;
  }

  /** SIGCONT: all that was due meanwhile comes at once. */
  async continue(): Promise<void> {
    this.#isStopped = false;
    const held = this.#held;
    this.#held = [];
    for (const run of held) run();
    await this.#scene.clock.settle();
  }

  #clock(): Clock {
    const { clock } = this.#scene;
    return {
      now: () => new Date(clock.now().getTime() + this.aheadMs),
      at: (when, run) => {
        const unlessStopped = (): void => (this.#isStopped ? void this.#held.push(run) : run());
        return clock.at(new Date(when.getTime() - this.aheadMs), unlessStopped);
      },
    };
  }

  #line(): Pick<Cluster, "get" | "create" | "mergePatch"> {
    const { cluster } = this.#scene;
    const heard = async <T>(call: () => Promise<Result<T>>): Promise<Result<T>> =>
      this.trouble === undefined ? call() : failed(this.trouble);
    return {
      get: (resource, ref) => heard(() => cluster.get(resource, ref)),
      create: (resource, object) => heard(() => cluster.create(resource, object)),
      mergePatch: (resource, ref, patch) => heard(() => cluster.mergePatch(resource, ref, patch)),
    };
  }
}
