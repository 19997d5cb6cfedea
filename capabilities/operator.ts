/**
 * The operator without Pepr and without a process: stores, controllers and what ties them, made of neighbours that are
 * passed in. The real operator and the simulation are both this, with different neighbours.
 */
import type { Agent, ContactChannel, LLM, MCPServer, Task, ToolCall } from "../crds/index";
import { resources } from "../crds/index";
import type { Channels } from "./adapters/channels/port";
import type { Receiver } from "./adapters/channels/receiver";
import { createReceiver } from "./adapters/channels/receiver";
import type { ChannelEnvironment } from "./adapters/channels/target";
import type { McpServers } from "./adapters/mcp/port";
import type { ModelEnvironment } from "./adapters/models/endpoint";
import type { Models } from "./adapters/models/port";
import { createAgentController } from "./catalog/agent/controller";
import { createContactChannelController } from "./catalog/contactchannel/controller";
import { createLLMController } from "./catalog/llm/controller";
import { createMCPServerController } from "./catalog/mcpserver/controller";
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
import type { WithinTime } from "./runtime/within-time";
import type { TaskController } from "./tasks/controller";
import { createTaskController, slimTask } from "./tasks/controller";
import { slimResult } from "./tasks/known-calls";
import type { ToolCallController } from "./toolcalls/controller";
import { createToolCallController, slimToolCall } from "./toolcalls/controller";

/** Everything outside. `random` returns [0, 1). */
export interface Neighbours {
  cluster: Cluster;
  models: Models;
  mcp: McpServers;
  channels: Channels;
  secrets: Secrets;
  recorder: Recorder;
  clock: Clock;
  log: Log;
  random: () => number;
  /** What schemas and policies of tool calls run under; a watchdog where nothing else is given. */
  within?: WithinTime;
  /** Names this process among all that ever were, as ToolCalls show who carries them out; at most 253 characters. */
  holder: string;
  /** Where the environment sends whole providers and services; the same that `models` and `channels` were made with. */
  environment: ModelEnvironment & ChannelEnvironment;
}

/** The operator, as its process and its capabilities see it. */
export interface Operator {
  llms: Controller<LLM>;
  agents: Controller<Agent>;
  mcpServers: Controller<MCPServer>;
  contactChannels: Controller<ContactChannel>;
  tasks: TaskController;
  toolCalls: ToolCallController;
  /** Memory of what exists, for admission: a hit saves a live read, a miss proves nothing. */
  known: {
    llms: Store<LLM>;
    agents: Store<Agent>;
    mcpServers: Store<MCPServer>;
    contactChannels: Store<ContactChannel>;
  };
  cluster: Cluster;
  recorder: Recorder;
  /** Where answers arrive that come over HTTP. */
  receiver: Receiver;
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

/** Makes it. Nothing begins before `start`. */
export function createOperator(neighbours: Neighbours): Operator {
  const { cluster, clock, log, secrets, recorder, environment, mcp, channels } = neighbours;
  const taskStore = new Store<Task>({ clock, slim: slimTask });
  const stores = {
    llms: new Store<LLM>({ clock }),
    agents: new Store<Agent>({ clock }),
    mcpServers: new Store<MCPServer>({ clock }),
    contactChannels: new Store<ContactChannel>({ clock }),
    tasks: taskStore,
    toolCalls: new Store<ToolCall>({
      clock,
      slim(call) {
        slimToolCall(call);
        slimResult(call, taskStore);
      },
    }),
  };
  let acting = false;
  let stopping = false;
  const around = { ...neighbours, ...stores, stopping: () => stopping };
  const llms = createLLMController(around);
  const agents = createAgentController(around);
  const mcpServers = createMCPServerController(around);
  const contactChannels = createContactChannelController(around);
  const tasks = createTaskController(around);
  const toolCalls = createToolCallController(around);

  const watched = <T extends ClusterObject>(resource: Resource, store: Store<T>, controller: Controller<T>): Resync =>
    createResync({ resource, store, controller, cluster, clock, log });
  const resyncs = [
    watched(resources.llm, stores.llms, llms),
    watched(resources.agent, stores.agents, agents),
    watched(resources.mcpServer, stores.mcpServers, mcpServers),
    watched(resources.contactChannel, stores.contactChannels, contactChannels),
    watched(resources.task, stores.tasks, tasks),
    watched(resources.toolCall, stores.toolCalls, toolCalls),
  ];
  const controllers = [llms, agents, mcpServers, contactChannels, tasks, toolCalls];
  const synced = async (): Promise<void> => void (await Promise.all(resyncs.map((resync) => resync.synced())));

  return {
    llms,
    agents,
    mcpServers,
    contactChannels,
    tasks,
    toolCalls,
    cluster,
    recorder,
    receiver: createReceiver({ desk: toolCalls.desk, clock, log }),
    environment,
    known: {
      llms: stores.llms,
      agents: stores.agents,
      mcpServers: stores.mcpServers,
      contactChannels: stores.contactChannels,
    },
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
      await Promise.all([tasks.drain(graceMs), toolCalls.drain(graceMs)]);
      if (acting) await Promise.all(controllers.map((controller) => controller.idle()));
      await Promise.all(controllers.map((controller) => controller.stop()));
      await Promise.all([recorder.flush(graceMs), mcp.close(graceMs), channels.close(graceMs)]);
    },
  };
}
