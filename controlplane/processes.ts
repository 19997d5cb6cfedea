/**
 * Programs that live on after the script that started them: start, find again, stop. A process is ours only if its
 * command line has the `mark` (an argument with the state folder in it), so a process id that was given to somebody
 * else meanwhile is never signalled.
 */
import { spawn, spawnSync } from "node:child_process";
import {
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { Failure } from "./failure";
import type { ProgramName, State } from "./state";
import { logOf, pidFileOf } from "./state";

/** A command that belongs to a state. */
export interface Program {
  name: ProgramName;
  command: string;
  /** One of them is `mark`. */
  args: string[];
  mark: string;
  env: NodeJS.ProcessEnv;
  /** Where it works; the state folder when left out. */
  cwd?: string;
}

const LOG_KEPT_BYTES = 20 * 1024 * 1024;
const LOOK_AGAIN_MS = 50;

/** The process id of the program if it runs, whoever started it: by its pid file, else by looking through all processes. */
export function findRunning(state: State, program: Pick<Program, "name" | "mark">): number | undefined {
  const noted = notedPid(state, program.name);
  if (noted !== undefined && isOurs(noted, program.mark)) return noted;
  const found = processIds().find((pid) => pid !== process.pid && isOurs(pid, program.mark));
  if (found !== undefined) notePid(state, program.name, found);
  return found;
}

/** Starts a program in a session of its own, its output going to its log. Returns its process id. */
export function startProgram(state: State, program: Program): number {
  const file = logOf(state, program.name);
  if (existsSync(file) && statSync(file).size > LOG_KEPT_BYTES) renameSync(file, `${file}.old`);
  const log = openSync(file, "a", 0o600);
  const child = spawn(program.command, program.args, {
    cwd: program.cwd ?? state.dir,
    env: program.env,
    detached: true,
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  // A failure to start shows as a missing process id; without a listener it would also be thrown later.
  child.on("error", () => undefined);
  child.unref();
  if (child.pid === undefined)
    throw new Failure(`${program.command} could not be started. Is it there and executable?`);
  notePid(state, program.name, child.pid);
  return child.pid;
}

/** Stops a program: SIGTERM, and SIGKILL after `graceMs`. False if it was not running. */
export async function stopProgram(
  state: State,
  program: Pick<Program, "name" | "mark">,
  graceMs: number,
): Promise<boolean> {
  const pid = findRunning(state, program);
  if (pid !== undefined) {
    signal(pid, "SIGTERM");
    if (!(await isGone(pid, program.mark, graceMs))) {
      signal(pid, "SIGKILL");
      await isGone(pid, program.mark, graceMs);
    }
  }
  rmSync(pidFileOf(state, program.name), { force: true });
  return pid !== undefined;
}

/** Waits until the process is gone; false if it is still there after `forMs`. */
export async function isGone(pid: number, mark: string, forMs: number): Promise<boolean> {
  for (const end = Date.now() + forMs; Date.now() < end; ) {
    if (!isOurs(pid, mark)) return true;
    await sleep(LOOK_AGAIN_MS);
  }
  return !isOurs(pid, mark);
}

/** Whether this process exists and has `mark` among its arguments. A dead process nobody has waited for has none. */
export function isOurs(pid: number, mark: string): boolean {
  return argumentsOf(pid).includes(mark);
}

/** Notes that `pid` is this program. */
export function notePid(state: State, name: ProgramName, pid: number): void {
  writeFileSync(pidFileOf(state, name), `${pid}\n`);
}

/** Sends a signal; a process that has just gone needs none. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // Gone between the look and the signal.
  }
}

function notedPid(state: State, name: ProgramName): number | undefined {
  const file = pidFileOf(state, name);
  const pid = existsSync(file) ? Number(readFileSync(file, "utf8")) : Number.NaN;
  return Number.isInteger(pid) && pid > 1 ? pid : undefined;
}

function processIds(): number[] {
  const names = existsSync("/proc/self")
    ? readdirSync("/proc")
    : spawnSync("ps", ["-axo", "pid="]).stdout.toString().split(/\s+/);
  return names.map(Number).filter((pid) => Number.isInteger(pid) && pid > 1);
}

/**
 * The arguments of a process; empty if there is none. Without /proc, as on macOS, they cannot be told apart reliably, so
 * only a whole match at a word's end counts.
 */
function argumentsOf(pid: number): { includes(mark: string): boolean } {
  if (!existsSync("/proc/self")) {
    const line = spawnSync("ps", ["-ww", "-o", "command=", "-p", String(pid)])
      .stdout.toString()
      .trimEnd();
    return { includes: (mark) => `${line} `.includes(` ${mark} `) };
  }
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
  } catch {
    return [];
  }
}
