// The work queue: merging, one run per key at a time, retries, wake-ups. All on a clock that stands still until told.
import { FakeClock } from "../testing/fake-clock";
import { Alarms } from "./alarms";
import { silentLog } from "./log";
import type { Outcome } from "./outcome";
import { done } from "./outcome";
import { FIRST_PAUSE_MS, LONGEST_PAUSE_MS, WorkQueue } from "./queue";

const retry: Outcome = { kind: "Retry", because: "it did not work" };

interface Scene {
  clock: FakeClock;
  queue: WorkQueue;
  /** Keys in the order in which their runs began, with the milliseconds since the start. */
  ran: string[];
}

function scene(
  run: (key: string, nth: number) => Promise<Outcome> = async () => done,
  options: { concurrency?: number; random?: () => number } = {},
): Scene {
  const clock = new FakeClock(new Date(0));
  const ran: string[] = [];
  const counts = new Map<string, number>();
  const queue = new WorkQueue({
    name: "test",
    clock,
    log: silentLog,
    random: options.random ?? (() => 0),
    concurrency: options.concurrency ?? 256,
    run: (key) => {
      ran.push(`${key}@${clock.now().getTime()}`);
      const nth = (counts.get(key) ?? 0) + 1;
      counts.set(key, nth);
      return run(key, nth);
    },
  });
  queue.start();
  return { clock, queue, ran };
}

/** A run that waits until it is let go. */
function gate(): { wait: Promise<void>; open: () => void } {
  let open = (): void => undefined;
  const wait = new Promise<void>((resolve) => (open = resolve));
  return { wait, open };
}

