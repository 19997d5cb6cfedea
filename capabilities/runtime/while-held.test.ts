// What a process writes while it holds the lease, is not sure of it, and has lost it.
import { FakeClock } from "../testing/fake-clock";
import { FakeCluster } from "../testing/fake-cluster";
import type { Cluster } from "./cluster";
import type { ClusterObject, Resource } from "./objects";
import { whileHeld, type Guard } from "./while-held";

const THINGS: Resource = { apiVersion: "test.dev/v1", kind: "Thing", plural: "things" };
const ref = { namespace: "ns", name: "a" };
const thing = { apiVersion: "test.dev/v1", kind: "Thing", metadata: ref };

/** A lease that says what it is told to say. Asked to look, it finds out. */
class ScriptedLease implements Guard {
  sure = true;
  held = true;
  looks = 0;

  isSure(): boolean {
    return this.sure;
  }

  async isHeld(): Promise<boolean> {
    this.looks++;
    this.sure = this.held;
    return this.held;
  }

  untilKnown(): Promise<boolean> {
    return this.isHeld();
  }
}

async function scene(): Promise<{ fake: FakeCluster; cluster: Cluster; lease: ScriptedLease; object: ClusterObject }> {
  const fake = new FakeCluster({ clock: new FakeClock() });
  const made = await fake.create<ClusterObject>(THINGS, thing);
  if (!made.ok) throw new Error("not made");
  const lease = new ScriptedLease();
  return { fake, lease, cluster: whileHeld(lease, fake), object: made.value };
}

const writes: [verb: string, write: (cluster: Cluster, object: ClusterObject) => Promise<{ ok: boolean }>][] = [
  ["a create", (cluster) => cluster.create(THINGS, { ...thing, metadata: { ...ref, name: "b" } })],
  ["a status", (cluster, object) => cluster.replaceStatus(THINGS, { ...object, status: { n: 1 } } as ClusterObject)],
  ["a patch", (cluster) => cluster.mergePatch(THINGS, ref, { metadata: { labels: { a: "b" } } })],
  ["a removal", (cluster, object) => cluster.remove(THINGS, object.metadata)],
];

describe.each(writes)("%s", (_verb, write) => {
  test("goes out without a look at the lease while that is surely held", async () => {
    const { fake, cluster, lease, object } = await scene();
    expect(await write(cluster, object)).toMatchObject({ ok: true });
    expect([fake.history.length, lease.looks]).toEqual([2, 0]);
  });

  test("waits for a look when the lease may have run out", async () => {
    const { fake, cluster, lease, object } = await scene();
    lease.sure = false;
    expect(await write(cluster, object)).toMatchObject({ ok: true });
    expect([fake.history.length, lease.looks]).toEqual([2, 1]);
  });

  test("does not go out when the lease is not held, and is worth another try", async () => {
    const { fake, cluster, lease, object } = await scene();
    lease.sure = lease.held = false;
    expect(await write(cluster, object)).toMatchObject({ ok: false, problem: { kind: "retryable" } });
    expect(fake.history).toHaveLength(1);
  });

  test("is not acted upon when the lease was lost while it was on its way", async () => {
    const { fake, cluster, lease, object } = await scene();
    fake.onCall = ({ phase }) => {
      if (phase === "after") lease.sure = lease.held = false;
      return undefined;
    };
    expect(await write(cluster, object)).toMatchObject({ ok: false, problem: { kind: "retryable" } });
  });

  test("counts when the lease had to be looked at afterwards and is still held", async () => {
    const { fake, cluster, lease, object } = await scene();
    fake.onCall = ({ phase }) => {
      if (phase === "after") lease.sure = false;
      return undefined;
    };
    expect(await write(cluster, object)).toMatchObject({ ok: true });
    expect(lease.looks).toBe(1);
  });
});

test("whoever holds the lease, everybody may read", async () => {
  const { cluster, lease } = await scene();
  lease.sure = lease.held = false;
  expect(await cluster.get(THINGS, ref)).toMatchObject({ ok: true });
  expect(await cluster.listMetadata(THINGS)).toMatchObject({ ok: true });
  expect(lease.looks).toBe(0);
});

test("what the API server refuses is refused as it said it", async () => {
  const { cluster, lease } = await scene();
  expect(await cluster.create(THINGS, thing)).toEqual({ ok: false, problem: { kind: "conflict" } });
  expect(lease.looks).toBe(0);
});
