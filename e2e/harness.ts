/**
 * The control planes that tests run on: one that most files share, with one operator that no test disturbs, and own ones
 * for tests that kill things. Whoever asks first starts the shared one; the run's end stops it.
 */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ensureBinaries } from "../controlplane/binaries";
import { tailOf } from "../controlplane/failure";
import type { Kubectl } from "../controlplane/kubectl";
import { kubectlFor } from "../controlplane/kubectl";
import { withLock } from "../controlplane/lock";
import { SILENT } from "../controlplane/progress";
import type { State } from "../controlplane/state";
import { logOf, stateAt } from "../controlplane/state";
import type { Cluster } from "../controlplane/testing";
import { startCluster, startOperator } from "../controlplane/testing";
import type { Api } from "./api";
import { apiOf } from "./api";
import { Scene } from "./scene";
import { surroundings } from "./surroundings";

/** A control plane, and the ways to it. */
export interface Lab {
  state: State;
  api: Api;
  kubectl: Kubectl;
  /** A namespace of its own, whose name begins so. */
  scene(name: string, labels?: Record<string, string>): Promise<Scene>;
  /** Lets go of the connections; what runs goes on. */
  close(): void;
}

/** A control plane of one test file, to be killed, stopped and thrown away. */
export interface OwnLab extends Lab {
  cluster: Cluster;
  /** Stops it and deletes its folder. */
  end(): Promise<void>;
}

/** How long building, starting and stopping may take: Jest's limit for hooks that do that. */
export const START_LIMIT_MS = 240_000;

/** The shared control plane, with an operator that is ready. */
export async function sharedLab(): Promise<Lab> {
  const { folder, openai, anthropic } = surroundings();
  const stateDir = join(folder, "shared");
  const state = stateAt(stateDir);
  const started = join(stateDir, "started");
  const start = async (): Promise<void> => {
    if (existsSync(started)) return;
    const cluster = await startCluster({ stateDir, noFsync: true, baseUrl: openai });
    const operator = await startOperator(cluster, { models: { kind: "Servers", openai, anthropic } });
    await operator.ready();
    writeFileSync(started, "");
  };
  await withLock(join(stateDir, "starting"), start, () => undefined);
  const { kubectl } = await ensureBinaries(SILENT);
  return labOf(state, kubectlFor(kubectl, state.kubeconfig));
}

/** A control plane without an operator. */
export async function ownLab(): Promise<OwnLab> {
  const { folder, openai } = surroundings();
  return labIn(mkdtempSync(join(folder, "own-")), openai);
}

/** A control plane without an operator, whose folder is `stateDir`, for those who run outside of Jest. */
export async function labIn(stateDir: string, openai: string): Promise<OwnLab> {
  const cluster = await startCluster({ stateDir, noFsync: true, baseUrl: openai });
  const lab = labOf(cluster.state, cluster.kubectl);
  const end = async (): Promise<void> => {
    lab.close();
    await cluster.stop();
    rmSync(stateDir, { recursive: true, force: true });
  };
  return { ...lab, cluster, end };
}

function labOf(state: State, kubectl: Kubectl): Lab {
  const api = apiOf(state);
  const log = (): string => tailOf(logOf(state, "operator"), 20);
  return {
    state,
    api,
    kubectl,
    scene: (name, labels) => Scene.create({ api, kubectl, log }, name, labels),
    close: () => api.close(),
  };
}
