/** `npm run up`: the control plane, the model and the operator, in the background. Starting it again heals what has died. */
import { bringUp } from "./bring-up";
import { readOptions } from "./command-line";
import { runScript } from "./failure";
import { howToGoOn } from "./how-to-go-on";
import { describeModels } from "./models";
import { showProgress } from "./progress";
import { stateAt } from "./state";

async function up(argv: string[]): Promise<number> {
  const options = readOptions(
    {
      name: "up",
      summary: "Starts a control plane and the operator in the background, or whatever of them has died.",
      flags: ["state", "port", "base-url", "no-operator"],
    },
    argv,
  );
  if (options === undefined) return 0;
  const { port, baseUrl } = options;
  const progress = showProgress(process.stdout);
  const wanted = {
    operator: !options.noOperator,
    ...(port === undefined ? {} : { port }),
    ...(baseUrl === undefined ? {} : { baseUrl }),
  };
  const running = await bringUp(stateAt(options.state), wanted, progress);
  progress.say(`  models: ${describeModels(running.models)}`);
  progress.say(howToGoOn(running, options.isStateGiven, "down"));
  return 0;
}

runScript(up);
