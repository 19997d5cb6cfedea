// Events: order, repeats by count, bounds, and an API server that is away.
import { FakeClock } from "../testing/fake-clock";
import { FakeCluster } from "../testing/fake-cluster";
import { capMessage, EVENTS, eventName, type StoredEvent } from "./event-body";
import { createRecorder, type Recorder } from "./events";
import type { Problem } from "./errors";
import { Lanes } from "./lanes";
import { silentLog } from "./log";
import type { ClusterObject } from "./objects";

interface Scene {
  clock: FakeClock;
  cluster: FakeCluster;
  recorder: Recorder;
  warnings: string[];
  note: (reason: string, name?: string, message?: string) => void;
  stored: () => StoredEvent[];
}

function about(name: string): ClusterObject {
  const metadata = { name, namespace: "default", uid: `uid-${name}`, resourceVersion: "1" };
  return { apiVersion: "kubechain.humanlayer.dev/v1alpha1", kind: "Task", metadata };
}

function scene(options: { capacity?: number; concurrency?: number } = {}): Scene {
  const clock = new FakeClock();
  const cluster = new FakeCluster({ clock });
  const warnings: string[] = [];
  const log = { ...silentLog, warn: (_fields: object, message: string) => void warnings.push(message) };
  const recorder = createRecorder({ cluster, clock, log, instance: "pod-1", ...options });
  const note = (reason: string, name = "t", message = `About ${reason}`): void =>
    recorder.record({ about: about(name), component: "task-controller", type: "Normal", reason, message });
  return { clock, cluster, recorder, warnings, note, stored: () => cluster.all<StoredEvent>(EVENTS) };
}

const busy: Problem = { kind: "retryable", message: "busy" };

