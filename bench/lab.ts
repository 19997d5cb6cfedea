/**
 * A control plane for one scenario: fresh, real, its etcd writing to disk for every commit, the webhooks registered, no
 * operator yet. Scenarios start the operator or the sketch on it as they need. Everything is gone afterwards.
 */
import { mkdirSync, mkdtempSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { bringUp } from "../controlplane/bring-up";
import { pidOf } from "../controlplane/controlplane";
import {
  environmentFor,
  operatorCommand,
  prepareOperator,
  READY_LINE,
  registerOperator,
} from "../controlplane/operator-process";
import { tailOf } from "../controlplane/failure";
import { SILENT } from "../controlplane/progress";
import { projectFiles } from "../controlplane/project";
import { receiverOf } from "../controlplane/humanlayer";
import type { Kubectl } from "../controlplane/kubectl";
import type { ProgramName, State } from "../controlplane/state";
import { logOf, recall, stateAt } from "../controlplane/state";
import { deleteState, takeDown } from "../controlplane/take-down";
import type { ContactChannelSpec, MCPServerSpec } from "../crds/index";
import type { Api } from "./api";
import { connectApi } from "./api";
import type { Running } from "./launch";
import { launch } from "./launch";
import type { Model } from "./model";
import { startModel } from "./model";
import * as objects from "./objects";
import type { Usage } from "./process";
import { usageOf } from "./process";
import { bundleSketch } from "./sketch/bundle";
import { SKETCH_READY } from "./sketch/ready";

/** What does the work of a load. */
export type Worker = "product" | "sketch";

export interface Lab {
  state: State;
  api: Api;
  /** The program itself, as the same user as `api`. */
  kubectl: Kubectl;
  /** Where the operator takes what comes back from people. */
  receiver: string;
  /** A model with this latency; the same one for the same latency. Agents ask it once they are set up. */
  model: (latencyMs: number) => Promise<Model>;
  /** Starts the operator or the sketch in its place. At most one of them runs at a time. */
  start: (worker: Worker, env?: Record<string, string>) => Promise<Running>;
  /** Makes LLM and Agent of this latency and waits until the operator finds them usable. Returns the agent's name. */
  agent: (latencyMs: number) => Promise<string>;
  /** Makes an MCPServer. `connected` returns when the operator has connected it, which not every server allows. */
  mcpServer: (name: string, spec: MCPServerSpec) => Promise<{ connected: () => Promise<void> }>;
  /** Makes a ContactChannel, and waits until the operator finds it usable. */
  contactChannel: (name: string, spec: ContactChannelSpec) => Promise<void>;
  /** Makes an agent with the tools of these servers and an instant model, and waits until it is usable. Returns its name. */
  toolAgent: (name: string, servers: readonly string[]) => Promise<string>;
  /** Has something ended when the lab is taken down. */
  closing: (end: () => Promise<unknown>) => void;
  /** What a program of the control plane has used until now. */
  usage: (program: ProgramName) => Usage;
  /** Deletes all tasks and waits until they are gone. */
  clear: () => Promise<void>;
}

const READY_WITHIN_MS = 30_000;

/** Whoever stops the bench would otherwise leave a control plane behind. */
const SIGNALS = ["SIGINT", "SIGTERM"] as const;

/** Gives `work` a lab of its own, and takes it down whatever comes of the work. */
export async function withLab<T>(name: string, work: (lab: Lab) => Promise<T>): Promise<T> {
  const { root } = projectFiles();
  // On the disk of the checkout, because /tmp may be in memory, where every write is fast.
  const folder = join(root, "node_modules", ".cache", "kubechain-bench");
  mkdirSync(folder, { recursive: true });
  const state = stateAt(mkdtempSync(join(folder, `${name}-`)));
  const opened: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (const end of opened.splice(0).reverse()) await end();
    await takeDown(state, SILENT);
    deleteState(state);
  };
  const interrupted = (): void => void close().finally(() => process.exit(130));
  for (const signal of SIGNALS) process.once(signal, interrupted);
  let isDone = false;
  try {
    const result = await work(await openLab(state, opened));
    isDone = true;
    return result;
  } finally {
    for (const signal of SIGNALS) process.off(signal, interrupted);
    // The log is about to be deleted, and the error that is on its way knows nothing of it.
    if (!isDone) process.stderr.write(`The last that the operator said:\n${tailOf(logOf(state, "operator"), 30)}\n`);
    await close();
  }
}

