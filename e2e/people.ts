/**
 * People and what they are reached through, for tests: a HumanLayer-compatible server behind a front that writes down every
 * request and can be away, people of their own with kubectl, and the server behind a webhook channel. It judges nothing.
 */
import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import type { IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { Webhook } from "standardwebhooks";
import { ensureBinaries } from "../controlplane/binaries";
import { keyFiles } from "../controlplane/certificates";
import type { Kubectl } from "../controlplane/kubectl";
import { kubectlFor } from "../controlplane/kubectl";
import { SILENT } from "../controlplane/progress";
import type { State } from "../controlplane/state";
import { newCertificate } from "../controlplane/x509";
import type { ContactChannel } from "../crds/index";
import type { Item, Json } from "../humanlayer/items";
import { startHumanLayer } from "../humanlayer/server";
import type { Manifest } from "./objects";
import { ours, secret } from "./objects";
import { until } from "./scene";

/** A request of the operator's, as the service saw it. */
export interface Request {
  method: string;
  path: string;
  /** Of what is put, the id of the question. */
  callId?: string;
}

/** What the front does with a request: `pass` it on, say 503 to it, or pass it on and keep the answer to itself. */
export type Treatment = "pass" | "refuse" | "swallow";

/** A service through which people are asked. Questions are kept in its file while it is away. */
export interface Service {
  /** As `spec.baseUrl` or the operator's HUMANLAYER_API_BASE has it. */
  url: string;
  key: string;
  /** All that the operator has asked of it, in order. */
  requests(): readonly Request[];
  /** How often it was told to put this question. */
  puts(callId: string): number;
  /** What happens to the operator's requests from now on. */
  treat(how: (request: Request) => Treatment): void;
  /** Ends the server and everybody's connections to it. */
  leave(): Promise<void>;
  /** Starts it on its file and on its old address, with another key where one is given. */
  comeBack(key?: string): Promise<void>;
  /** The unanswered questions of a kind, read as a person's client does. */
  pending(kind: "function_calls" | "human_contacts"): Promise<Item[]>;
  /** Answers as a person does; what the service says to it. */
  answer(callId: string, status: Json): Promise<{ status: number; body: Json }>;
  close(): Promise<void>;
}

export interface ServiceOptions {
  /** The SQLite file. */
  database: string;
  /** Told of every answer. */
  webhook?: string;
}

/** Starts a service on loopback. */
export async function startService({ database, webhook }: ServiceOptions): Promise<Service> {
  const seen: Request[] = [];
  const start = (key?: string) =>
    startHumanLayer({ database, ...(webhook !== undefined && { webhook }), ...(key !== undefined && { key }) });
  let inner = await start();
  let treatment: (request: Request) => Treatment = () => "pass";

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await textOf(request);
    const { method = "GET", url: path = "/" } = request;
    const callId = idIn(body);
    const asked: Request = { method, path, ...(callId !== undefined && { callId }) };
    seen.push(asked);
    const how = treatment(asked);
    if (how === "refuse") return void response.writeHead(503).end("not now");
    const { authorization = "" } = request.headers;
    const answer = await fetch(`${inner.url}${path}`, {
      method,
      headers: { authorization, "content-type": "application/json" },
      ...(method === "POST" && { body }),
    });
    const text = await answer.text();
    if (how === "pass") response.writeHead(answer.status, { "content-type": "application/json" }).end(text);
  }

  const front = createServer((request, response) => {
    handle(request, response).catch(() => void response.destroy());
  });
  const port = await listen(front, 0);
  const url = `http://127.0.0.1:${port}`;

  /** Past the front: people's requests are not the operator's. */
  async function api(path: string, body?: Json): Promise<{ status: number; body: unknown }> {
    const response = await fetch(`${inner.url}/humanlayer/v1${path}`, {
      headers: { authorization: `Bearer ${inner.key}`, "content-type": "application/json" },
      ...(body !== undefined && { method: "POST", body: JSON.stringify(body) }),
    });
    return { status: response.status, body: await response.json() };
  }

  const leave = async (): Promise<void> => {
    front.closeAllConnections();
    await new Promise((resolve) => front.close(resolve));
    await inner.close();
  };
  return {
    url,
    get key() {
      return inner.key;
    },
    requests: () => seen,
    puts: (callId) => seen.filter((one) => one.method === "POST" && one.callId === callId).length,
    treat: (how) => void (treatment = how),
    leave,
    comeBack: async (key = inner.key) => {
      inner = await start(key);
      await listen(front, port);
    },
    pending: async (kind) => (await api(`/agent/${kind}/pending`)).body as Item[],
    answer: async (callId, status) => {
      const kind = "approved" in status ? "function_calls" : "human_contacts";
      const said = await api(`/agent/${kind}/${callId}/respond`, status);
      return { status: said.status, body: said.body as Json };
    },
    close: () => (front.listening ? leave() : Promise.resolve()),
  };
}

