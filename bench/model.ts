/** Starts the scripted model as a process of its own and asks it what it has seen. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { request } from "undici";
import type { ModelServerStats } from "../capabilities/testing/model-server";
import { projectFiles } from "../controlplane/project";

export interface Model {
  /** What an LLM's `baseUrl` should be. */
  url: string;
  stats: () => Promise<ModelServerStats>;
  stop: () => Promise<void>;
}

/** Starts a model that answers after `latencyMs`. */
export async function startModel(latencyMs: number): Promise<Model> {
  const { root, node } = projectFiles();
  const loader = join(root, "node_modules", "tsx", "dist", "loader.mjs");
  const server = join(root, "capabilities", "testing", "model-server.ts");
  const child = spawn(node, ["--import", loader, server, `--latency-ms=${latencyMs}`], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const gone = once(child, "exit");
  child.stdout.setEncoding("utf8");
  const [said] = (await Promise.race([once(child.stdout, "data"), gone])) as [unknown];
  const [url] = /http:\S+/.exec(String(said)) ?? [];
  if (url === undefined) throw new Error(`The scripted model did not start: ${String(said)}`);
  return {
    url,
    stats: async () => (await (await request(new URL("/stats", url))).body.json()) as ModelServerStats,
    stop: async () => {
      child.kill("SIGTERM");
      await gone;
    },
  };
}
