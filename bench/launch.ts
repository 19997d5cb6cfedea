/**
 * One process under measurement: started by the bench itself, so that its start can be timed, its memory weighed and its
 * end waited for. Its output goes to a log; the bench reads only the line by which it says that it is ready.
 */
import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { request } from "undici";
import { Failure, tailOf } from "../controlplane/failure";
import { splitLines } from "./api";
import type { Usage } from "./process";
import { usageOf } from "./process";

/** What to start. */
export interface Launch {
  title: string;
  command: string;
  args: string[];
  env: Record<string, string>;
  log: string;
  /** What the line begins with that says "ready". */
  readyLine: string;
}

export interface Running {
  pid: number;
  /** From the start of the process to its ready line. */
  readySeconds: number;
  usage: () => Usage;
  /** SIGTERM, and SIGKILL when that does not help. Returns when the process is gone. */
  stop: () => Promise<void>;
  /** SIGKILL, as a process ends for which there is no memory left. Returns when it is gone. */
  kill: () => Promise<void>;
}

const READY_WITHIN_MS = 60_000;
const STOP_WITHIN_MS = 20_000;

/** Starts a process and returns when it is ready; a `Failure` with its log's end when it ends before or never says so. */
export async function launch({ title, command, args, env, log, readyLine }: Launch): Promise<Running> {
  const begun = performance.now();
  const child = spawn(command, args, { env, stdio: ["ignore", "pipe", "pipe"] });
  const file = createWriteStream(log, { flags: "a", mode: 0o600 });
  child.stderr.pipe(file, { end: false });
  child.stdout.setEncoding("utf8");
  const ready = new Promise<number>((resolve) => {
    const read = splitLines((line) => {
      file.write(`${line}\n`);
      if (line.startsWith(readyLine)) resolve((performance.now() - begun) / 1_000);
    });
    child.stdout.on("data", read);
  });
  const ended = once(child, "exit").then(() => undefined);
  const late = sleep(READY_WITHIN_MS, undefined, { ref: false });
  const readySeconds = await Promise.race([ready, ended, late]);
  const { pid } = child;
  if (readySeconds === undefined || pid === undefined) {
    await stop(child);
    throw new Failure(`${title} did not become ready. The last it said:\n${tailOf(log)}`);
  }
  return {
    pid,
    readySeconds,
    usage: () => usageOf(pid),
    stop: () => stop(child).then(() => void file.end()),
    kill: () => kill(child).then(() => void file.end()),
  };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGTERM");
  const late = setTimeout(() => child.kill("SIGKILL"), STOP_WITHIN_MS);
  await gone;
  clearTimeout(late);
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}

/** Weighs a process that was started with `env`. */
export interface Probe {
  env: Record<string, string>;
  /** The heap in use after a full collection, in MiB. */
  heapMiB: () => Promise<number>;
}

/** A probe for one process of Node.js; see probe.mjs. */
export async function makeProbe(root: string): Promise<Probe> {
  const port = await freePort();
  const file = pathToFileURL(join(root, "bench", "probe.mjs")).href;
  return {
    env: { NODE_OPTIONS: `--import=${file}`, KUBECHAIN_BENCH_PROBE_PORT: String(port) },
    async heapMiB() {
      const answer = await request(`http://127.0.0.1:${port}/`);
      const { heapUsed } = (await answer.body.json()) as { heapUsed: number };
      return heapUsed / 2 ** 20;
    },
  };
}

/** A port of 127.0.0.1 that nobody uses now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