/** A post that a webhook channel has sent. */
export interface Post {
  headers: IncomingHttpHeaders;
  text: string;
  body: Json;
}

/** The server behind a webhook channel. */
export interface Hook {
  url: string;
  /** Both ways are signed with it. */
  secret: string;
  /** The post about an object of that name, whose signature must be good. */
  postAbout(name: string): Promise<Post>;
  posts(): readonly Post[];
  close(): Promise<void>;
}

export async function startHook(): Promise<Hook> {
  const signature = `whsec_${randomBytes(24).toString("base64")}`;
  const posts: Post[] = [];
  const server = createServer((request, response) => {
    void textOf(request).then((text) => {
      posts.push({ headers: request.headers, text, body: JSON.parse(text) as Json });
      response.writeHead(204).end();
    });
  });
  const port = await listen(server, 0);
  const isAbout = ({ body }: Post, name: string): boolean => (body["about"] as Json)["name"] === name;
  return {
    url: `http://127.0.0.1:${port}/questions`,
    secret: signature,
    posts: () => posts,
    postAbout: async (name) => {
      const find = (): Post | undefined => posts.find((post) => isAbout(post, name));
      await until(`the webhook is told of ${name}`, () => find() !== undefined);
      const post = find();
      if (!post) throw new Error("The post is gone");
      new Webhook(signature).verify(post.text, post.headers as Record<string, string>);
      return post;
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** A post as a person's program sends it to the operator. `headers` replace those that sign it. */
export interface Answering {
  url: string;
  body: Json;
  secret: string;
  id?: string;
  at?: Date;
  headers?: Record<string, string>;
}

/** Posts an answer: the status and the sentence that come back. */
export async function post({ url, body, secret: key, id, at = new Date(), headers }: Answering): Promise<string> {
  const text = JSON.stringify(body);
  const webhookId = id ?? `msg_${randomBytes(6).toString("hex")}`;
  const signed = {
    "webhook-id": webhookId,
    "webhook-timestamp": String(Math.floor(at.getTime() / 1_000)),
    "webhook-signature": new Webhook(key).sign(webhookId, at, text),
  };
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...(headers ?? signed) },
    body: text,
  });
  const { message } = (await response.json()) as { message: string };
  return `${response.status} ${message}`;
}

/** kubectl as a user whom the API server of this state knows by a certificate, and by no role. */
export async function kubectlOf(person: string, state: State): Promise<Kubectl> {
  const files = keyFiles(state, "ca");
  const authority = { key: readFileSync(files.key, "utf8"), certificate: readFileSync(files.certificate, "utf8") };
  // The authority's own name, as controlplane/certificates gives it.
  const { key, certificate } = newCertificate({ commonName: person }, authority, "kubechain");
  const config = JSON.parse(readFileSync(state.kubeconfig, "utf8")) as { users: { user: object }[] };
  const user = {
    "client-certificate-data": Buffer.from(certificate).toString("base64"),
    "client-key-data": Buffer.from(key).toString("base64"),
  };
  const file = join(state.dir, `${person}.kubeconfig`);
  writeFileSync(file, JSON.stringify({ ...config, users: config.users.map((one) => ({ ...one, user })) }), {
    mode: 0o600,
  });
  return kubectlFor((await ensureBinaries(SILENT)).kubectl, file);
}

/** A channel that reaches people by email through a service, and the Secret with its key. */
export function emailChannel(name: string, service: Service, more: Partial<ContactChannel["spec"]> = {}): Manifest[] {
  const spec = {
    type: "email",
    baseUrl: service.url,
    apiKeyFrom: { secretKeyRef: { name: "humanlayer", key: "HUMANLAYER_API_KEY" } },
    email: { address: `${name}@example.com` },
    ...more,
  };
  return [secret("humanlayer", { HUMANLAYER_API_KEY: service.key }), ours("ContactChannel", name, spec)];
}

/** A channel that posts to a hook, and the Secret with its secret. */
export function webhookChannel(name: string, hook: Hook): Manifest[] {
  const secretFrom = { secretKeyRef: { name, key: "WEBHOOK_SECRET" } };
  return [
    secret(name, { WEBHOOK_SECRET: hook.secret }),
    ours("ContactChannel", name, { type: "webhook", webhook: { url: hook.url, secretFrom } }),
  ];
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

function idIn(body: string): string | undefined {
  return /"call_id":"([^"]+)"/.exec(body)?.[1];
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
}
