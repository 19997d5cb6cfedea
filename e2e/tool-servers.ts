/**
 * Tool servers for tests: the program of capabilities/testing as an MCPServer object of transport stdio, and as a process
 * of the test's own for transport http; and what they have written down.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Effect } from "../capabilities/testing/tool-server";
import type { MCPServer } from "../crds/index";
import { projectFiles } from "../controlplane/project";
import type { Manifest } from "./objects";
import { ours } from "./objects";
import { until } from "./scene";

/** A tool server that is reached over HTTP. */
export interface ToolServer {
  url: string;
  /** The file of its effects. */
  effects: string;
  pid: number;
  end(): Promise<void>;
}

const program = (): string => join(projectFiles().root, "capabilities", "testing", "tool-server.ts");

/** An MCPServer of transport stdio that starts the tool server with these arguments. */
export function mcpServer(name: string, args: string[] = [], more: Partial<MCPServer["spec"]> = {}): Manifest {
  return ours("MCPServer", name, {
    transport: "stdio",
    command: projectFiles().node,
    args: [program(), ...args],
    ...more,
  });
}

/** Starts a tool server over HTTP; `port` to have it where one was before. */
export async function startToolServer({
  effects,
  port = 0,
  args = [],
}: {
  effects: string;
  port?: number;
  args?: string[];
}): Promise<ToolServer> {
  const command = [program(), "--http", String(port), "--effects", effects, ...args];
  const child = spawn(projectFiles().node, command, { stdio: ["ignore", "ignore", "pipe"] });
  process.once("exit", () => void child.kill("SIGKILL"));
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => (said = `${said}${chunk.toString()}`.slice(0, 10_000)));
  const url = (): string | undefined => /listening on (http:\S+)/.exec(said)?.[1];
  await until("the tool server listens", () => url() !== undefined || child.exitCode !== null, { report: () => said });
  const gone = once(child, "exit");
  const end = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill("SIGKILL");
      await gone;
    }
  };
  return { url: url() ?? "", effects, pid: child.pid ?? 0, end };
}

/** What is in a file of effects so far. */
export function effectsOf(file: string): Effect[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split("\n");
  // A killed process may have left half a line.
  return lines.filter((line) => line.endsWith("}")).map((line) => JSON.parse(line) as Effect);
}

/** The texts that a tool was begun with, in order. */
export function begunWith(file: string, tool: string): string[] {
  return effectsOf(file)
    .filter((effect) => effect.tool === tool && effect.moment === "begin")
    .map(({ arguments: args }) => String(args["text"]));
}
