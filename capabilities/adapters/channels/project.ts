/**
 * One HumanLayer project, reached with one key: all its requests, and the one slow poll that all its open questions share.
 * Owns when the service is asked; what is made of an item is the question's business. With no open question it sleeps.
 */
import type { Clock } from "../../runtime/clock";
import type { HumanLayerApi, Sort } from "./humanlayer";
import { pauseMs, spread } from "./pauses";
import { Slots } from "./slots";
import type { Trouble } from "./wire";
import { isRecord } from "../../runtime/json";

/** A question that waits for its answer. */
export interface Listener {
  readonly id: string;
  readonly sort: Sort;
  /** Looks for the item itself, and acts on it. Never rejects. */
  read(): Promise<"Settled" | "Waiting" | "Failed">;
  /** The service's list has the item; it is passed as it came. False when that leaves open whether it is answered. */
  isPending(item: unknown): boolean;
}

/** What all projects share. */
export interface ProjectOptions {
  clock: Clock;
  /** [0, 1) */
  random: () => number;
}

/** How many requests of one project are under way at once. */
const AT_ONCE = 4;
/** The first poll comes this long after the newest question, and every further one twice as late, up to the longest. */
const FIRST_POLL_MS = 2_000;
const LONGEST_POLL_MS = 60_000;
/** Questions of an earlier process may have been answered long ago. */
const RETURN_POLL_MS = 500;
/** So many items are read one by one in a row; then comes a pause. */
const MOST_READS = 25;
const PAUSE_OF_READS_MS = 1_000;
/** An item that the list does not show, and that is not answered either, is read ever more seldom. */
const LONGEST_READ_PAUSE_MS = 600_000;
/** After a 429 that does not say for how long. */
const PATIENCE_MS = 1_000;

interface Waiting {
  listener: Listener;
  /** When it may be read by itself again, milliseconds since the epoch. */
  readAt: number;
  pauseMs: number;
}

/** One project: its requests and its poll. */
export class Project {
  readonly api: HumanLayerApi;
  readonly #options: ProjectOptions;
  readonly #slots = new Slots(AT_ONCE);
  readonly #waiting = new Map<Listener, Waiting>();
  readonly #ending = new AbortController();
  /** Sorts for which this service has no list. */
  readonly #unlisted = new Set<Sort>();
  #quietUntil = 0;
  #failures = 0;
  #waitMs = FIRST_POLL_MS;
  #pollAt = Infinity;
  #isPolling = false;
  #isMoreDue = false;
  #cancelPoll: () => void = () => undefined;

  constructor(api: HumanLayerApi, options: ProjectOptions) {
    this.api = api;
    this.#options = options;
  }

