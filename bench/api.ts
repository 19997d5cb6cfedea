/**
 * The bench's own connection to the API server, apart from the operator's and as another user: create, read, patch, delete,
 * and one watch that hands over raw lines. It retries nothing, so that every figure is of one request.
 */
import { readFileSync } from "node:fs";
import { Client, Pool } from "undici";
import type { buildConnector } from "undici";

/** One request that was answered with success. */
export interface Asked {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  path: string;
  /** JSON; with PATCH a merge patch (RFC 7386), as kubectl annotate sends one. */
  body?: object;
}

/** Ends a watch. */
export type Stop = () => Promise<void>;

export interface Api {
  /** The answer's text. Rejects on any other status than success, with the server's words. */
  ask: (asked: Asked) => Promise<string>;
  /** Every line that the watch at `path` brings, until stopped. An end that nobody asked for goes to `onEnd`. */
  watch: (path: string, onLine: (line: string) => void, onEnd: (error: Error) => void) => Promise<Stop>;
  /** The text of /metrics. */
  metrics: () => Promise<string>;
  close: () => Promise<void>;
}

/** Enough for all creators and readers at once. */
const CONNECTIONS = 32;
const TIMEOUT_MS = 60_000;

interface Kubeconfig {
  clusters: { cluster: { server: string; "certificate-authority-data": string } }[];
  users: { user: { token: string } | { "client-certificate-data": string; "client-key-data": string } }[];
}

/** Connects with a kubeconfig as controlplane/ writes it (JSON, keys or a token inside). */
export function connectApi(kubeconfig: string): Api {
  const { origin, connect, headers: shown } = readKubeconfig(kubeconfig);
  const pool = new Pool(origin, {
    connections: CONNECTIONS,
    connect,
    headersTimeout: TIMEOUT_MS,
    bodyTimeout: TIMEOUT_MS,
  });

  async function ask({ method, path, body }: Asked): Promise<string> {
    const type = method === "PATCH" ? "application/merge-patch+json" : "application/json";
    const headers = { ...shown, ...(body !== undefined && { "content-type": type }) };
    const sent = body === undefined ? null : JSON.stringify(body);
    const answer = await pool.request({ method, path, headers, body: sent });
    const text = await answer.body.text();
    if (answer.statusCode >= 300)
      throw new Error(`${method} ${path} was answered with ${answer.statusCode}: ${text.slice(0, 500)}`);
    return text;
  }

  async function watch(path: string, onLine: (line: string) => void, onEnd: (error: Error) => void): Promise<Stop> {
    const client = new Client(origin, { connect, headersTimeout: TIMEOUT_MS, bodyTimeout: 0 });
    const { statusCode, body } = await client.request({ method: "GET", path, headers: shown });
    if (statusCode !== 200) throw new Error(`GET ${path} was answered with ${statusCode}: ${await body.text()}`);
    let stopped = false;
    const end = (error?: Error): void => {
      if (!stopped) onEnd(error ?? new Error(`The API server has ended the watch ${path}`));
    };
    body.setEncoding("utf8");
    body.on("data", splitLines(onLine));
    body.on("error", end);
    body.on("end", end);
    return async () => {
      stopped = true;
      await client.destroy();
    };
  }

  return { ask, watch, metrics: () => ask({ method: "GET", path: "/metrics" }), close: () => pool.destroy() };
}

/** Where the API server is, as that kubeconfig knows it, and how its user shows who they are. */
export interface Access {
  origin: string;
  connect: buildConnector.BuildOptions;
  headers: Record<string, string>;
}

/** Reads such a kubeconfig. */
export function readKubeconfig(file: string): Access {
  const { clusters, users } = JSON.parse(readFileSync(file, "utf8")) as Kubeconfig;
  const [cluster, user] = [clusters[0]?.cluster, users[0]?.user];
  if (cluster === undefined || user === undefined) throw new Error(`${file} names no cluster or no user.`);
  const pem = (base64: string): string => Buffer.from(base64, "base64").toString("utf8");
  const ca = pem(cluster["certificate-authority-data"]);
  if ("token" in user) {
    return { origin: cluster.server, connect: { ca }, headers: { authorization: `Bearer ${user.token}` } };
  }
  const keys = { cert: pem(user["client-certificate-data"]), key: pem(user["client-key-data"]) };
  return { origin: cluster.server, connect: { ca, ...keys }, headers: {} };
}

/** Takes text in pieces of any size and passes on whole lines. */
export function splitLines(onLine: (line: string) => void): (piece: string) => void {
  let rest: string[] = [];
  return (piece) => {
    let from = 0;
    for (let end = piece.indexOf("\n"); end >= 0; end = piece.indexOf("\n", from)) {
      rest.push(piece.slice(from, end));
      onLine(rest.join(""));
      rest = [];
      from = end + 1;
    }
    if (from < piece.length) rest.push(piece.slice(from));
  };
}
