/**
 * A Chromium for the tests that look at pages: the one that CHROMIUM names, else one on the PATH, else Debian's, installed with
 * apt-get where this process may do that. It downloads nothing by itself, and never replaces a browser that is there.
 */
import { spawn } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { Failure } from "./failure";
import type { Progress } from "./progress";
import { SILENT } from "./progress";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const INSTALL_WITHIN_MS = 10 * 60_000;
/** apt-get waits so long for another one, in seconds. */
const WAIT_FOR_OTHERS = ["-o", "DPkg::Lock::Timeout=300"];

/** Where Chromium is looked for, and whether this process may install it. */
export interface Surroundings {
  env: NodeJS.ProcessEnv;
  isRoot: boolean;
}

/** The path of a Chromium, installing it if that is what it takes. Without any way to get one: a `Failure` with the choices. */
export async function ensureChromium(
  progress: Progress = SILENT,
  { env, isRoot }: Surroundings = { env: process.env, isRoot: process.getuid?.() === 0 },
): Promise<string> {
  const found = findChromium(env);
  if (found !== undefined) return found;
  if (!isRoot || onPath("apt-get", env) === undefined)
    throw new Failure(`There is no Chromium on this machine. ${WHAT_TO_DO}`);
  const why = await progress.step("installing Chromium with apt-get (once)", () => install(env));
  const installed = findChromium(env);
  if (installed !== undefined) return installed;
  throw new Failure(`apt-get could not install Chromium${why === "" ? "" : ` (${why})`}. ${WHAT_TO_DO}`);
}

const WHAT_TO_DO =
  "Install it (on Debian: `apt-get install chromium`), or set CHROMIUM to the path of a Chromium or Chrome, and start this again.";

/** The Chromium that is there. A CHROMIUM that names no file is a `Failure`. */
function findChromium(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const named = env["CHROMIUM"];
  if (named) {
    if (isFile(named)) return named;
    throw new Failure(`CHROMIUM is ${named}, and there is no such program. Correct it, or unset it.`);
  }
  return NAMES.map((name) => onPath(name, env)).find((path) => path !== undefined);
}

function onPath(program: string, env: NodeJS.ProcessEnv): string | undefined {
  const folders = (env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  return folders.map((folder) => join(folder, program)).find(isFile);
}

function isFile(path: string): boolean {
  return existsSync(path) && statSync(path).isFile();
}

/** Installs; the lists of packages are fetched first where they know of no Chromium, or of one that is gone. Returns why not. */
async function install(env: NodeJS.ProcessEnv): Promise<string> {
  const installing = ["install", "-y", "--no-install-recommends", ...WAIT_FOR_OTHERS, "chromium"];
  if (await isCandidate(env)) {
    const { code } = await run("apt-get", installing, env);
    if (code === 0) return "";
  }
  const updated = await run("apt-get", ["update", ...WAIT_FOR_OTHERS], env);
  const { code, output } = await run("apt-get", installing, env);
  if (code === 0) return "";
  return lastLine(output) || lastLine(updated.output);
}

async function isCandidate(env: NodeJS.ProcessEnv): Promise<boolean> {
  const { code, output } = await run("apt-cache", ["policy", "chromium"], env);
  return code === 0 && /^\s*Candidate: (?!\(none\))/m.test(output);
}

function lastLine(output: string): string {
  return output.trim().split("\n").at(-1)?.slice(0, 300) ?? "";
}

function run(
  program: string,
  args: string[],
  env: NodeJS.ProcessEnv,
): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      env: { ...env, DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C" },
      stdio: ["ignore", "pipe", "pipe"],
      signal: AbortSignal.timeout(INSTALL_WITHIN_MS),
    });
    let output = "";
    const keep = (chunk: Buffer): void => void (output += chunk.toString());
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    child.on("error", (error) => resolve({ code: null, output: error.message }));
    child.on("close", (code) => resolve({ code, output }));
  });
}
