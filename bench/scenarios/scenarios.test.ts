import { sharesOf } from "./burst";
import { tasksFor } from "./grid";
import { SHAPES, loadOf } from "./tools";

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

describe("the loads with tools", () => {
  test("have names of which none begins like another, so that their calls can be told apart", () => {
    const names = SHAPES.map(({ name }) => `${name}-`);
    for (const name of names) expect(names.filter((other) => other.startsWith(name))).toEqual([name]);
  });

  test("go over both transports with one call, whatever the tool takes", () => {
    const single = SHAPES.filter(({ turns, callsATurn }) => turns * callsATurn === 1);
    const speeds = [...new Set(SHAPES.map(({ toolMs }) => toolMs))];
    expect(single.map(({ server, toolMs }) => `${server} ${toolMs}`).sort()).toEqual(
      speeds.flatMap((toolMs) => [`http ${toolMs}`, `stdio ${toolMs}`]).sort(),
    );
  });

  test("count a tool's time once a turn, since calls of one turn run together", () => {
    const shape = { name: "x", title: "x", server: "stdio" as const, toolMs: 200 };
    expect(loadOf({ ...shape, turns: 3, callsATurn: 1 }, "a").toolMs).toBe(600);
    expect(loadOf({ ...shape, turns: 1, callsATurn: 10 }, "a").toolMs).toBe(200);
  });
});