  /** One request, in its turn, unless the service has asked to be left alone. `isUrgent`: before those that are not. */
  request<T extends { kind: string }>(work: () => Promise<T | Trouble>, isUrgent: boolean): Promise<T | Trouble> {
    return this.#slots.run(async () => {
      const waitMs = this.#quietUntil - this.#now();
      if (waitMs > 0) return { kind: "Status", status: 429, text: "", retryAfterMs: waitMs };
      const answer = await work();
      this.#obey(answer);
      return answer;
    }, isUrgent);
  }

  /** Listens for the answer. `isOld`: the question was put by an earlier process. */
  join(listener: Listener, isOld: boolean): void {
    if (this.#ending.signal.aborted || this.#waiting.has(listener)) return;
    const firstMs = isOld ? RETURN_POLL_MS : FIRST_POLL_MS;
    this.#waiting.set(listener, { listener, readAt: 0, pauseMs: 0 });
    this.#waitMs = FIRST_POLL_MS;
    if (this.#isPolling) return; // Its end sets the next one.
    this.#waitMs *= 2;
    this.#pollBy(this.#now() + this.#spread(firstMs));
  }

  leave(listener: Listener): void {
    this.#waiting.delete(listener);
    if (this.#waiting.size === 0) this.#sleep();
  }

  close(): void {
    this.#ending.abort();
    this.#waiting.clear();
    this.#sleep();
  }

  #sleep(): void {
    this.#cancelPoll();
    this.#pollAt = Infinity;
  }

  /** A poll no later than this; one that is due earlier stays. */
  #pollBy(at: number): void {
    const due = Math.max(at, this.#quietUntil);
    if (this.#pollAt <= due) return;
    this.#cancelPoll();
    this.#pollAt = due;
    this.#cancelPoll = this.#options.clock.at(new Date(due), () => void this.#poll());
  }

  async #poll(): Promise<void> {
    this.#pollAt = Infinity;
    this.#isPolling = true;
    const asked = [...this.#waiting.values()];
    const isFine = await this.#listThenRead(asked);
    this.#isPolling = false;
    this.#failures = isFine ? 0 : this.#failures + 1;
    if (this.#waiting.size > 0 && !this.#ending.signal.aborted) this.#pollBy(this.#now() + this.#nextWaitMs());
  }

  /** False when the service is in trouble: then it is left alone for longer. */
  async #listThenRead(asked: Waiting[]): Promise<boolean> {
    const due: Waiting[] = [];
    for (const sort of new Set(asked.map(({ listener }) => listener.sort))) {
      const open = asked.filter(({ listener }) => listener.sort === sort);
      const listed = await this.#list(sort);
      if (listed === "Failed") return false;
      due.push(...open.filter((one) => !this.#isListed(one, listed)));
    }
    const now = this.#now();
    const readable = due.filter(({ readAt }) => readAt <= now);
    this.#isMoreDue = readable.length > MOST_READS;
    for (const one of readable.slice(0, MOST_READS)) {
      if (!this.#waiting.has(one.listener)) continue;
      if (!(await this.#read(one))) return false;
    }
    return true;
  }

  /** The pending items by their ids; none where the service has no list. */
  async #list(sort: Sort): Promise<Map<unknown, unknown> | "Failed"> {
    if (this.#unlisted.has(sort)) return new Map();
    const listing = await this.request(() => this.api.pending(sort, this.#ending.signal), true);
    if (listing.kind === "NoList") this.#unlisted.add(sort);
    if (listing.kind !== "List") return listing.kind === "NoList" ? new Map() : "Failed";
    return new Map(listing.items.filter(isRecord).map((item) => [item["call_id"], item]));
  }

  #isListed(one: Waiting, listed: Map<unknown, unknown>): boolean {
    const { listener } = one;
    if (!listed.has(listener.id) || !listener.isPending(listed.get(listener.id))) return false;
    one.readAt = 0;
    one.pauseMs = 0;
    return true;
  }

  async #read(one: Waiting): Promise<boolean> {
    const ended = await one.listener.read();
    if (ended === "Settled") return true;
    one.pauseMs = Math.min(LONGEST_READ_PAUSE_MS, Math.max(FIRST_POLL_MS, one.pauseMs * 2));
    one.readAt = this.#now() + this.#spread(one.pauseMs);
    return ended === "Waiting";
  }

  #nextWaitMs(): number {
    const { random } = this.#options;
    const listMs = this.#spread(this.#waitMs);
    this.#waitMs = Math.min(LONGEST_POLL_MS, this.#waitMs * 2);
    if (this.#failures > 0) return Math.max(listMs, Math.min(LONGEST_POLL_MS, pauseMs(this.#failures, random())));
    return this.#isMoreDue ? PAUSE_OF_READS_MS : Math.min(listMs, this.#untilReadMs());
  }

  /** Until the next item is to be read by itself, where that is the only way to hear of it. */
  #untilReadMs(): number {
    const unlisted = [...this.#waiting.values()].filter(({ listener }) => this.#unlisted.has(listener.sort));
    const first = unlisted.reduce((earliest, { readAt }) => Math.min(earliest, readAt), Infinity);
    return Math.max(PAUSE_OF_READS_MS, first - this.#now());
  }

  #obey(answer: { kind: string }): void {
    const { status, retryAfterMs } = answer as { status?: number; retryAfterMs?: number };
    if (answer.kind !== "Status" || (retryAfterMs === undefined && status !== 429)) return;
    this.#quietUntil = Math.max(this.#quietUntil, this.#now() + (retryAfterMs ?? PATIENCE_MS));
  }

  #spread(ms: number): number {
    return spread(ms, this.#options.random());
  }

  #now(): number {
    return this.#options.clock.now().getTime();
  }
}
