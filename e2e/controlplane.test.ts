/**
 * The control plane itself: what dies is started again, what was stored is still there, owned objects are collected, and
 * the operator has its own rights and nothing more.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ensureBinaries } from "../controlplane/binaries";
import { kubectlFor, must } from "../controlplane/kubectl";
import { isGone } from "../controlplane/processes";
import { marksOf } from "../controlplane/programs";
import { SILENT } from "../controlplane/progress";
import type { ProgramName } from "../controlplane/state";
import { pidFileOf } from "../controlplane/state";
import type { Cluster } from "../controlplane/testing";
import { startCluster, startOperator } from "../controlplane/testing";

const START_LIMIT_MS = 240_000;
/** Nobody is there; no test here asks a model. */
const baseUrl = "http://127.0.0.1:9/v1";
const stateDir = mkdtempSync(join(tmpdir(), "kubechain e2e "));
const GONE_WITHIN_MS = 20_000;
const DELETED = ["--for=delete", "--timeout=60s"];

let cluster: Cluster;
const start = async (): Promise<Cluster> => (cluster = await startCluster({ stateDir, baseUrl, noFsync: true }));
const pidOf = (name: ProgramName): number => Number(readFileSync(pidFileOf(cluster.state, name), "utf8"));

beforeAll(start, START_LIMIT_MS);
afterAll(async () => {
  await cluster.stop();
  rmSync(stateDir, { recursive: true, force: true });
}, START_LIMIT_MS);

/** Returns when the process is gone: many threads take a moment to die. */
const kill = async (name: ProgramName): Promise<void> => {
  const pid = pidOf(name);
  process.kill(pid, "SIGKILL");
  expect(await isGone(pid, marksOf(cluster.state)[name], GONE_WITHIN_MS)).toBe(true);
};

const configMap = (name: string, owner?: { name: string; uid: string }): string =>
  JSON.stringify({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: {
      name,
      namespace: "default",
      ...(owner === undefined ? {} : { ownerReferences: [{ apiVersion: "v1", kind: "ConfigMap", ...owner }] }),
    },
  });

describe("the control plane", () => {
  test.each<ProgramName>(["etcd", "kube-apiserver", "kube-controller-manager"])(
    "starts %s again after a kill, and has kept what was stored",
    async (name) => {
      await must(cluster.kubectl, ["apply", "-f", "-"], configMap(`before-${name}`));
      const killed = pidOf(name);
      await kill(name);
      const { started, kubectl } = await start();
      // An API server may end without its etcd, and a starting controller-manager with its API server; both are healed too.
      expect(started).toContain(name);
      if (name !== "etcd") expect(started).not.toContain("etcd");
      expect(pidOf(name)).not.toBe(killed);
      expect(await must(kubectl, ["get", "configmap", `before-${name}`, "-o", "name"])).toContain(`before-${name}`);
    },
    START_LIMIT_MS,
  );

  test(
    "starts etcd again that dies while the API server is being started",
    async () => {
      await must(cluster.kubectl, ["apply", "-f", "-"], configMap("before-both"));
      const before = pidOf("kube-apiserver");
      await kill("kube-apiserver");
      const healing = start();
      while (pidOf("kube-apiserver") === before) await sleep(10);
      await kill("etcd");
      const { started, kubectl } = await healing;
      expect(started).toEqual(expect.arrayContaining(["etcd", "kube-apiserver"]));
      await must(kubectl, ["get", "configmap", "before-both"]);
    },
    START_LIMIT_MS,
  );

  test("starts nothing when nothing has died", async () => {
    expect((await start()).started).toEqual([]);
  });

  test(
    "has kept everything after it was stopped and started",
    async () => {
      await must(cluster.kubectl, ["apply", "-f", "-"], configMap("before-stop"));
      const { kubeconfig } = cluster;
      await cluster.stop();
      expect((await cluster.kubectl(["get", "--raw", "/readyz", "--request-timeout=2s"])).code).not.toBe(0);
      await start();
      expect(cluster.kubeconfig).toBe(kubeconfig);
      await must(cluster.kubectl, ["get", "configmap", "before-stop"]);
    },
    START_LIMIT_MS,
  );

  test("collects what belonged to a deleted object", async () => {
    const { kubectl } = cluster;
    await must(kubectl, ["apply", "-f", "-"], configMap("owner"));
    const uid = await must(kubectl, ["get", "configmap", "owner", "-o", "jsonpath={.metadata.uid}"]);
    await must(kubectl, ["apply", "-f", "-"], configMap("owned", { name: "owner", uid }));
    await must(kubectl, ["delete", "configmap", "owner"]);
    await must(kubectl, ["wait", ...DELETED, "configmap/owned"]);
  });

  test("ends namespaces that are deleted", async () => {
    await must(cluster.kubectl, ["create", "namespace", "passing"]);
    await must(cluster.kubectl, ["delete", "namespace", "passing", "--timeout=60s"]);
  });
});

describe("the operator's process", () => {
  const llm = (name: string): string =>
    JSON.stringify({
      apiVersion: "kubechain.humanlayer.dev/v1alpha1",
      kind: "LLM",
      metadata: { name, namespace: "default" },
      spec: { provider: "openai", verify: "None", parameters: { baseUrl } },
    });

  test("may do what its ClusterRole says and nothing else", async () => {
    const { kubectl: binary } = await ensureBinaries(SILENT);
    const asOperator = kubectlFor(binary, cluster.state.operatorKubeconfig);
    expect((await asOperator(["auth", "can-i", "watch", "tasks.kubechain.humanlayer.dev"])).stdout.trim()).toBe("yes");
    expect((await asOperator(["auth", "can-i", "create", "clusterrolebindings"])).stdout.trim()).toBe("no");
    expect((await asOperator(["auth", "can-i", "delete", "namespaces"])).stdout.trim()).toBe("no");
    const mayPatch = async (lease: string): Promise<string> =>
      (await asOperator(["auth", "can-i", "patch", `leases.coordination.k8s.io/${lease}`])).stdout.trim();
    expect(await mayPatch("kubechain-operator")).toBe("yes");
    expect(await mayPatch("kube-controller-manager")).toBe("no");
  });

  test(
    "while it is gone, writes are refused; the next one admits them",
    async () => {
      const { kubectl } = cluster;
      const first = await startOperator(cluster);
      await first.ready();
      await must(kubectl, ["apply", "-f", "-"], llm("first"));

      await first.kill("SIGKILL");
      expect(first.isRunning()).toBe(false);
      const refused = await kubectl(["apply", "-f", "-"], llm("second"));
      expect(refused.code).not.toBe(0);
      expect(refused.stderr).toContain("webhook");

      const next = await startOperator(cluster);
      await next.ready();
      await must(kubectl, ["apply", "-f", "-"], llm("second"));
      await next.kill("SIGTERM");
    },
    START_LIMIT_MS,
  );
});
