/**
 * What all tests share besides the cluster: the stand-ins for the providers' own services, where calls go that name no
 * `baseUrl`, and the folder in which the first test that needs the shared cluster starts it. Everything ends with the run.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startFakeAnthropic } from "../capabilities/testing/fake-anthropic";
import { startModelServer } from "../capabilities/testing/model-server";
import { SILENT } from "../controlplane/progress";
import { stateAt } from "../controlplane/state";
import { takeDown } from "../controlplane/take-down";

/** How tests learn of it: an environment variable, since Jest gives every test file a world of its own. */
export const VARIABLE = "KUBECHAIN_E2E";

export interface Surroundings {
  /** Of the shared cluster. */
  stateDir: string;
  openai: string;
  anthropic: string;
}

/** Starts it and returns what stops it, the shared cluster included. */
export async function startSurroundings(): Promise<() => Promise<void>> {
  const openai = await startModelServer();
  const anthropic = await startFakeAnthropic();
  const stateDir = mkdtempSync(join(tmpdir(), "kubechain-e2e-"));
  const surroundings: Surroundings = { stateDir, openai: openai.url, anthropic: anthropic.url };
  process.env[VARIABLE] = JSON.stringify(surroundings);
  return async () => {
    await takeDown(stateAt(stateDir), SILENT);
    rmSync(stateDir, { recursive: true, force: true });
    await Promise.all([openai.close(), anthropic.close()]);
  };
}

/** What `startSurroundings` has started, for a test. */
export function surroundings(): Surroundings {
  const given = process.env[VARIABLE];
  if (given === undefined) throw new Error("Run these tests as Jest's project e2e: its global setup is missing.");
  return JSON.parse(given) as Surroundings;
}
