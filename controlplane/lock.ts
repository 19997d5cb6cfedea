/**
 * One at a time, across processes: a lock is a file holding its owner's process id. A lock whose owner is gone is taken
 * over. It protects work that would merely be wasteful or confusing if done twice at once; no data depends on it.
 */
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const LOOK_AGAIN_MS = 250;

/** Does `work` while holding the lock `file`, after waiting for whoever holds it; `onWait` hears of that once. */
export async function withLock<T>(file: string, work: () => Promise<T>, onWait: (pid: number) => void): Promise<T> {
  mkdirSync(dirname(file), { recursive: true });
  let isTold = false;
  for (let owner = take(file); owner !== undefined; owner = take(file)) {
    if (!isTold) onWait(owner);
    isTold = true;
    await sleep(LOOK_AGAIN_MS);
  }
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}

/** Takes the lock, or says which living process has it. */
function take(file: string): number | undefined {
  // Written first and linked then, so that nobody ever reads a lock without its owner.
  const written = `${file}.${process.pid}`;
  writeFileSync(written, String(process.pid));
  try {
    linkSync(written, file);
    return undefined;
  } catch {
    const owner = ownerOf(file);
    if (owner !== undefined && isAlive(owner)) return owner;
    rmSync(file, { force: true });
    return take(file);
  } finally {
    rmSync(written, { force: true });
  }
}

function ownerOf(file: string): number | undefined {
  try {
    return Number(readFileSync(file, "utf8")) || undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
