import type { RequestCounts } from "./request-count";
import type { Stretch } from "./stretches";
import { cpuGoal, requestsGoal, serviceGoal, stretchTable } from "./stretches";

interface Seen {
  cpuSeconds?: number;
  service?: RequestCounts;
  gets?: number;
}

const stretch = (when: string, { cpuSeconds = 0.2, service = {}, gets = 0 }: Seen = {}): Stretch => ({
  when,
  calls: 10,
  service,
  quiet: {
    seconds: 60,
    cpuSeconds,
    usage: { rssMiB: 150, peakMiB: 200, cpuSeconds: 3 },
    requests: {
      requests: gets === 0 ? [] : [{ verb: "GET", resource: "toolcalls", code: "200", count: gets }],
      byClient: { operator: 12 + gets },
      durations: {},
    },
  },
});

describe("calls that wait", () => {
  const nothing = stretch("nothing");

  test("cost nothing when the operator works and asks as much as with nothing parked", () => {
    const all = [stretch("kubectl", { cpuSeconds: 0.25 }), stretch("service", { service: { "GET /pending": 2 } })];
    expect([requestsGoal(all, nothing), cpuGoal(all, nothing), serviceGoal(10, all)].map(({ isMet }) => isMet)).toEqual(
      [true, true, true],
    );
  });

  test("cost something when one stretch of several is not like that", () => {
    const fine = stretch("fine");
    expect(requestsGoal([fine, stretch("asking", { gets: 1 })], nothing).isMet).toBe(false);
    expect(cpuGoal([fine, stretch("working", { cpuSeconds: 0.4 })], nothing).isMet).toBe(false);
    expect(
      serviceGoal(10, [fine, stretch("polling", { service: { "GET /x/:id": 10, "GET /pending": 1 } })]).isMet,
    ).toBe(false);
  });

  test("have a line each with a cell for every column", () => {
    const { columns, rows } = stretchTable([nothing, stretch("kubectl")]);
    expect(rows.map((row) => row.length)).toEqual([columns.length, columns.length]);
  });
});
