/**
 * The service through which people are asked in a bench: our HumanLayer-compatible server, its database on the disk, its webhook
 * pointed at the operator. Answers as its API lets people answer, and says how often it was asked by others.
 */
import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { Pool } from "undici";
import { projectFiles } from "../controlplane/project";
import { corePath, HUMANLAYER_KEY, humanLayerSecret } from "./objects";
import type { Lab } from "./lab";
import type { ParkedCall } from "./parked-calls";
import type { Said } from "./people-program";
import type { RequestCounts } from "./request-count";
import { UNCOUNTED } from "./request-count";

export interface PeopleService {
  /** Approves over the API, in the name of somebody. Returns when the service has stored it. */
  approve: (call: ParkedCall) => Promise<void>;
  /** What it was asked by others than the bench, from its start on. */
  requests: () => Promise<RequestCounts>;
}

/** Starts the service for a lab, and makes a ContactChannel of type email that goes through it. */
export async function startPeopleService(lab: Lab, channel: string): Promise<PeopleService> {
  const child = startProgram([lab.state.humanLayerDatabase, `${lab.receiver}/humanlayer`]);
  lab.closing(() => end(child));
  const ready = await nextFrom(child);
  if (ready.kind !== "Ready")
    throw new Error(`The HumanLayer-compatible server did not start: ${JSON.stringify(ready)}`);
  const { url, key } = ready;
  const pool = new Pool(url, { connections: 8 });
  lab.closing(() => pool.destroy());
  await lab.api.ask({ method: "POST", path: corePath("secrets"), body: humanLayerSecret(key) });
  await lab.contactChannel(channel, {
    type: "email",
    email: { address: "approver@example.com" },
    apiKeyFrom: { secretKeyRef: HUMANLAYER_KEY },
    baseUrl: url,
  });
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json", [UNCOUNTED]: "yes" };
  return {
    async approve({ question }) {
      const path = `/humanlayer/v1/agent/function_calls/${question}/respond`;
      const body = JSON.stringify({ approved: true, user_info: { email: "jane@example.com" } });
      const { statusCode, body: answer } = await pool.request({ method: "POST", path, headers, body });
      const text = await answer.text();
      if (statusCode !== 200) throw new Error(`POST ${path} was answered with ${statusCode}: ${text.slice(0, 500)}`);
    },
    async requests() {
      const counted = nextFrom(child);
      child.send("count");
      const said = await counted;
      if (said.kind !== "Counted") throw new Error(`The HumanLayer-compatible server did not count: ${said.kind}`);
      return said.counts;
    },
  };
}

function startProgram(args: string[]): ChildProcess {
  const { root, node } = projectFiles();
  const loader = join(root, "node_modules", "tsx", "dist", "loader.mjs");
  const options = { execPath: node, execArgv: ["--import", loader] };
  return fork(join(root, "bench", "people-program.ts"), args, options);
}

async function nextFrom(child: ChildProcess): Promise<Said> {
  const listening = new AbortController();
  const { signal } = listening;
  const said = once(child, "message", { signal }).then(([message]) => message as Said);
  const gone = once(child, "exit", { signal }).then((): Said => ({ kind: "Failed", message: "it ended" }));
  try {
    return await Promise.race([said, gone]);
  } finally {
    // Whichever did not come is not waited for any longer.
    void Promise.allSettled([said, gone]);
    listening.abort();
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.disconnect();
  await gone;
}
