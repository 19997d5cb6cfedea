/**
 * uv, with whose `uvx` MCP servers written in Python are started: where there is none on the PATH, it is installed once
 * with pip, into the cache in which the control plane is kept too. The operator finds that folder at the end of its PATH.
 * Nothing here ever fails a start: who has no server in Python needs none of it.
 */
import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { cacheRoot } from "./binaries";
import { withLock } from "./lock";
import type { Progress } from "./progress";
import { quote } from "./shell";

const VERSION = "0.13.9";
const INSTALL_WITHIN_MS = 120_000;
/** What uv has its own names for, by pip's; and the proxies, which both read. */
const SETTINGS = { "index-url": "UV_DEFAULT_INDEX", "extra-index-url": "UV_INDEX", cert: "SSL_CERT_FILE" } as const;
const PROXIES = ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY"];

/** What came of it. `Missing` says why, for people. */
export type Uv = { kind: "OnPath" } | { kind: "Installed"; folder: string } | { kind: "Missing"; why: string };

/** The folder with our own `uvx`, whether it is there already or not. */
export function uvFolder(env: NodeJS.ProcessEnv): string {
  return join(home(env), "bin");
}

const home = (env: NodeJS.ProcessEnv): string =>
  join(cacheRoot(env), `uv-${VERSION}-${process.platform}-${process.arch}`);

/** The same environment with our `uvx` at the end of its PATH: one that the user has installed comes first. */
export function withUv(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const folders = (env["PATH"] ?? "").split(delimiter);
  const folder = uvFolder(env);
  return folders.includes(folder) ? env : { ...env, PATH: [...folders, folder].join(delimiter) };
}

/**
 * Does `work` with uv being installed beside it, if that is what it takes; then waits for uv. What stands in the way of it
 * is said, and is no failure.
 */
export async function besideUv<T>(work: () => Promise<T>, progress: Progress, env = process.env): Promise<T> {
  let found: Uv | undefined;
  const finding = ensureUv(env).then((uv) => (found = uv));
  const done = await work();
  const told = found ?? (await progress.step("installing uv, for MCP servers in Python (once)", () => finding));
  if (told.kind === "Missing") progress.say(`! MCP servers that are started with uvx will not work: ${told.why}`);
  return done;
}

/** Sees to it that there is a `uvx`, on the PATH or in our folder. Never rejects. */
export async function ensureUv(env: NodeJS.ProcessEnv = process.env): Promise<Uv> {
  if (isOnPath("uvx", env)) return { kind: "OnPath" };
  if (!isOnPath("python3", env))
    return { kind: "Missing", why: "neither uv nor python3 is installed. Install uv: https://docs.astral.sh/uv" };
  try {
    const lock = join(home(env), "lock");
    const why = await withLock(
      lock,
      () => installUnlessInstalled(env),
      () => undefined,
    );
    if (why !== undefined) return { kind: "Missing", why };
    await writeWrappers(env);
    return { kind: "Installed", folder: uvFolder(env) };
  } catch (error) {
    return { kind: "Missing", why: error instanceof Error ? error.message : String(error) };
  }
}

function isOnPath(program: string, env: NodeJS.ProcessEnv): boolean {
  const folders = (env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "" && folder !== uvFolder(env));
  return folders.some((folder) => existsSync(join(folder, program)));
}

/** Installs what is not there; returns why that was not possible. */
async function installUnlessInstalled(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const library = join(home(env), "lib");
  if (existsSync(join(library, "bin", "uvx"))) return undefined;
  const draft = join(home(env), "draft");
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true });
  const pip = ["-m", "pip", "install", "--quiet", "--no-deps", "--only-binary=:all:", "--target", draft];
  const { code, output } = await run([...pip, `uv==${VERSION}`], env);
  if (code !== 0) return `pip could not install uv: ${output.trim().split("\n").at(-1) ?? ""}`;
  // Renamed into place, so that half an installation is never taken for a whole one.
  rmSync(library, { recursive: true, force: true });
  renameSync(draft, library);
  return undefined;
}

/** MCP servers get none of our environment but PATH and HOME, so where packages come from is written into the programs. */
async function writeWrappers(env: NodeJS.ProcessEnv): Promise<void> {
  const settings = { ...(await pipSettings(env)), ...proxiesIn(env), UV_CACHE_DIR: join(home(env), "cache") };
  mkdirSync(uvFolder(env), { recursive: true });
  for (const program of ["uv", "uvx"]) {
    const text = wrapper(join(home(env), "lib", "bin", program), settings);
    const file = join(uvFolder(env), program);
    if (existsSync(file) && readFileSync(file, "utf8") === text) continue;
    writeFileSync(`${file}.${process.pid}`, text, { mode: 0o700 });
    chmodSync(`${file}.${process.pid}`, 0o700);
    renameSync(`${file}.${process.pid}`, file);
  }
}

/** The text of a program that starts `program` with these variables, where they are not set already. */
export function wrapper(program: string, settings: Record<string, string>): string {
  const lines = Object.entries(settings).map(([name, value]) => `[ -n "$${name}" ] || export ${name}=${quote(value)}`);
  return [
    "#!/bin/sh",
    "# Made by KubeChain: uv, with the settings of pip.",
    ...lines,
    `exec ${quote(program)} "$@"`,
    "",
  ].join("\n");
}

async function pipSettings(env: NodeJS.ProcessEnv): Promise<Record<string, string>> {
  const { code, output } = await run(["-m", "pip", "config", "list"], env);
  return code === 0 ? settingsIn(output) : {};
}

/** What `pip config list` says of where packages come from, in uv's words. The environment beats the files. */
export function settingsIn(listed: string): Record<string, string> {
  const found = [...listed.matchAll(/^(global|install|:env:)\.([a-z-]+)='(.*)'$/gm)];
  const ranks = ["global", "install", ":env:"];
  const ordered = found.sort(([, a = ""], [, b = ""]) => ranks.indexOf(a) - ranks.indexOf(b));
  const named = ordered.flatMap(([, , name = "", value = ""]) => {
    const ours = SETTINGS[name as keyof typeof SETTINGS] as string | undefined;
    return ours === undefined ? [] : [[ours, value.replaceAll("\\n", " ").trim()] as const];
  });
  return Object.fromEntries(named);
}

function proxiesIn(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    PROXIES.flatMap((name) => {
      const value = env[name] ?? env[name.toLowerCase()];
      return value ? [[name, value]] : [];
    }),
  );
}

function run(args: string[], env: NodeJS.ProcessEnv): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve) => {
    const python = spawn("python3", args, {
      env: { ...env, PIP_DISABLE_PIP_VERSION_CHECK: "1", PIP_NO_INPUT: "1" },
      stdio: ["ignore", "pipe", "pipe"],
      timeout: INSTALL_WITHIN_MS,
    });
    let output = "";
    const keep = (chunk: Buffer): void => void (output += chunk.toString());
    python.stdout.on("data", keep);
    python.stderr.on("data", keep);
    python.on("error", (error) => resolve({ code: null, output: error.message }));
    python.on("close", (code) => resolve({ code, output }));
  });
}
