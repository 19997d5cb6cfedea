// The health check of a watch: what it asks for while all is well, and how it heals a watch that is deaf, forgetful or wrong.
import { FakeClock } from "../testing/fake-clock";
import { FakeCluster } from "../testing/fake-cluster";
import { createController } from "./controller";
import { silentLog } from "./log";
import type { ClusterObject, Resource } from "./objects";
import { done } from "./outcome";
import { createResync, type Resync } from "./resync";
import { Store } from "./store";

const THINGS: Resource = { apiVersion: "test/v1", kind: "Thing", plural: "things" };

interface Scene {
  clock: FakeClock;
  cluster: FakeCluster;
  store: Store<ClusterObject>;
  resync: Resync;
  create: (name: string) => Promise<ClusterObject>;
  edit: (name: string) => Promise<void>;
  remove: (name: string) => Promise<void>;
  watch: () => void;
  seconds: (n: number) => Promise<void>;
}

function scene(): Scene {
  const clock = new FakeClock();
  const cluster = new FakeCluster({ clock, random: () => 0.999 });
  const store = new Store<ClusterObject>({ clock });
  const common = { resource: THINGS, store, cluster, clock, log: silentLog };
  const controller = createController<ClusterObject>({
    ...common,
    name: "thing-controller",
    random: () => 0,
    reconcile: async () => done,
  });
  controller.start();
  const resync = createResync<ClusterObject>({ ...common, controller });
  const refOf = (name: string) => ({ namespace: "ns", name });
  return {
    clock,
    cluster,
    store,
    resync,
    async create(name) {
      const draft = { apiVersion: "test/v1", kind: "Thing", metadata: refOf(name) };
      const made = await cluster.create(THINGS, draft);
      if (!made.ok) throw new Error("not created");
      return made.value;
    },
    async edit(name) {
      await cluster.mergePatch(THINGS, refOf(name), { spec: { at: clock.now().getTime() } });
    },
    async remove(name) {
      const live = cluster.read(THINGS, refOf(name));
      if (live !== undefined) await cluster.remove(THINGS, live.metadata);
    },
    watch: () => void cluster.watches.watch(THINGS, (object, phase) => controller.notice(object, phase)),
    seconds: (n) => clock.advance(n * 1_000),
  };
}

/** A watch that has brought everything, and a check that has begun. */
async function healthy(): Promise<Scene> {
  const s = scene();
  for (const name of ["a", "b", "c"]) await s.create(name);
  s.watch();
  s.resync.start();
  await s.seconds(2);
  return s;
}

const versionOf = ({ store }: Scene, name: string): string | undefined =>
  store.get(`ns/${name}`)?.metadata.resourceVersion;
const liveVersionOf = ({ cluster }: Scene, name: string): string | undefined =>
  cluster.read(THINGS, { namespace: "ns", name })?.metadata.resourceVersion;

describe("while all is well", () => {
  test("asks for one count every 30 s and one list every 10 min, and nothing else", async () => {
    const s = await healthy();
    const before = s.cluster.calls.listMetadata;
    await s.seconds(1_800);
    const lists = s.cluster.calls.listMetadata - before;
    expect(lists).toBeGreaterThanOrEqual(1_800 / 30 - 3);
    expect(lists).toBeLessThanOrEqual(1_800 / 30 + 3);
    expect(s.cluster.calls.get).toBe(0);
  });

  test("does not take traffic for deafness: no object is read, and everything is not compared again and again", async () => {
    const s = await healthy();
    s.cluster.watches.troubles.lagMs = 1_500;
    const before = s.cluster.calls.listMetadata;
    for (let i = 0; i < 1_000; i++) {
      await s.create(`t${i}`);
      if (i % 2 === 0) await s.edit(`t${i}`);
      await s.clock.advance(200);
      expect(s.store.size).toBeLessThan(i + 4); // The counts differ all the time.
    }
    // A count and a second count every 30 s, and one comparison of one page.
    expect(s.cluster.calls.listMetadata - before).toBeLessThanOrEqual(14);
    await s.seconds(2);
    expect([s.store.size, s.cluster.calls.get]).toEqual([1_003, 0]);
  });

  test("does not suspect a watch that brings an own write late but in time", async () => {
    const s = await healthy();
    s.cluster.watches.troubles.lagMs = 0;
    const made = await s.create("own");
    s.store.wrote(made);
    await s.seconds(60);
    expect([s.store.oldestUndelivered(), s.cluster.calls.get]).toEqual([undefined, 0]);
  });

  test("stops: no timer is left, and nothing is asked for", async () => {
    const s = await healthy();
    s.resync.stop();
    const before = s.cluster.calls.listMetadata;
    await s.seconds(3_600);
    expect([s.cluster.calls.listMetadata - before, s.clock.pending]).toEqual([0, 0]);
  });
});

