import { busySeconds, parseBusySeconds, parseUsage, usageOf } from "./process";

const STATUS = `Name:\tnode
VmPeak:\t 1100000 kB
VmHWM:\t  307200 kB
VmRSS:\t  204800 kB
Threads:\t11
`;

test("memory and processor time are read in MiB and seconds", () => {
  const stat = "77 (node) S 1 77 77 0 -1 4194304 1 2 3 4 250 50 6 7 20 0 11 0 12345 1126400000 51200";
  expect(parseUsage(STATUS, stat)).toEqual({
    rssMiB: 200,
    peakMiB: 300,
    cpuSeconds: 3,
  });
});

test("a program's name with spaces and parentheses moves no field", () => {
  const stat = "77 (a) b (c) S 1 77 77 0 -1 4194304 1 2 3 4 250 50 6 7 20 0 11 0 12345 1126400000 51200";
  expect(parseUsage(STATUS, stat).cpuSeconds).toBe(3);
});

test("this very process has used memory and time", () => {
  const usage = usageOf(process.pid);
  expect(usage.rssMiB).toBeGreaterThan(10);
  expect(usage.peakMiB).toBeGreaterThanOrEqual(usage.rssMiB);
  expect(usage.cpuSeconds).toBeGreaterThan(0);
});

test("the time the processors have worked is everybody's, without their waiting", () => {
  expect(parseBusySeconds("cpu  100 10 50 9000 800 20 30 40 0 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n")).toBe(2.5);
  expect(busySeconds()).toBeGreaterThan(0);
});
