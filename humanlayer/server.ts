/**
 * A server that speaks HumanLayer's API, for people without an account: the questions of the operator in one SQLite file, and a
 * page where people answer them. It sends no email and no Slack message: it is the inbox that people look into. Speaks HTTP
 * on loopback; who wants it elsewhere puts a proxy with TLS in front.
 */
import { createAdaptorServer } from "@hono/node-server";
import { Hono } from "hono";
import { getPath } from "hono/utils/url";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createApi, problem } from "./api";
import { faultInKey, makeKey } from "./key";
import { createPage, guard } from "./page-routes";
import { openStore } from "./store";
import type { Webhook } from "./webhook";
import { createWebhook } from "./webhook";

/** How the server is started. */
export interface HumanLayerOptions {
  /** 0, the default, takes a free one. */
  port?: number;
  /** Where it listens; 127.0.0.1 by default. */
  host?: string;
  /** The SQLite file; by default nothing outlives the process. */
  database?: string;
  /** What clients and people must show; made when there is none. */
  key?: string;
  /** The address that is told of every answer. */
  webhook?: string;
  /** Hears of what went wrong, in one line without secrets. */
  log?: (line: string) => void;
}

/** A running server. */
export interface HumanLayerServer {
  /** The page; the API is under `/humanlayer/v1` and, for clients that leave that out, under `/`. */
  url: string;
  key: string;
  port: number;
  /** Lets requests under way end, and closes the file. */
  close(): Promise<void>;
}

/** The version of HumanLayer's client whose protocol this is. */
const VERSION = "0.7.9";
/** Requests take milliseconds; what is still open then has a client that does not read. */
const CLOSE_WITHIN_MS = 2_000;

/** Starts the server. Throws when the port is taken, the key cannot be one, or the database cannot be opened. */
export async function startHumanLayer(options: HumanLayerOptions = {}): Promise<HumanLayerServer> {
  const { port = 0, host = "127.0.0.1", database = ":memory:", key = makeKey(), log = silently } = options;
  const fault = faultInKey(key);
  if (fault !== undefined) throw new Error(`This cannot be a key: ${fault}.`);
  const store = openStore(database);
  const webhook = options.webhook === undefined ? NOBODY : createWebhook({ url: options.webhook, log });
  let bound = port;
  const parts = { store, key, tell: webhook.tell, cookieName: () => `humanlayer_${bound}` };
  const app = appOf(parts, log);
  const server = createAdaptorServer({ fetch: (request) => app.fetch(request) }) as Server;
  // Longer than any client keeps an idle connection, so that the client is the one to close it.
  server.keepAliveTimeout = 75_000;
  try {
    bound = await listen(server, port, host);
  } catch (error) {
    store.close();
    throw error;
  }
  return {
    url: `http://${inUrl(host)}:${bound}`,
    key,
    port: bound,
    close: async () => {
      await stop(server);
      await webhook.close();
      store.close();
    },
  };
}

const silently = (): void => undefined;
const NOBODY: Webhook = { tell: silently, close: async () => undefined };

function appOf(parts: Parameters<typeof createPage>[0], log: (line: string) => void): Hono {
  const app = new Hono({ getPath: tidyPath });
  app.use("*", guard);
  app.get("/healthz", (c) => c.json({ status: "ok" }));
  app.get("/version", (c) => c.json({ version: VERSION }));
  app.route("/", createPage(parts));
  const api = createApi(parts);
  app.route("/humanlayer/v1", api);
  app.route("/", api);
  app.notFound((c) => problem(c, 404, `There is no ${c.req.method} ${c.req.path} here.`, "not_found"));
  app.onError((error, c) => {
    log(`${c.req.method} ${c.req.path} failed: ${error.message}`);
    return problem(c, 500, "The server could not do this; its log says why.", "internal");
  });
  return app;
}

/** The path without slashes that nobody meant: addresses that are put together from two parts often have one too many. */
function tidyPath(request: Request): string {
  return getPath(request)
    .replaceAll(/\/{2,}/g, "/")
    .replace(/(.)\/$/, "$1");
}

/** Listens; the port that it is. */
function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port, host }, () => resolve((server.address() as AddressInfo).port));
  });
}

function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const deadline = setTimeout(() => server.closeAllConnections(), CLOSE_WITHIN_MS);
    server.close(() => {
      clearTimeout(deadline);
      resolve();
    });
    server.closeIdleConnections();
  });
}

/** How a listening address is written in a URL that can be opened on this machine. */
function inUrl(host: string): string {
  if (host === "0.0.0.0" || host === "::") return "127.0.0.1";
  return host.includes(":") ? `[${host}]` : host;
}
