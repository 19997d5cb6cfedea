// The metadata watch against a scripted connection: it lists, listens, resumes, and notices when the other side has gone silent.
import { PassThrough } from "node:stream";
import { FakeClock } from "../testing/fake-clock";
import type { ApiAnswer, ApiRequest, ApiServer, ApiStream } from "./api-server";
import { silentLog } from "./log";
import { watchMetadata, type MetadataWatch } from "./watch-metadata";

interface Scene {
  clock: FakeClock;
  watch: MetadataWatch;
  /** "+name@version" and "-name". */
  changes: string[];
  /** Paths in the order of the requests, without the collection. */
  asked: string[];
  /** What lists answer from now on: names and versions, and the list's own version. */
  list: (version: number, items: Record<string, number>) => void;
  listAnswers: (answer: ApiAnswer | "broken") => void;
  opensWith: (status: number | "broken") => void;
  /** Sends a line to the newest stream. */
  say: (type: string, name: string, version: number) => Promise<void>;
  sayRaw: (text: string) => Promise<void>;
  hangUp: () => Promise<void>;
  streams: PassThrough[];
}

function scene(): Scene {
  const clock = new FakeClock();
  const changes: string[] = [];
  const asked: string[] = [];
  const streams: PassThrough[] = [];
  let answer: ApiAnswer | "broken" = { status: 500, body: "" };
  let opening: number | "broken" = 200;
  const note = ({ path }: ApiRequest): void => void asked.push(path.replace(/^\/api\/v1\/secrets\??/, ""));
  const server: ApiServer = {
    async call(request) {
      note(request);
      if (answer === "broken") throw new Error("reset");
      return answer;
    },
    async open(request): Promise<ApiStream> {
      note(request);
      if (opening === "broken") throw new Error("reset");
      const body = new PassThrough();
      streams.push(body);
      return { status: opening, body };
    },
    close: async () => undefined,
  };
  const meta = (name: string, version: number) => ({
    name,
    namespace: "ns",
    uid: `u-${name}`,
    resourceVersion: String(version),
  });
  const made: Omit<Scene, "watch"> = {
    clock,
    changes,
    asked,
    streams,
    list(version, items) {
      const listed = Object.entries(items).map(([name, v]) => ({ metadata: meta(name, v) }));
      const body = JSON.stringify({ metadata: { resourceVersion: String(version) }, items: listed });
      answer = { status: 200, body };
    },
    listAnswers: (given) => (answer = given),
    opensWith: (given) => (opening = given),
    say: (type, name, version) =>
      made.sayRaw(`${JSON.stringify({ type, object: { metadata: meta(name, version) } })}\n`),
    async sayRaw(text) {
      streams.at(-1)?.write(text);
      await clock.settle();
    },
    async hangUp() {
      streams.at(-1)?.end();
      await clock.settle();
    },
  };
  made.list(100, { a: 10 });
  const secrets = { apiVersion: "v1", kind: "Secret", plural: "secrets" };
  const watch = watchMetadata(
    secrets,
    ({ meta: m, deleted }) => void changes.push(deleted ? `-${m.name}` : `+${m.name}@${m.resourceVersion}`),
    { server, clock, log: silentLog, random: () => 0 },
  );
  return Object.assign(made, { watch });
}

const resumedAt = (s: Scene): string | undefined => /resourceVersion=(\d+)/.exec(s.asked.at(-1) ?? "")?.[1];

