// The contract of `Cluster`, and the metadata watch, against a real API server: what the fake promises in unit tests is what
// the real one does.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { KubeConfig } from "@kubernetes/client-node";
import { connectApiServer, type ApiServer } from "../capabilities/runtime/api-server";
import { systemClock } from "../capabilities/runtime/clock";
import { callCluster } from "../capabilities/runtime/cluster-calls";
import type { Cluster } from "../capabilities/runtime/cluster";
import { silentLog } from "../capabilities/runtime/log";
import { createSecrets, SECRETS } from "../capabilities/runtime/secrets";
import { watchMetadata } from "../capabilities/runtime/watch-metadata";
import { clusterContract } from "../capabilities/testing/cluster.contract";
import { startCluster } from "../controlplane/testing";

const START_LIMIT_MS = 600_000;
const ROW_LIMIT_MS = 60_000;

let server: ApiServer;
let cluster: Cluster;
let end: () => Promise<void>;

beforeAll(async () => {
  const stateDir = await mkdtemp(join(tmpdir(), "kubechain-contract-"));
  const started = await startCluster({ stateDir, noFsync: true });
  const config = new KubeConfig();
  config.loadFromFile(started.kubeconfig);
  server = connectApiServer(config);
  cluster = callCluster(server);
  end = async () => {
    await server.close();
    await started.stop();
    await rm(stateDir, { recursive: true, force: true });
  };
}, START_LIMIT_MS);

afterAll(() => end(), ROW_LIMIT_MS);

async function eventually(check: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    if (await check()) return;
    await sleep(100);
  }
  throw new Error("It did not come true within 30 s.");
}

describe("the real API server", () => {
  test.each(clusterContract)(
    "$sentence",
    ({ run }) => run({ cluster, namespace: "default", eventually }),
    ROW_LIMIT_MS,
  );

  test(
    "tells of a Secret's changes without its content, and the value that was asked for is never old",
    async () => {
      const changes: string[] = [];
      const secrets = createSecrets({
        cluster,
        clock: systemClock,
        log: silentLog,
        watch: (resource, onChange) =>
          watchMetadata(
            resource,
            (change) => {
              expect(JSON.stringify(change)).not.toContain("data");
              onChange(change);
            },
            { server, clock: systemClock, log: silentLog, random: Math.random },
          ),
      });
      secrets.onChange((key) => void changes.push(key));
      secrets.start();
      const ref = { namespace: "default", name: "contract", key: "KEY" };
      expect(await secrets.read(ref)).toEqual({ kind: "Missing" });
      const draft = {
        apiVersion: "v1",
        kind: "Secret",
        metadata: { namespace: "default", name: "contract" },
        stringData: { KEY: "one\n" },
      };
      await cluster.create(SECRETS, draft);
      await eventually(async () => changes.includes("default/contract"));
      expect(await secrets.read(ref)).toMatchObject({ value: "one" });
      changes.length = 0;
      await cluster.mergePatch(SECRETS, ref, { stringData: { KEY: "two" } });
      await eventually(async () => changes.includes("default/contract"));
      expect(await secrets.read(ref)).toMatchObject({ value: "two" });
      secrets.stop();
    },
    ROW_LIMIT_MS,
  );
});
