// The wire to the API server: one pool of keep-alive connections, the credentials of this process, deadlines. It is the only
// file that knows undici and the kubeconfig reader. Owns connections and credentials; never interprets an answer, never repeats.
import { KubeConfig } from "@kubernetes/client-node";
import { Pool, type Dispatcher } from "undici";
import type { RequestOptions } from "node:https";
import type { Readable } from "node:stream";

/** One request. `path` starts with a slash and carries its own query. */
export interface ApiRequest {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  path: string;
  accept?: string;
  contentType?: string;
  body?: string;
  /** Everything, from waiting for a connection to the last byte of the body, must have happened by then. */
  timeoutMs: number;
}

/** Any answer, also a refusal. */
export interface ApiAnswer {
  status: number;
  body: string;
  retryAfter?: string;
}

/** A body that goes on for as long as the server likes. Destroy it to hang up. */
export interface ApiStream {
  status: number;
  body: Readable;
}

/** A connection to the API server. Both calls reject when the network fails or time runs out, and only then. */
export interface ApiServer {
  call(request: ApiRequest): Promise<ApiAnswer>;
  /** `timeoutMs` bounds the wait for the headers only. */
  open(request: ApiRequest): Promise<ApiStream>;
  /** Closes all connections; calls under way are cut. */
  close(): Promise<void>;
}

/** So many connections; more calls than that wait their turn. Measured to be enough for hundreds of writes a second. */
const CONNECTIONS = 64;
const CONNECT_TIMEOUT_MS = 10_000;
/** Shorter than the idle time after which API servers and load balancers hang up (about 90 s), so that we hang up first. */
const KEEP_ALIVE_MS = 60_000;
/** Tokens of exec plugins and mounted files rotate; reading them again this often is what other clients do. */
const CREDENTIALS_MS = 60_000;

interface Credentials {
  headers: Record<string, string>;
  tls: {
    ca?: string;
    cert?: string;
    key?: string;
    rejectUnauthorized?: boolean;
    servername?: string;
  };
}

/** Connects as this process is configured, or as `config` says. Opens no socket and reads no credentials before the first call. */
export function connectApiServer(config?: KubeConfig): ApiServer {
  return new PooledApiServer(() => config ?? readKubeConfig());
}

function readKubeConfig(): KubeConfig {
  const config = new KubeConfig();
  config.loadFromDefault();
  return config;
}

class PooledApiServer implements ApiServer {
  readonly #readConfig: () => KubeConfig;
  #config: KubeConfig | undefined;
  #pool: Pool | undefined;
  #poolIdentity = "";
  /** What the server's URL has before `/api`: not empty behind some proxies. */
  #prefix = "";
  #credentials: Promise<Credentials> | undefined;
  #credentialsReadAt = 0;

  constructor(readConfig: () => KubeConfig) {
    this.#readConfig = readConfig;
  }

  async call(request: ApiRequest): Promise<ApiAnswer> {
    const answer = await this.#tryOnce(request);
    if (answer.status !== 401) return answer;
    // The token may have been rotated since it was read: read it again, once.
    this.#credentials = undefined;
    this.#config = undefined;
    return this.#tryOnce(request);
  }

  async open(request: ApiRequest): Promise<ApiStream> {
    const headersInTime = new AbortController();
    const timer = setTimeout(() => headersInTime.abort(new Error("no answer in time")), request.timeoutMs);
    try {
      const { statusCode, body } = await this.#send(request, headersInTime.signal);
      return { status: statusCode, body };
    } finally {
      clearTimeout(timer);
    }
  }

  async close(): Promise<void> {
    await this.#pool?.destroy();
    this.#pool = undefined;
  }

  async #tryOnce(request: ApiRequest): Promise<ApiAnswer> {
    const { statusCode, headers, body } = await this.#send(request, AbortSignal.timeout(request.timeoutMs));
    const retryAfter = headers["retry-after"];
    const answer = { status: statusCode, body: await body.text() };
    return typeof retryAfter === "string" ? { ...answer, retryAfter } : answer;
  }

  async #send(request: ApiRequest, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    const { headers, tls } = await this.#readCredentials();
    const pool = this.#poolFor(tls);
    return pool.request({
      method: request.method,
      path: this.#prefix + request.path,
      headers: {
        ...headers,
        accept: request.accept ?? "application/json",
        "user-agent": "kubechain",
        ...(request.body === undefined ? {} : { "content-type": request.contentType ?? "application/json" }),
      },
      body: request.body ?? null,
      signal,
      // The signal is the deadline; undici's own timers would cut quiet streams.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }

  /** A rotated client certificate needs new connections; a rotated token does not. */
  #poolFor(tls: Credentials["tls"]): Pool {
    const identity = JSON.stringify(tls);
    if (this.#pool !== undefined && identity === this.#poolIdentity) return this.#pool;
    void this.#pool?.close();
    const server = this.#config?.getCurrentCluster()?.server;
    if (server === undefined)
      throw new Error("No cluster is configured. Set KUBECONFIG, or run the operator in a pod with a service account.");
    this.#poolIdentity = identity;
    const { origin, pathname } = new URL(server);
    this.#prefix = pathname.replace(/\/$/, "");
    this.#pool = new Pool(origin, {
      connections: CONNECTIONS,
      connectTimeout: CONNECT_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAliveMaxTimeout: KEEP_ALIVE_MS,
      connect: tls,
    });
    return this.#pool;
  }

  #readCredentials(): Promise<Credentials> {
    const age = Date.now() - this.#credentialsReadAt;
    if (this.#credentials !== undefined && age < CREDENTIALS_MS) return this.#credentials;
    this.#config ??= this.#readConfig();
    this.#credentialsReadAt = Date.now();
    this.#credentials = extract(this.#config);
    this.#credentials.catch(() => (this.#credentials = undefined)); // A failure is told to this caller and not kept.
    return this.#credentials;
  }
}

/** `applyToHTTPSOptions` of @kubernetes/client-node 1.4.0 (config.js) runs exec plugins, refreshes tokens and reads files. */
async function extract(config: KubeConfig): Promise<Credentials> {
  const options: RequestOptions = {};
  await config.applyToHTTPSOptions(options);
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(options.headers ?? {}))
    if (typeof value === "string") headers[name] = value.trim();
  if (options.auth) headers["Authorization"] = `Basic ${Buffer.from(options.auth).toString("base64")}`;
  return { headers, tls: { ...pemsOf(options), ...trustOf(config) } };
}

function pemsOf(options: RequestOptions): Credentials["tls"] {
  const tls: Credentials["tls"] = {};
  for (const name of ["ca", "cert", "key"] as const) {
    const pem = options[name];
    if (typeof pem === "string") tls[name] = pem;
    else if (Buffer.isBuffer(pem)) tls[name] = pem.toString("utf8");
  }
  return tls;
}

function trustOf(config: KubeConfig): Credentials["tls"] {
  const cluster = config.getCurrentCluster();
  const tls: Credentials["tls"] = {};
  if (cluster?.skipTLSVerify === true) tls.rejectUnauthorized = false;
  if (cluster?.tlsServerName !== undefined) tls.servername = cluster.tlsServerName;
  return tls;
}
