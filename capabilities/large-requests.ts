/**
 * Reads what the webhooks are sent, in Pepr's stead: Pepr 1.1.4 takes two megabytes, and an update carries an object as it
 * was and as it will be. A Task whose conversation has grown past one could not be cancelled, labelled or, where the
 * garbage collector holds a finalizer on it, deleted. It judges nothing.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { parseJson } from "./runtime/json";

/** The API server takes requests of 3 MiB, and etcd objects of half that: one of each and room for the rest, in bytes. */
export const LARGEST_REQUEST = 8 * 1024 * 1024;

/**
 * The same listener, for which bodies have been read and parsed already. Express's own reader (body-parser 2.4.0, `read`)
 * leaves a request alone that has been read to its end, with the `body` it finds there.
 */
export function readingBodies(listener: RequestListener): RequestListener {
  return (request, response) => {
    if (request.method === "POST") read(request, response, () => listener(request, response));
    else listener(request, response);
  };
}

function read(request: IncomingMessage, response: ServerResponse, then: () => void): void {
  const chunks: Buffer[] = [];
  let size = 0;
  request.on("data", (chunk: Buffer) => {
    size += chunk.byteLength;
    if (size <= LARGEST_REQUEST) chunks.push(chunk);
    else chunks.length = 0; // Read on, for the answer would not be heard before the end.
  });
  // Whoever has hung up needs no answer; without a listener the process would end.
  request.on("error", () => chunks.splice(0));
  request.on("end", () => {
    if (size > LARGEST_REQUEST) return refuse(response, 413);
    const body = parseJson(Buffer.concat(chunks).toString("utf8"));
    if (typeof body !== "object" || body === null) return refuse(response, 400);
    Object.assign(request, { body });
    then();
  });
}

function refuse(response: ServerResponse, status: number): void {
  response.writeHead(status, { connection: "close" }).end();
}
