/** Starts the model of a bench as a process of its own and asks it what it has seen. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { request } from "undici";
import { projectFiles } from "../controlplane/project";

/** What the model has seen since it was started. */
export interface ModelStats {
  requests: number;
  /** Questions asked again. */
  repeated: number;
  inFlight: number;
  maxInFlight: number;
}

export interface Model {
  /** What an LLM's `baseUrl` should be. */
  url: string;
  stats: () => Promise<ModelStats>;
  stop: () => Promise<void>;
}

/** Starts a model that answers after `latencyMs`. */
export async function startModel(latencyMs: number): Promise<Model> {
  const { root, node } = projectFiles();
  const loader = join(root, "node_modules", "tsx", "dist", "loader.mjs");
  const child = spawn(node, ["--import", loader, join(root, "bench", "model-process.ts"), String(latencyMs)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const gone = once(child, "exit");
  const [said] = (await Promise.race([once(child.stdout, "data"), gone])) as [unknown];
  const port = Number(String(said).trim());
  if (!Buffer.isBuffer(said) || !(port > 0)) throw new Error(`The model did not start: ${String(said)}`);
  const origin = `http://127.0.0.1:${port}`;
  return {
    url: `${origin}/v1`,
    stats: async () => (await (await request(`${origin}/stats`)).body.json()) as ModelStats,
    stop: async () => {
      child.kill("SIGTERM");
      await gone;
    },
  };
}
