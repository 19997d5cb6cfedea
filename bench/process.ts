/**
 * What a process costs, from /proc (Linux), and what machine this is. Reads only; owns no process.
 */
import { readFileSync } from "node:fs";
import { arch, cpus, loadavg, platform, totalmem } from "node:os";

/** Memory in MiB, processor time in seconds since the process started. `peakMiB` is the highest resident size ever. */
export interface Usage {
  rssMiB: number;
  peakMiB: number;
  cpuSeconds: number;
}

/** Ticks of /proc/PID/stat: USER_HZ, which is 100 on every Linux that Node.js runs on (man 5 proc). */
const TICKS_PER_SECOND = 100;

/** What the process has used until now. Throws when it does not exist. */
export function usageOf(pid: number): Usage {
  return parseUsage(readFileSync(`/proc/${pid}/status`, "utf8"), readFileSync(`/proc/${pid}/stat`, "utf8"));
}

/** Reads the texts of /proc/PID/status and /proc/PID/stat. */
export function parseUsage(status: string, stat: string): Usage {
  // The second field is the program's name in parentheses, with whatever is in it.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  // utime and stime are fields 14 and 15 of the line, counted from 1.
  const ticks = Number(fields[11]) + Number(fields[12]);
  return {
    rssMiB: sizeIn(status, "VmRSS"),
    peakMiB: sizeIn(status, "VmHWM"),
    cpuSeconds: ticks / TICKS_PER_SECOND,
  };
}

function sizeIn(status: string, name: string): number {
  const [, kib] = new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status) ?? [];
  return Math.round(Number(kib) / 102.4) / 10;
}

/** How many seconds all processors together have worked since the machine started, for anybody. */
export function busySeconds(): number {
  return parseBusySeconds(readFileSync("/proc/stat", "utf8"));
}

/** Reads the text of /proc/stat: user, nice, system, idle, iowait, irq, softirq, steal (man 5 proc). */
export function parseBusySeconds(stat: string): number {
  const [, user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = (stat.split("\n")[0] ?? "")
    .split(/\s+/)
    .map(Number);
  return (user + nice + system + irq + softirq + steal) / TICKS_PER_SECOND;
}

/** The machine and what is run on it, for the head of a result. */
export interface Machine {
  cores: number;
  processor: string;
  memoryGiB: number;
  system: string;
  node: string;
  loadBefore: number[];
}

/** This machine now. `node` is the version that runs the operator. */
export function thisMachine(node: string): Machine {
  const processors = cpus();
  return {
    cores: processors.length,
    processor: processors[0]?.model.trim() ?? "unknown",
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${arch()}`,
    node,
    loadBefore: loadavg().map((load) => Math.round(load * 100) / 100),
  };
}
