/**
 * What the sketch says to the API server and to the model: bare requests over pools of connections like the operator's.
 * Any refusal ends the process, because a sketch that copes with failures would be no yardstick.
 */
import { randomUUID } from "node:crypto";
import https from "node:https";
import { Agent, Pool, request } from "undici";
import type { Task } from "../../crds/index";
import { resources } from "../../crds/index";
import { readKubeconfig } from "../api";

/** A task as the API server has stored it. */
export type Stored = Pick<Task, "metadata" | "spec" | "status"> & { apiVersion: string; kind: string };

const { origin, connect, headers } = readKubeconfig(process.env["KUBECONFIG"] ?? "");
const api = new Pool(origin, { connections: 64, connect });
const models = new Agent({ keepAliveTimeout: 4_000 });
const modelUrl = process.env["OPENAI_BASE_URL"] ?? "";

async function send(method: "POST" | "PUT", path: string, body: object): Promise<string> {
  const answer = await api.request({
    method,
    path,
    headers: { ...headers, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const text = await answer.body.text();
  if (answer.statusCode >= 300) throw new Error(`${method} ${path} was answered with ${answer.statusCode}: ${text}`);
  return text;
}

/** A versioned replace of the status. */
export async function putStatus(task: Stored, status: object): Promise<Stored> {
  const { namespace, name } = task.metadata;
  const path = `/apis/${task.apiVersion}/namespaces/${namespace}/${resources.task.plural}/${name}/status`;
  return JSON.parse(await send("PUT", path, { ...task, status })) as Stored;
}

/** One call of the model: the text of its answer. */
export async function askModel(messages: object[]): Promise<string> {
  const answer = await request(`${modelUrl}/chat/completions`, {
    dispatcher: models,
    method: "POST",
    headers: { "content-type": "application/json", authorization: "Bearer any" },
    body: JSON.stringify({ model: "scripted", messages }),
  });
  const said = (await answer.body.json()) as { choices: { message: { content: string } }[] };
  return said.choices[0]?.message.content ?? "";
}

const untold: object[] = [];
const TELLERS = 16;
let tellers = 0;

/** Tells an event some time later, without anybody waiting for it. */
export function tellEvent(task: Stored, reason: string, message: string): void {
  const { namespace, name, uid, resourceVersion } = task.metadata;
  const now = new Date().toISOString().replace(/\.\d+/, "");
  untold.push({
    apiVersion: "v1",
    kind: "Event",
    metadata: { namespace, name: `${name}.${randomUUID().slice(0, 13)}` },
    involvedObject: { apiVersion: task.apiVersion, kind: task.kind, namespace, name, uid, resourceVersion },
    type: "Normal",
    reason,
    message,
    source: { component: "task-controller" },
    firstTimestamp: now,
    lastTimestamp: now,
    count: 1,
  });
  if (tellers < TELLERS) void tell(namespace);
}

async function tell(namespace: string): Promise<void> {
  tellers += 1;
  for (let event = untold.shift(); event !== undefined; event = untold.shift()) {
    await send("POST", `/api/v1/namespaces/${namespace}/events`, event);
  }
  tellers -= 1;
}

/** Whether the webhook server answers. */
export function isHealthy(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = https.get(
      { host: "127.0.0.1", port, path: "/healthz", rejectUnauthorized: false, agent: false },
      (answer) => {
        answer.resume();
        resolve(answer.statusCode === 200);
      },
    );
    asked.on("error", () => resolve(false));
  });
}