async function openLab(state: State, opened: (() => Promise<unknown>)[]): Promise<Lab> {
  const models = new Map<number, Model>();
  const agents = new Map<number, string>();

  async function model(latencyMs: number): Promise<Model> {
    const known = models.get(latencyMs);
    if (known !== undefined) return known;
    const made = await startModel(latencyMs);
    opened.push(() => made.stop());
    models.set(latencyMs, made);
    return made;
  }

  // Also the model of the sketch, which knows no other.
  const instant = await model(0);
  const { kubectl } = await bringUp(state, { operator: false, baseUrl: instant.url }, SILENT);
  await prepareOperator(state);
  await registerOperator(state, kubectl);
  const receiver = receiverOf(recall(state));
  if (receiver === undefined) throw new Error("The operator has no port for what comes back from people.");
  const api = connectApi(state.kubeconfig);
  opened.push(() => api.close());
  await api.ask({ method: "POST", path: "/api/v1/namespaces", body: objects.namespace });
  await api.ask({ method: "POST", path: objects.corePath("secrets"), body: objects.secret });

  async function start(worker: Worker, env: Record<string, string> = {}): Promise<Running> {
    const command = operatorCommand(state, process.env);
    const args =
      worker === "product" ? command.args : [await bundleSketch(projectFiles().root), ...command.args.slice(1)];
    const readyLine = worker === "product" ? READY_LINE : SKETCH_READY;
    const title = worker === "product" ? "The operator" : "The sketch";
    const settings = { ...environmentFor(command, process.env), ...env };
    const running = await launch({
      title,
      command: command.command,
      args,
      env: settings,
      log: logOf(state, "operator"),
      readyLine,
    });
    opened.push(running.stop);
    return running;
  }

  async function agent(latencyMs: number): Promise<string> {
    const known = agents.get(latencyMs);
    if (known !== undefined) return known;
    const { url } = await model(latencyMs);
    const name = `model-${latencyMs}ms`;
    await api.ask({ method: "POST", path: objects.pathOf("llm"), body: objects.llm(name, url) });
    await api.ask({ method: "POST", path: objects.pathOf("agent"), body: objects.agent(name) });
    await isReady(api, objects.pathOf("agent", name));
    agents.set(latencyMs, name);
    return name;
  }

  async function mcpServer(name: string, spec: MCPServerSpec): Promise<{ connected: () => Promise<void> }> {
    await api.ask({ method: "POST", path: objects.pathOf("mcpServer"), body: objects.mcpServer(name, spec) });
    return { connected: () => isReady(api, objects.pathOf("mcpServer", name)) };
  }

  async function contactChannel(name: string, spec: ContactChannelSpec): Promise<void> {
    const body = objects.contactChannel(name, spec);
    await api.ask({ method: "POST", path: objects.pathOf("contactChannel"), body });
    await isReady(api, objects.pathOf("contactChannel", name));
  }

  async function toolAgent(name: string, servers: readonly string[]): Promise<string> {
    const body = objects.agent(name, await agent(0), servers);
    await api.ask({ method: "POST", path: objects.pathOf("agent"), body });
    await isReady(api, objects.pathOf("agent", name));
    return name;
  }

  function usage(program: ProgramName): Usage {
    const pid = pidOf(state, program);
    // Ready-made sets of programs have none.
    if (pid === undefined && program === "kube-controller-manager") return { rssMiB: 0, peakMiB: 0, cpuSeconds: 0 };
    if (pid === undefined) throw new Error(`${program} of ${state.dir} does not run.`);
    return usageOf(pid);
  }

  return {
    state,
    api,
    kubectl,
    receiver,
    model,
    start,
    agent,
    mcpServer,
    contactChannel,
    toolAgent,
    closing: (end) => void opened.push(end),
    usage,
    clear: () => clear(api),
  };
}

async function isReady(api: Api, path: string): Promise<void> {
  for (const end = Date.now() + READY_WITHIN_MS; Date.now() < end; await sleep(100)) {
    const { status } = JSON.parse(await api.ask({ method: "GET", path })) as {
      status?: { ready?: boolean; connected?: boolean; statusDetail?: string };
    };
    if (status?.connected ?? status?.ready) return;
  }
  throw new Error(`${path} did not become ready: ${await api.ask({ method: "GET", path })}`);
}

async function clear(api: Api): Promise<void> {
  for (let left = 1; left > 0; await sleep(100)) {
    await api.ask({ method: "DELETE", path: objects.pathOf("task") });
    const { items } = JSON.parse(await api.ask({ method: "GET", path: `${objects.pathOf("task")}?limit=1` })) as {
      items: unknown[];
    };
    left = items.length;
  }
}
