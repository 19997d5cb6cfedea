// What every `Cluster` must do, as one table: run against the fake in unit tests and against a real API server in e2e, so that
// the fake cannot lie. Each row uses objects of its own names, so rows do not disturb each other.
import { strict as assert } from "node:assert";
import type { LLM } from "../../crds/index";
import { resources } from "../../crds/index";
import type { Cluster } from "../runtime/cluster";
import type { Problem, Result } from "../runtime/errors";
import type { ClusterObject, Draft, Resource } from "../runtime/objects";
import { isNewer } from "../runtime/objects";

/** `eventually` repeats a check, letting time pass in between, until it holds or too much time has passed. */
export interface ContractWorld {
  cluster: Cluster;
  namespace: string;
  eventually: (check: () => Promise<boolean>) => Promise<void>;
}

export interface ContractRow {
  sentence: string;
  run: (world: ContractWorld) => Promise<void>;
}

/** A kind without a status subresource. */
export const CONFIG_MAPS: Resource = {
  apiVersion: "v1",
  kind: "ConfigMap",
  plural: "configmaps",
};

interface ConfigMap extends ClusterObject {
  data?: Record<string, string>;
}

const LLMS: Resource = resources.llm;

function llm(world: ContractWorld, name: string): Draft<LLM> {
  return {
    apiVersion: LLMS.apiVersion,
    kind: "LLM",
    metadata: { name, namespace: world.namespace, labels: { made: "here" } },
    spec: { provider: "openai" },
  };
}

function configMap(
  world: ContractWorld,
  name: string,
  metadata: Partial<Draft<ConfigMap>["metadata"]> = {},
): Draft<ConfigMap> {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, namespace: world.namespace, ...metadata },
    data: { word: "one" },
  };
}

async function make(world: ContractWorld, name: string): Promise<LLM> {
  return value(await world.cluster.create<LLM>(LLMS, llm(world, name)));
}

async function makeMap(
  world: ContractWorld,
  name: string,
  metadata?: Partial<Draft<ConfigMap>["metadata"]>,
): Promise<ConfigMap> {
  const draft = configMap(world, name, metadata);
  return value(await world.cluster.create<ConfigMap>(CONFIG_MAPS, draft));
}

async function look(world: ContractWorld, name: string): Promise<LLM> {
  const ref = { namespace: world.namespace, name };
  return value(await world.cluster.get<LLM>(LLMS, ref));
}

function withStatus(object: LLM, statusDetail: string): LLM {
  return { ...object, status: { ready: false, status: "Pending", statusDetail } };
}

function value<T>(result: Result<T>): T {
  assert.ok(result.ok, JSON.stringify(result));
  return result.value;
}

function problem(result: Result<unknown>): Problem["kind"] {
  assert.ok(!result.ok, "it succeeded");
  return result.problem.kind;
}

