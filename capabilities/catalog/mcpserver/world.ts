/** What the MCPServer controller needs from outside, passed in as one value: real neighbours in the operator, fakes in tests. */
import type { MCPServer } from "../../../crds/index";
import type { McpServers } from "../../adapters/mcp/port";
import type { Clock } from "../../runtime/clock";
import type { Cluster } from "../../runtime/cluster";
import type { Recorder } from "../../runtime/events";
import type { Log } from "../../runtime/log";
import type { Key } from "../../runtime/objects";
import type { Secrets } from "../../runtime/secrets";
import type { Store } from "../../runtime/store";

/** The neighbours. `random` returns [0, 1). */
export interface MCPServerNeighbours {
  cluster: Cluster;
  /** The connections of this process; shared with whoever calls tools. */
  mcp: McpServers;
  secrets: Secrets;
  clock: Clock;
  recorder: Recorder;
  log: Log;
  random: () => number;
  mcpServers: Store<MCPServer>;
}

/** The neighbours, and the controller's own clock of looks. */
export interface MCPServerWorld extends MCPServerNeighbours {
  /** Has the MCPServer looked at again at `when` at the latest. */
  wakeAt(key: Key, when: Date): void;
}
