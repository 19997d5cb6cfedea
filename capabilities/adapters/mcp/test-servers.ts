/**
 * What the tests of this folder share: the adapter with real time, and the servers of `many-tools.fixture.mjs` as processes.
 * Only tests import it.
 */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { systemClock, pause } from "../../runtime/clock";
import { silentLog } from "../../runtime/log";
import { createMcpServers } from "./index";
import type { McpOutcome, McpServers } from "./port";

export const FIXTURE = resolve("capabilities/adapters/mcp/many-tools.fixture.mjs");

/** Some 20 ms of real time. */
export const pass = (): Promise<void> => pause(systemClock, 20);

/** The adapter, with an environment of its own where that matters. */
export function makeServers(env: NodeJS.ProcessEnv = process.env): McpServers {
  return createMcpServers({ clock: systemClock, log: silentLog, env });
}

export interface TestServer {
  url: string;
  /** Ends it, with all that is connected to it. */
  stop(): Promise<void>;
  /** Starts it again, at the same address and without memory. */
  start(): Promise<void>;
}

/** Starts a server over HTTP. `comesBack`: it is started again when it ends by itself, as a Deployment would. */
export async function startHttp(mode: string, { comesBack }: { comesBack: boolean }): Promise<TestServer> {
  let port = "0";
  let isStopped = false;
  let child: ChildProcess | undefined;
  async function start(): Promise<void> {
    isStopped = false;
    const started = spawn(process.execPath, [FIXTURE, mode, port], { stdio: ["ignore", "pipe", "ignore"] });
    child = started;
    started.once("exit", () => {
      if (comesBack && !isStopped) void start();
    });
    const [line] = (await once(started.stdout, "data")) as [Buffer];
    port = line.toString("utf8").trim();
  }
  async function stop(): Promise<void> {
    isStopped = true;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "exit");
  }
  await start();
  return { url: `http://127.0.0.1:${port}/${mode === "sse" ? "sse" : "mcp"}`, start, stop };
}

/** One call with a key of its own; its trace is always the same. */
export function call(
  servers: McpServers,
  uid: string,
  tool: string,
  args: Record<string, unknown> = {},
): Promise<McpOutcome> {
  return callUntil(servers, uid, { tool, args, signal: new AbortController().signal });
}

/** A call that somebody may give up. */
export function callUntil(
  servers: McpServers,
  uid: string,
  { tool, args = {}, signal }: { tool: string; args?: Record<string, unknown>; signal: AbortSignal },
): Promise<McpOutcome> {
  const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  return servers.call(uid, { tool, arguments: args, idempotencyKey: `key-of-${tool}`, traceparent }, signal);
}

/** The first text of a result. */
export function textOf(outcome: McpOutcome): string {
  if (outcome.kind !== "Result") throw new Error(`It was no result: ${JSON.stringify(outcome)}`);
  return String(outcome.content[0]?.["text"]);
}

/** Why a server is away. */
export function detailOf(servers: McpServers, uid: string): string {
  const link = servers.look(uid);
  return link?.kind === "Away" ? link.detail : `It is ${link?.kind ?? "unknown"}.`;
}
