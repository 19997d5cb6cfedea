/**
 * Prepares the machine for e2e/ while other checks run, which it does by itself when this was not done: so that nobody waits
 * for the last of it with nothing else to do.
 */
import { runScript } from "../controlplane/failure";
import { showProgress } from "../controlplane/progress";
import { prepareMachine } from "../e2e/prepare-machine";

runScript(async () => {
  await prepareMachine(showProgress(process.stdout));
  return 0;
});
