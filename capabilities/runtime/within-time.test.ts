import type { WithinTime } from "./within-time";
import { createWatchdog, withinTries } from "./within-time";

const LIMIT_MS = 100;
const within = createWatchdog();

test("work that ends in time gives its value", () => {
  expect(within(() => [1, 2].length, 10_000)).toEqual({ kind: "Done", value: 2 });
});

test("a loop without an end is ended", () => {
  const loop = (): never => {
    for (;;);
  };
  expect(within(loop, LIMIT_MS)).toEqual({ kind: "TimedOut" });
});

test("work that catches everything is ended all the same", () => {
  const stubborn = (): never => {
    for (;;) {
      try {
        for (;;);
      } catch {
        continue;
      }
    }
  };
  expect(within(stubborn, LIMIT_MS)).toEqual({ kind: "TimedOut" });
});

test("a regular expression that backtracks for ever is ended", () => {
  expect(within(() => /^(a+)+$/u.test(`${"a".repeat(60)}!`), LIMIT_MS)).toEqual({ kind: "TimedOut" });
});

test("a stack without an end is told by its name", () => {
  const deeper = (): unknown[] => [deeper()];
  expect(within(deeper, 10_000)).toMatchObject({ kind: "Threw", name: "RangeError" });
});

test("what is thrown is a value, whatever it is", () => {
  const throwing = (thrown: unknown) => () => {
    throw thrown;
  };
  expect(within(throwing(new SyntaxError("no")), 10_000)).toEqual({
    kind: "Threw",
    name: "SyntaxError",
    message: "no",
  });
  expect(within(throwing("odd"), 10_000)).toMatchObject({ kind: "Threw", message: "odd" });
  expect(within(throwing(null), 10_000)).toMatchObject({ kind: "Threw", message: "null" });
});

test("after work was ended the next one runs as ever", () => {
  within(() => {
    for (;;);
  }, LIMIT_MS);
  expect(within(() => "fine", 10_000)).toEqual({ kind: "Done", value: "fine" });
});

describe("work that gets a second try", () => {
  /** A watchdog for which the first `slow` runs are too slow, and what it was asked to do. */
  function slowAtFirst(slow: number): { within: WithinTime; log: string[] } {
    const log: string[] = [];
    const within: WithinTime = (work, limitMs) => {
      log.push(`${limitMs} ms`);
      return log.filter((entry) => entry.endsWith(" ms")).length <= slow
        ? { kind: "TimedOut" }
        : { kind: "Done", value: work() };
    };
    return { within, log };
  }

  test.each<[sentence: string, slow: number, kind: string, log: string[]]>([
    ["is not tried again once it is done", 0, "Done", ["100 ms"]],
    ["has longer then, with everything new", 1, "Done", ["100 ms", "anew", "300 ms"]],
    ["is given up after that", 9, "TimedOut", ["100 ms", "anew", "300 ms"]],
  ])("%s", (_sentence, slow, kind, expected) => {
    const { within, log } = slowAtFirst(slow);
    expect(withinTries(within, () => "fine", { anew: () => log.push("anew") }).kind).toBe(kind);
    expect(log).toEqual(expected);
  });

  test("is not tried again when it threw", () => {
    let runs = 0;
    const throwing = (): never => {
      runs += 1;
      throw new SyntaxError("no");
    };
    expect(withinTries(within, throwing, { limitsMs: [10_000, 10_000] })).toMatchObject({ kind: "Threw" });
    expect(runs).toBe(1);
  });
});