export const clusterContract: ContractRow[] = [
  {
    sentence: "says that an absent object is gone",
    async run({ cluster, namespace }) {
      const ref = { namespace, name: "absent" };
      assert.equal(problem(await cluster.get(LLMS, ref)), "gone");
      assert.equal(problem(await cluster.mergePatch(LLMS, ref, {})), "gone");
      const target = { ...ref, uid: "9c5cb1a1-7d6b-4e55-9f3c-55e2a5b7e001" };
      assert.equal(problem(await cluster.remove(LLMS, target)), "gone");
    },
  },
  {
    sentence: "gives a created object a uid, a version, a generation and a time",
    async run(world) {
      const { metadata } = await make(world, "created");
      assert.match(metadata.uid, /^[0-9a-f-]{36}$/);
      assert.match(metadata.resourceVersion, /^\d+$/);
      assert.equal(metadata.generation, 1);
      assert.match(metadata.creationTimestamp ?? "", /^\d{4}-.*Z$/);
      assert.deepEqual(metadata.labels, { made: "here" });
    },
  },
  {
    sentence: "refuses to create what exists, and leaves it as it was",
    async run(world) {
      const made = await make(world, "twice");
      const again = await world.cluster.create<LLM>(LLMS, llm(world, "twice"));
      assert.equal(problem(again), "conflict");
      const { metadata } = await look(world, "twice");
      assert.equal(metadata.resourceVersion, made.metadata.resourceVersion);
    },
  },
  {
    sentence: "drops a status from an object that is created",
    async run(world) {
      const draft = { ...llm(world, "no-status"), status: { ready: true } };
      const made = value(await world.cluster.create<LLM>(LLMS, draft));
      assert.notEqual(made.status?.ready, true);
    },
  },
  {
    sentence: "replaces the status and nothing else",
    async run(world) {
      const made = await make(world, "status-only");
      const changed = withStatus(made, "one");
      changed.spec = { provider: "anthropic" };
      changed.metadata = { ...made.metadata, labels: { made: "elsewhere" } };
      const stored = value(await world.cluster.replaceStatus(LLMS, changed));
      assert.equal(stored.status?.statusDetail, "one");
      assert.equal(stored.spec.provider, "openai");
      assert.deepEqual(stored.metadata.labels, { made: "here" });
      assert.equal(stored.metadata.generation, 1);
      const [after, before] = [stored, made].map((o) => o.metadata.resourceVersion);
      assert.ok(isNewer(after ?? "", before ?? ""));
    },
  },
  {
    sentence: "takes what the status no longer says out of it",
    async run(world) {
      const made = await make(world, "status-shrinks");
      const one = value(await world.cluster.replaceStatus(LLMS, withStatus(made, "one")));
      const bare = { ...one, status: { ready: true } };
      const two = value(await world.cluster.replaceStatus(LLMS, bare));
      assert.deepEqual(two.status, { ready: true });
    },
  },
  {
    sentence: "refuses a status for a version that is not the newest",
    async run(world) {
      const made = await make(world, "stale-status");
      value(await world.cluster.replaceStatus(LLMS, withStatus(made, "winner")));
      const loser = await world.cluster.replaceStatus(LLMS, withStatus(made, "loser"));
      assert.equal(problem(loser), "conflict");
      const live = await look(world, "stale-status");
      assert.equal(live.status?.statusDetail, "winner");
    },
  },
  {
    sentence: "refuses a status after somebody edited the spec",
    async run(world) {
      const made = await make(world, "edited-spec");
      const patch = { spec: { parameters: { model: "m" } } };
      value(await world.cluster.mergePatch<LLM>(LLMS, made.metadata, patch));
      const late = await world.cluster.replaceStatus(LLMS, withStatus(made, "late"));
      assert.equal(problem(late), "conflict");
    },
  },
  {
    sentence: "gives an unchanged status no new version",
    async run(world) {
      const made = await make(world, "unchanged");
      const one = value(await world.cluster.replaceStatus(LLMS, withStatus(made, "same")));
      const two = value(await world.cluster.replaceStatus(LLMS, withStatus(one, "same")));
      assert.equal(two.metadata.resourceVersion, one.metadata.resourceVersion);
    },
  },
  {
    sentence: "has no status to replace once the object is gone",
    async run(world) {
      const made = await make(world, "status-of-gone");
      value(await world.cluster.remove(LLMS, made.metadata));
      const late = await world.cluster.replaceStatus(LLMS, withStatus(made, "late"));
      assert.equal(problem(late), "gone");
    },
  },
  {
    sentence: "never writes the status of a former object to a new one of the same name",
    async run(world) {
      const former = await make(world, "reborn");
      value(await world.cluster.remove(LLMS, former.metadata));
      await make(world, "reborn");
      const late = await world.cluster.replaceStatus(LLMS, withStatus(former, "late"));
      assert.equal(problem(late), "conflict");
    },
  },
  {
    sentence: "merges a patch: sets, and removes what is null",
    async run(world) {
      const made = await make(world, "patched");
      const patch = { metadata: { labels: { made: null, by: "patch" } } };
      const stored = value(await world.cluster.mergePatch<LLM>(LLMS, made.metadata, patch));
      assert.deepEqual(stored.metadata.labels, { by: "patch" });
      assert.equal(stored.metadata.generation, 1);
    },
  },
  {
    sentence: "counts a generation for every change of the spec",
    async run(world) {
      const made = await make(world, "generation");
      const patch = { spec: { parameters: { model: "m" } } };
      const stored = value(await world.cluster.mergePatch<LLM>(LLMS, made.metadata, patch));
      assert.equal(stored.metadata.generation, 2);
      assert.equal(stored.spec.parameters?.model, "m");
    },
  },
  {
    sentence: "ignores a status in a patch of the object",
    async run(world) {
      const made = await make(world, "status-in-patch");
      const patch = { status: { ready: true } };
      const stored = value(await world.cluster.mergePatch<LLM>(LLMS, made.metadata, patch));
      assert.notEqual(stored.status?.ready, true);
    },
  },
  {
    sentence: "refuses a patch for a version that is not the newest",
    async run(world) {
      const made = await make(world, "stale-patch");
      const { resourceVersion } = made.metadata;
      const patch = { metadata: { resourceVersion, labels: { by: "first" } } };
      value(await world.cluster.mergePatch(LLMS, made.metadata, patch));
      const late = { metadata: { resourceVersion, labels: { by: "second" } } };
      assert.equal(problem(await world.cluster.mergePatch(LLMS, made.metadata, late)), "conflict");
    },
  },
  {
    sentence: "removes the incarnation that is meant, and no other",
    async run(world) {
      const { metadata } = await make(world, "removed");
      const other = { ...metadata, uid: "9c5cb1a1-7d6b-4e55-9f3c-55e2a5b7e002" };
      assert.equal(problem(await world.cluster.remove(LLMS, other)), "gone");
      await look(world, "removed");
      const { namespace, name, uid } = metadata;
      value(await world.cluster.remove(LLMS, { namespace, name, uid }));
      assert.equal(problem(await world.cluster.get(LLMS, { namespace, name })), "gone");
    },
  },
  {
    sentence: "refuses to remove a version that is not the newest",
    async run(world) {
      const made = await make(world, "removed-late");
      value(await world.cluster.replaceStatus(LLMS, withStatus(made, "newer")));
      assert.equal(problem(await world.cluster.remove(LLMS, made.metadata)), "conflict");
      await look(world, "removed-late");
    },
  },
  {
    sentence: "keeps a removed object until its last finalizer is gone",
    async run(world) {
      const finalizers = ["kubechain.humanlayer.dev/hold"];
      const { metadata } = await makeMap(world, "held", { finalizers });
      const { namespace, name, uid } = metadata;
      value(await world.cluster.remove(CONFIG_MAPS, { namespace, name, uid }));
      const held = value(await world.cluster.get(CONFIG_MAPS, { namespace, name }));
      assert.ok(held.metadata.deletionTimestamp !== undefined);
      const patch = { metadata: { finalizers: null } };
      value(await world.cluster.mergePatch(CONFIG_MAPS, { namespace, name }, patch));
      assert.equal(problem(await world.cluster.get(CONFIG_MAPS, { namespace, name })), "gone");
    },
  },
  {
    sentence: "removes what a removed object owned",
    async run(world) {
      const owner = await makeMap(world, "owner");
      const ownerReferences = [{ apiVersion: "v1", kind: "ConfigMap", name: "owner", uid: owner.metadata.uid }];
      const child = await makeMap(world, "child", { ownerReferences });
      const { namespace, name, uid } = owner.metadata;
      value(await world.cluster.remove(CONFIG_MAPS, { namespace, name, uid }));
      await world.eventually(async () => !(await world.cluster.get(CONFIG_MAPS, child.metadata)).ok);
    },
  },
  {
    sentence: "has no status for a kind without the subresource",
    async run(world) {
      const made = await makeMap(world, "statusless");
      assert.equal(problem(await world.cluster.replaceStatus(CONFIG_MAPS, made)), "retryable");
    },
  },
  {
    sentence: "lists metadata in pages of one moment, and says how much remains",
    async run(world) {
      for (const name of ["page-1", "page-2", "page-3"]) await makeMap(world, name);
      const whole = value(await world.cluster.listMetadata(CONFIG_MAPS));
      const first = value(await world.cluster.listMetadata(CONFIG_MAPS, { limit: 2 }));
      assert.equal(whole.continue, undefined);
      assert.equal(first.items.length, 2);
      assert.equal(first.items.length + (first.remaining ?? 0), whole.items.length);
      const names = first.items.map((meta) => meta.name);
      await makeMap(world, "page-4");
      let next = first.continue;
      while (next !== undefined) {
        const page = value(await world.cluster.listMetadata(CONFIG_MAPS, { limit: 2, continue: next }));
        assert.equal(page.resourceVersion, first.resourceVersion);
        names.push(...page.items.map((meta) => meta.name));
        next = page.continue;
      }
      assert.deepEqual(
        names,
        whole.items.map((meta) => meta.name),
      );
      const ours = whole.items.find((meta) => meta.name === "page-1");
      assert.equal(ours?.namespace, world.namespace);
      assert.ok(ours?.uid !== undefined && ours.resourceVersion !== undefined);
    },
  },
  {
    sentence: "lists nothing of a kind of which there is nothing",
    async run({ cluster }) {
      const page = value(await cluster.listMetadata(resources.contactChannel, { limit: 1 }));
      assert.deepEqual([page.items, page.continue], [[], undefined]);
      assert.match(page.resourceVersion, /^\d+$/);
    },
  },
  {
    sentence: "gives later writes newer versions, whichever object they are of",
    async run(world) {
      const first = await make(world, "order-1");
      const second = await make(world, "order-2");
      const third = value(await world.cluster.replaceStatus(LLMS, withStatus(first, "later")));
      const versions = [first, second, third].map((o) => o.metadata.resourceVersion);
      assert.ok(isNewer(versions[1] ?? "", versions[0] ?? ""));
      assert.ok(isNewer(versions[2] ?? "", versions[1] ?? ""));
      const list = value(await world.cluster.listMetadata(LLMS, { limit: 1 }));
      assert.ok(!isNewer(versions[2] ?? "", list.resourceVersion));
    },
  },
];