describe("the work queue", () => {
  test("never runs anything synchronously", () => {
    const { queue, ran } = scene();
    queue.add("a");
    expect(ran).toEqual([]);
  });

  test("merges a key that is waiting, and serves first come first", async () => {
    const { clock, queue, ran } = scene();
    for (const key of ["a", "b", "a", "c", "b"]) queue.add(key);
    await clock.settle();
    expect(ran).toEqual(["a@0", "b@0", "c@0"]);
  });

  test("runs a key once more when it was added during its run, however often", async () => {
    const { wait, open } = gate();
    const { clock, queue, ran } = scene(async () => (await wait, done));
    queue.add("a");
    await clock.settle();
    for (let i = 0; i < 5; i++) queue.add("a");
    await clock.settle();
    expect(ran).toEqual(["a@0"]);
    open();
    await clock.settle();
    expect(ran).toEqual(["a@0", "a@0"]);
  });

  test("runs one key one at a time, and as many keys at once as allowed", async () => {
    let now = 0;
    let most = 0;
    const perKey = new Map<string, number>();
    let mostPerKey = 0;
    const gates: (() => void)[] = [];
    const { clock, queue } = scene(
      async (key) => {
        most = Math.max(most, ++now);
        const same = (perKey.get(key) ?? 0) + 1;
        perKey.set(key, same);
        mostPerKey = Math.max(mostPerKey, same);
        await new Promise<void>((resolve) => gates.push(resolve));
        perKey.set(key, same - 1);
        now--;
        return done;
      },
      { concurrency: 8 },
    );
    for (let i = 0; i < 50; i++) queue.add(`k${i % 20}`);
    await clock.settle();
    expect(now).toBe(8);
    for (let i = 0; i < 20; i++) {
      queue.add(`k${i}`);
      gates.shift()?.();
      await clock.settle();
    }
    while (gates.length > 0) {
      gates.shift()?.();
      await clock.settle();
    }
    expect([most, mostPerKey, now]).toEqual([8, 1, 0]);
  });

  test("waits until it is started, and keeps what was added before", async () => {
    const clock = new FakeClock();
    const ran: string[] = [];
    const queue = new WorkQueue({
      name: "test",
      clock,
      log: silentLog,
      random: () => 0,
      run: async (key) => (ran.push(key), done),
    });
    queue.add("a");
    await clock.settle();
    expect(ran).toEqual([]);
    queue.start();
    await clock.settle();
    expect(ran).toEqual(["a"]);
  });

  test("doubles the pause of a failing key from 5 ms up to 5 minutes", async () => {
    const { clock, queue, ran } = scene(async () => retry);
    queue.add("a");
    for (let i = 0; i < 20; i++) await clock.step();
    const at = ran.map((line) => Number(line.split("@")[1]));
    const pauses = at.slice(1).map((ms, i) => ms - (at[i] ?? 0));
    expect(pauses.slice(0, 4)).toEqual([5, 10, 20, 40]);
    expect(pauses[0]).toBe(FIRST_PAUSE_MS);
    expect(pauses.at(-1)).toBe(LONGEST_PAUSE_MS);
    expect(Math.max(...pauses)).toBe(LONGEST_PAUSE_MS);
  });

  test("spreads pauses by chance, and never makes them longer than due", async () => {
    const { clock, queue, ran } = scene(async () => retry, { random: () => 0.5 });
    queue.add("a");
    await clock.settle();
    await clock.step();
    expect(ran).toEqual(["a@0", "a@3"]); // 3.75 ms, and a Date holds whole milliseconds.
  });

  test("begins anew with short pauses after a success", async () => {
    const { clock, queue, ran } = scene(async (_key, nth) => (nth === 4 ? done : retry));
    queue.add("a");
    await clock.advance(1_000);
    expect(ran).toEqual(["a@0", "a@5", "a@15", "a@35"]);
    queue.add("a");
    await clock.advance(6);
    expect(ran.slice(4)).toEqual(["a@1000", "a@1005"]);
  });

  test("waits as long as it is asked to, and not less", async () => {
    const asked: Outcome = { kind: "Retry", because: "429", afterMs: 7_000 };
    const { clock, queue, ran } = scene(async (_key, nth) => (nth === 1 ? asked : done));
    queue.add("a");
    await clock.advance(60_000);
    expect(ran).toEqual(["a@0", "a@7000"]);
  });

  test("lets a change overtake the pause of a failing key", async () => {
    const { clock, queue, ran } = scene(async (_key, nth) => (nth < 12 ? retry : done));
    queue.add("a");
    await clock.advance(1_000);
    const before = ran.length;
    queue.add("a");
    await clock.settle();
    expect(ran.length).toBe(before + 1);
  });

  test("outlives a run that throws, tries it again, and serves other keys meanwhile", async () => {
    const errors: string[] = [];
    const clock = new FakeClock(new Date(0));
    const ran: string[] = [];
    const queue = new WorkQueue({
      name: "test",
      clock,
      log: { ...silentLog, error: (_fields, message) => errors.push(message) },
      random: () => 0,
      run: (key) => {
        ran.push(key);
        if (key === "bug" && ran.length < 3) throw new Error("a bug");
        return Promise.resolve(done);
      },
    });
    queue.start();
    queue.add("bug");
    queue.add("fine");
    await clock.advance(1_000);
    expect(ran).toEqual(["bug", "fine", "bug"]);
    expect(errors).toHaveLength(1);
  });

  test("keeps the earliest of several wake-ups, and one run before it does not cancel it", async () => {
    const { clock, queue, ran } = scene();
    queue.addAt("a", new Date(500));
    queue.addAt("a", new Date(300));
    queue.addAt("a", new Date(900));
    queue.add("a");
    await clock.advance(2_000);
    expect(ran).toEqual(["a@0", "a@300"]);
  });

  test("runs soon what should have run in the past", async () => {
    const { clock, queue, ran } = scene();
    await clock.advance(100);
    queue.addAt("a", new Date(50));
    await clock.settle();
    expect(ran).toEqual(["a@100"]);
  });

  test("forgets the wake-up and the failures of a key that is gone", async () => {
    const { clock, queue, ran } = scene(async () => retry);
    queue.add("a");
    await clock.settle();
    queue.forget("a");
    await clock.advance(600_000);
    expect(ran).toEqual(["a@0"]);
    expect(queue.load).toEqual({ ready: 0, running: 0, waiting: 0 });
  });

  test("drains: what runs may end, nothing begins, and no timer is left", async () => {
    const { wait, open } = gate();
    const { clock, queue, ran } = scene(async () => (await wait, retry), { concurrency: 1 });
    queue.add("a");
    queue.add("b");
    queue.addAt("c", new Date(50));
    await clock.settle();
    queue.add("a");
    let isDrained = false;
    void queue.drain().then(() => (isDrained = true));
    queue.add("d");
    await clock.settle();
    expect(isDrained).toBe(false);
    open();
    await clock.advance(600_000);
    expect(isDrained).toBe(true);
    expect(ran).toEqual(["a@0"]);
    expect(clock.pending).toBe(0);
  });

  test("is idle when nothing runs or is ready, wake-ups in the future apart", async () => {
    const { wait, open } = gate();
    const { clock, queue } = scene(async () => (await wait, done));
    await queue.idle();
    queue.add("a");
    queue.addAt("b", new Date(5_000));
    let isIdle = false;
    void queue.idle().then(() => (isIdle = true));
    await clock.settle();
    expect(isIdle).toBe(false);
    open();
    await clock.settle();
    expect(isIdle).toBe(true);
  });

  test("runs ten thousand keys, each exactly once, and gives the event loop turns in between", async () => {
    const { queue, ran } = scene();
    let turns = 0;
    const count = (): void => {
      turns++;
      if (ran.length < 10_000) setImmediate(count);
    };
    setImmediate(count);
    for (let i = 0; i < 10_000; i++) queue.add(`k${i}`);
    await queue.idle();
    expect(new Set(ran).size).toBe(10_000);
    expect(ran).toHaveLength(10_000);
    expect(turns).toBeGreaterThan(10);
  });

  test("wakes five thousand keys in order of time with one timer", async () => {
    const { clock, queue, ran } = scene();
    for (let i = 0; i < 5_000; i++) queue.addAt(`k${i}`, new Date(1 + ((i * 7_919) % 5_000)));
    expect(clock.pending).toBe(1);
    expect(queue.load.waiting).toBe(5_000);
    await clock.advance(5_001);
    await queue.idle();
    const at = ran.map((line) => Number(line.split("@")[1]));
    expect(at).toEqual(Array.from({ length: 5_000 }, (_, i) => i + 1));
  });
});

describe("alarms", () => {
  test("ring in order of time after any mixture of setting, moving and cancelling", async () => {
    const clock = new FakeClock(new Date(0));
    const rung: string[] = [];
    const alarms = new Alarms(clock, (key) => rung.push(key));
    const expected = new Map<string, number>();
    for (let i = 0; i < 400; i++) {
      const key = `k${(i * 31) % 97}`;
      const due = 1 + ((i * 7_919) % 1_000);
      if (i % 5 === 4) {
        alarms.cancel(key);
        expected.delete(key);
      } else {
        alarms.set(key, new Date(due));
        expected.set(key, Math.min(due, expected.get(key) ?? Infinity));
      }
    }
    for (const [key, due] of expected) expect(alarms.dueOf(key)?.getTime()).toBe(due);
    await clock.advance(2_000);
    const byTime = [...rung].sort((a, b) => (expected.get(a) ?? 0) - (expected.get(b) ?? 0));
    expect(rung).toEqual(byTime);
    expect(new Set(rung)).toEqual(new Set(expected.keys()));
    expect([alarms.size, clock.pending]).toEqual([0, 0]);
  });
});
