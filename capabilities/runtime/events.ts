// Events: what has happened to an object, told in the background after the write it tells of. Owns repeats by count and the
// names that keep the order; a busy or absent API server costs events, never a step of a machine. Their shape is event-body.ts.
import { hostname } from "node:os";
import { after, pause, type Clock } from "./clock";
import type { Cluster } from "./cluster";
import { capMessage, eventName, EVENTS, toEvent, toRepeat, type Sighting, type StoredEvent } from "./event-body";
import type { Problem } from "./errors";
import { Lanes } from "./lanes";
import type { Log } from "./log";
import type { ClusterObject } from "./objects";

/** Something that happened to `about`. */
export interface EventNote {
  about: ClusterObject;
  /** Who says so: "task-controller". */
  component: string;
  type: "Normal" | "Warning";
  reason: string;
  message: string;
}

/** Where events are told. */
export interface Recorder {
  /** Returns at once and never throws. Events of one object are written in the order they were recorded. */
  record(note: EventNote): void;
  /** Resolves when everything recorded has been written or given up, at the latest after `graceMs` (default 2 s). */
  flush(graceMs?: number): Promise<void>;
  /** How many wait to be written. */
  readonly backlog: number;
}

/** What a recorder is made of. */
export interface RecorderOptions {
  cluster: Cluster;
  clock: Clock;
  log: Log;
  /** Names this process in `reportingInstance`; by default the host's name, which in a pod is the pod's. */
  instance?: string;
  /** Objects whose events are written at the same time. */
  concurrency?: number;
  /** Events that may wait; beyond it the oldest are dropped. */
  capacity?: number;
}

/** Within this time the same words about the same object are a repeat, not a new event. */
const REPEAT_WINDOW_MS = 10 * 60_000;
/** How many events are remembered to recognise repeats. */
const REMEMBERED = 2_048;
const ATTEMPTS = 5;
const FIRST_PAUSE_MS = 1_000;
const DEFAULT_GRACE_MS = 2_000;

interface Job {
  seen: Sighting;
  act: "Create" | "Repeat";
}

/** Writes events in the background through `cluster`. */
export function createRecorder(options: RecorderOptions): Recorder {
  return new EventRecorder(options);
}

class EventRecorder implements Recorder {
  readonly #options: RecorderOptions;
  readonly #lanes: Lanes<Job>;
  /** What was told lately, least lately first. */
  readonly #memory = new Map<string, Sighting>();
  /** Sightings whose job has not begun: a repeat of one needs no job of its own. */
  readonly #unwritten = new Set<Sighting>();
  #lastStamp = 0n;

  constructor(options: RecorderOptions) {
    this.#options = options;
    const capacity = options.capacity ?? 20_000;
    this.#lanes = new Lanes<Job>({
      concurrency: options.concurrency ?? 16,
      capacity,
      run: (job) => this.#write(job),
      dropped: (job) => this.#abandon(job),
      overflowing: () => options.log.warn({ capacity }, "Too many events wait to be written; the oldest are dropped."),
    });
  }

  get backlog(): number {
    return this.#lanes.backlog;
  }

  record(note: EventNote): void {
    const now = this.#options.clock.now();
    const message = capMessage(note.message);
    const { uid } = note.about.metadata;
    const identity = [uid, note.type, note.reason, message].join("\n");
    const known = this.#memory.get(identity);
    this.#memory.delete(identity); // Set again below, so that the least lately told is the first to be forgotten.
    if (known !== undefined && isLately(known, now)) {
      known.count++;
      known.last = now;
      this.#memory.set(identity, known);
      if (!this.#unwritten.has(known)) this.#enqueue({ seen: known, act: "Repeat" });
      return;
    }
    const seen = this.#sight(note, message, now);
    this.#memory.set(identity, seen);
    this.#forgetOldest();
    this.#enqueue({ seen, act: "Create" });
  }

  async flush(graceMs = DEFAULT_GRACE_MS): Promise<void> {
    const { clock } = this.#options;
    await new Promise<void>((resolve) => {
      const cancel = clock.at(after(clock, graceMs), resolve);
      void this.#lanes.empty().then(() => {
        cancel();
        resolve();
      });
    });
  }

  #sight(note: EventNote, message: string, now: Date): Sighting {
    const { apiVersion, kind, metadata } = note.about;
    const { namespace, name, uid } = metadata;
    return {
      name: this.#newName(name, now),
      about: { apiVersion, kind, namespace, name, uid },
      component: note.component,
      type: note.type,
      reason: note.reason,
      message,
      count: 1,
      first: now,
      last: now,
    };
  }

  #newName(objectName: string, now: Date): string {
    const stamp = BigInt(now.getTime()) * 1_000_000n;
    const next = this.#lastStamp + 1n;
    this.#lastStamp = stamp > next ? stamp : next;
    return eventName(objectName, this.#lastStamp);
  }

  #forgetOldest(): void {
    if (this.#memory.size <= REMEMBERED) return;
    for (const oldest of this.#memory.keys()) {
      this.#memory.delete(oldest);
      return;
    }
  }

  #enqueue(job: Job): void {
    this.#unwritten.add(job.seen);
    this.#lanes.add(job.seen.about.uid, job);
  }

  async #write(job: Job): Promise<void> {
    this.#unwritten.delete(job.seen);
    for (let attempt = 1; ; attempt++) {
      const problem = await this.#tryOnce(job);
      if (problem === undefined) return;
      if (attempt === ATTEMPTS || !(await this.#isWorthAnother(job, problem))) return this.#giveUp(job, problem);
      if (problem.kind !== "retryable") continue;
      const ownPauseMs = FIRST_PAUSE_MS * 2 ** (attempt - 1);
      await pause(this.#options.clock, problem.retryAfterMs ?? ownPauseMs);
    }
  }

  async #tryOnce({ seen, act }: Job): Promise<Problem | undefined> {
    const { cluster, instance = hostname() } = this.#options;
    const ref = { namespace: seen.about.namespace, name: seen.name };
    const result =
      act === "Create"
        ? await cluster.create<StoredEvent>(EVENTS, toEvent(seen, instance))
        : await cluster.mergePatch(EVENTS, ref, toRepeat(seen));
    return result.ok ? undefined : result.problem;
  }

  /** The API server forgets events (after an hour by default): a repeat of a forgotten one is told as a new event. */
  async #isWorthAnother(job: Job, problem: Problem): Promise<boolean> {
    if (problem.kind === "retryable") return true;
    const isTaken = job.act === "Create" && problem.kind === "conflict";
    const isForgotten = job.act === "Repeat" && problem.kind === "gone";
    if (!isTaken && !isForgotten) return false;
    job.act = "Create";
    job.seen.name = this.#newName(job.seen.about.name, this.#options.clock.now());
    return true;
  }

  #giveUp(job: Job, problem: Problem): void {
    this.#abandon(job);
    if (problem.kind === "gone") return; // Its namespace is ending.
    const because = "message" in problem ? problem.message : problem.kind;
    const { name, reason } = job.seen;
    this.#options.log.warn({ event: name, reason, because }, "An event could not be written.");
  }

  /** An event that was never created must not be taken for one that can be counted up. */
  #abandon(job: Job): void {
    this.#unwritten.delete(job.seen);
    if (job.act === "Create") job.seen.last = new Date(0);
  }
}

function isLately(seen: Sighting, now: Date): boolean {
  return now.getTime() - seen.last.getTime() <= REPEAT_WINDOW_MS;
}
