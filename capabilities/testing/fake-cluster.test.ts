// The fake cluster keeps the contract of the real one, and makes the troubles it is asked for.
import type { Problem } from "../runtime/errors";
import type { ClusterObject } from "../runtime/objects";
import type { Phase } from "../runtime/store";
import { clusterContract, CONFIG_MAPS } from "./cluster.contract";
import { dice } from "./dice";
import { FakeClock } from "./fake-clock";
import { FakeCluster } from "./fake-cluster";

describe("the fake cluster", () => {
  test.each(clusterContract)("$sentence", async ({ run }) => {
    const clock = new FakeClock();
    const cluster = new FakeCluster({ clock });
    const eventually = async (check: () => Promise<boolean>): Promise<void> => {
      for (let tries = 0; tries < 10 && !(await check()); tries++) await clock.advance(1_000);
      expect(await check()).toBe(true);
    };
    await run({ cluster, namespace: "default", eventually });
  });

  const draft = (name: string) => ({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, namespace: "default" },
  });

  test("carries out a call whose answer is lost, and not one that is refused before", async () => {
    const lost: Problem = { kind: "retryable", message: "lost" };
    const cluster = new FakeCluster({ clock: new FakeClock() });
    cluster.onCall = ({ phase }) => (phase === "after" ? lost : undefined);
    expect((await cluster.create(CONFIG_MAPS, draft("one"))).ok).toBe(false);
    cluster.onCall = ({ phase }) => (phase === "before" ? lost : undefined);
    expect((await cluster.create(CONFIG_MAPS, draft("two"))).ok).toBe(false);
    const names = cluster.all(CONFIG_MAPS).map((o) => o.metadata.name);
    expect(names).toEqual(["one"]);
  });

  test("keeps what was written as it was, whatever becomes of it and of what was handed out", async () => {
    const cluster = new FakeCluster({ clock: new FakeClock() });
    const ref = draft("a").metadata;
    const created = await cluster.create(CONFIG_MAPS, draft("a"));
    const first = JSON.stringify(cluster.history[0]?.object);
    const labels = { labels: { touched: "yes" } };
    await cluster.mergePatch(CONFIG_MAPS, ref, { data: { list: ["second"] } });
    await cluster.mergePatch(CONFIG_MAPS, ref, { metadata: labels });
    const spoil = (object: ClusterObject | undefined): void => {
      if (object) Object.assign(object.metadata, { uid: "spoilt" });
    };
    spoil(created.ok ? created.value : undefined);
    spoil(cluster.read(CONFIG_MAPS, ref));
    spoil(cluster.all(CONFIG_MAPS)[0]);
    labels.labels.touched = "spoilt";
    expect(JSON.stringify(cluster.history[0]?.object)).toBe(first);
    expect(cluster.history.map(({ object }) => [object.metadata.resourceVersion, object.metadata.labels])).toEqual([
      ["101", undefined],
      ["102", undefined],
      ["103", { touched: "yes" }],
    ]);
    expect(JSON.stringify([cluster.history, cluster.all(CONFIG_MAPS)])).not.toContain("spoilt");
  });

  const delivered = async (troubles: ConstructorParameters<typeof FakeCluster>[0]["troubles"], seed: number) => {
    const clock = new FakeClock();
    const cluster = new FakeCluster({
      clock,
      random: dice(seed),
      ...(troubles === undefined ? {} : { troubles }),
    });
    const seen: string[] = [];
    const see = (object: ClusterObject, phase: Phase): void =>
      void seen.push(`${phase} ${object.metadata.name} ${object.metadata.resourceVersion}`);
    await cluster.create(CONFIG_MAPS, draft("a"));
    cluster.watches.watch(CONFIG_MAPS, see);
    for (let i = 0; i < 40; i++)
      await cluster.mergePatch(CONFIG_MAPS, draft("a").metadata, {
        data: { i: String(i) },
      });
    await clock.advance(10_000);
    return seen;
  };
  const versions = (seen: string[]): number[] => seen.map((line) => Number(line.split(" ")[2]));
  const sorted = (numbers: number[]): number[] => [...numbers].sort((a, b) => a - b);

  test("delivers what exists as added, then every change in order", async () => {
    const seen = await delivered({}, 1);
    expect(seen[0]).toBe("ADDED a 101");
    expect(seen).toHaveLength(41);
    expect(versions(seen)).toEqual(sorted(versions(seen)));
  });

  test("keeps one stream in order when it lags and repeats", async () => {
    const seen = await delivered({ lagMs: 500, repeated: 0.5 }, 1);
    expect(seen.length).toBeGreaterThan(41);
    expect(versions(seen)).toEqual(sorted(versions(seen)));
  });

  test("lets events of one object change places only when asked to", async () => {
    const seen = await delivered({ lagMs: 500, displaced: 0.5 }, 1);
    expect(seen).toHaveLength(41);
    expect(versions(seen)).not.toEqual(sorted(versions(seen)));
  });

  test("makes the same trouble for the same seed, and other trouble for another", async () => {
    const troubles = { lagMs: 500, displaced: 0.5, repeated: 0.2 };
    const first = await delivered(troubles, 7);
    expect(await delivered(troubles, 7)).toEqual(first);
    expect(await delivered(troubles, 8)).not.toEqual(first);
  });
});
