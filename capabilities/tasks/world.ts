/**
 * What the Task machine needs from outside, passed in as one value: the real neighbours in the operator, fakes in the
 * simulation.
 */
import type { Agent, ContactChannel, LLM, MCPServer, Task, ToolCall } from "../../crds/index";
import type { Channels } from "../adapters/channels/port";
import type { ChannelEnvironment } from "../adapters/channels/target";
import type { ModelOutcome, Models } from "../adapters/models/port";
import type { Clock } from "../runtime/clock";
import type { Cluster } from "../runtime/cluster";
import type { Recorder } from "../runtime/events";
import type { InFlight } from "../runtime/in-flight";
import type { Log } from "../runtime/log";
import type { Key } from "../runtime/objects";
import type { Secrets } from "../runtime/secrets";
import type { Store } from "../runtime/store";
import type { Departed } from "./known-calls";

/** The neighbours, and what the machine keeps in this process. */
export interface TaskWorld {
  cluster: Cluster;
  tasks: Store<Task>;
  agents: Store<Agent>;
  llms: Store<LLM>;
  mcpServers: Store<MCPServer>;
  contactChannels: Store<ContactChannel>;
  toolCalls: Store<ToolCall>;
  /** ToolCalls that somebody deleted while their task waited for them, as they were last seen; by the task's uid. */
  departed: Departed;
  /** Model calls of this process, by the task's uid. */
  calls: InFlight<ModelOutcome>;
  models: Models;
  /** Where final answers are handed over. */
  channels: Pick<Channels, "put" | "drop" | "look" | "subscribe">;
  /** Addresses of services that the operator's environment gives. */
  environment: ChannelEnvironment;
  secrets: Secrets;
  recorder: Recorder;
  clock: Clock;
  log: Log;
  /** Has the task looked at again, now. */
  wake(key: Key): void;
  /** Has the task looked at again at `when` at the latest. */
  wakeAt(key: Key, when: Date): void;
  /** True once the process is stopping: what has finished is recorded, nothing is started. */
  stopping(): boolean;
}
