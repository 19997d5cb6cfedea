/** Stops what runs of a state, the operator first and etcd last, and deletes the folder only when asked to. */
import { rmSync } from "node:fs";
import { pidOf, stop } from "./controlplane";
import { Failure } from "./failure";
import { withLock } from "./lock";
import type { Progress } from "./progress";
import type { ProgramName, State } from "./state";
import { PROGRAMS, isKnown } from "./state";

/** Stops every program of the state and returns the names of those that ran. */
export async function takeDown(state: State, progress: Progress): Promise<ProgramName[]> {
  if (!isKnown(state)) return [];
  const waiting = (pid: number): void => progress.say(`  process ${pid} is starting or stopping ${state.dir}; waiting for it`);
  const stopAll = async (): Promise<ProgramName[]> => {
    const running = PROGRAMS.filter((name) => pidOf(state, name) !== undefined).reverse();
    if (running.length === 0) return [];
    await progress.step("stopping", async (report) => {
      for (const name of running) {
        report(name);
        await stop(state, name);
      }
    }, () => running.join(", "));
    return running;
  };
  return withLock(state.lock, stopAll, waiting);
}

/** Deletes a state folder whose programs have all stopped. A folder that is none is left alone: a `Failure`. */
export function deleteState(state: State): void {
  if (!isKnown(state)) throw new Failure(`${state.dir} is not a state folder (it has no state.json), so nothing in it was deleted.`);
  rmSync(state.dir, { recursive: true, force: true });
}
