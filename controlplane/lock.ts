/**
 * One at a time, across and within processes: a lock is a file that names the process that has it. A lock whose owner is
 * gone is taken over. It protects work that would merely be wasteful or confusing if done twice at once; no data depends on it.
 */
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const LOOK_AGAIN_MS = 250;

/** This process and no earlier one that had its id; the same in every world that Jest makes within it. */
const ME = `${process.pid} ${Math.round(performance.timeOrigin)}`;

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
  writeFileSync(written, ME);
  try {
    linkSync(written, file);
    return undefined;
  } catch {
    const owner = livingOwnerOf(file);
    if (owner !== undefined) return owner;
    rmSync(file, { force: true });
    return take(file);
  } finally {
    rmSync(written, { force: true });
  }
}

function livingOwnerOf(file: string): number | undefined {
  try {
    const owner = readFileSync(file, "utf8");
    const pid = Number.parseInt(owner, 10);
    if (pid === process.pid) return owner === ME ? pid : undefined;
    process.kill(pid, 0);
    return pid;
  } catch {
    return undefined;
  }
}
