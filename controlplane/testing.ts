/**
 * A control plane and an operator for tests and benches: the same code as `up`, with handles instead of messages. The
 * caller owns both, and stops them.
 */
import { bringUp } from "./bring-up";
import { marksOf } from "./programs";
import type { Kubectl } from "./kubectl";
import { isOurs, isGone, signal } from "./processes";
import { logSince, prepareOperator, registerOperator, startOperatorProcess } from "./operator-process";
import { SILENT } from "./progress";
import type { ModelSource, ProgramName, State } from "./state";
import { logOf, remember, stateAt } from "./state";
import { takeDown } from "./take-down";

/** How a cluster for tests is started. */
export interface ClusterSettings {
  /** An absolute path; the data in it is found again. */
  stateDir: string;
  /** Faster, and forgets on power loss: not where durability is what is tested. */
  noFsync?: boolean;
  /** Where provider `openai` goes; without it and without keys in the environment, to a scripted model. */
  baseUrl?: string;
  /** True: also our HumanLayer-compatible server, whose address every operator of this state then gets. */
  people?: boolean;
}

/** A control plane that is up. */
export interface Cluster {
  state: State;
  kubeconfig: string;
  kubectl: Kubectl;
  /** What was not running before. */
  started: ProgramName[];
  /** Stops everything, operators too. The data stays. */
  stop(): Promise<void>;
}

/** An operator that was started. */
export interface OperatorHandle {
  pid: number;
  /** Sends a signal; returns when the process is gone, for SIGTERM and SIGKILL. */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Resolves when it says it is ready; fails with the end of its log if it does not. */
  ready(): Promise<void>;
  isRunning(): boolean;
  /** What this process has written. */
  logs(): string;
}

const GONE_WITHIN_MS = 20_000;

/** Brings up everything but the operator. Again on the same folder, it heals what has died. */
export async function startCluster({ stateDir, noFsync, baseUrl, people }: ClusterSettings): Promise<Cluster> {
  const state = stateAt(stateDir);
  const wanted = {
    operator: false,
    ...(noFsync === undefined ? {} : { noFsync }),
    ...(baseUrl === undefined ? {} : { baseUrl }),
    ...(people === undefined ? {} : { people }),
  };
  const { kubectl, started } = await bringUp(state, wanted, SILENT);
  const stop = async (): Promise<void> => void (await takeDown(state, SILENT));
  return { state, kubeconfig: state.kubeconfig, kubectl, started, stop };
}

/** Starts an operator process, with `env` on top of this process's own environment, and registers its webhooks. */
export async function startOperator(
  { state, kubectl }: Cluster,
  { env = {}, models }: { env?: Record<string, string>; models?: ModelSource } = {},
): Promise<OperatorHandle> {
  if (models !== undefined) remember(state, { models });
  await prepareOperator(state);
  await registerOperator(state, kubectl);
  const all = { ...process.env, ...env };
  const { pid, logFrom, isReady } = startOperatorProcess(state, all);
  const mark = marksOf(state).operator;
  const kill = async (name: NodeJS.Signals): Promise<void> => {
    signal(pid, name);
    const ends = name === "SIGTERM" || name === "SIGKILL" || name === "SIGINT";
    if (ends && !(await isGone(pid, mark, GONE_WITHIN_MS))) throw new Error(`process ${pid} has outlived ${name}`);
  };
  return {
    pid,
    kill,
    ready: isReady,
    isRunning: () => isOurs(pid, mark),
    logs: () => logSince(logOf(state, "operator"), logFrom),
  };
}
