/** Stops what runs of a state, the operator first and etcd last, and deletes the folder only when asked to. */
import { existsSync, readdirSync, rmSync, rmdirSync } from "node:fs";
import { pidOf, stop } from "./controlplane";
import { withLock } from "./lock";
import type { Progress } from "./progress";
import type { ProgramName, State } from "./state";
import { PROGRAMS, isKnown, logOf, pidFileOf } from "./state";

/** Stops every program of the state and returns the names of those that ran. */
export async function takeDown(state: State, progress: Progress): Promise<ProgramName[]> {
  if (!isKnown(state)) return [];
  const waiting = (pid: number): void =>
    progress.say(`  process ${pid} is starting or stopping ${state.dir}; waiting for it`);
  const stopAll = async (): Promise<ProgramName[]> => {
    const running = PROGRAMS.filter((name) => pidOf(state, name) !== undefined).reverse();
    if (running.length === 0) return [];
    await progress.step(
      "stopping",
      async (report) => {
        for (const name of running) {
          report(name);
          await stop(state, name);
        }
      },
      () => running.join(", "),
    );
    return running;
  };
  return withLock(state.lock, stopAll, waiting);
}

/** Deletes what these scripts have put into a state folder, and the folder if nothing else is in it. */
export function deleteState(state: State): void {
  const logs = PROGRAMS.map((name) => logOf(state, name));
  const pids = PROGRAMS.map((name) => pidFileOf(state, name));
  const { dir, memory, ...rest } = state;
  const files = Object.values(rest).filter((path) => path !== state.logs);
  // What SQLite leaves beside a database when its process was killed.
  const leftovers = ["-wal", "-shm", "-journal"].map((end) => `${state.humanLayerDatabase}${end}`);
  for (const path of [...logs, ...logs.map((log) => `${log}.old`), ...pids, ...files, ...leftovers, memory])
    rmSync(path, { recursive: true, force: true });
  for (const folder of [state.logs, dir]) if (existsSync(folder) && readdirSync(folder).length === 0) rmdirSync(folder);
}
