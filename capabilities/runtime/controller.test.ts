// From the watch to the reconcile and back: what a controller does with changes, false deletions, lost races and a store that is
// out of date.
import { FakeClock } from "../testing/fake-clock";
import { FakeCluster } from "../testing/fake-cluster";
import { createController, type Controller } from "./controller";
import { silentLog } from "./log";
import type { ClusterObject, Resource } from "./objects";
import type { Outcome } from "./outcome";
import { done } from "./outcome";
import { Store } from "./store";

const THINGS: Resource = { apiVersion: "test/v1", kind: "Thing", plural: "things" };
const ref = { namespace: "ns", name: "a" };

interface Thing extends ClusterObject {
  status?: { n: number };
}

interface Scene {
  clock: FakeClock;
  cluster: FakeCluster;
  store: Store<Thing>;
  controller: Controller<Thing>;
  /** The version that each pass saw, "-" for none. */
  seen: string[];
}

function scene(reconcile: (thing: Thing | undefined, scene: Scene) => Promise<Outcome> = async () => done): Scene {
  const clock = new FakeClock(new Date(0));
  const cluster = new FakeCluster({ clock });
  const store = new Store<Thing>({ clock });
  const seen: string[] = [];
  const controller: Controller<Thing> = createController<Thing>({
    name: "thing-controller",
    resource: THINGS,
    store,
    cluster,
    clock,
    log: silentLog,
    random: () => 0,
    reconcile: (key): Promise<Outcome> => {
      const thing = store.get(key);
      seen.push(thing?.metadata.resourceVersion ?? "-");
      return reconcile(thing, made);
    },
  });
  const made: Scene = { clock, cluster, store, controller, seen };
  controller.start();
  return made;
}

const draft = { apiVersion: "test/v1", kind: "Thing", metadata: ref };

async function create({ cluster }: Scene): Promise<Thing> {
  const result = await cluster.create<Thing>(THINGS, draft);
  if (!result.ok) throw new Error("not created");
  return result.value;
}

function watch({ cluster, controller }: Scene): void {
  cluster.watches.watch(THINGS, (object, phase) => controller.notice(object as Thing, phase));
}

