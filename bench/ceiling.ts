/**
 * The ceiling: how many bare status writes per second the operator's own client gets through to this API server when
 * nothing else happens. No watch, no webhooks (status writes pass none), no events, no model.
 */
import { KubeConfig } from "@kubernetes/client-node";
import { connectApiServer } from "../capabilities/runtime/api-server";
import { callCluster } from "../capabilities/runtime/cluster-calls";
import type { Task } from "../crds/index";
import { resources } from "../crds/index";
import type { Lab } from "./lab";
import { pathOf } from "./objects";

/** As many writers as the operator's pool has connections. */
const WRITERS = 64;

export interface Ceiling {
  writes: number;
  writesPerSecond: number;
}

/** Rewrites the status of tasks that have ended for `seconds`. There must be at least as many of them as writers, and no operator. */
export async function measureCeiling(lab: Lab, seconds: number): Promise<Ceiling> {
  const config = new KubeConfig();
  config.loadFromFile(lab.state.operatorKubeconfig);
  const server = connectApiServer(config);
  const cluster = callCluster(server);
  const list = await lab.api.ask({ method: "GET", path: `${pathOf("task")}?limit=${WRITERS}` });
  const { items } = JSON.parse(list) as { items: Task[] };
  if (items.length < WRITERS) throw new Error(`There are only ${items.length} tasks to write to.`);
  const begun = performance.now();
  const end = begun + seconds * 1_000;
  let writes = 0;

  async function rewrite(task: Task): Promise<void> {
    for (let newest = task; performance.now() < end; ) {
      // As the operator's store keeps it. The server stores nothing when nothing has changed.
      const metadata = { ...newest.metadata, managedFields: undefined };
      const changed = {
        ...newest,
        metadata,
        status: { ...newest.status, statusDetail: `Written ${writes} times by the bench` },
      };
      const written = await cluster.replaceStatus<Task>(resources.task, changed);
      if (!written.ok) throw new Error(`A bare status write failed: ${JSON.stringify(written.problem)}`);
      newest = written.value;
      writes += 1;
    }
  }

  await Promise.all(items.map(rewrite));
  const writesPerSecond = writes / ((performance.now() - begun) / 1_000);
  await server.close();
  return { writes, writesPerSecond };
}