describe("the recorder", () => {
  test("writes what kubectl reads", async () => {
    const { clock, note, stored } = scene();
    note("Created");
    await clock.settle();
    expect(stored()).toHaveLength(1);
    expect(stored()[0]).toMatchObject({
      involvedObject: { kind: "Task", name: "t", namespace: "default", uid: "uid-t" },
      type: "Normal",
      reason: "Created",
      message: "About Created",
      count: 1,
      firstTimestamp: "2026-01-01T00:00:00Z",
      lastTimestamp: "2026-01-01T00:00:00Z",
      source: { component: "task-controller" },
      reportingComponent: "task-controller",
      reportingInstance: "pod-1",
    });
  });

  test("names events of one second so that they sort in order of occurrence", async () => {
    const { clock, note, stored } = scene();
    const reasons = Array.from({ length: 30 }, (_, i) => `R${(i * 7) % 30}`);
    for (const reason of reasons) note(reason);
    await clock.settle();
    expect(stored().map((event) => event.reason)).toEqual(reasons);
  });

  test("keeps the order of one object's writes even while it is told to wait", async () => {
    const { clock, cluster, note } = scene();
    let calls = 0;
    cluster.onCall = ({ phase }) => (phase === "before" && ++calls % 3 === 1 ? busy : undefined);
    for (const reason of ["A", "B", "C", "D"]) note(reason);
    await clock.advance(60_000);
    const written = cluster.history.map(({ object }) => (object as StoredEvent).reason);
    expect(written).toEqual(["A", "B", "C", "D"]);
  });

  test("counts repeats within ten minutes, and begins anew after", async () => {
    const { clock, note, stored } = scene();
    for (let i = 0; i < 3; i++) {
      note("Waiting");
      await clock.advance(120_000);
    }
    expect(stored().map(({ count, lastTimestamp }) => [count, lastTimestamp])).toEqual([[3, "2026-01-01T00:04:00Z"]]);
    await clock.advance(600_000);
    note("Waiting");
    await clock.settle();
    expect(stored().map(({ count }) => count)).toEqual([3, 1]);
  });

  test("remembers what was told lately among thousands of others", async () => {
    const { clock, note, stored } = scene({ capacity: 10_000 });
    const others = (from: number): void => {
      for (let i = from; i < from + 2_000; i++) note("Other", "t", `words ${i}`);
    };
    note("Waiting");
    others(0);
    note("Waiting");
    others(2_000);
    note("Waiting");
    for (let i = 0; i < 300; i++) await clock.settle();
    expect(stored().flatMap(({ reason, count }) => (reason === "Waiting" ? [count] : []))).toEqual([3]);
  });

  test("takes other words, another reason or another object for another event", async () => {
    const { clock, note, stored } = scene();
    note("Waiting", "t", "for a");
    note("Waiting", "t", "for b");
    note("Waiting", "u", "for a");
    note("Failed", "t", "for a");
    await clock.settle();
    expect(stored().map(({ count }) => count)).toEqual([1, 1, 1, 1]);
  });

  test("writes once what repeats before it could be written", async () => {
    const { clock, cluster, note, stored } = scene();
    for (let i = 0; i < 50; i++) note("Waiting");
    await clock.settle();
    expect(stored().map(({ count }) => count)).toEqual([50]);
    expect(cluster.calls.create + cluster.calls.mergePatch).toBeLessThanOrEqual(2);
  });

  test("tells anew what the API server has forgotten", async () => {
    const { clock, cluster, note, stored } = scene();
    note("Waiting");
    await clock.settle();
    const [event] = stored();
    if (event === undefined) throw new Error("nothing was written");
    await cluster.remove(EVENTS, event.metadata);
    note("Waiting");
    await clock.settle();
    expect(stored().map(({ count }) => count)).toEqual([2]);
  });

  test("takes another name when its name is taken", async () => {
    const { clock, cluster, note, stored } = scene();
    const now = BigInt(clock.now().getTime()) * 1_000_000n;
    const metadata = { namespace: "default", name: eventName("t", now) };
    await cluster.create(EVENTS, { ...EVENTS, metadata });
    note("Created");
    await clock.settle();
    expect(stored().filter(({ reason }) => reason === "Created")).toHaveLength(1);
  });

  test("drops the oldest beyond its capacity, and says so once", async () => {
    const { clock, cluster, recorder, note, warnings, stored } = scene({ capacity: 10, concurrency: 1 });
    let isAway = true;
    cluster.onCall = ({ phase }) => (phase === "before" && isAway ? busy : undefined);
    for (let i = 0; i < 40; i++) note(`R${i}`, `t${i}`);
    expect(recorder.backlog).toBe(10);
    isAway = false;
    await clock.advance(120_000);
    expect(warnings).toHaveLength(1);
    expect(
      stored()
        .map(({ reason }) => reason)
        .sort(),
    ).toEqual(["R0", ...Array.from({ length: 10 }, (_, i) => `R${i + 30}`)].sort());
  });

  test("gives up after five attempts, never throws, and goes on with the next", async () => {
    const { clock, cluster, note, warnings, stored } = scene({ concurrency: 1 });
    cluster.onCall = ({ key, phase }) => (phase === "before" && key.includes("bad") ? busy : undefined);
    note("Lost", "bad");
    note("Kept", "good");
    await clock.advance(600_000);
    expect(stored().map(({ reason }) => reason)).toEqual(["Kept"]);
    expect([cluster.calls.create, warnings.length]).toEqual([6, 1]);
  });

  test("does not count up an event that was never written", async () => {
    const { clock, cluster, note, stored } = scene();
    cluster.onCall = ({ phase }) => (phase === "before" ? busy : undefined);
    note("Waiting");
    await clock.advance(120_000);
    cluster.onCall = () => undefined;
    note("Waiting");
    await clock.settle();
    expect([stored().map(({ count }) => count), cluster.calls.mergePatch]).toEqual([[1], 0]);
  });

  test("says nothing of an ending namespace", async () => {
    const { clock, cluster, note, warnings } = scene();
    cluster.onCall = ({ phase }) => (phase === "before" ? { kind: "gone" } : undefined);
    note("Late");
    await clock.advance(60_000);
    expect([cluster.calls.create, warnings]).toEqual([1, []]);
  });

  test("flushes: over when all is written, and in any case after the grace", async () => {
    const { clock, cluster, recorder, note } = scene();
    await recorder.flush();
    note("A");
    await recorder.flush();
    expect(cluster.history).toHaveLength(1);
    expect(clock.pending).toBe(0);
    cluster.onCall = () => busy;
    note("B");
    let isOver = false;
    void recorder.flush(500).then(() => (isOver = true));
    await clock.advance(499);
    expect(isOver).toBe(false);
    await clock.advance(1);
    expect(isOver).toBe(true);
  });
});

describe("an event", () => {
  test("has a message that the API server takes, whatever its language", () => {
    for (const message of ["a".repeat(2_000), "ä".repeat(2_000), "🦑".repeat(700)]) {
      const capped = capMessage(message);
      expect(Buffer.byteLength(capped)).toBeLessThanOrEqual(1_024);
      expect(capped.endsWith("…")).toBe(true);
      expect(Buffer.from(capped).toString()).toBe(capped); // No half of a surrogate pair.
    }
    expect(capMessage("short")).toBe("short");
  });

  test("has a name that the API server takes, however long the object's is", () => {
    const name = eventName(`${"a".repeat(235)}-${"b".repeat(17)}`, 255n);
    expect(name).toBe(`${"a".repeat(235)}.00000000000000ff`);
    expect(name.length).toBeLessThanOrEqual(253);
  });
});

describe("lanes", () => {
  test("work side by side up to their number, and one job at a time in each", async () => {
    const log: string[] = [];
    const ends: (() => void)[] = [];
    const lanes = new Lanes<string>({
      concurrency: 2,
      capacity: 100,
      run: (job) => {
        log.push(job);
        return new Promise((resolve) => void ends.push(resolve));
      },
      dropped: () => undefined,
      overflowing: () => undefined,
    });
    for (const job of ["a1", "a2", "b1", "c1"]) lanes.add(job.charAt(0), job);
    expect(log).toEqual(["a1", "b1"]);
    const clock = new FakeClock();
    while (ends.length > 0) {
      ends.shift()?.();
      await clock.settle();
    }
    await lanes.empty();
    expect(log).toEqual(["a1", "b1", "c1", "a2"]);
  });
});
