import { createWatchdog } from "./within-time";

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
