/**
 * The servers of tools that a bench uses: real programs that speak MCP, started by the operator or, over HTTP, by the bench
 * itself. And what the record of such a server says about who called it, which is believed before the operator is.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Effect } from "../capabilities/testing/tool-server";
import { projectFiles } from "../controlplane/project";
import type { MCPServerSpec } from "../crds/index";

/** A server that the operator starts; `args` as the head of tool-server.ts has them. */
export function stdioServer(...args: string[]): MCPServerSpec {
  const [command, ...all] = commandLine(args);
  return { transport: "stdio", command, args: all };
}

/** A server that listens. */
export interface HttpServer {
  spec: MCPServerSpec;
  stop: () => Promise<void>;
}

/** Starts a server on a free port of 127.0.0.1. */
export async function startHttpServer(...args: string[]): Promise<HttpServer> {
  const [command, ...all] = commandLine(["--http", "0", ...args]);
  const child = spawn(command, all, { stdio: ["ignore", "ignore", "pipe"] });
  const gone = once(child, "exit");
  child.stderr.setEncoding("utf8");
  const [said] = (await Promise.race([once(child.stderr, "data"), gone])) as [unknown];
  const [url] = /http:\S+/.exec(String(said)) ?? [];
  if (url === undefined) throw new Error(`The server of tools did not start: ${String(said)}`);
  // A pipe that nobody reads would fill up one day, and the server would wait for it.
  child.stderr.resume();
  return {
    spec: { transport: "http", url },
    stop: async () => {
      child.kill("SIGTERM");
      await gone;
    },
  };
}

function commandLine(args: string[]): [command: string, ...args: string[]] {
  const { root, node } = projectFiles();
  return [node, join(root, "capabilities", "testing", "tool-server.ts"), ...args];
}

/** What a server's record says about its calls. */
export interface Executions {
  begun: number;
  /** How many were under way together at most. */
  most: number;
  /** Calls, told by their idempotency keys, that were begun more than once. */
  repeated: number;
}

/** The record that a server writes with `--effects`, from now on; all zeros while nothing is in it. */
export function recordFrom(file: string): () => Executions {
  const read = (): string => (existsSync(file) ? readFileSync(file, "utf8") : "");
  const { length } = read();
  return () => executionsIn(read().slice(length));
}

/** When the executions of a record began, by the server's own clock, milliseconds since the epoch, by what they were to write. */
function beginningsIn(text: string): Map<string, number> {
  const effects = text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Effect);
  const begun = effects.filter(({ moment }) => moment === "begin");
  return new Map(begun.map(({ arguments: args, at }) => [String(args["text"]), Date.parse(at)]));
}

/** The executions in the text of a record. A last line that is not whole yet is left out. */
export function executionsIn(text: string): Executions {
  const begun = new Map<string, number>();
  let [all, now, most] = [0, 0, 0];
  for (const line of text.split("\n").slice(0, -1)) {
    const { moment, key } = JSON.parse(line) as Effect;
    if (moment === "connected") continue;
    now += moment === "begin" ? 1 : -1;
    most = Math.max(most, now);
    if (moment !== "begin") continue;
    all += 1;
    if (key !== undefined) begun.set(key, (begun.get(key) ?? 0) + 1);
  }
  return { begun: all, most, repeated: [...begun.values()].filter((times) => times > 1).length };
}

/** What the record of the tools' server says about calls that were answered at these times. */
export interface Executed {
  /** From the answer to the execution, milliseconds, for each that was executed. */
  afterMs: number[];
  /** Executed before the answer was sent. */
  early: number;
  /** Executed more than once. */
  repeated: number;
}

/** Reads it, by the names of the tasks. */
export function executedIn(record: string, sentAt: ReadonlyMap<string, number>): Executed {
  const begun = beginningsIn(record);
  const afterMs = [...sentAt].flatMap(([name, at]) => {
    const began = begun.get(name);
    return began === undefined ? [] : [began - at];
  });
  return { afterMs, early: afterMs.filter((ms) => ms < 0).length, repeated: executionsIn(record).repeated };
}
