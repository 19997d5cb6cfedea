// Values out of Secrets: what is found, what is remembered and for how long, and what never enters memory.
import { FakeClock } from "../testing/fake-clock";
import { FakeCluster } from "../testing/fake-cluster";
import { silentLog } from "./log";
import type { ClusterObject } from "./objects";
import { createSecrets, SECRETS, type Secrets, type SecretValue } from "./secrets";

interface Scene {
  clock: FakeClock;
  cluster: FakeCluster;
  secrets: Secrets;
  read: (key?: string) => Promise<SecretValue>;
  put: (data: Record<string, string>) => Promise<void>;
}

const ref = { namespace: "default", name: "openai" };

function scene(): Scene {
  const clock = new FakeClock();
  const cluster = new FakeCluster({ clock });
  const secrets = createSecrets({
    cluster,
    clock,
    log: silentLog,
    watch: (resource, onChange) => cluster.watches.watchMetadata(resource, onChange),
  });
  const put = async (values: Record<string, string>): Promise<void> => {
    const data = Object.fromEntries(Object.entries(values).map(([k, v]) => [k, Buffer.from(v).toString("base64")]));
    const draft = { apiVersion: "v1", kind: "Secret", metadata: ref, data };
    const made = await cluster.create<ClusterObject>(SECRETS, draft);
    if (!made.ok) await cluster.mergePatch(SECRETS, ref, { data });
  };
  return { clock, cluster, secrets, put, read: (key = "KEY") => secrets.read({ ...ref, key }) };
}

describe("a Secret's value", () => {
  test.each<[sentence: string, data: Record<string, string> | undefined, expected: Partial<SecretValue>]>([
    ["is decoded", { KEY: "sk-1" }, { kind: "Value", value: "sk-1" }],
    ["loses the newline that files end in", { KEY: "sk-1\r\n\n" }, { kind: "Value", value: "sk-1" }],
    ["keeps lines and spaces within", { KEY: " a\nb \n" }, { kind: "Value", value: " a\nb " }],
    ["may be any text", { KEY: "schlüssel 🗝" }, { kind: "Value", value: "schlüssel 🗝" }],
    ["is missing with its Secret", undefined, { kind: "Missing" }],
    ["is missing in a Secret of other keys", { B: "1", A: "2" }, { kind: "KeyMissing", keys: ["A", "B"] }],
    ["is empty when there is nothing", { KEY: "" }, { kind: "Empty" }],
    ["is empty when there is only white space", { KEY: " \n" }, { kind: "Empty" }],
  ])("%s", async (_sentence, data, expected) => {
    const { read, put } = scene();
    if (data !== undefined) await put(data);
    expect(await read()).toMatchObject(expected);
  });

  test("is unreadable, with words, when the API server refuses", async () => {
    const { cluster, read } = scene();
    cluster.onCall = () => ({ kind: "terminal", message: "not allowed" });
    expect(await read()).toEqual({ kind: "Unreadable", message: "not allowed" });
  });
});

describe("the memory of values", () => {
  async function listening(): Promise<Scene> {
    const s = scene();
    await s.put({ KEY: "one", OTHER: "x" });
    s.secrets.start();
    await s.clock.advance(1);
    return s;
  }

  test("asks once for a thousand reads, at once or one after the other", async () => {
    const { cluster, read } = await listening();
    await Promise.all(Array.from({ length: 1_000 }, () => read()));
    for (let i = 0; i < 1_000; i++) await read();
    expect(cluster.calls.get).toBe(1);
  });

  test("drops a value when its Secret changes, and when it goes", async () => {
    const { clock, cluster, read, put } = await listening();
    await read();
    await put({ KEY: "two" });
    await clock.advance(1);
    expect(await read()).toMatchObject({ value: "two" });
    const live = cluster.read(SECRETS, ref);
    if (live !== undefined) await cluster.remove(SECRETS, live.metadata);
    await clock.advance(1);
    expect(await read()).toEqual({ kind: "Missing" });
  });

  test("does not drop for a change of another Secret, or for one it has seen already", async () => {
    const { clock, cluster, read } = await listening();
    cluster.watches.troubles.lagMs = 0;
    await read();
    const other = { apiVersion: "v1", kind: "Secret", metadata: { ...ref, name: "other" } };
    await cluster.create(SECRETS, other);
    const known = cluster.read(SECRETS, ref);
    if (known !== undefined) cluster.watches.pretend(SECRETS, known, "MODIFIED");
    await clock.advance(1);
    await read();
    expect(cluster.calls.get).toBe(1);
  });

  test("does not remember a value that was read while its Secret changed", async () => {
    const { clock, cluster, read, put } = await listening();
    let hasChanged = false;
    cluster.onCall = async ({ verb, phase }) => {
      if (verb !== "get" || phase !== "after" || hasChanged) return undefined;
      hasChanged = true;
      await put({ KEY: "two" });
      await clock.advance(1);
      return undefined;
    };
    await read();
    expect(await read()).toMatchObject({ value: "two" });
  });

  test("reads live while changes are not heard", async () => {
    const { cluster, read, put } = await listening();
    await read();
    cluster.watches.deafen(SECRETS);
    await put({ KEY: "two" });
    expect(await read()).toMatchObject({ value: "two" });
    await read();
    expect(cluster.calls.get).toBe(3);
  });

  test("reads live before it is started and after it is stopped", async () => {
    const { clock, cluster, secrets, read, put } = scene();
    await put({ KEY: "one" });
    await read();
    await read();
    secrets.start();
    await clock.advance(1);
    await read();
    secrets.stop();
    await put({ KEY: "two" });
    expect(await read()).toMatchObject({ value: "two" });
    expect(cluster.calls.get).toBe(4);
  });

  test("does not remember that a Secret or key was missing", async () => {
    const { cluster, read, put } = await listening();
    expect(await read("LATER")).toMatchObject({ kind: "KeyMissing" });
    await put({ LATER: "now" });
    expect(await read("LATER")).toMatchObject({ value: "now" });
    expect(cluster.calls.get).toBe(2);
  });

  test("tells of every change, until one leaves", async () => {
    const { clock, secrets, put } = await listening();
    const told: string[] = [];
    const leave = secrets.onChange((key) => void told.push(key));
    await put({ KEY: "two" });
    await clock.advance(1);
    leave();
    await put({ KEY: "three" });
    await clock.advance(1);
    expect(told).toEqual(["default/openai"]);
  });
});
