/**
 * `npm run operator`: this process becomes the operator of a state that is up, so that whoever started it owns it: its
 * process id, its signals, its output. With `--print`, only the shell line that would. Standard output is the operator's
 * alone; everything said before goes to standard error.
 */
import { ensureBinaries } from "./binaries";
import { ensureBuilt } from "./bring-up";
import { readOptions } from "./command-line";
import { isApiReady, pidOf, stop } from "./controlplane";
import { Failure, runScript } from "./failure";
import { HUMANLAYER_BASE, chooseHumanLayer } from "./humanlayer";
import { install } from "./install";
import { kubectlFor } from "./kubectl";
import { chooseModels } from "./models";
import type { OperatorCommand } from "./operator-process";
import {
  environmentFor,
  fingerprint,
  operatorCommand,
  prepareOperator,
  registerOperator,
  shellLine,
} from "./operator-process";
import type { Options } from "./options";
import { notePid } from "./processes";
import type { Progress } from "./progress";
import { showProgress } from "./progress";
import { quote } from "./shell";
import type { State } from "./state";
import { recall, remember, stateAt } from "./state";

async function operator(argv: string[]): Promise<number> {
  const options = readOptions(
    {
      name: "operator",
      summary: "Runs just the operator of a state that is up, in the foreground.",
      flags: ["state", "print"],
    },
    argv,
  );
  if (options === undefined) return 0;
  const state = stateAt(options.state);
  const progress = showProgress(process.stderr);
  await requireApi(state, options);
  const isFree = await makeRoom(state, options, progress);
  await ensureBuilt(progress);
  const kubectl = kubectlFor((await ensureBinaries(progress)).kubectl, state.kubeconfig);
  await install(kubectl);
  if (isFree) await prepareOperator(state);
  rememberServers(state);
  // Registered before the operator runs: until it is ready, writes to our kinds are refused rather than unchecked.
  await registerOperator(state, kubectl);
  const command = operatorCommand(state, process.env);
  remember(state, { operatorFingerprint: fingerprint(command) });
  if (options.print) console.log(shellLine(command, process.env));
  else become(state, command);
  return 0;
}

async function requireApi(state: State, options: Options): Promise<void> {
  if (await isApiReady(state)) return;
  const more = options.isStateGiven ? ` --state ${quote(state.dir)}` : "";
  throw new Failure(
    `the control plane of ${state.dir} is not running. Start it with \`npm run up -- --no-operator${more}\`.`,
  );
}

/** Whether no operator of this state runs, after stopping one that would be in the way. Printing stops nothing. */
async function makeRoom(state: State, options: Options, progress: Progress): Promise<boolean> {
  const running = pidOf(state, "operator");
  if (running === undefined) return true;
  if (options.print) {
    progress.say(
      `! an operator of this state is running as process ${running}; one started with this line waits until that one has ended`,
    );
    return false;
  }
  await stop(state, "operator");
  progress.say(`! stopped the operator that was running as process ${running}`);
  return true;
}

/** OPENAI_BASE_URL, ANTHROPIC_BASE_URL and HUMANLAYER_API_BASE count here too; otherwise it stays as `up` has said. */
function rememberServers(state: State): void {
  const { OPENAI_BASE_URL, ANTHROPIC_BASE_URL } = process.env;
  const { models, humanLayer } = recall(state);
  if (process.env[HUMANLAYER_BASE]) remember(state, { humanLayer: chooseHumanLayer(process.env, humanLayer) });
  if (OPENAI_BASE_URL || ANTHROPIC_BASE_URL || models === undefined) {
    remember(state, { models: chooseModels(undefined, process.env, models) });
  }
}

/** Replaces this process, where Node.js can; it then never returns. */
function become(state: State, command: OperatorCommand): void {
  if (typeof process.execve !== "function") {
    throw new Failure(
      "this Node.js cannot replace its process (24 or newer can). Use `npm run -s operator -- --print` and run the line it prints.",
    );
  }
  notePid(state, "operator", process.pid);
  process.execve(command.command, [command.command, ...command.args], environmentFor(command, process.env));
}

runScript(operator);
