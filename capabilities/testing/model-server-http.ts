/**
 * The plumbing of every pretended model provider: an HTTP server on loopback that reads JSON, answers JSON, and can fail in
 * every way a real one can. What it answers is decided by whoever starts it.
 */
import { createServer } from "node:http";
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A JSON object of unknown fields. */
export type Json = Record<string, unknown>;

/** One request as it was received. `body` is undefined where there was none, or no JSON. */
export interface Received {
  method: string;
  /** Path and query. */
  url: string;
  headers: IncomingHttpHeaders;
  body: unknown;
}

/** The ways to fail: with a status, or while speaking. */
export type Fault =
  | {
      kind: "Status";
      status: number;
      headers?: Record<string, string>;
      body?: unknown;
    }
  /** 200 with a web page. */
  | { kind: "Html" }
  /** 200 with half a JSON text. */
  | { kind: "BrokenJson" }
  /** 200 with JSON that is no answer. */
  | { kind: "WrongShape" }
  /** The connection is reset before any answer. */
  | { kind: "Reset" }
  /** Nothing is ever answered. */
  | { kind: "Hang" }
  /** The connection ends in the middle of the body. */
  | { kind: "Cut" }
  /** The body begins and never ends. */
  | { kind: "Stall" };

/** What to answer: JSON (perhaps late; `sent` is told once it is out), or a failure. Only counted requests are part of the load. */
export type Answer =
  | { kind: "Json"; body: unknown; delayMs?: number; counted?: boolean; sent?: () => void }
  | { kind: "Fault"; fault: Fault; delayMs?: number; counted?: boolean };

/** A running server. */
export interface JsonServer {
  /** `http://127.0.0.1:PORT`, without a path. */
  origin: string;
  /** How many counted requests have no answer yet, and how many there were at most. */
  load(): { inFlight: number; maxInFlight: number };
  /** Ends all connections and stops. */
  close(): Promise<void>;
}

/** Connections the kernel holds for us while many begin at once. */
const BACKLOG = 4_096;

/** Starts a server on loopback; port 0 takes a free one. Throws when the port is taken. */
export async function startJsonServer(port: number, respond: (request: Received) => Answer): Promise<JsonServer> {
  const load = { inFlight: 0, maxInFlight: 0 };
  const server = createServer((request, response) => {
    void receive(request).then(
      (received) => {
        const answer = respond(received);
        if (answer.counted === true) count(response, load);
        if (answer.kind === "Json" && answer.sent) response.once("finish", answer.sent);
        send(response, answer);
      },
      () => response.destroy(),
    );
  });
  // Longer than any client keeps an idle connection, so that the client is the one to close it.
  server.keepAliveTimeout = 75_000;
  server.requestTimeout = 0;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port, host: "127.0.0.1", backlog: BACKLOG }, resolve);
  });
  const address = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${address.port}`,
    load: () => ({ ...load }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function count(response: ServerResponse, load: { inFlight: number; maxInFlight: number }): void {
  load.inFlight += 1;
  load.maxInFlight = Math.max(load.maxInFlight, load.inFlight);
  response.once("close", () => (load.inFlight -= 1));
}

async function receive(request: IncomingMessage): Promise<Received> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString("utf8");
  return {
    method: request.method ?? "",
    url: request.url ?? "",
    headers: request.headers,
    body: parsed(text),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function send(response: ServerResponse, answer: Answer): void {
  const act = (): void =>
    answer.kind === "Json" ? sendJson(response, 200, answer.body) : fail(response, answer.fault);
  if (answer.delayMs === undefined || answer.delayMs <= 0) return act();
  const timer = setTimeout(act, answer.delayMs);
  response.once("close", () => clearTimeout(timer));
}

function sendJson(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
    ...headers,
  });
  response.end(text);
}

function fail(response: ServerResponse, fault: Fault): void {
  switch (fault.kind) {
    case "Status": {
      const { status, body, headers } = fault;
      return sendJson(response, status, body ?? defaultError(status), headers);
    }
    case "Html":
      return sendText(response, "text/html", "<!doctype html><p>Sign in");
    case "BrokenJson":
      return sendText(response, "application/json", '{"id": "x", "choi');
    case "WrongShape":
      return sendJson(response, 200, { hello: "world" });
    case "Reset":
      response.socket?.resetAndDestroy();
      return;
    case "Hang":
      return;
    default:
      return sendHalf(response, fault.kind === "Cut");
  }
}

function sendText(response: ServerResponse, type: string, text: string): void {
  response.writeHead(200, { "content-type": type });
  response.end(text);
}

function sendHalf(response: ServerResponse, cut: boolean): void {
  response.writeHead(200, {
    "content-type": "application/json",
    "content-length": "1000",
  });
  response.write('{"id": "x", ', () => {
    if (cut) response.destroy();
  });
}

function defaultError(status: number): Json {
  return {
    error: {
      type: "injected_error",
      message: `The test server was told to answer ${status}.`,
    },
  };
}

/** Whether a value is a JSON object. */
export function isJson(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The objects in a list; anything else is an empty list. */
export function objectsIn(value: unknown): Json[] {
  return Array.isArray(value) ? value.filter(isJson) : [];
}

/** Whether a body holds half a surrogate pair, which strict servers refuse as broken Unicode. */
export function hasHalfCharacters(body: Json): boolean {
  // JSON.stringify escapes exactly those; an escaped backslash before it is the text of an escape, not one.
  return /(^|[^\\])(\\\\)*\\ud[89a-f]/.test(JSON.stringify(body));
}
