/** `npm run down`: stops what `up` has started. The data stays for the next `up` unless it is to be deleted. */
import { readOptions } from "./command-line";
import { runScript } from "./failure";
import { showProgress } from "./progress";
import { isKnown, stateAt } from "./state";
import { deleteState, takeDown } from "./take-down";

async function down(argv: string[]): Promise<number> {
  const options = readOptions(
    {
      name: "down",
      summary:
        "Stops the operator, the model, the HumanLayer-compatible server and the control plane. The data stays for the next `npm run up`.",
      flags: ["state", "delete-data"],
    },
    argv,
  );
  if (options === undefined) return 0;
  const state = stateAt(options.state);
  const progress = showProgress(process.stdout);
  const stopped = await takeDown(state, progress);
  if (stopped.length === 0) progress.say(`✓ nothing is running in ${state.dir}`);
  if (options.deleteData && isKnown(state)) {
    deleteState(state);
    progress.say(`✓ deleted the objects, keys and logs in ${state.dir}`);
  } else if (isKnown(state)) {
    progress.say(`  the data stays in ${state.dir} (--delete-data deletes it)`);
  }
  return 0;
}

runScript(down);
