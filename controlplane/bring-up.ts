/**
 * Brings a state up, whatever of it runs already: programs, build, API, CRDs, controllers, model, HumanLayer-compatible
 * server, operator, in this order. up, quickstart, operator, dev and the tests all come through here. Two at once on one
 * state take turns.
 */
import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Binaries } from "./binaries";
import { WITHOUT_CONTROLLERS, ensureBinaries } from "./binaries";
import { ensureApi, ensureControllers, pidOf } from "./controlplane";
import { Failure, tailOf } from "./failure";
import { chooseHumanLayer } from "./humanlayer";
import { ensureHumanLayer } from "./humanlayer-process";
import { install } from "./install";
import type { Kubectl } from "./kubectl";
import { kubectlFor } from "./kubectl";
import { withLock } from "./lock";
import { chooseModels } from "./models";
import { ensureOperator } from "./operator-process";
import { choosePort, isListening } from "./ports";
import { waitUntil } from "./probe";
import { startProgram } from "./processes";
import { marksOf } from "./programs";
import type { Progress } from "./progress";
import { isBuildStale, projectFiles, withOwnTools } from "./project";
import type { ModelSource, ProgramName, State } from "./state";
import { createState, logOf, recall, remember } from "./state";

/** What of a state is wanted. */
export interface Wanted {
  port?: number;
  baseUrl?: string;
  /** False: everything but the operator. */
  operator: boolean;
  noFsync?: boolean;
  /** True: people can be asked through HumanLayer, through our own server when the user has no other. */
  people?: boolean;
}

/** A state that is up. */
export interface Up {
  state: State;
  binaries: Binaries;
  kubectl: Kubectl;
  models: ModelSource;
  /** What was not running before. */
  started: ProgramName[];
}

const MODEL_READY_WITHIN_MS = 20_000;

/** Makes everything wanted run. Fails with the log of what does not come up; what was started by then keeps running. */
export async function bringUp(state: State, wanted: Wanted, progress: Progress, env = process.env): Promise<Up> {
  const binaries = await ensureBinaries(progress, env);
  await ensureBuilt(progress);
  createState(state);
  const waiting = (pid: number): void =>
    progress.say(`  process ${pid} is starting or stopping ${state.dir}; waiting for it`);
  return withLock(state.lock, () => start(state, binaries, { wanted, progress, env }), waiting);
}

interface How {
  wanted: Wanted;
  progress: Progress;
  env: NodeJS.ProcessEnv;
}

async function start(state: State, binaries: Binaries, { wanted, progress, env }: How): Promise<Up> {
  const said = (started: ProgramName[]): string => (started.length === 0 ? "already running" : started.join(", "));
  const api = await progress.step("starting the API server", () => ensureApi(state, binaries, wanted), said);
  const kubectl = kubectlFor(binaries.kubectl, state.kubeconfig);
  await progress.step("installing the CRDs and the operator's rights", () => install(kubectl));
  if (binaries.controllerManager === undefined) progress.say(`! ${WITHOUT_CONTROLLERS}`);
  const models = chooseModels(wanted.baseUrl, env, recall(state).models);
  remember(state, { models });
  const humanLayer = wanted.people === true ? chooseHumanLayer(env, recall(state).humanLayer) : undefined;
  if (humanLayer !== undefined) remember(state, { humanLayer });
  const company = async (): Promise<ProgramName[]> => [
    ...ensureControllers(state, binaries),
    ...(models.kind === "Scripted" ? await ensureScriptedModel(state) : []),
    ...(humanLayer?.kind === "Own" ? await ensureHumanLayer(state) : []),
  ];
  const titles = [
    "the controllers",
    ...(models.kind === "Scripted" ? ["the scripted model"] : []),
    ...(humanLayer?.kind === "Own" ? ["the HumanLayer-compatible server"] : []),
  ];
  const others = await progress.step(`starting ${titles.join(", ")}`, company, said);
  const starting = (): Promise<ProgramName[]> => ensureOperator(state, kubectl, env);
  const operator = wanted.operator ? await progress.step("starting the operator", starting, said) : [];
  return { state, binaries, kubectl, models, started: [...api, ...others, ...operator] };
}

/** Makes the scripted model run, on the port it had. */
async function ensureScriptedModel(state: State): Promise<ProgramName[]> {
  if (pidOf(state, "model") !== undefined) return [];
  const port = await choosePort(state, "model");
  const { node, root } = projectFiles();
  const loader = join(root, "node_modules", "tsx", "dist", "loader.mjs");
  const mark = marksOf(state).model;
  const args = ["--import", loader, join(root, "capabilities", "testing", "model-server.ts"), `--port=${port}`, mark];
  startProgram(state, { name: "model", command: node, args, mark, env: process.env });
  await waitUntil({
    what: "the scripted model",
    isThere: () => isListening(port),
    isAlive: () => pidOf(state, "model") !== undefined,
    forMs: MODEL_READY_WITHIN_MS,
    log: logOf(state, "model"),
  });
  return ["model"];
}

/** Builds `dist/` if it is missing or older than its sources. Types are the business of `npm run build`. */
export async function ensureBuilt(progress: Progress): Promise<void> {
  if (!isBuildStale()) return;
  const { root } = projectFiles();
  const lock = join(root, "node_modules", ".kubechain-build.lock");
  const waiting = (pid: number): void =>
    progress.say(`  process ${pid} is building the operator already; waiting for it`);
  const build = (): Promise<void> => progress.step("building the operator (up to a minute)", runBuild);
  await withLock(lock, async () => (isBuildStale() ? build() : undefined), waiting);
}

function runBuild(): Promise<void> {
  const { root, node } = projectFiles();
  const args = [
    "--import",
    join(root, "node_modules", "tsx", "dist", "loader.mjs"),
    "codegen/build.ts",
    "--skip-types",
  ];
  const folder = join(root, "node_modules", ".cache", "kubechain");
  const log = join(folder, "build.log");
  return new Promise((resolve, reject) => {
    const build = spawn(node, args, { cwd: root, env: withOwnTools(process.env), stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    const keep = (chunk: Buffer): void => void (said += chunk.toString());
    build.stdout.on("data", keep);
    build.stderr.on("data", keep);
    build.on("error", reject);
    build.on("close", (code) => {
      mkdirSync(folder, { recursive: true });
      writeFileSync(log, said);
      if (code === 0) resolve();
      else reject(new Failure(`building the operator failed. The last it said:\n${tailOf(log)}`));
    });
  });
}
