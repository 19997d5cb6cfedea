/** The operator's real neighbours. Making them opens nothing: connections begin with the first call. */
import { createModels } from "./adapters/models/index";
import type { Neighbours } from "./operator";
import { systemClock } from "./runtime/clock";
import { connectCluster } from "./runtime/cluster";
import { createRecorder } from "./runtime/events";
import type { Log } from "./runtime/log";
import { createSecrets } from "./runtime/secrets";

export function realNeighbours(env: NodeJS.ProcessEnv, log: Log): Neighbours {
  const clock = systemClock;
  const random = Math.random;
  const cluster = connectCluster();
  const environment = { ...pick(env, "OPENAI_BASE_URL"), ...pick(env, "ANTHROPIC_BASE_URL") };
  return {
    cluster,
    clock,
    log,
    random,
    recorder: createRecorder({ cluster, clock, log }),
    secrets: createSecrets({ cluster, clock, log }),
    models: createModels({ env: environment }),
    environment,
  };
}

function pick<Name extends string>(env: NodeJS.ProcessEnv, name: Name): { [key in Name]?: string } {
  const value = env[name];
  return value ? ({ [name]: value } as { [key in Name]: string }) : {};
}
