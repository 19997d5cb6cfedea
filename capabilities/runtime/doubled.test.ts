import { doubled } from "./doubled";

test.each([
  [-1, 1_000],
  [0, 1_000],
  [1, 2_000],
  [5, 32_000],
  [6, 60_000],
  [1e9, 60_000],
])("after %d doublings it is %d ms", (times, ms) => {
  expect(doubled(times, { firstMs: 1_000, longestMs: 60_000 })).toBe(ms);
});
