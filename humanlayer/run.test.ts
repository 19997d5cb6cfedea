/** The program itself: what was answered survives a kill, the key stays, and it ends in order. */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Item } from "./items";

const folder = mkdtempSync(join(tmpdir(), "humanlayer-run-"));
const database = join(folder, "questions.sqlite");
const keyFile = join(folder, "humanlayer-key");
const newer = join(folder, "newer.sqlite");
const children: ChildProcess[] = [];

beforeAll(() => {
  const file = new DatabaseSync(newer);
  file.exec("PRAGMA user_version = 99");
  file.close();
});

afterAll(() => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(folder, { recursive: true });
});

interface Running {
  url: string;
  printed: () => string;
  end: (signal: NodeJS.Signals) => Promise<number | null>;
}

async function run(args: string[] = [], env: NodeJS.ProcessEnv = {}): Promise<Running> {
  const { HUMANLAYER_API_KEY: _ours, ...rest } = process.env;
  const program = ["--import", "./node_modules/tsx/dist/loader.mjs", "humanlayer/run.ts", "--port", "0"];
  const child = spawn(process.execPath, [...program, "--database", database, ...args], {
    cwd: resolve("."),
    env: { ...rest, NODE_OPTIONS: "", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.push(child);
  let printed = "";
  const gone = new Promise<number | null>((done) => child.once("close", done));
  const url = await new Promise<string>((ready, failed) => {
    const read = (chunk: Buffer): void => {
      printed += chunk.toString();
      const [, address] = /is ready on (\S+)\n/.exec(printed) ?? [];
      if (address !== undefined) ready(address);
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    void gone.then((code) => failed(new Error(`ended with ${code}: ${printed}`)));
  });
  return { url, printed: () => printed, end: (signal) => (child.kill(signal), gone) };
}

async function call(url: string, key: string, path: string, body?: unknown): Promise<{ status: number; item: Item }> {
  const response = await fetch(`${url}/humanlayer/v1${path}`, {
    ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
    headers: { authorization: `Bearer ${key}` },
  });
  return { status: response.status, item: (await response.json()) as Item };
}

describe("npm run humanlayer", () => {
  test("keeps key, questions and answers over a kill that leaves no time, and says nothing of the key", async () => {
    const first = await run(["--humanlayer-of=/some/state"]);
    const key = readFileSync(keyFile, "utf8").trim();
    expect(statSync(keyFile).mode & 0o777).toBe(0o600);
    expect(first.printed()).not.toContain(key);
    const answered: Item[] = [];
    for (const id of ["hc-1", "hc-2", "hc-3"]) {
      await call(first.url, key, "/contact_requests", { run_id: "r", call_id: id, spec: { msg: "?" } });
      const { item } = await call(first.url, key, `/agent/human_contacts/${id}/respond`, { response: `to ${id}` });
      answered.push(item);
    }
    const open = await call(first.url, key, "/contact_requests", { run_id: "r", call_id: "hc-4", spec: { msg: "?" } });
    await first.end("SIGKILL");

    const second = await run();
    for (const item of answered)
      expect(await call(second.url, key, `/contact_requests/${item.call_id}`)).toEqual({ status: 200, item });
    expect((await call(second.url, key, "/contact_requests/hc-4")).item).toEqual(open.item);
    expect((await call(second.url, key, "/agent/human_contacts/hc-1/respond", { response: "again" })).status).toBe(409);
    expect(await second.end("SIGTERM")).toBe(0);
  });

  test("says when others can read the key", async () => {
    const shared = join(folder, "shared-key");
    writeFileSync(shared, "some-key\n", { mode: 0o644 });
    const { printed, end } = await run(["--key-file", shared]);
    expect(printed()).toContain(`chmod 600 ${shared}`);
    await end("SIGTERM");
    chmodSync(shared, 0o600);
    const again = await run(["--key-file", shared]);
    expect(again.printed()).not.toContain("chmod");
    await again.end("SIGTERM");
  });

  test("takes the key of the environment, and leaves the file alone", async () => {
    const before = readFileSync(keyFile, "utf8");
    const { url, end, printed } = await run([], { HUMANLAYER_API_KEY: "my-own-key" });
    expect((await call(url, "my-own-key", "/project")).status).toBe(200);
    expect((await call(url, before.trim(), "/project")).status).toBe(401);
    expect(printed()).not.toContain("my-own-key");
    expect(readFileSync(keyFile, "utf8")).toBe(before);
    expect(await end("SIGTERM")).toBe(0);
  });

  test.each([
    [["--port", "-1"], {}, /--port/],
    [["--database", "/dev/null/x"], {}, /--key-file/],
    [[], { HUMANLAYER_API_KEY: "two words" }, /HUMANLAYER_API_KEY cannot be used/],
    [["--key-file", folder], {}, /The key cannot be read from .*EISDIR.*--key-file/],
    [
      ["--database", newer],
      {},
      /newer\.sqlite was written by a newer version of this server; start that one instead\.\n$/,
    ],
  ])("ends with one sentence for %j", async (args, env, sentence) => {
    await expect(run(args, env)).rejects.toThrow(sentence);
    await expect(run(args, env)).rejects.not.toThrow(/ at /);
  });
});
