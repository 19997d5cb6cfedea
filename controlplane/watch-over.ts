/**
 * Says when a program of a state has ended. Whether to start it again is left to the person at the terminal, who may have killed
 * it on purpose.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { pidOf } from "./controlplane";
import { quote } from "./shell";
import type { ProgramName, State } from "./state";
import { PROGRAMS, logOf } from "./state";

const LOOK_AGAIN_MS = 1_000;
/** Nothing works without these, so that they have ended is said even if they were never seen to run. */
const ALWAYS: ProgramName[] = ["etcd", "kube-apiserver", "operator"];

/** Looks at every program until `over`, and calls `say` once whenever one that ran has ended. */
export async function watchOver(
  state: State,
  say: (line: string) => void,
  over: AbortSignal,
  everyMs = LOOK_AGAIN_MS,
): Promise<void> {
  const running = new Set(ALWAYS);
  for (; !over.aborted; await sleep(everyMs)) {
    for (const name of PROGRAMS) {
      if (pidOf(state, name) !== undefined) running.add(name);
      else if (running.delete(name))
        say(
          `! ${name} has ended (${logOf(state, name)}). In another terminal: npm run up -- --state ${quote(state.dir)}`,
        );
    }
  }
}