describe("a controller", () => {
  test("passes over an object for every change, and not for repeated events", async () => {
    const s = scene();
    watch(s);
    const thing = await create(s);
    await s.clock.advance(1);
    s.controller.notice(thing, "ADDED");
    await s.cluster.mergePatch(THINGS, ref, { spec: { n: 1 } });
    await s.clock.advance(1);
    expect(s.seen).toEqual(["101", "102"]);
  });

  test("goes on storing after it is stopped, and passes no more", async () => {
    const s = scene();
    await s.controller.stop();
    expect(s.controller.load).toEqual({ ready: 0, running: 0, waiting: 0 });
    s.controller.notice(await create(s), "ADDED");
    await s.clock.advance(1);
    expect([s.store.size, s.seen]).toEqual([1, []]);
  });

  test("passes again after an own write, with that write in sight, before the watch has shown it", async () => {
    const s = scene(async (thing, { cluster, store }) => {
      if (thing?.status !== undefined || thing === undefined) return done;
      const written = await cluster.replaceStatus<Thing>(THINGS, { ...thing, status: { n: 1 } });
      if (written.ok) store.wrote(written.value);
      return done;
    });
    s.controller.notice(await create(s), "ADDED");
    await s.clock.advance(1);
    expect(s.seen).toEqual(["101", "102"]);
    expect(s.cluster.calls.get).toBe(0);
  });

  test("does not believe a false deletion: one live read, and nothing is lost", async () => {
    const s = scene();
    watch(s);
    const thing = await create(s);
    await s.clock.advance(1);
    s.cluster.watches.pretend(THINGS, thing, "DELETED");
    await s.clock.advance(1);
    expect(s.store.get("ns/a")?.metadata.uid).toBe(thing.metadata.uid);
    expect(s.cluster.calls.get).toBe(1);
  });

  test("believes a true deletion after one live read, tells subscribers, and passes once without the object", async () => {
    const s = scene();
    watch(s);
    const thing = await create(s);
    await s.clock.advance(1);
    const told: string[] = [];
    s.store.subscribe(({ key, object }) => void told.push(`${key} ${object === undefined ? "gone" : "here"}`));
    s.controller.wakeAt("ns/a", new Date(60_000));
    await s.cluster.remove(THINGS, thing.metadata);
    await s.clock.advance(1);
    expect([told, s.seen, s.store.size, s.cluster.calls.get]).toEqual([["ns/a gone"], ["101", "-"], 0, 1]);
    expect(s.controller.load.waiting).toBe(0);
  });

  test("tells the end of the former object apart from the beginning of its namesake", async () => {
    const s = scene();
    const former = await create(s);
    s.controller.notice(former, "ADDED");
    await s.clock.advance(1);
    await s.cluster.remove(THINGS, former.metadata);
    const next = await create(s);
    s.controller.notice(former, "DELETED");
    await s.clock.advance(1);
    expect(s.store.get("ns/a")?.metadata.uid).toBe(next.metadata.uid);
    s.controller.notice(former, "MODIFIED");
    expect(s.store.get("ns/a")?.metadata.uid).toBe(next.metadata.uid);
  });

  test("asks again when it cannot verify a deletion, and does not pass meanwhile", async () => {
    const s = scene();
    watch(s);
    const thing = await create(s);
    await s.clock.advance(1);
    let isAway = true;
    s.cluster.onCall = ({ verb }) => (isAway && verb === "get" ? { kind: "retryable", message: "away" } : undefined);
    s.cluster.watches.pretend(THINGS, thing, "DELETED");
    await s.clock.advance(1_000);
    expect([s.seen, s.store.size]).toEqual([["101"], 1]);
    isAway = false;
    await s.clock.advance(2_000);
    expect([s.seen, s.store.size]).toEqual([["101", "101"], 1]);
  });

  test("reads live after a lost race, and decides again on what the winner wrote", async () => {
    let passes = 0;
    const s = scene(async (thing) => (thing !== undefined && ++passes === 1 ? { kind: "Refresh" } : done));
    const thing = await create(s);
    await s.cluster.replaceStatus<Thing>(THINGS, { ...thing, status: { n: 7 } });
    s.controller.notice(thing, "ADDED");
    await s.clock.settle();
    expect(s.seen).toEqual(["101", "102"]);
    expect(s.store.get("ns/a")?.status).toEqual({ n: 7 });
  });

  test("forgets an object whose write met nothing, though the watch said no word", async () => {
    const s = scene(async (thing) => (thing === undefined ? done : { kind: "Refresh" }));
    const thing = await create(s);
    await s.cluster.remove(THINGS, thing.metadata);
    s.controller.notice(thing, "ADDED");
    await s.clock.settle();
    expect([s.seen, s.store.size]).toEqual([["101", "-"], 0]);
  });

  test("waits a little when a conflict leads to nothing newer, instead of spinning", async () => {
    const s = scene(async () => ({ kind: "Refresh" }));
    s.controller.notice(await create(s), "ADDED");
    await s.clock.advance(1_000);
    expect(s.seen.length).toBeGreaterThan(3);
    expect(s.seen.length).toBeLessThan(12);
  });

  test("reads a suspected object live, unless it is known well enough by then", async () => {
    const s = scene();
    const thing = await create(s);
    s.controller.suspect("ns/a", "101");
    await s.clock.settle();
    expect([s.cluster.calls.get, s.seen]).toEqual([1, ["101"]]);
    s.controller.notice(thing, "ADDED");
    s.controller.suspect("ns/a", "101");
    await s.clock.settle();
    expect(s.cluster.calls.get).toBe(1);
    s.controller.suspect("ns/a");
    s.controller.suspect("ns/a", "101");
    await s.clock.settle();
    expect(s.cluster.calls.get).toBe(2);
  });

  test("wakes at a time, with other kinds' changes through the store's subscribers", async () => {
    const s = scene();
    const others = new Store<Thing>({ clock: s.clock });
    others.subscribe(() => s.controller.wake("ns/a"));
    s.controller.notice(await create(s), "ADDED");
    await s.clock.settle();
    const other = await s.cluster.create<Thing>(THINGS, { ...draft, metadata: { ...ref, name: "other" } });
    if (other.ok) others.accept(other.value, "ADDED");
    s.controller.wakeAt("ns/a", new Date(500));
    await s.clock.advance(499);
    expect(s.seen).toHaveLength(2);
    await s.clock.advance(1);
    expect(s.seen).toHaveLength(3);
  });

  test("keeps the stream alive when a listener has a bug", async () => {
    const s = scene();
    s.store.subscribe(() => {
      throw new Error("a bug");
    });
    const thing = await create(s);
    expect(() => s.controller.notice(thing, "ADDED")).not.toThrow();
  });
});
