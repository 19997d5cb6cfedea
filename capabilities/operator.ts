/**
 * The operator without Pepr and without a process: stores, controllers and what ties them, made of neighbours that are
 * passed in. The real operator and the simulation are both this, with different neighbours.
 */
import type { Agent, LLM, Task } from "../crds/index";
import { resources } from "../crds/index";
import type { ModelEnvironment } from "./adapters/models/endpoint";
import type { Models } from "./adapters/models/port";
import { createAgentController } from "./catalog/agent/controller";
import { createLLMController } from "./catalog/llm/controller";
import type { Clock } from "./runtime/clock";
import type { Cluster } from "./runtime/cluster";
import type { Controller } from "./runtime/controller";
import type { Recorder } from "./runtime/events";
import type { Log } from "./runtime/log";
import type { ClusterObject, Resource } from "./runtime/objects";
import type { Resync } from "./runtime/resync";
import { createResync } from "./runtime/resync";
import type { Secrets } from "./runtime/secrets";
import { Store } from "./runtime/store";
import type { TaskController } from "./tasks/controller";
import { createTaskController, slimTask } from "./tasks/controller";

/** Everything outside. `random` returns [0, 1). */
export interface Neighbours {
  cluster: Cluster;
  models: Models;
  secrets: Secrets;
  recorder: Recorder;
  clock: Clock;
  log: Log;
  random: () => number;
  /** Where the environment sends whole providers; the same that `models` was made with. */
  environment: ModelEnvironment;
}

export interface Operator {
  llms: Controller<LLM>;
  agents: Controller<Agent>;
  tasks: TaskController;
  /** Memory of what exists, for admission: a hit saves a live read, a miss proves nothing. */
  known: { llms: Store<LLM>; agents: Store<Agent> };
  cluster: Cluster;
  environment?: ModelEnvironment;
  /** Resolves when the API server answers; before that nothing else can. */
  reachable(): Promise<void>;
  /** Begins to act on what the watches have brought and will bring. */
  start(): void;
  /** Resolves when the watches have shown everything that existed when it was called. */
  synced(): Promise<void>;
  /** The orderly stop: starts nothing, gives calls in flight `graceMs`, records what finished, tells the last events. */
  stop(graceMs: number): Promise<void>;
}

export function createOperator(neighbours: Neighbours): Operator {
  const { cluster, clock, log, secrets, recorder, environment } = neighbours;
  const stores = {
    llms: new Store<LLM>({ clock }),
    agents: new Store<Agent>({ clock }),
    tasks: new Store<Task>({ clock, slim: slimTask }),
  };
  let acting = false;
  let stopping = false;
  const llms = createLLMController({ ...neighbours, ...stores });
  const agents = createAgentController({ ...neighbours, ...stores });
  const tasks = createTaskController({ ...neighbours, ...stores, stopping: () => stopping });

  const watched = <T extends ClusterObject>(resource: Resource, store: Store<T>, controller: Controller<T>): Resync =>
    createResync({ resource, store, controller, cluster, clock, log });
  const resyncs = [
    watched(resources.llm, stores.llms, llms),
    watched(resources.agent, stores.agents, agents),
    watched(resources.task, stores.tasks, tasks),
  ];
  const controllers = [llms, agents, tasks];
  const synced = async (): Promise<void> => void (await Promise.all(resyncs.map((resync) => resync.synced())));

  return {
    llms,
    agents,
    tasks,
    cluster,
    environment,
    known: { llms: stores.llms, agents: stores.agents },
    reachable: () => resyncs[0]?.reachable() ?? Promise.resolve(),
    start() {
      secrets.start();
      for (const resync of resyncs) resync.start();
      // Acting on half of what exists would tell agents that their LLM is gone.
      void synced().then(() => {
        acting = !stopping;
        if (acting) for (const controller of controllers) controller.start();
      });
    },
    synced,
    async stop(graceMs) {
      stopping = true;
      for (const resync of resyncs) resync.stop();
      secrets.stop();
      await tasks.drain(graceMs);
      if (acting) await Promise.all(controllers.map((controller) => controller.idle()));
      await Promise.all(controllers.map((controller) => controller.stop()));
      await recorder.flush(graceMs);
    },
  };
}