describe("the metadata watch", () => {
  test("lists, then listens from there", async () => {
    const s = scene();
    await s.watch.synced;
    await s.clock.settle();
    expect(s.asked).toEqual([
      "limit=500",
      "watch=true&allowWatchBookmarks=true&resourceVersion=100&timeoutSeconds=300",
    ]);
    await s.say("ADDED", "b", 101);
    await s.say("MODIFIED", "a", 102);
    await s.say("DELETED", "b", 103);
    expect(s.changes).toEqual(["+a@10", "+b@101", "+a@102", "-b"]);
    expect(s.watch.isLive()).toBe(true);
  });

  test("puts lines together that arrive in pieces, also within a character", async () => {
    const s = scene();
    await s.clock.settle();
    const line = `${JSON.stringify({ type: "ADDED", object: { metadata: { name: "ü", namespace: "ns", uid: "u", resourceVersion: "101" } } })}\n`;
    const bytes = Buffer.from(line);
    for (const byte of bytes) s.streams.at(-1)?.write(Buffer.of(byte));
    await s.clock.settle();
    expect(s.changes).toEqual(["+a@10", "+ü@101"]);
  });

  test("resumes where it stopped, bookmarks included, without a list", async () => {
    const s = scene();
    await s.clock.settle();
    await s.say("MODIFIED", "a", 105);
    await s.say("BOOKMARK", "", 180);
    await s.hangUp();
    expect([s.asked.length, resumedAt(s)]).toEqual([3, "180"]);
    expect(s.changes).toEqual(["+a@10", "+a@105"]);
  });

  test.each([
    ["as a line", (s: Scene) => s.sayRaw('{"type":"ERROR","object":{"code":410}}\n')],
    [
      "as an answer",
      async (s: Scene) => {
        s.opensWith(410);
        await s.hangUp();
        await s.clock.settle();
        s.opensWith(200);
      },
    ],
  ])("lists again when its point is forgotten (410 %s), and tells what it missed", async (_how, forget) => {
    const s = scene();
    await s.clock.settle();
    await s.say("ADDED", "b", 101);
    s.list(200, { b: 150, c: 160 });
    await forget(s);
    await s.clock.advance(5_000);
    expect(s.changes.slice(2).sort()).toEqual(["+b@150", "+c@160", "-a"]);
    expect(resumedAt(s)).toBe("200");
  });

  test("tries again ever more slowly while it is refused or cut off, and is not live meanwhile", async () => {
    const s = scene();
    await s.clock.settle();
    s.opensWith("broken");
    await s.hangUp();
    const before = s.asked.length;
    await s.clock.advance(300_000);
    expect(s.asked.length - before).toBeGreaterThan(8);
    expect(s.asked.length - before).toBeLessThan(20);
    expect(s.watch.isLive()).toBe(false);
    s.opensWith(200);
    await s.clock.advance(30_000);
    expect(s.watch.isLive()).toBe(true);
  });

  test("rests when streams end without a word, instead of spinning", async () => {
    const s = scene();
    await s.clock.settle();
    const before = s.asked.length;
    for (let i = 0; i < 20; i++) await s.hangUp();
    expect(s.asked.length - before).toBe(0);
    await s.clock.advance(1_000);
    expect(s.asked.length - before).toBe(1);
  });

  test("is patient no longer than at first, once it was heard again", async () => {
    const s = scene();
    await s.clock.settle();
    s.opensWith("broken");
    await s.hangUp();
    await s.clock.advance(300_000);
    s.opensWith(200);
    await s.clock.advance(30_000);
    await s.say("BOOKMARK", "", 150);
    s.streams.at(-1)?.destroy(new Error("reset"));
    await s.clock.advance(1_500);
    expect(s.watch.isLive()).toBe(true);
  });

  test.each<[string, ApiAnswer | "broken"]>([
    ["is refused", { status: 403, body: "{}" }],
    ["breaks", "broken"],
    ["is no JSON", { status: 200, body: "<html>" }],
  ])("survives a list that %s", async (_how, answer) => {
    const s = scene();
    s.listAnswers(answer);
    await s.sayRaw("");
    await s.sayRaw('{"type":"ERROR","object":{"code":410}}\n');
    await s.clock.advance(60_000);
    s.list(300, { z: 250 });
    await s.clock.advance(60_000);
    expect([s.changes.at(-1), s.watch.isLive()]).toEqual(["-a", true]);
  });

  test("survives a line that is not JSON", async () => {
    const s = scene();
    await s.clock.settle();
    await s.sayRaw("<html>\n");
    await s.clock.advance(5_000);
    await s.say("ADDED", "b", 101);
    expect(s.changes.at(-1)).toBe("+b@101");
  });

  test("hangs up on 90 s of silence, and a bookmark a minute keeps it", async () => {
    const s = scene();
    await s.clock.settle();
    for (let i = 1; i <= 5; i++) {
      await s.clock.advance(60_000);
      await s.say("BOOKMARK", "", 100 + i);
    }
    expect(s.streams).toHaveLength(1);
    await s.clock.advance(91_000);
    await s.clock.advance(5_000);
    expect([s.streams.length, s.streams[0]?.destroyed, resumedAt(s)]).toEqual([2, true, "105"]);
  });

  test("tells nothing twice", async () => {
    const s = scene();
    await s.clock.settle();
    await s.say("ADDED", "a", 10);
    await s.say("DELETED", "never-seen", 120);
    expect(s.changes).toEqual(["+a@10"]);
  });

  test("stops for good", async () => {
    const s = scene();
    await s.clock.settle();
    s.watch.stop();
    await s.clock.advance(600_000);
    expect([s.asked.length, s.streams[0]?.destroyed, s.watch.isLive(), s.clock.pending]).toEqual([2, true, false, 0]);
  });
});
