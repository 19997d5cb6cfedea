import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureUv, settingsIn, uvFolder, withUv, wrapper } from "./uv";

const cache = mkdtempSync(join(tmpdir(), "kubechain uv "));
const env = { PATH: "/usr/bin:/bin", XDG_CACHE_HOME: cache };
afterAll(() => rmSync(cache, { recursive: true }));

test("our uvx comes last on the PATH, and once", () => {
  const once = withUv(env);
  expect(once["PATH"]).toBe(`/usr/bin:/bin:${uvFolder(env)}`);
  expect(withUv(once)).toBe(once);
});

test("the settings of pip become uv's, and the environment beats the files", () => {
  const listed = [
    ":env:.index-url='https://env.example/simple'",
    ":env:.timeout='60'",
    "global.index-url='https://file.example/simple'",
    "global.cert='/etc/ca.pem'",
    "install.extra-index-url='\\nhttps://a.example\\nhttps://b.example'",
  ].join("\n");
  expect(settingsIn(listed)).toEqual({
    UV_DEFAULT_INDEX: "https://env.example/simple",
    SSL_CERT_FILE: "/etc/ca.pem",
    UV_INDEX: "https://a.example https://b.example",
  });
  expect(settingsIn("")).toEqual({});
});

test("the wrapper passes on what it is given, and sets only what is not set", () => {
  const text = wrapper("/usr/bin/env", { UV_CACHE_DIR: "/it's here", UV_INDEX: "https://a.example" });
  const run = (more: Record<string, string>): string[] =>
    execFileSync("/bin/sh", ["-c", text, "uvx", "-u", "PWD"], { env: more, encoding: "utf8" }).trim().split("\n");
  expect(run({})).toEqual(expect.arrayContaining(["UV_CACHE_DIR=/it's here", "UV_INDEX=https://a.example"]));
  expect(run({ UV_INDEX: "mine" })).toEqual(expect.arrayContaining(["UV_INDEX=mine"]));
  expect(run({}).some((line) => line.startsWith("PWD="))).toBe(false);
});

test("without Python it is said what to install, and nothing is tried", async () => {
  expect(await ensureUv({ PATH: cache, XDG_CACHE_HOME: cache })).toEqual({
    kind: "Missing",
    why: expect.stringContaining("Install uv") as string,
  });
});
