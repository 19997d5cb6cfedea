import type { Comparison } from "./beside";
import { besideTable, slowdownGoals, slowdownOf } from "./beside";
import { summarize } from "./statistics";

const compared = (before: number[], beside: number[]): Comparison => ({
  before: { overheadMs: { plain: summarize(before) }, operatorCores: 0.1, busyCores: 0.5 },
  beside: { overheadMs: { plain: summarize(beside) }, operatorCores: 0.2, busyCores: 1 },
});

describe("a load beside another", () => {
  test("is as many times slower as its own middle and tail say", () => {
    expect(slowdownOf(compared([10, 10, 20], [12, 12, 60]), "plain")).toEqual({ p50: 1.2, p99: 3 });
  });

  test.each([
    ["is not slowed by what the machine does by itself", [10], [15], true],
    ["is slowed beyond that", [10], [15.1], false],
    ["may even be faster", [10], [5], true],
  ])("%s", (_sentence, before, beside, isMet) => {
    expect(slowdownGoals(compared(before, beside), "others").map((goal) => goal.isMet)).toEqual([isMet]);
  });

  test("that was never measured beside does not pass for as fast", () => {
    const { before, beside } = compared([10], [10]);
    const [goal] = slowdownGoals({ before, beside: { ...beside, overheadMs: {} } }, "others");
    expect(goal?.isMet).toBe(false);
  });

  test("has a line before and a line beside, with a cell for each column", () => {
    const { columns, rows } = besideTable("Both", compared([10], [11]));
    expect(rows.map(([load, when]) => [load, when])).toEqual([
      ["plain", "before"],
      ["plain", "beside"],
    ]);
    for (const row of rows) expect(row).toHaveLength(columns.length);
  });
});
