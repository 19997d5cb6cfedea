/** The operator's real neighbours. Making them opens nothing: connections begin with the first call. */
import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { createChannels } from "./adapters/channels/index";
import { createMcpServers } from "./adapters/mcp/index";
import { createModels } from "./adapters/models/index";
import type { Neighbours } from "./operator";
import { systemClock } from "./runtime/clock";
import { connectCluster } from "./runtime/cluster";
import { createRecorder } from "./runtime/events";
import type { Lease } from "./runtime/lease";
import { createLease } from "./runtime/lease";
import type { Log } from "./runtime/log";
import { here } from "./runtime/same-host";
import { createSecrets } from "./runtime/secrets";

/** The neighbours of a process with this environment, and its right to act. Losing that ends the process. */
export function realNeighbours(env: NodeJS.ProcessEnv, log: Log): Neighbours & { lease: Lease } {
  const clock = systemClock;
  const random = Math.random;
  const cluster = connectCluster();
  // A pod's name is no name of a process: its container may start again. Neither is a process id alone.
  const holder = `${hostname()}/${process.pid}-${randomBytes(3).toString("hex")}`;
  const environment = {
    ...pick(env, "OPENAI_BASE_URL"),
    ...pick(env, "ANTHROPIC_BASE_URL"),
    ...pick(env, "HUMANLAYER_API_BASE"),
    ...pick(env, "KUBECHAIN_RECEIVER_URL"),
  };
  return {
    cluster,
    clock,
    log,
    random,
    recorder: createRecorder({ cluster, clock, log }),
    secrets: createSecrets({ cluster, clock, log }),
    models: createModels({ env: environment }),
    mcp: createMcpServers({ clock, log, env, random }),
    channels: createChannels({ clock, log, random, environment }),
    holder,
    environment,
    lease: createLease({
      cluster: connectCluster(), // Its own connection: a renewal must not stand in line behind a thousand writes.
      clock,
      monotonicMs: () => performance.now(),
      log,
      here: here(holder),
      onLost: () => process.exit(1),
    }),
  };
}

function pick<Name extends string>(env: NodeJS.ProcessEnv, name: Name): { [key in Name]?: string } {
  const value = env[name];
  return value ? ({ [name]: value } as { [key in Name]: string }) : {};
}
