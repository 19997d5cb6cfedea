/**
 * Waiting rooms in front of each LLM: how many calls run at once, how many begin in a minute, how many tokens they move in
 * a minute. In memory on purpose: after a restart the rooms are empty, and the provider's own limits still hold.
 */
import PQueue from "p-queue";
import type { LLM } from "../../../crds/index";
import type { Clock } from "../../runtime/clock";
import { after } from "../../runtime/clock";
import type { Use } from "./sliding-minute";
import { SlidingMinute } from "./sliding-minute";

type Limits = NonNullable<LLM["spec"]["limits"]>;

/** Whom a call belongs to, and what it may move. */
export interface Visit {
  llm: LLM;
  /** A guess at the tokens of the call, before they are known. */
  estimatedTokens: number;
  signal: AbortSignal;
}

/** How long a room nobody uses is kept, in milliseconds: longer than its memory of a minute. */
const IDLE_MS = 120_000;

/** One LLM's rooms. */
interface Room {
  limits: Limits;
  /** The seats: how many calls run at once. */
  seats: PQueue;
  /** The door behind which those with a seat pass one by one, as the rates allow. */
  door: PQueue;
  requests: SlidingMinute;
  tokens: SlidingMinute;
  /** Wakes whoever waits at the door, because the limits were edited. */
  edited: AbortController;
  usedAt: number;
}

/** Lets calls through as their LLM's limits allow. */
export class Gate {
  readonly #clock: Clock;
  readonly #rooms = new Map<string, Room>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Waits for its turn, then runs `call`, which reports the tokens it moved. Undefined when the signal ended the wait. The
   * limits are those of the LLM as given here; waiting calls follow an edit at once.
   */
  async enter<T>(visit: Visit, call: () => Promise<{ value: T; tokens: number }>): Promise<T | undefined> {
    const room = this.#roomFor(visit.llm);
    const seated = await waitFor(visit.signal, (signal) =>
      room.seats.add(() => this.#pass(room, visit, call), { signal }),
    );
    room.usedAt = this.#now();
    return seated;
  }

  async #pass<T>(room: Room, visit: Visit, call: () => Promise<{ value: T; tokens: number }>): Promise<T | undefined> {
    const passed = await waitFor(visit.signal, (signal) =>
      room.door.add(() => this.#awaitRates(room, visit), { signal }),
    );
    if (passed === undefined) return undefined;
    const { value, tokens } = await call();
    room.tokens.correct(passed, tokens);
    return value;
  }

  /** Resolves to the tokens set aside, once both rates allow a call. */
  async #awaitRates(room: Room, visit: Visit): Promise<Use | undefined> {
    while (!visit.signal.aborted) {
      const now = this.#now();
      const waitMs = Math.max(
        room.requests.waitMs(now, 1, room.limits.requestsPerMinute),
        room.tokens.waitMs(now, visit.estimatedTokens, room.limits.tokensPerMinute),
      );
      if (waitMs === 0) {
        room.requests.add(now, 1);
        return room.tokens.add(now, visit.estimatedTokens);
      }
      await this.#sleep(waitMs, [visit.signal, room.edited.signal]);
    }
    return undefined;
  }

  #sleep(ms: number, wakers: AbortSignal[]): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        cancel();
        for (const waker of wakers) waker.removeEventListener("abort", wake);
        resolve();
      };
      const cancel = this.#clock.at(after(this.#clock, ms), wake);
      for (const waker of wakers) waker.addEventListener("abort", wake, { once: true });
    });
  }

  #roomFor(llm: LLM): Room {
    const key = `${llm.metadata.namespace}/${llm.metadata.name}`;
    const room = this.#rooms.get(key) ?? newRoom();
    if (!this.#rooms.has(key)) {
      this.#forgetIdle();
      this.#rooms.set(key, room);
    }
    room.usedAt = this.#now();
    follow(room, llm.spec.limits ?? {});
    return room;
  }

  /** Deleted LLMs leave their rooms behind. */
  #forgetIdle(): void {
    const now = this.#now();
    for (const [key, { seats, usedAt }] of this.#rooms) {
      if (seats.pending === 0 && seats.size === 0 && now - usedAt > IDLE_MS) this.#rooms.delete(key);
    }
  }

  #now(): number {
    return this.#clock.now().getTime();
  }
}

function newRoom(): Room {
  return {
    limits: {},
    seats: new PQueue(),
    door: new PQueue({ concurrency: 1 }),
    requests: new SlidingMinute(),
    tokens: new SlidingMinute(),
    edited: new AbortController(),
    usedAt: 0,
  };
}

function follow(room: Room, limits: Limits): void {
  const seats = limits.maxConcurrentRequests ?? Infinity;
  if (room.seats.concurrency !== seats) room.seats.concurrency = seats;
  const same =
    room.limits.requestsPerMinute === limits.requestsPerMinute &&
    room.limits.tokensPerMinute === limits.tokensPerMinute;
  room.limits = limits;
  if (same) return;
  const { edited } = room;
  room.edited = new AbortController();
  edited.abort();
}

/** What `wait` resolves to; undefined when the signal ended it, which the queue reports by rejecting. */
async function waitFor<T>(signal: AbortSignal, wait: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
  try {
    return await wait(signal);
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  }
}
