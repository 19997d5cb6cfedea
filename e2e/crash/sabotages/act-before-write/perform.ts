/** Calls the tool, and writes a while later that it is going to: a crash in between leaves no trace of the call. */
import { setTimeout as sleep } from "node:timers/promises";
import * as real from "../../../../capabilities/toolcalls/perform";

export * from "../../../../capabilities/toolcalls/perform";

/** Long enough that kills hit it. */
const UNWRITTEN_MS = 500;

export const perform: typeof real.perform = async (decision, seen, call, world) => {
  if (decision.kind !== "Enter" || decision.then?.kind !== "CallTool") return real.perform(decision, seen, call, world);
  await real.perform({ kind: "Repeat", effect: decision.then }, seen, call, world);
  await sleep(UNWRITTEN_MS);
  return real.perform({ kind: "Enter", state: decision.state }, seen, call, world);
};
