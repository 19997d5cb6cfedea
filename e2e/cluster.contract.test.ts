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
import { createSecrets, SECRETS, type Secrets } from "../capabilities/runtime/secrets";
import { watchMetadata, type MetadataChange } from "../capabilities/runtime/watch-metadata";
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

  /** Secrets over the real watch, with everything that the watch has told. */
  function listen(): { secrets: Secrets; told: MetadataChange[] } {
    const told: MetadataChange[] = [];
    const options = { server, clock: systemClock, log: silentLog, random: Math.random };
    const secrets = createSecrets({
      ...options,
      cluster,
      watch: (resource, onChange) =>
        watchMetadata(
          resource,
          (change) => {
            told.push(change);
            onChange(change);
          },
          options,
        ),
    });
    secrets.start();
    return { secrets, told };
  }

  test(
    "tells of a Secret's changes without its content, and the value that was asked for is never old",
    async () => {
      const { secrets, told } = listen();
      const metadata = { namespace: "default", name: "contract" };
      const ref = { ...metadata, key: "KEY" };
      const tellings = (): number => told.filter(({ meta }) => meta.name === "contract").length;
      try {
        expect(await secrets.read(ref)).toEqual({ kind: "Missing" });
        const draft = { apiVersion: "v1", kind: "Secret", metadata, stringData: { KEY: "one\n" } };
        await cluster.create(SECRETS, draft);
        await eventually(async () => tellings() === 1);
        expect(await secrets.read(ref)).toMatchObject({ value: "one" });
        await cluster.mergePatch(SECRETS, ref, { stringData: { KEY: "two" } });
        await eventually(async () => tellings() === 2);
        expect(await secrets.read(ref)).toMatchObject({ value: "two" });
        const encoded = Buffer.from("two").toString("base64");
        expect(JSON.stringify(told)).not.toContain(encoded);
      } finally {
        secrets.stop();
      }
    },
    ROW_LIMIT_MS,
  );
});
