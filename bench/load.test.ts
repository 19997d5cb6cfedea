import { setTimeout as sleep } from "node:timers/promises";
import type { Api } from "./api";
import { splitLines } from "./api";
import { limitTo, runLoad } from "./load";
import { versionIn } from "./news";
import { observeTasks, readEnding } from "./observer";
import type { Observer } from "./observer";

describe("a limit of work at once", () => {
  test("is used and never exceeded, and everything gets its turn in order", async () => {
    const withTurn = limitTo(3);
    const started: number[] = [];
    let running = 0;
    let most = 0;
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        withTurn(async () => {
          started.push(index);
          running += 1;
          most = Math.max(most, running);
          await sleep(1);
          running -= 1;
        }),
      ),
    );
    expect(most).toBe(3);
    expect(started).toEqual(Array.from({ length: 20 }, (_, index) => index));
  });

  test("gives the turn of failed work to the next", async () => {
    const withTurn = limitTo(1);
    const failing = withTurn(async () => {
      throw new Error("refused");
    });
    await expect(Promise.all([failing, withTurn(async () => 1)])).rejects.toThrow("refused");
    await expect(withTurn(async () => 2)).resolves.toBe(2);
  });
});

test("lines are put together from pieces of any size", () => {
  const lines: string[] = [];
  const take = splitLines((line) => lines.push(line));
  for (const piece of ["a", "b\nc\n\nd", "e", "", "f\n", "rest"]) take(piece);
  expect(lines).toEqual(["ab", "c", "", "def"]);
});

describe("the end of a task in a watch", () => {
  const line = (type: string, status: object): string =>
    `{"type":"${type}","object":${JSON.stringify({ metadata: { name: "t-1" }, status })}}`;
  const over = {
    phase: "FinalAnswer",
    startTime: "2026-01-01T00:00:00.100Z",
    completionTime: "2026-01-01T00:00:01.350Z",
  };

  test("is seen with its phase and the time between start and end", () => {
    expect(readEnding(line("MODIFIED", over), 42)).toEqual({
      name: "t-1",
      seenAt: 42,
      phase: "FinalAnswer",
      ownMs: 1_250,
    });
  });

  test("is not seen in a task that goes on, nor in one that is deleted later", () => {
    expect(readEnding(line("MODIFIED", { phase: "ReadyForLLM", startTime: over.startTime }), 0)).toBeUndefined();
    expect(readEnding(line("DELETED", over), 0)).toBeUndefined();
  });
});

describe("the version in a line of the watch", () => {
  test("is the object's own", () => {
    const line =
      '{"type":"ADDED","object":{"metadata":{"name":"a","resourceVersion":"17"},"x":{"resourceVersion":"3"}}}';
    expect(versionIn(line)).toBe("17");
  });

  test("is not there in a line without one", () => {
    expect(versionIn("")).toBeUndefined();
  });
});

test("a watch that the server ends goes on where it was, and misses nothing", async () => {
  const line = (name: string, version: number, status: object): string =>
    JSON.stringify({ type: "MODIFIED", object: { metadata: { name, resourceVersion: String(version) }, status } });
  const over = { phase: "FinalAnswer", completionTime: "2026-01-01T00:00:01Z" };
  const paths: string[] = [];
  const watches: { onLine: (line: string) => void; onEnd: (error: Error) => void }[] = [];
  const api: Api = {
    ask: async () => '{"metadata":{"resourceVersion":"5"}}',
    watch: async (path, onLine, onEnd) => {
      paths.push(path);
      watches.push({ onLine, onEnd });
      return async () => undefined;
    },
    metrics: async () => "",
    close: async () => undefined,
  };
  const observer = await observeTasks(api, 60_000);
  watches[0]?.onLine(line("a", 8, { phase: "ReadyForLLM" }));
  watches[0]?.onEnd(new Error("ended"));
  watches[1]?.onLine(line("a", 9, over));
  await expect(observer.ending("a")).resolves.toMatchObject({ name: "a", phase: "FinalAnswer" });
  await observer.stop();
  expect(paths.map((path) => /resourceVersion=(\d+)/.exec(path)?.[1])).toEqual(["5", "8"]);
});

describe("a load", () => {
  /** A cluster where every task ends at once. */
  function fakes(): { api: Api; observer: Observer; asked: string[]; open: { now: number; most: number } } {
    const asked: string[] = [];
    const open = { now: 0, most: 0 };
    const api: Api = {
      async ask({ method, path, body }) {
        asked.push(
          `${method} ${path.split("/").at(-1)} ${(body as { metadata?: { name: string } } | undefined)?.metadata?.name ?? ""}`.trim(),
        );
        open.now += method === "POST" ? 1 : 0;
        open.most = Math.max(open.most, open.now);
        return "";
      },
      watch: async () => async () => undefined,
      metrics: async () => "",
      close: async () => undefined,
    };
    const observer: Observer = {
      async ending(name) {
        await sleep(1);
        open.now -= 1;
        return { name, seenAt: performance.now(), phase: "FinalAnswer", ownMs: 5 };
      },
      stop: async () => undefined,
    };
    return { api, observer, asked, open };
  }

  test("creates every task once and keeps to the number at once", async () => {
    const { api, observer, asked, open } = fakes();
    const result = await runLoad(api, observer, { name: "x", agent: "a", count: 25, atOnce: 4, modelMs: 0 });
    expect(result.times).toHaveLength(25);
    expect(result.phases).toEqual({ FinalAnswer: 25 });
    expect(new Set(asked).size).toBe(25);
    expect(open.most).toBe(4);
  });

  test("deletes tasks after their end when asked to", async () => {
    const { api, observer, asked } = fakes();
    await runLoad(api, observer, { name: "x", agent: "a", count: 2, atOnce: 1, modelMs: 0, deleteAfterwards: true });
    expect(asked).toEqual(["POST tasks x-1", "DELETE x-1", "POST tasks x-2", "DELETE x-2"]);
  });

  test("begins no task after its time, and waits for those it has begun", async () => {
    const { api, observer } = fakes();
    const { times } = await runLoad(api, observer, {
      name: "x",
      agent: "a",
      count: 1_000_000,
      atOnce: 2,
      modelMs: 0,
      beginWithinMs: 20,
    });
    expect(times.length).toBeGreaterThan(0);
    expect(times.length).toBeLessThan(1_000_000);
  });

  test("counts the model's time out of the overhead", async () => {
    const { api, observer } = fakes();
    const { times } = await runLoad(api, observer, { name: "x", agent: "a", count: 1, modelMs: 100 });
    const [{ overheadMs, totalMs } = { overheadMs: 0, totalMs: 0 }] = times;
    expect(totalMs - overheadMs).toBe(100);
  });

  test("has a person act for every task once it is there, and counts what was waited for them out of the overhead", async () => {
    const { api, observer, asked } = fakes();
    const seen: string[] = [];
    const person = async (name: string): Promise<number> => {
      seen.push(`${asked.length} ${name}`);
      return 40;
    };
    const { times } = await runLoad(api, observer, { name: "x", agent: "a", count: 2, atOnce: 1, modelMs: 0, person });
    expect(seen).toEqual(["1 x-1", "2 x-2"]);
    expect(times.map(({ totalMs, overheadMs }) => totalMs - overheadMs)).toEqual([40, 40]);
  });

  test("ends with the refusal when a create is refused", async () => {
    const { observer } = fakes();
    const refusing: Api = { ...fakes().api, ask: () => Promise.reject(new Error("403")) };
    await expect(runLoad(refusing, observer, { name: "x", agent: "a", count: 3, modelMs: 0 })).rejects.toThrow("403");
  });
});
