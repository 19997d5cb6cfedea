/**
 * What the ToolCall machine needs from outside, passed in as one value: the real neighbours in the operator, fakes in the
 * simulation.
 */
import type { Agent, ContactChannel, MCPServer, Task, ToolCall } from "../../crds/index";
import type { Channels, Heard } from "../adapters/channels/port";
import type { ChannelEnvironment } from "../adapters/channels/target";
import type { McpOutcome, McpServers } from "../adapters/mcp/port";
import type { Clock } from "../runtime/clock";
import type { Cluster } from "../runtime/cluster";
import type { Recorder } from "../runtime/events";
import type { Expressions } from "../runtime/expressions";
import type { InFlight } from "../runtime/in-flight";
import type { Log } from "../runtime/log";
import type { Key } from "../runtime/objects";
import type { Secrets } from "../runtime/secrets";
import type { Store } from "../runtime/store";
import type { Arguments } from "./arguments";

/** What this process knows of an open question, and nobody needs to know once it is answered. */
export interface Notes {
  /** With which version of its channel it was put; `trouble`: it was not, for the way to people is not known. */
  put?: { version: string; trouble?: { detail: string; retryAt: Date } };
  /** Answers whose signature was verified, until they are stored. */
  heard: Heard[];
  /** The troubles that have been told of it. */
  told: Set<string>;
}

/** The neighbours, and what the machine keeps in this process. */
export interface ToolCallWorld {
  cluster: Cluster;
  toolCalls: Store<ToolCall>;
  tasks: Store<Task>;
  mcpServers: Store<MCPServer>;
  agents: Store<Agent>;
  contactChannels: Store<ContactChannel>;
  channels: Pick<Channels, "put" | "drop" | "look" | "hint" | "subscribe">;
  /** For what channels need to be reached; read when a question is put. */
  secrets: Pick<Secrets, "read">;
  environment: ChannelEnvironment;
  mcp: Pick<McpServers, "look" | "call" | "subscribe">;
  /** Names this process, as `kubectl get tc` shows who carries a call out; at most 253 characters. */
  holder: string;
  /** Calls of tools in this process, by the ToolCall's uid. */
  calls: InFlight<McpOutcome>;
  /**
   * Attempts, by the ToolCall's uid, of which this process knows that it never sent them, though their intent is stored or
   * may be: the answer to the write was lost, or the process began to stop meanwhile. Without this they would count as unknown.
   */
  unsent: Map<string, { attempt: number; because: string }>;
  arguments: Arguments;
  /** Evaluates the approvalPolicy of servers. */
  expressions: Expressions;
  /** By the id of the question. */
  notes: Map<string, Notes>;
  /** Since when this process has looked at calls. */
  lookingSince: Date;
  recorder: Recorder;
  clock: Clock;
  log: Log;
  /** Has the call looked at again, now. */
  wake(key: Key): void;
  /** Has the call looked at again at `when` at the latest. */
  wakeAt(key: Key, when: Date): void;
  /** True once the process is stopping: what has finished is recorded, nothing is started. */
  stopping(): boolean;
}
