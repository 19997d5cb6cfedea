/**
 * `npm run quickstart`: from a clone to a first answer, everything shown as it happens. It stays up until Ctrl-C and then
 * stops what it has started; a state that was up before is used and left up. With `--once` it ends after the answer.
 */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { askTheExample } from "./ask-the-example";
import { bringUp } from "./bring-up";
import { readOptions } from "./command-line";
import { pidOf } from "./controlplane";
import { Failure, runScript } from "./failure";
import { howToGoOn } from "./how-to-go-on";
import { describeHumanLayer } from "./humanlayer";
import { provideHumanLayerKey } from "./humanlayer-secret";
import { describeModels } from "./models";
import type { Options } from "./options";
import type { Progress } from "./progress";
import { showProgress } from "./progress";
import type { State } from "./state";
import { isKnown, recall, stateAt } from "./state";
import { deleteState, takeDown } from "./take-down";
import { besideUv } from "./uv";
import { watchOver } from "./watch-over";

const INTERRUPTED = 130;
const SETTLE_WITHIN_MS = 3_000;

async function quickstart(argv: string[]): Promise<number> {
  const options = readOptions(
    {
      name: "quickstart",
      summary: "Starts everything, asks the first example's question and shows how it is answered.",
      flags: ["once", "state", "port", "base-url", "model"],
    },
    argv,
  );
  if (options === undefined) return 0;
  const isTemporary = options.once && !options.isStateGiven;
  const state = stateAt(isTemporary ? mkdtempSync(join(tmpdir(), "kubechain-")) : options.state);
  const wasUp = isKnown(state) && pidOf(state, "kube-apiserver") !== undefined;
  const progress = showProgress(process.stdout);
  const { interruption, interrupted } = firstSignal();
  const tour = walkThrough({ state, options, progress, wasUp, interrupted });
  let code = INTERRUPTED;
  try {
    code = (await Promise.race([tour, interruption])) ?? INTERRUPTED;
  } finally {
    if (wasUp) progress.say(`  ${state.dir} was up before, so it stays up. \`npm run down\` stops it.`);
    else await takeDownAll(state, tour, progress);
    if (isTemporary) tidyUp(state, code, progress);
  }
  return code;
}

/** Nobody needs the folder of a tour that went well. */
function tidyUp(state: State, code: number, progress: Progress): void {
  if (code === 0) deleteState(state);
  else progress.say(`  logs and data are kept in ${state.dir}`);
}

interface Tour {
  state: State;
  options: Options;
  progress: Progress;
  wasUp: boolean;
  interrupted: AbortSignal;
}

/** The whole tour; it only returns with `--once` or when something has gone wrong for good. */
async function walkThrough({ state, options, progress, wasUp, interrupted }: Tour): Promise<number> {
  const { port, baseUrl, model, once } = options;
  const wanted = {
    operator: true,
    people: true,
    ...(port === undefined ? {} : { port }),
    ...(baseUrl === undefined ? {} : { baseUrl }),
  };
  const up = await besideUv(() => bringUp(state, wanted, progress), progress);
  progress.say(`  models: ${describeModels(up.models)}`);
  progress.say(`  people: ${describeHumanLayer(recall(state), state)}`);
  const isAnswered = await askTheExample(up, model, progress);
  if (once) return isAnswered ? 0 : 1;
  await provideHumanLayerKey(up, progress);
  progress.say(howToGoOn(up, options.isStateGiven, wasUp ? "down" : "Ctrl-C"));
  await watchOver(state, (line) => progress.say(line), interrupted);
  return INTERRUPTED;
}

/** The first Ctrl-C, as something to wait for and something to look at. */
function firstSignal(): { interruption: Promise<undefined>; interrupted: AbortSignal } {
  const controller = new AbortController();
  const interruption = new Promise<undefined>((resolve) => {
    controller.signal.addEventListener("abort", () => resolve(undefined));
  });
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => controller.abort());
  return { interruption, interrupted: controller.signal };
}

/** Also what the tour was just about to start when it was interrupted. */
async function takeDownAll(state: State, tour: Promise<number>, progress: Progress): Promise<void> {
  await takeDown(state, progress);
  const settled = tour.then(
    () => undefined,
    (error: unknown) => {
      if (!(error instanceof Failure)) throw error;
    },
  );
  await Promise.race([settled, sleep(SETTLE_WITHIN_MS)]);
  await takeDown(state, progress);
}

runScript(quickstart);
