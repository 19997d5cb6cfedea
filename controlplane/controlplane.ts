/**
 * A real control plane in a state folder: starts what does not run, leaves what does, and waits until the API answers.
 * What was stored before is there again.
 */
import { existsSync, statSync } from "node:fs";
import type { Binaries } from "./binaries";
import { ensureCertificates, keyFiles, writeKubeconfigs } from "./certificates";
import { Failure } from "./failure";
import { choosePort, isListening } from "./ports";
import { ask, waitUntil } from "./probe";
import type { Program } from "./processes";
import { findRunning, isOurs, startProgram, stopProgram } from "./processes";
import { apiserver, controllerManager, etcd, marksOf } from "./programs";
import type { PortName, ProgramName, State } from "./state";
import { createState, logOf, recall } from "./state";

const READY_WITHIN_MS = 90_000;
const STOP_WITHIN_MS = 15_000;

/** How to start it. `noFsync` makes etcd forget on power loss, for tests that do not care. */
export interface StartSettings {
  port?: number;
  noFsync?: boolean;
}

/** Makes etcd and the API server run and returns the names of what had to be started. */
export async function ensureApi(state: State, binaries: Binaries, settings: StartSettings): Promise<ProgramName[]> {
  createState(state);
  ensureCertificates(state);
  const marks = marksOf(state);
  const isRunning = (name: ProgramName): boolean => findRunning(state, { name, mark: marks[name] }) !== undefined;
  const before = recall(state).ports;
  const started: ProgramName[] = [];
  if (!isRunning("etcd")) {
    await startEtcd(state, binaries, settings.noFsync === true);
    started.push("etcd");
  }
  const ports = recall(state).ports;
  // An API server looks for etcd where it was told to when it started.
  if (ports.etcd !== before.etcd) await stop(state, "kube-apiserver");
  if (!isRunning("kube-apiserver")) {
    await startApiserver(state, binaries, settings.port);
    started.push("kube-apiserver");
  } else if (settings.port !== undefined && settings.port !== ports.apiserver) {
    throw new Failure(
      `the API server of ${state.dir} already runs on port ${ports.apiserver ?? "unknown"}. To move it, run \`npm run down\` first.`,
    );
  }
  if (recall(state).ports.apiserver !== before.apiserver) await stopClients(state);
  await waitForApi(state);
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
  await startAndWait(state, program, () => isListening(ports.etcd));
}

async function startApiserver(state: State, binaries: Binaries, wanted: number | undefined): Promise<void> {
  const port = await choosePort(state, "apiserver", wanted);
  writeKubeconfigs(state, port);
  const program = apiserver(state, binaries, { apiserver: port, etcd: portOf(state, "etcd") });
  await startAndWait(state, program, () => isApiReady(state));
}

async function startAndWait(state: State, program: Program, isThere: () => Promise<boolean>): Promise<void> {
  const logFrom = logEnd(state, program.name);
  const pid = startProgram(state, program);
  await waitUntil({
    what: program.name,
    isThere,
    isAlive: () => isOurs(pid, program.mark),
    forMs: READY_WITHIN_MS,
    log: logOf(state, program.name),
    logFrom,
  });
}

async function waitForApi(state: State): Promise<void> {
  const name = "kube-apiserver";
  await waitUntil({
    what: name,
    isThere: () => isApiReady(state),
    isAlive: () => pidOf(state, name) !== undefined,
    forMs: READY_WITHIN_MS,
    log: logOf(state, name),
  });
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
