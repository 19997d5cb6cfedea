// Whether the process that a lease names is surely dead, seen from here. Only a process of the same host, and of the same world of
// processes on it, can be judged; of any other nothing is known, and it is waited for. Reads /proc where there is one.
import { readFileSync, readlinkSync } from "node:fs";
import { codeOf } from "./errors";
import type { Claimant } from "./lease-object";

/** This process among others. */
export interface Here extends Claimant {
  pid: number;
  /** Whether a process of this host runs; one that has ended and that nobody has waited for does not. */
  isRunning(pid: number): boolean;
}

/** This process, which calls itself `holder`: "host/pid-suffix". */
export function here(holder: string): Here {
  return { holder, place: placeHere(), pid: process.pid, isRunning };
}

/** The IPC namespace that a machine starts with (`PROC_IPC_INIT_INO` in Linux' proc_ns.h): what runs in it is in no pod. */
const NO_POD = "ipc:[4026531839]";

/**
 * Names this boot of this machine, the pod or machine in it (by its IPC namespace, which outlives a pod's containers), and
 * the world that its process ids belong to. A host's name is not enough: two machines may have the same. Empty without /proc.
 */
function placeHere(): string {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    return [boot, readlinkSync("/proc/self/ns/ipc"), readlinkSync("/proc/self/ns/pid")].join(" ");
  } catch {
    return ""; // Not Linux: what is left is the host's name.
  }
}

/** Whether `other` ran where this process runs, and does so no more. */
export function isSurelyDead(other: Claimant, self: Here): boolean {
  const [there, mine] = [partsOf(other), partsOf(self)];
  const isSamePlace = there.host === mine.host && there.boot === mine.boot && there.ipc === mine.ipc;
  if (!isSamePlace || there.host === undefined || other.holder === self.holder) return false;
  if (there.pid === self.pid) return true; // The number is ours now.
  // A pod's container was started again, and its process ids with it: the one before has ended.
  if (there.pids !== mine.pids) return mine.ipc !== NO_POD;
  return !self.isRunning(there.pid);
}

interface Parts {
  host: string | undefined;
  pid: number;
  boot: string;
  ipc: string;
  pids: string;
}

function partsOf({ holder, place }: Claimant): Parts {
  const [, host, pid] = /^(.+)\/(\d+)-[0-9a-f]+$/.exec(holder) ?? [];
  const [boot = "", ipc = "", pids = ""] = place.split(" ");
  return { host, pid: Number(pid), boot, ipc, pids };
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return codeOf(error) !== "ESRCH"; // A process of somebody else runs, too.
  }
  return !isZombie(pid);
}

/** The state follows the command, which is in parentheses and may hold some itself (man 5 proc). */
function isZombie(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return /^ [ZX]/.test(stat.slice(stat.lastIndexOf(")") + 1));
  } catch {
    return false; // No /proc, or gone this very moment: the next look will tell.
  }
}
