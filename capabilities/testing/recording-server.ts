// An HTTP server on loopback that records every request and answers as it is told: real sockets, so that time-outs and cut
// connections are real too. It knows nothing of Kubernetes.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What arrived. */
export interface Recorded {
  method: string;
  path: string;
  headers: IncomingMessage["headers"];
  body: string;
}

/** How to answer one request: with a response, by cutting the connection, never, or by hand. */
export type Answer =
  | { status: number; headers?: Record<string, string>; body?: unknown }
  | "cut"
  | "never"
  | ((response: ServerResponse) => void);

export interface RecordingServer {
  url: string;
  /** All requests, in order of arrival. */
  requests: Recorded[];
  /** How many connections were opened so far. */
  connections: () => number;
  close: () => Promise<void>;
}

/** Starts a server on a free port of 127.0.0.1. `answer` is asked for every request, once its body has arrived. */
export async function recordingServer(
  answer: (request: Recorded, nth: number) => Answer | Promise<Answer>,
): Promise<RecordingServer> {
  const requests: Recorded[] = [];
  let connections = 0;
  const server = createServer((incoming, response) => {
    void record(incoming).then(async (request) => {
      requests.push(request);
      give(await answer(request, requests.length), response);
    });
  });
  server.on("connection", () => connections++);
  await listen(server);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    connections: () => connections,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

async function record(incoming: IncomingMessage): Promise<Recorded> {
  let body = "";
  incoming.setEncoding("utf8");
  for await (const chunk of incoming) body += String(chunk);
  return { method: incoming.method ?? "", path: incoming.url ?? "", headers: incoming.headers, body };
}

function give(answer: Answer, response: ServerResponse): void {
  if (answer === "never") return;
  if (answer === "cut") {
    response.destroy();
    return;
  }
  if (typeof answer === "function") {
    answer(response);
    return;
  }
  response.writeHead(answer.status, { "content-type": "application/json", ...answer.headers });
  response.end(typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body ?? {}));
}

function listen(server: Server): Promise<void> {
  return new Promise((resolve) => void server.listen(0, "127.0.0.1", resolve));
}
