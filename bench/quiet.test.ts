import type { RequestCount } from "./api-metrics";
import { judgeQuiet, operatorRequests } from "./quiet";

const stretch = (seconds: number, requests: Omit<RequestCount, "code">[], byClient: Record<string, number> = {}) => ({
  seconds,
  requests: { requests: requests.map((one) => ({ ...one, code: "200" })), byClient, durations: {} },
});

describe("a quiet stretch", () => {
  test("is one with nothing but a look a kind every half minute and a renewal every five seconds", () => {
    const looks = [
      { verb: "PATCH", resource: "leases", count: 13 },
      { verb: "LIST", resource: "tasks", count: 3 },
      { verb: "LIST", resource: "toolcalls", count: 2 },
    ];
    expect(judgeQuiet(stretch(60, looks))).toEqual({
      text: "13 PATCH leases, 3 LIST tasks, 2 LIST toolcalls",
      isQuiet: true,
    });
    expect(judgeQuiet(stretch(60, []))).toEqual({ text: "none", isQuiet: true });
  });

  test.each([
    ["more lists than looks", { verb: "LIST", resource: "toolcalls", count: 4 }],
    ["more renewals than that", { verb: "PATCH", resource: "leases", count: 14 }],
    ["a read of an object", { verb: "GET", resource: "toolcalls", count: 1 }],
    ["a write of a status", { verb: "PUT", resource: "toolcalls/status", count: 1 }],
    ["an event", { verb: "POST", resource: "events", count: 1 }],
  ])("is not one with %s", (_what, request) => {
    expect(judgeQuiet(stretch(60, [request])).isQuiet).toBe(false);
  });

  test("is not disturbed by what is nobody's of us, nor by watches that end", () => {
    const others = [
      { verb: "PUT", resource: "leases", count: 9 },
      { verb: "WATCH", resource: "toolcalls", count: 1 },
    ];
    expect(judgeQuiet(stretch(60, others))).toEqual({ text: "none", isQuiet: true });
  });

  test("has requests of the operator or none", () => {
    expect(operatorRequests(stretch(60, [], { operator: 12, "bench, API server": 4 }))).toBe(12);
    expect(operatorRequests(stretch(60, []))).toBe(0);
  });
});