describe("a deaf watch", () => {
  test("is noticed by the count: what was made, and what is gone, is known within a minute", async () => {
    const s = await healthy();
    s.cluster.watches.deafen(THINGS);
    await s.create("d");
    await s.create("e");
    await s.remove("a");
    await s.seconds(60);
    expect(
      s.store
        .values()
        .map((o) => o.metadata.name)
        .sort(),
    ).toEqual(["b", "c", "d", "e"]);
  });

  test("is noticed by the count also right after a comparison that found all well", async () => {
    const s = await healthy();
    s.clock.at(new Date(s.clock.now().getTime() + 606_000), () => s.cluster.watches.deafen(THINGS));
    await s.seconds(607);
    await s.create("d");
    await s.seconds(60);
    expect(s.store.size).toBe(4);
  });

  test("is noticed by an own write that does not come back: an edit is known within half a minute", async () => {
    const s = await healthy();
    s.cluster.watches.deafen(THINGS);
    const written = await s.cluster.mergePatch<ClusterObject>(
      THINGS,
      { namespace: "ns", name: "a" },
      { spec: { n: 1 } },
    );
    if (written.ok) s.store.wrote(written.value);
    await s.edit("b");
    await s.seconds(30);
    expect(versionOf(s, "b")).toBe(liveVersionOf(s, "b"));
  });

  test("is helped every five seconds until it is heard again, and then no more", async () => {
    const s = await healthy();
    s.cluster.watches.deafen(THINGS);
    await s.create("d");
    await s.seconds(60);
    for (let i = 0; i < 5; i++) {
      await s.edit("c");
      await s.seconds(6);
      expect(versionOf(s, "c")).toBe(liveVersionOf(s, "c"));
    }
    s.cluster.watches.heal(THINGS);
    await s.edit("b");
    await s.seconds(10);
    const before = { ...s.cluster.calls };
    await s.seconds(120);
    expect(s.cluster.calls.listMetadata - before.listMetadata).toBeLessThanOrEqual(5);
    expect(s.cluster.calls.get).toBe(before.get);
  });

  test("of a quiet kind is looked after ever more calmly", async () => {
    const s = await healthy();
    s.cluster.watches.deafen(THINGS);
    await s.create("d");
    await s.seconds(180);
    const before = s.cluster.calls.listMetadata;
    await s.seconds(300);
    expect(s.cluster.calls.listMetadata - before).toBeLessThanOrEqual(11);
  });

  test("that lost an edit and nothing else is put right by the comparison every ten minutes", async () => {
    const s = await healthy();
    s.cluster.watches.deafen(THINGS);
    await s.edit("a");
    s.cluster.watches.heal(THINGS);
    await s.seconds(620);
    expect(versionOf(s, "a")).toBe(liveVersionOf(s, "a"));
  });

  test("is not forgotten while the API server is away", async () => {
    const s = await healthy();
    s.cluster.watches.deafen(THINGS);
    await s.create("d");
    s.cluster.onCall = ({ phase }) => (phase === "before" ? { kind: "retryable", message: "away" } : undefined);
    await s.seconds(120);
    expect(s.store.size).toBe(3);
    s.cluster.onCall = () => undefined;
    await s.seconds(60);
    expect(s.store.size).toBe(4);
  });
});

describe("at start-up", () => {
  test("is in sync as soon as the watch has brought everything, with one count", async () => {
    const s = scene();
    for (const name of ["a", "b", "c"]) await s.create(name);
    let isSynced = false;
    void s.resync.synced().then(() => (isSynced = true));
    await s.clock.settle();
    expect(isSynced).toBe(false);
    s.watch();
    await s.clock.advance(1);
    expect([isSynced, s.cluster.calls.listMetadata, s.cluster.calls.get]).toEqual([true, 1, 0]);
  });

  test("is in sync at once where there is nothing", async () => {
    const s = scene();
    await s.resync.synced();
    expect(s.cluster.calls.listMetadata).toBe(1);
  });

  test("reads directly what the watch does not bring in 15 s", async () => {
    const s = scene();
    for (const name of ["a", "b", "c"]) await s.create(name);
    let isSynced = false;
    void s.resync.synced().then(() => (isSynced = true));
    await s.seconds(20);
    expect([isSynced, s.store.size]).toEqual([true, 3]);
  });

  test("reads nothing twice that the watch brings after all", async () => {
    const s = scene();
    for (let i = 0; i < 1_200; i++) await s.create(`t${i}`);
    s.resync.start();
    await s.seconds(14);
    s.watch();
    await s.seconds(20);
    expect([s.store.size, s.cluster.calls.get]).toEqual([1_200, 0]);
  });

  test("waits for the API server to serve the kind", async () => {
    const s = scene();
    let isAway = true;
    s.cluster.onCall = () => (isAway ? { kind: "retryable", message: "away" } : undefined);
    let isReachable = false;
    void s.resync.reachable().then(() => (isReachable = true));
    await s.seconds(30);
    expect(isReachable).toBe(false);
    isAway = false;
    await s.seconds(1);
    expect(isReachable).toBe(true);
  });

  test("compares more objects than fit on a page", async () => {
    const s = scene();
    for (let i = 0; i < 1_234; i++) await s.create(`t${i}`);
    s.resync.start();
    await s.seconds(30);
    expect(s.store.size).toBe(1_234);
  });
});
