/** The scripted model's process: an HTTP server on 127.0.0.1. `up` starts it with `--port=N` and the state it belongs to. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:http";
import { reply } from "./scripted-wire";

const LARGEST_BODY = 8 * 1024 * 1024;

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LARGEST_BODY) {
      response.writeHead(413).end();
      return;
    }
    chunks.push(chunk);
  }
  const path = (request.url ?? "/").split("?")[0] ?? "/";
  const { status, body } = reply(
    request.method ?? "GET",
    path,
    parse(Buffer.concat(chunks)),
    Math.floor(Date.now() / 1000),
  );
  // So that nobody who looks at the wire takes it for a provider.
  response.writeHead(status, { "content-type": "application/json", "x-kubechain-model": "scripted" });
  response.end(JSON.stringify(body));
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    return undefined;
  }
}

const port = Number(process.argv.find((argument) => argument.startsWith("--port="))?.slice("--port=".length));
const server = createServer((request, response) => {
  answer(request, response).catch(() => response.destroy());
});
server.listen(port, "127.0.0.1", () => console.log(`The scripted model listens on http://127.0.0.1:${port}/v1`));
