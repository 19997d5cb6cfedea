/**
 * The operator's process: its environment, its command line, starting it in the background and knowing when it is ready.
 * The operator is a user of its own, with exactly the rights of its ClusterRole, and never gets an API key: those live
 * in Secrets.
 */
import { createHash, randomBytes } from "node:crypto";
import { closeSync, openSync, readFileSync, readSync, statSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { keyFiles } from "./certificates";
import { logEnd, pidOf, stop } from "./controlplane";
import type { Kubectl } from "./kubectl";
import { HUMANLAYER_BASE, HUMANLAYER_KEY, peopleVariables } from "./humanlayer";
import { ensureReceiverPort } from "./humanlayer-process";
import { modelVariables } from "./models";
import { choosePort } from "./ports";
import { ask, waitUntil } from "./probe";
import type { Program } from "./processes";
import { isOurs, startProgram } from "./processes";
import { marksOf } from "./programs";
import { projectFiles, withOwnTools } from "./project";
import { quote, quoteAll } from "./shell";
import type { ProgramName, State } from "./state";
import { logOf, recall, remember } from "./state";
import { uvFolder, withUv } from "./uv";
import { registerWebhooks } from "./webhooks";

/** What the operator writes on standard output once its webhooks answer and its stores are filled. */
export const READY_LINE = "KubeChain operator is ready";
const READY_WITHIN_MS = 60_000;
const HEALTHY_WITHIN_MS = 10_000;
/** Calls in flight get their grace first. */
const STOP_WITHIN_MS = 15_000;

/** Room for young objects, in MiB a half: V8 would take twice as much in a burst and be slow to give it back. */
const YOUNG_OBJECTS = "--max-semi-space-size=16";

/** The operator's command and what its environment has on top of, and without, the caller's. */
export interface OperatorCommand {
  command: string;
  args: string[];
  set: Record<string, string>;
  unset: string[];
}

/** Chooses and remembers the operator's ports and secret path, for an operator that does not run now. */
export async function prepareOperator(state: State): Promise<void> {
  await choosePort(state, "operator");
  await ensureReceiverPort(state);
  if (recall(state).apiPath === undefined) remember(state, { apiPath: randomBytes(24).toString("hex") });
}

/** How to become the operator of this state. `env` is the caller's. */
export function operatorCommand(state: State, env: NodeJS.ProcessEnv): OperatorCommand {
  const memory = recall(state);
  const { ports, apiPath = "", models = { kind: "Providers" } } = memory;
  const serving = keyFiles(state, "webhooks");
  const set = {
    KUBECONFIG: state.operatorKubeconfig,
    PEPR_MODE: "dev",
    PEPR_API_PATH: apiPath,
    SSL_KEY_PATH: serving.key,
    SSL_CERT_PATH: serving.certificate,
    PORT: String(ports.operator),
    KUBECHAIN_WEBHOOK_HOST: "127.0.0.1",
    LOG_LEVEL: env["LOG_LEVEL"] || "warn",
    NODE_OPTIONS: `${env["NODE_OPTIONS"] ?? ""} ${YOUNG_OBJECTS}`.trim(),
    ...modelVariables(models, ports.model),
    ...peopleVariables(memory),
  };
  const bases = ["OPENAI_BASE_URL", "ANTHROPIC_BASE_URL", HUMANLAYER_BASE];
  const keys = ["OPENAI_API_KEY", "ANTHROPIC_API_KEY", HUMANLAYER_KEY];
  const others = Object.keys(env).filter((name) => name.endsWith("_API_KEY"));
  const unset = [...new Set([...bases, ...keys, ...others, "PEPR_WATCH_MODE"])].filter((name) => !(name in set)).sort();
  const { node, bundle } = projectFiles();
  return { command: node, args: [bundle, marksOf(state).operator], set, unset };
}

/** The command as one shell line that replaces the shell that runs it. `env` is the caller's. */
export function shellLine({ command, args, set, unset }: OperatorCommand, env: NodeJS.ProcessEnv): string {
  const path = `PATH="$PATH":${quote(uvFolder(env))}`;
  const settings = [path, ...Object.entries(set).map(([name, value]) => `${name}=${quote(value)}`)];
  return ["exec env", ...unset.map((name) => `-u ${name}`), ...settings, quoteAll([command, ...args])].join(" ");
}

/** The caller's environment as the operator gets it. */
export function environmentFor({ set, unset }: OperatorCommand, env: NodeJS.ProcessEnv): Record<string, string> {
  const kept = Object.entries(withUv(withOwnTools(env))).filter(([name]) => !unset.includes(name));
  return Object.fromEntries(
    [...kept, ...Object.entries(set)].flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

/** Makes a ready operator with the current settings and bundle run in the background; names it if it had to be started. */
export async function ensureOperator(state: State, kubectl: Kubectl, env: NodeJS.ProcessEnv): Promise<ProgramName[]> {
  if (pidOf(state, "operator") !== undefined) {
    const isCurrent = recall(state).operatorFingerprint === fingerprint(operatorCommand(state, env));
    if (isCurrent && (await isHealthy(state))) {
      await registerOperator(state, kubectl);
      return [];
    }
    await stop(state, "operator", STOP_WITHIN_MS);
  }
  await prepareOperator(state);
  const { isReady } = startOperatorProcess(state, env);
  await isReady();
  await registerOperator(state, kubectl);
  return ["operator"];
}

/** Tells the API server where the operator of this state listens. */
export async function registerOperator(state: State, kubectl: Kubectl): Promise<void> {
  const { ports, apiPath } = recall(state);
  if (ports.operator !== undefined && apiPath !== undefined) {
    await registerWebhooks(state, kubectl, { port: ports.operator, apiPath });
  }
}

/** Starts the process. `isReady` returns when it says that it is, and fails with its log's end if that does not come. */
export function startOperatorProcess(
  state: State,
  env: NodeJS.ProcessEnv,
): { pid: number; logFrom: number; isReady: () => Promise<void> } {
  const command = operatorCommand(state, env);
  const mark = marksOf(state).operator;
  const program: Program = {
    name: "operator",
    command: command.command,
    args: command.args,
    mark,
    env: environmentFor(command, env),
  };
  const logFrom = logEnd(state, "operator");
  const pid = startProgram(state, program);
  remember(state, { operatorFingerprint: fingerprint(command) });
  const log = logOf(state, "operator");
  const isReady = (): Promise<void> =>
    waitUntil({
      what: "the operator",
      isThere: async () =>
        logSince(log, logFrom)
          .split("\n")
          .some((line) => line.startsWith(READY_LINE)),
      isAlive: () => isOurs(pid, mark),
      forMs: READY_WITHIN_MS,
      log,
      logFrom,
    });
  return { pid, logFrom, isReady };
}

/** What was written to a log from this byte on. */
export function logSince(file: string, fromByte: number): string {
  const size = statSync(file).size;
  // A log that is shorter than before was begun anew.
  const from = size < fromByte ? 0 : fromByte;
  const buffer = Buffer.alloc(size - from);
  const descriptor = openSync(file, "r");
  try {
    readSync(descriptor, buffer, 0, buffer.length, from);
  } finally {
    closeSync(descriptor);
  }
  return buffer.toString("utf8");
}

/** Names the settings and the bundle, so that a change of either restarts the operator. Only the log level may differ. */
export function fingerprint(command: OperatorCommand): string {
  const { LOG_LEVEL: _logLevel, ...set } = command.set;
  const settings = JSON.stringify([command.command, command.args, Object.entries(set).sort()]);
  return createHash("sha256").update(settings).update(readFileSync(projectFiles().bundle)).digest("hex").slice(0, 16);
}

async function isHealthy(state: State): Promise<boolean> {
  const port = recall(state).ports.operator;
  if (port === undefined) return false;
  for (const end = Date.now() + HEALTHY_WITHIN_MS; Date.now() < end; await sleep(200)) {
    if ((await ask({ port, path: "/healthz", ca: keyFiles(state, "ca").certificate })) === 200) return true;
  }
  return false;
}
