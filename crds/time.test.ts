import { durationMs, momentOf, timestamp } from "./time";

describe("times as the API writes them", () => {
  test.each<[string | undefined, number | undefined]>([
    ["30s", 30_000],
    ["1h30m", 5_400_000],
    ["250ms", 250],
    ["2m0s", 120_000],
    ["0s", undefined],
    ["1.5h", undefined],
    ["10", undefined],
    ["", undefined],
    [undefined, undefined],
  ])("the duration %s is %s milliseconds", (text, ms) => {
    expect(durationMs(text)).toBe(ms);
  });

  test("a moment is written in whole seconds, as metav1.Time", () => {
    expect(timestamp(new Date("2026-01-02T03:04:05.678Z"))).toBe("2026-01-02T03:04:05Z");
  });

  test("what is no moment is none", () => {
    expect(momentOf("2026-01-02T03:04:05Z")).toEqual(new Date("2026-01-02T03:04:05.000Z"));
    expect([momentOf("soon"), momentOf("")]).toEqual([undefined, undefined]);
    expect(momentOf(undefined)).toBeUndefined();
  });
});
