import { median, percentile, risePerStep, summarize } from "./statistics";

const oneToHundred = Array.from({ length: 100 }, (_, index) => 100 - index);

describe("percentiles", () => {
  test.each([
    [1, 1],
    [50, 50],
    [99, 99],
    [100, 100],
  ])("the %i-percent value of 1 to 100 in any order is %i", (percent, expected) => {
    expect(percentile(oneToHundred, percent)).toBe(expected);
  });

  test("are measured values, never something between two of them", () => {
    expect(percentile([1, 2, 10], 50)).toBe(2);
    expect(percentile([1, 10], 50)).toBe(1);
    expect(percentile([1, 10], 51)).toBe(10);
  });

  test("do not sort numbers as words", () => {
    expect(median([10, 9, 100])).toBe(10);
  });

  test("of nothing are an error, so that a run without results cannot look like a fast one", () => {
    expect(() => summarize([])).toThrow("No values");
  });
});

test("a summary holds count, mean, middle, tail and worst, and leaves the values as they were", () => {
  const values = [4, 1, 7];
  expect(summarize(values)).toEqual({
    count: 3,
    mean: 4,
    p50: 4,
    p99: 7,
    max: 7,
  });
  expect(values).toEqual([4, 1, 7]);
});

describe("the rise per step", () => {
  test.each([
    ["a line", [10, 12, 14, 16], 2],
    ["a level", [5, 5, 5], 0],
    ["a level with noise on both sides", [5, 6, 5, 6, 5], 0],
    ["a fall", [9, 6, 3], -3],
    ["a single value", [7], 0],
  ])("of %s", (_name, values, expected) => {
    expect(risePerStep(values)).toBeCloseTo(expected, 10);
  });
});
