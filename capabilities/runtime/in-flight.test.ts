// Effects in flight: one per object, a deadline, an abort, an outcome that waits to be seen, and an orderly stop.
import { FakeClock } from "../testing/fake-clock";
import { AbortError, DeadlineError, InFlight } from "./in-flight";

interface Scene {
  clock: FakeClock;
  flights: InFlight<string>;
  woken: string[];
  /** Starts work for a uid that ends when told. */
  launch: (uid: string, untilMs?: number) => Launched;
}

interface Launched {
  isStarted: boolean;
  signal: () => AbortSignal | undefined;
  end: (outcome: string) => void;
  fail: (error: Error) => void;
}

function scene(): Scene {
  const clock = new FakeClock(new Date(0));
  const flights = new InFlight<string>(clock);
  const woken: string[] = [];
  const launch = (uid: string, untilMs?: number): Launched => {
    let signal: AbortSignal | undefined;
    let end: (outcome: string) => void = () => undefined;
    let fail: (error: Error) => void = () => undefined;
    const work = (given: AbortSignal): Promise<string> => {
      signal = given;
      return new Promise((resolve, reject) => ([end, fail] = [resolve, reject]));
    };
    const isStarted = flights.start(uid, work, {
      ...(untilMs === undefined ? {} : { until: new Date(untilMs) }),
      onSettled: () => void woken.push(uid),
      lost: (error) => `lost: ${error instanceof Error ? error.name : String(error)}`,
    });
    return { isStarted, signal: () => signal, end: (o) => end(o), fail: (e) => fail(e) };
  };
  return { clock, flights, woken, launch };
}

describe("an effect in flight", () => {
  test("is seen running, then finished, then not at all", async () => {
    const { clock, flights, woken, launch } = scene();
    expect(flights.look("a")).toBeUndefined();
    const a = launch("a");
    expect(flights.look("a")).toMatchObject({ kind: "Running", startedAt: new Date(0) });
    expect([flights.size, flights.unseen, woken]).toEqual([1, 0, []]);
    a.end("answer");
    await clock.settle();
    expect(flights.look("a")).toMatchObject({ kind: "Finished", outcome: "answer" });
    expect([flights.size, flights.unseen, woken]).toEqual([0, 1, ["a"]]);
    flights.forget("a");
    expect([flights.look("a"), flights.unseen]).toEqual([undefined, 0]);
  });

  test("is never started twice at once for one object, and may be started anew when it has finished", async () => {
    const { clock, flights, launch } = scene();
    const first = launch("a");
    const token = flights.look("a")?.token;
    expect(launch("a").isStarted).toBe(false);
    expect(flights.look("a")?.token).toBe(token);
    first.end("one");
    await clock.settle();
    expect(launch("a").isStarted).toBe(true);
    expect(flights.look("a")?.kind).toBe("Running");
    expect(flights.look("a")?.token).not.toBe(token);
  });

  test("that throws, also at once, has the outcome its starter gives to that", async () => {
    const { clock, flights, woken, launch } = scene();
    launch("a").fail(new TypeError("bug"));
    flights.start(
      "b",
      () => {
        throw new RangeError("bug");
      },
      { onSettled: () => void woken.push("b"), lost: (e) => String(e) },
    );
    await clock.settle();
    expect(flights.look("a")).toMatchObject({ outcome: "lost: TypeError" });
    expect(flights.look("b")).toMatchObject({ outcome: "RangeError: bug" });
    expect(woken.sort()).toEqual(["a", "b"]);
  });

  test("ends at its deadline: aborted, lost, and deaf to a late answer", async () => {
    const { clock, flights, woken, launch } = scene();
    const a = launch("a", 1_000);
    await clock.advance(999);
    expect(a.signal()?.aborted).toBe(false);
    await clock.advance(1);
    expect(a.signal()?.reason).toBeInstanceOf(DeadlineError);
    expect(flights.look("a")).toMatchObject({ outcome: "lost: DeadlineError" });
    a.end("too late");
    await clock.settle();
    expect(flights.look("a")).toMatchObject({ outcome: "lost: DeadlineError" });
    expect(woken).toEqual(["a"]);
  });

  test("leaves no timer behind when it ends before its deadline", async () => {
    const { clock, launch } = scene();
    launch("a", 1_000).end("early");
    await clock.settle();
    expect(clock.pending).toBe(0);
  });

  test("can be aborted: lost at once, with the reason in the signal", async () => {
    const { flights, woken, launch } = scene();
    const a = launch("a");
    flights.abort("a", "cancelled by a person");
    expect(a.signal()?.reason).toEqual(new AbortError("cancelled by a person"));
    expect(flights.look("a")).toMatchObject({ outcome: "lost: AbortError" });
    expect(woken).toEqual(["a"]);
    flights.abort("a", "again");
    expect(woken).toEqual(["a"]);
  });

  test("can be forgotten: aborted, and nobody is told", async () => {
    const { clock, flights, woken, launch } = scene();
    const a = launch("a", 500);
    flights.forget("a");
    expect(a.signal()?.aborted).toBe(true);
    a.end("late");
    await clock.advance(1_000);
    expect([flights.look("a"), flights.size, woken, clock.pending]).toEqual([undefined, 0, [], 0]);
  });

  test("of a former start never ends a later one", async () => {
    const { clock, flights, launch } = scene();
    const former = launch("a");
    flights.forget("a");
    launch("a");
    former.end("former");
    await clock.settle();
    expect(flights.look("a")?.kind).toBe("Running");
  });
});

describe("the orderly stop", () => {
  test("starts nothing, lets what runs end, and is over when the last has ended", async () => {
    const { clock, flights, woken, launch } = scene();
    const a = launch("a");
    const b = launch("b");
    let isOver = false;
    void flights.drain(60_000).then(() => (isOver = true));
    expect(launch("c").isStarted).toBe(false);
    a.end("one");
    await clock.settle();
    expect(isOver).toBe(false);
    b.end("two");
    await clock.settle();
    expect([isOver, woken, clock.pending]).toEqual([true, ["a", "b"], 0]);
    expect(flights.look("b")).toMatchObject({ outcome: "two" });
  });

  test("aborts after the grace what is unfinished, and gives it no outcome", async () => {
    const { clock, flights, woken, launch } = scene();
    const a = launch("a", 600_000);
    let isOver = false;
    void flights.drain(4_000).then(() => (isOver = true));
    await clock.advance(3_999);
    expect([isOver, a.signal()?.aborted]).toEqual([false, false]);
    await clock.advance(1);
    expect([isOver, a.signal()?.aborted, flights.look("a"), woken]).toEqual([true, true, undefined, []]);
    a.fail(new Error("aborted"));
    await clock.settle();
    expect([woken, clock.pending]).toEqual([[], 0]);
  });

  test("is over at once when nothing runs", async () => {
    const { clock, flights } = scene();
    await flights.drain(4_000);
    expect(clock.pending).toBe(0);
  });
});
