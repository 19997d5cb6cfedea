/** Waiting rooms, under a clock that only moves when told to. */
import type { LLM } from "../../../crds/index";
import { llmOf } from "../../testing/model-server-contract";
import type { Clock } from "../../runtime/clock";
import { Gate } from "./gate";

/** A clock whose timers fire when it is moved past them. */
class HandClock implements Clock {
  #ms = 1_000_000;
  #timers = new Set<{ at: number; run: () => void }>();

  now(): Date {
    return new Date(this.#ms);
  }

  at(when: Date, run: () => void): () => void {
    const timer = { at: when.getTime(), run };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  async move(ms: number): Promise<void> {
    this.#ms += ms;
    for (const timer of [...this.#timers].filter(({ at }) => at <= this.#ms)) {
      this.#timers.delete(timer);
      timer.run();
    }
    await settled();
  }
}

/** Lets everything that is ready to run, run. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

type Limits = NonNullable<LLM["spec"]["limits"]>;

class Visitors {
  readonly began: number[] = [];
  readonly gate: Gate;
  readonly #ends = new Map<number, () => void>();

  constructor(clock: Clock) {
    this.gate = new Gate(clock);
  }

  /** `tokens`: the guess, and what the call turns out to have moved. */
  come(
    id: number,
    limits: Limits,
    tokens = { guess: 0, real: 0 },
    signal = new AbortController().signal,
  ): Promise<number | undefined> {
    const llm = llmOf({ provider: "openai", limits });
    return this.gate.enter({ llm, estimatedTokens: tokens.guess, signal }, async () => {
      this.began.push(id);
      await new Promise<void>((resolve) => this.#ends.set(id, resolve));
      return { value: id, tokens: tokens.real };
    });
  }

  async leave(id: number): Promise<void> {
    this.#ends.get(id)?.();
    await settled();
  }
}

describe("the gate", () => {
  let clock: HandClock;
  let visitors: Visitors;
  beforeEach(() => {
    clock = new HandClock();
    visitors = new Visitors(clock);
  });

  const comeAll = async (count: number, limits: Limits, tokens?: { guess: number; real: number }) => {
    for (let id = 1; id <= count; id++) void visitors.come(id, limits, tokens);
    await settled();
  };

  test("lets everybody in where there are no limits", async () => {
    await comeAll(50, {});
    expect(visitors.began).toHaveLength(50);
  });

  test("lets no more run at once than there are seats, first come, first served", async () => {
    await comeAll(4, { maxConcurrentRequests: 2 });
    expect(visitors.began).toEqual([1, 2]);
    await visitors.leave(2);
    expect(visitors.began).toEqual([1, 2, 3]);
  });

  test("lets no more begin in any minute than the rate allows", async () => {
    await comeAll(3, { requestsPerMinute: 2 });
    expect(visitors.began).toEqual([1, 2]);
    await clock.move(59_999);
    expect(visitors.began).toEqual([1, 2]);
    await clock.move(1);
    expect(visitors.began).toEqual([1, 2, 3]);
  });

  test("counts the tokens that were really moved", async () => {
    await comeAll(1, { tokensPerMinute: 100 }, { guess: 10, real: 90 });
    await visitors.leave(1);
    void visitors.come(2, { tokensPerMinute: 100 }, { guess: 20, real: 20 });
    await settled();
    expect(visitors.began).toEqual([1]);
    await clock.move(60_000);
    expect(visitors.began).toEqual([1, 2]);
  });

  test("lets a call that is larger than the whole rate pass when it is alone", async () => {
    await comeAll(2, { tokensPerMinute: 100 }, { guess: 500, real: 500 });
    expect(visitors.began).toEqual([1]);
    await clock.move(60_000);
    expect(visitors.began).toEqual([1, 2]);
  });

  test.each<[string, Limits]>([
    ["a seat", { maxConcurrentRequests: 1 }],
    ["the rate", { requestsPerMinute: 1 }],
  ])("lets whoever gives up waiting for %s go, and the next one move up", async (_what, limits) => {
    const controller = new AbortController();
    await comeAll(1, limits);
    const second = visitors.come(2, limits, undefined, controller.signal);
    void visitors.come(3, limits);
    await settled();
    controller.abort();
    expect(await second).toBeUndefined();
    await visitors.leave(1);
    await clock.move(60_000);
    expect(visitors.began).toEqual([1, 3]);
  });

  test.each<[string, Limits, Limits]>([
    ["seats", { maxConcurrentRequests: 1 }, { maxConcurrentRequests: 9 }],
    ["rate", { requestsPerMinute: 1 }, { requestsPerMinute: 9 }],
    ["limits at all", { requestsPerMinute: 1 }, {}],
  ])("lets those who wait follow an edit of the %s at once", async (_what, before, after) => {
    await comeAll(3, before);
    expect(visitors.began).toEqual([1]);
    void visitors.come(4, after);
    await settled();
    expect(visitors.began.sort()).toEqual([1, 2, 3, 4]);
  });

  test("keeps LLMs apart", async () => {
    await comeAll(1, { maxConcurrentRequests: 1 });
    const other = llmOf({ provider: "openai", limits: { maxConcurrentRequests: 1 } });
    other.metadata.namespace = "elsewhere";
    const entered = visitors.gate.enter(
      { llm: other, estimatedTokens: 0, signal: new AbortController().signal },
      async () => ({ value: "in", tokens: 0 }),
    );
    expect(await entered).toBe("in");
  });
});
