import { sharesOf } from "./burst";
import { tasksFor } from "./grid";

describe("the share of the sketch's rate", () => {
  test("is taken round by round, whoever went first", () => {
    const runs = [
      { worker: "product" as const, tasksPerSecond: 90 },
      { worker: "sketch" as const, tasksPerSecond: 100 },
      { worker: "sketch" as const, tasksPerSecond: 50 },
      { worker: "product" as const, tasksPerSecond: 40 },
    ];
    expect(sharesOf(runs)).toEqual([0.9, 0.8]);
  });
});

describe("the tasks of a point of the grid", () => {
  test.each([
    ["last some seconds at the rate that is possible", 0, 64, 660],
    ["give everyone a second turn", 0, 1_000, 2_000],
    ["are fewer with a slower model", 2_000, 64, 191],
    ["are none where they would say nothing", 2_000, 4, 0],
  ])("%s", (_sentence, latencyMs, atOnce, expected) => {
    expect(tasksFor(latencyMs, atOnce)).toBe(expected);
  });
});
