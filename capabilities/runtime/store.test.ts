// The store against what watches really do: late, repeated and reordered events, deletions that did not happen, own writes that
// overtake the watch.
import { dice } from "../testing/dice";
import { FakeClock } from "../testing/fake-clock";
import type { ClusterObject } from "./objects";
import { Store, type Change, type Phase, type Verdict } from "./store";

interface Thing extends ClusterObject {
  spec?: { of?: string[] };
}

function thing(name: string, version: number, rest: { uid?: string; of?: string[] } = {}): Thing {
  return {
    apiVersion: "test/v1",
    kind: "Thing",
    metadata: {
      name,
      namespace: "ns",
      uid: rest.uid ?? `uid-${name}`,
      resourceVersion: String(version),
    },
    spec: { of: rest.of ?? [] },
  };
}

function newStore(): Store<Thing> {
  return new Store<Thing>({ clock: new FakeClock(new Date(0)) });
}

const versionOf = (store: Store<Thing>, name = "a"): string | undefined =>
  store.get(`ns/${name}`)?.metadata.resourceVersion;

describe("the store", () => {
  test.each<[sentence: string, events: [number, Phase, string?][], verdict: Verdict, holds: string | undefined]>([
    ["takes what is new", [[5, "ADDED"]], "changed", "5"],
    [
      "takes what is newer",
      [
        [5, "ADDED"],
        [6, "MODIFIED"],
      ],
      "changed",
      "6",
    ],
    [
      "ignores a repeated event",
      [
        [5, "ADDED"],
        [5, "MODIFIED"],
      ],
      "stale",
      "5",
    ],
    [
      "ignores a late event",
      [
        [9, "ADDED"],
        [5, "MODIFIED"],
      ],
      "stale",
      "9",
    ],
    [
      "compares versions as numbers",
      [
        [99, "ADDED"],
        [100, "MODIFIED"],
      ],
      "changed",
      "100",
    ],
    [
      "believes no deletion by itself",
      [
        [5, "ADDED"],
        [6, "DELETED"],
      ],
      "unverified",
      "5",
    ],
    ["ignores the deletion of what it does not know", [[6, "DELETED"]], "stale", undefined],
    [
      "ignores the deletion of a former object",
      [
        [5, "ADDED"],
        [4, "DELETED", "former"],
      ],
      "stale",
      "5",
    ],
    [
      "takes a new object of an old name",
      [
        [5, "ADDED"],
        [8, "ADDED", "new"],
      ],
      "changed",
      "8",
    ],
    [
      "ignores a late event of the former object",
      [
        [8, "ADDED", "new"],
        [5, "MODIFIED", "old"],
      ],
      "stale",
      "8",
    ],
    [
      "ignores the former object for ever",
      [
        [5, "ADDED", "old"],
        [8, "ADDED", "new"],
        [9, "MODIFIED", "old"],
      ],
      "stale",
      "8",
    ],
  ])("%s", (_sentence, events, verdict, holds) => {
    const store = newStore();
    let last: Verdict | undefined;
    for (const [version, phase, uid] of events)
      last = store.accept(thing("a", version, uid === undefined ? {} : { uid }), phase);
    expect([last, versionOf(store)]).toEqual([verdict, holds]);
  });

  test("ends with the newest version whatever the order of events", () => {
    const random = dice(3);
    for (let round = 0; round < 200; round++) {
      const store = newStore();
      const versions = Array.from({ length: 8 }, (_, i) => i + 95);
      const shuffled = versions
        .flatMap((v) => [v, v])
        .map((v) => [random(), v] as const)
        .sort((x, y) => x[0] - y[0]);
      const told: number[] = [];
      store.subscribe(({ object }) => void told.push(Number(object?.metadata.resourceVersion)));
      for (const [, version] of shuffled) store.accept(thing("a", version), "MODIFIED");
      expect(versionOf(store)).toBe("102");
      expect(told).toEqual([...told].sort((x, y) => x - y));
      expect(new Set(told).size).toBe(told.length);
    }
  });

  test("never brings back what is gone, when a late event or a racing relist says it lives", () => {
    const store = newStore();
    store.accept(thing("a", 5), "ADDED");
    store.wrote(thing("a", 7));
    expect(store.forget("ns/a", "uid-a")).toBe(true);
    expect(store.accept(thing("a", 6), "MODIFIED")).toBe("stale");
    expect(store.accept(thing("a", 7), "ADDED")).toBe("stale");
    expect(store.get("ns/a")).toBeUndefined();
    expect(store.accept(thing("a", 9, { uid: "new" }), "ADDED")).toBe("changed");
  });

  test("does not forget a new object in place of the former", () => {
    const store = newStore();
    store.accept(thing("a", 8, { uid: "new" }), "ADDED");
    expect(store.forget("ns/a", "old")).toBe(false);
    expect(versionOf(store)).toBe("8");
  });

  test("shows an own write at once, and no older event after it", () => {
    const store = newStore();
    store.accept(thing("a", 5), "ADDED");
    store.wrote(thing("a", 9));
    expect(store.accept(thing("a", 7), "MODIFIED")).toBe("stale");
    expect(versionOf(store)).toBe("9");
  });

  test("remembers an own write until the watch has shown it or something newer", async () => {
    const clock = new FakeClock(new Date(0));
    const store = new Store<Thing>({ clock });
    store.wrote(thing("a", 5));
    await clock.advance(1_000);
    store.wrote(thing("a", 9));
    store.wrote(thing("b", 10));
    const oldest = store.oldestUndelivered();
    expect([oldest?.key, oldest?.since.getTime(), oldest?.resourceVersion]).toEqual(["ns/a", 0, "9"]);
    await clock.advance(1_000);
    store.accept(thing("a", 5), "ADDED"); // The watch lives and is on its way: the write gets its time again.
    expect(store.oldestUndelivered()?.key).toBe("ns/b");
    store.accept(thing("b", 11), "MODIFIED");
    expect([store.oldestUndelivered()?.key, store.oldestUndelivered()?.since.getTime()]).toEqual(["ns/a", 2_000]);
    store.accept(thing("a", 9), "MODIFIED");
    expect(store.oldestUndelivered()).toBeUndefined();
  });

  test("expects no own write back of an object that is gone", () => {
    const store = newStore();
    store.wrote(thing("a", 5));
    store.forget("ns/a", "uid-a");
    expect(store.oldestUndelivered()).toBeUndefined();
  });

  test("does not take a live read for something the watch delivered", () => {
    const store = newStore();
    store.wrote(thing("a", 5));
    store.learn(thing("a", 6));
    expect(store.oldestUndelivered()).toBeDefined();
    expect(store.heardVersion).toBe("0");
    store.accept(thing("b", 4), "ADDED");
    expect(store.heardVersion).toBe("4");
  });

  test("keeps one copy in memory: the watch's, without managedFields, and slimmed", () => {
    const clock = new FakeClock();
    const store = new Store<Thing>({ clock, slim: (object) => delete object.spec });
    const own = thing("a", 5);
    const delivered = thing("a", 5);
    delivered.metadata.managedFields = [{ manager: "x" }];
    store.wrote(own);
    expect(store.accept(delivered, "ADDED")).toBe("stale");
    expect(store.get("ns/a")).toBe(delivered);
    expect(JSON.stringify(delivered)).not.toMatch(/managedFields|spec/);
  });

  test("files objects by index through changes and ends, in a stable order", () => {
    const store = newStore();
    store.accept(thing("b", 1, { of: ["x"] }), "ADDED");
    store.index("of", (object) => object.spec?.of ?? []);
    store.accept(thing("a", 2, { of: ["x", "y"] }), "ADDED");
    const names = (value: string): string[] => store.byIndex("of", value).map((o) => o.metadata.name);
    expect([names("x"), names("y"), names("z")]).toEqual([["a", "b"], ["a"], []]);
    store.accept(thing("a", 3, { of: ["y", "z"] }), "MODIFIED");
    expect([names("x"), names("y"), names("z")]).toEqual([["b"], ["a"], ["a"]]);
    store.forget("ns/a", "uid-a");
    expect([names("x"), names("y"), names("z")]).toEqual([["b"], [], []]);
    expect(() => store.byIndex("colour", "x")).toThrow("colour");
  });

  test("files an object anew although it was changed in place", () => {
    const store = newStore();
    store.index("of", (object) => object.spec?.of ?? []);
    const first = thing("a", 1, { of: ["x"] });
    store.accept(first, "ADDED");
    first.spec = { of: ["elsewhere"] };
    store.accept(thing("a", 2, { of: ["y"] }), "MODIFIED");
    expect([store.byIndex("of", "x"), store.byIndex("of", "elsewhere")]).toEqual([[], []]);
  });

  test("hands out copies of its lists", () => {
    const store = newStore();
    store.index("of", () => ["all"]);
    store.accept(thing("a", 1), "ADDED");
    store.values().pop();
    store.byIndex("of", "all").pop();
    expect([store.values().length, store.byIndex("of", "all").length, store.size]).toEqual([1, 1, 1]);
  });

  test("tells subscribers what changed, until they leave", () => {
    const store = newStore();
    const told: string[] = [];
    const version = (object?: Thing): string => object?.metadata.resourceVersion ?? "-";
    const leave = store.subscribe(
      ({ key, uid, object, previous }: Change<Thing>) =>
        void told.push(`${key} ${uid} ${version(previous)}>${version(object)}`),
    );
    store.accept(thing("a", 1), "ADDED");
    store.wrote(thing("a", 2));
    store.accept(thing("a", 2), "MODIFIED");
    store.accept(thing("a", 5, { uid: "new" }), "ADDED");
    store.forget("ns/a", "new");
    leave();
    store.accept(thing("b", 9), "ADDED");
    expect(told).toEqual(["ns/a uid-a ->1", "ns/a uid-a 1>2", "ns/a uid-a 2>-", "ns/a new ->5", "ns/a new 5>-"]);
  });

  test("remembers only so many ends", () => {
    const store = newStore();
    for (let i = 0; i < 20_010; i++) store.forget(`ns/t${i}`, `uid-t${i}`);
    expect(store.accept(thing("t20009", 5), "ADDED")).toBe("stale");
    expect(store.accept(thing("t0", 5), "ADDED")).toBe("changed");
  });
});
