/** Takes its time between one ToolCall and the next, which is no fault, so that kills hit it. */
import { setTimeout as sleep } from "node:timers/promises";
import * as real from "../../../../capabilities/tasks/create-tool-calls";
import type { Cluster } from "../../../../capabilities/runtime/cluster";

export * from "../../../../capabilities/tasks/create-tool-calls";

const WITHIN_MS = 1_000;

export const createToolCalls: typeof real.createToolCalls = (task, world) => {
  const create: Cluster["create"] = async (resource, object) => {
    await sleep(WITHIN_MS * Math.random());
    return world.cluster.create(resource, object);
  };
  const cluster = Object.assign(Object.create(world.cluster) as Cluster, { create });
  return real.createToolCalls(task, { ...world, cluster });
};
