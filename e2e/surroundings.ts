/**
 * What all tests share besides the cluster: the stand-ins for the providers' own services, where calls go that name no
 * `baseUrl`, and the folder in which the first test that needs the shared cluster starts it. Everything ends with the run.
 */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startFakeAnthropic } from "../capabilities/testing/fake-anthropic";
import { startModelServer } from "../capabilities/testing/model-server";
import { SILENT, showProgress } from "../controlplane/progress";
import { stateAt } from "../controlplane/state";
import { takeDown } from "../controlplane/take-down";
import { prepareMachine } from "./prepare-machine";

/** How tests learn of it: an environment variable, since Jest gives every test file a world of its own. */
export const VARIABLE = "KUBECHAIN_E2E";

export interface Surroundings {
  /** Holds the state folders of all control planes of this run. */
  folder: string;
  openai: string;
  anthropic: string;
}

/** Starts it and returns what stops it, and every control plane of the run. */
export async function startSurroundings(): Promise<() => Promise<void>> {
  await prepareMachine(showProgress(process.stderr));
  const openai = await startModelServer();
  const anthropic = await startFakeAnthropic();
  const folder = mkdtempSync(join(tmpdir(), "kubechain-e2e-"));
  const surroundings: Surroundings = { folder, openai: openai.url, anthropic: anthropic.url };
  process.env[VARIABLE] = JSON.stringify(surroundings);
  return async () => {
    // A test that failed may have left its own control plane behind.
    for (const name of readdirSync(folder)) await takeDown(stateAt(join(folder, name)), SILENT);
    rmSync(folder, { recursive: true, force: true });
    await Promise.all([openai.close(), anthropic.close()]);
  };
}

/** What `startSurroundings` has started, for a test. */
export function surroundings(): Surroundings {
  const given = process.env[VARIABLE];
  if (given === undefined) throw new Error("Run these tests as Jest's project e2e: its global setup is missing.");
  return JSON.parse(given) as Surroundings;
}
