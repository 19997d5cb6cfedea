/**
 * `npm run up`: the control plane, the model, the HumanLayer-compatible server and the operator, in the background.
 * Starting it again heals what has died.
 */
import { bringUp } from "./bring-up";
import { readOptions } from "./command-line";
import { runScript } from "./failure";
import { howToGoOn } from "./how-to-go-on";
import { describeHumanLayer } from "./humanlayer";
import { secretCommand } from "./humanlayer-secret";
import { describeModels } from "./models";
import { showProgress } from "./progress";
import { recall, stateAt } from "./state";
import { besideUv } from "./uv";

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
    people: true,
    ...(port === undefined ? {} : { port }),
    ...(baseUrl === undefined ? {} : { baseUrl }),
  };
  const running = await besideUv(() => bringUp(stateAt(options.state), wanted, progress), progress);
  progress.say(`  models: ${describeModels(running.models)}`);
  progress.say(`  people: ${describeHumanLayer(recall(running.state), running.state)}`);
  progress.say(howToGoOn(running, options.isStateGiven, "down"));
  const command = secretCommand(running.state);
  if (command !== undefined) progress.say(`\nBefore examples/04-approve-by-email.yaml:\n  ${command}`);
  return 0;
}

runScript(up);
