/**
 * The state folder of one control plane: where everything in it lives, and what it remembers from one start to the next
 * (ports, the secret path of the webhooks, where models and people are), in state.json. Several such folders live side by side.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "./failure";

/** The folder, beside a kubeconfig, with what kubectl remembers of the API server. */
export const KUBECTL_CACHE = "kubectl-cache";

/** The paths of one state folder. Folders are made 0700, keys 0600. */
export interface State {
  dir: string;
  /** What a user exports as KUBECONFIG. */
  kubeconfig: string;
  operatorKubeconfig: string;
  controllersKubeconfig: string;
  certificates: string;
  logs: string;
  etcdData: string;
  /** The questions and answers of our own HumanLayer-compatible server, and the key that it wants. */
  humanLayerDatabase: string;
  humanLayerKey: string;
  /** What kubectl remembers of this API server. */
  kubectlCache: string;
  lock: string;
  memory: string;
}

/** The programs of one state, in the order in which they are started. */
export const PROGRAMS = [
  "etcd",
  "kube-apiserver",
  "kube-controller-manager",
  "model",
  "humanlayer",
  "operator",
] as const;
/** The name of one of them. */
export type ProgramName = (typeof PROGRAMS)[number];

/** Every listener of a state, all of them on 127.0.0.1. The operator has two: for its webhooks, and for people's answers. */
export type PortName = "etcd" | "etcdPeer" | "apiserver" | "model" | "humanlayer" | "operator" | "receiver";

/** Where the operator's model calls go when an LLM names no `baseUrl`. */
export type ModelSource =
  | { kind: "Scripted" }
  /** The providers' own servers, with the keys of the user's Secrets. */
  | { kind: "Providers" }
  | { kind: "Servers"; openai?: string; anthropic?: string };

/** Which HumanLayer emails and Slack messages go through when a ContactChannel names no `baseUrl`. */
export type HumanLayerSource =
  /** Our own server, a program of this state. */
  { kind: "Own" } | { kind: "HumanLayer" } | { kind: "Server"; base: string };

/** What outlives a process. */
export interface Memory {
  ports: Partial<Record<PortName, number>>;
  /** The secret part of the webhooks' URLs. */
  apiPath?: string;
  models?: ModelSource;
  humanLayer?: HumanLayerSource;
  /** Names the environment and the bundle the running operator was started with. */
  operatorFingerprint?: string;
}

/** The paths under `dir`, an absolute path. Nothing is created. */
export function stateAt(dir: string): State {
  return {
    dir,
    kubeconfig: join(dir, "kubeconfig"),
    operatorKubeconfig: join(dir, "operator.kubeconfig"),
    controllersKubeconfig: join(dir, "controllers.kubeconfig"),
    certificates: join(dir, "certificates"),
    logs: join(dir, "logs"),
    etcdData: join(dir, "etcd"),
    humanLayerDatabase: join(dir, "humanlayer.sqlite"),
    humanLayerKey: join(dir, "humanlayer-key"),
    kubectlCache: join(dir, KUBECTL_CACHE),
    lock: join(dir, "lock"),
    memory: join(dir, "state.json"),
  };
}

/** Creates what is missing of the folder. */
export function createState(state: State): void {
  for (const folder of [state.dir, state.certificates, state.logs, state.etcdData]) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }
}

/** Whether a control plane was ever started in this folder. */
export function isKnown(state: State): boolean {
  return existsSync(state.memory);
}

/** What was remembered; empty for a new folder. */
export function recall(state: State): Memory {
  if (!existsSync(state.memory)) return { ports: {} };
  try {
    const { ports = {}, ...rest } = JSON.parse(readFileSync(state.memory, "utf8")) as Partial<Memory>;
    return { ports, ...rest };
  } catch {
    throw new Failure(`${state.memory} is not valid JSON. Delete it: ports and webhook paths are then chosen anew.`);
  }
}

/** Remembers `news` on top of what is known; undefined forgets. Ports are merged one by one. */
export function remember(state: State, news: { [Key in keyof Memory]?: Memory[Key] | undefined }): Memory {
  const known = recall(state);
  const memory = { ...known, ...news, ports: { ...known.ports, ...news.ports } };
  // Renamed into place, so that a crash leaves the old file or the new one.
  const draft = `${state.memory}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(memory, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(draft, state.memory);
  return recall(state);
}

/** Where a program's output goes. */
export function logOf(state: State, name: ProgramName): string {
  return join(state.logs, `${name}.log`);
}

/** Where a program's process id is, and nothing else, so that `kill $(cat FILE)` does what it says. */
export function pidFileOf(state: State, name: ProgramName): string {
  return join(state.dir, `${name}.pid`);
}
