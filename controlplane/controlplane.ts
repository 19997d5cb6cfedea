/**
 * A real control plane in a state folder: starts what does not run, leaves what does, and waits until the API answers.
 * What was stored before is there again.
 */
import { existsSync, statSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Binaries } from "./binaries";
import { ensureCertificates, keyFiles, writeKubeconfigs } from "./certificates";
import { Failure, tailOf } from "./failure";
import { choosePort, isListening } from "./ports";
import type { Wait } from "./probe";
import { ask, comesUp, waitUntil } from "./probe";
import { findRunning, isOurs, startProgram, stopProgram } from "./processes";
import { apiserver, controllerManager, etcd, marksOf } from "./programs";
import type { PortName, ProgramName, State } from "./state";
import { createState, logOf, recall } from "./state";

const READY_WITHIN_MS = 90_000;
const ATTEMPTS = 3;
const STOP_WITHIN_MS = 15_000;

/** How to start it. `noFsync` makes etcd forget on power loss, for tests that do not care. */
export interface StartSettings {
  port?: number;
  noFsync?: boolean;
}

/**
 * Makes etcd and the API server run and answer, and returns the names of what had to be started. What dies meanwhile is
 * started again: a program that was killed a moment ago can still look alive at the first look.
 */
export async function ensureApi(state: State, binaries: Binaries, settings: StartSettings): Promise<ProgramName[]> {
  createState(state);
  ensureCertificates(state);
  const started = new Set<ProgramName>();
  const logFrom = logEnd(state, "kube-apiserver");
  const before = recall(state).ports.apiserver;
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    for (const name of await startMissing(state, binaries, settings)) started.add(name);
    if (recall(state).ports.apiserver !== before) await stopClients(state);
    if (await comesUp(apiWait(state, started.has("kube-apiserver") ? logFrom : 0))) return [...started];
  }
  const died = pidOf(state, "etcd") === undefined ? "etcd" : "kube-apiserver";
  throw new Failure(
    `${died} ended ${ATTEMPTS} times before the API was ready. The last it said:\n${tailOf(logOf(state, died))}`,
  );
}

/** Starts etcd and the API server where they do not run. The API server is not waited for. */
async function startMissing(state: State, binaries: Binaries, settings: StartSettings): Promise<ProgramName[]> {
  const before = recall(state).ports;
  const started: ProgramName[] = [];
  if (pidOf(state, "etcd") === undefined) {
    await startEtcd(state, binaries, settings.noFsync === true);
    started.push("etcd");
  }
  const ports = recall(state).ports;
  // An API server looks for etcd where it was told to when it started.
  if (ports.etcd !== before.etcd) await stop(state, "kube-apiserver");
  else if (started.includes("etcd") && pidOf(state, "kube-apiserver") !== undefined && !(await comesBack(state)))
    await stop(state, "kube-apiserver");
  if (pidOf(state, "kube-apiserver") === undefined) {
    await startApiserver(state, binaries, settings.port);
    started.push("kube-apiserver");
  } else if (settings.port !== undefined && settings.port !== ports.apiserver) {
    throw new Failure(
      `the API server of ${state.dir} already runs on port ${ports.apiserver ?? "unknown"}. To move it, run \`npm run down\` first.`,
    );
  }
  return started;
}

/** Makes the controller-manager run, where there is one. After the CRDs, so that it knows them from its start. */
export function ensureControllers(state: State, binaries: Binaries): ProgramName[] {
  if (binaries.controllerManager === undefined) return [];
  const program = controllerManager(state, binaries.controllerManager);
  if (findRunning(state, program) !== undefined) return [];
  startProgram(state, program);
  return [program.name];
}

/** Stops one program of a state; false if it was not running. */
export function stop(state: State, name: ProgramName, graceMs = STOP_WITHIN_MS): Promise<boolean> {
  return stopProgram(state, { name, mark: marksOf(state)[name] }, graceMs);
}

/** The process id of one program of a state, if it runs. */
export function pidOf(state: State, name: ProgramName): number | undefined {
  return findRunning(state, { name, mark: marksOf(state)[name] });
}

/** The size of a program's log now: where the lines of a process that starts next will begin. */
export function logEnd(state: State, name: ProgramName): number {
  const file = logOf(state, name);
  return existsSync(file) ? statSync(file).size : 0;
}

/** Whether the API server says that it is ready. */
export async function isApiReady(state: State): Promise<boolean> {
  const port = recall(state).ports.apiserver;
  if (port === undefined) return false;
  const ca = keyFiles(state, "ca").certificate;
  return (await ask({ port, path: "/readyz", ca, client: keyFiles(state, "admin") })) === 200;
}

async function startEtcd(state: State, binaries: Binaries, noFsync: boolean): Promise<void> {
  const ports = { etcd: await choosePort(state, "etcd"), etcdPeer: await choosePort(state, "etcdPeer") };
  const program = etcd(state, binaries, ports, noFsync);
  const logFrom = logEnd(state, "etcd");
  const pid = startProgram(state, program);
  await waitUntil({
    what: "etcd",
    isThere: () => isListening(ports.etcd),
    isAlive: () => isOurs(pid, program.mark),
    forMs: READY_WITHIN_MS,
    log: logOf(state, "etcd"),
    logFrom,
  });
}

async function startApiserver(state: State, binaries: Binaries, wanted: number | undefined): Promise<void> {
  const port = await choosePort(state, "apiserver", wanted);
  writeKubeconfigs(state, port);
  startProgram(state, apiserver(state, binaries, { apiserver: port, etcd: portOf(state, "etcd") }));
}

/** An API server whose etcd was gone looks for it ever more seldom, up to every two minutes (gRPC): a new one is there sooner. */
const BACK_WITHIN_MS = 5_000;

async function comesBack(state: State): Promise<boolean> {
  for (const end = Date.now() + BACK_WITHIN_MS; Date.now() < end; await sleep(200)) {
    if (await isApiReady(state)) return true;
  }
  return false;
}

/** Waiting for the API, which is not there without etcd. */
function apiWait(state: State, logFrom: number): Wait {
  const name = "kube-apiserver";
  return {
    what: name,
    isThere: () => isApiReady(state),
    isAlive: () => pidOf(state, "etcd") !== undefined && pidOf(state, name) !== undefined,
    forMs: READY_WITHIN_MS,
    log: logOf(state, name),
    logFrom,
  };
}

/** The operator and the controllers read their kubeconfig once, so they do not follow an API server that has moved. */
async function stopClients(state: State): Promise<void> {
  await stop(state, "operator");
  await stop(state, "kube-controller-manager");
}

function portOf(state: State, name: PortName): number {
  const port = recall(state).ports[name];
  if (port === undefined)
    throw new Failure(`${state.memory} has no port for ${name}. Run \`npm run down\` and \`npm run up\`.`);
  return port;
}
