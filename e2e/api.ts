/**
 * The API server as a person with admin rights sees it, without the price of a kubectl process: one pool of connections,
 * plain JSON in and out. It knows no kind and judges nothing.
 */
import { readFileSync } from "node:fs";
import type { RequestOptions } from "node:https";
import { Agent, request } from "node:https";
import { keyFiles } from "../controlplane/certificates";
import type { State } from "../controlplane/state";
import { recall } from "../controlplane/state";

/** What came back. `warnings` are those that kubectl would print. */
export interface Reply {
  status: number;
  body: unknown;
  warnings: string[];
}

export interface Call {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Path and query. */
  path: string;
  body?: unknown;
  /** Of the body; JSON when left out. */
  contentType?: string;
}

export interface Api {
  /** Any status is an answer; only no answer at all rejects. */
  call(call: Call): Promise<Reply>;
  /** Keeps every line that a watch brings from now on. */
  watch(path: string): Watch;
  close(): void;
}

/** A watch that is going on. */
export interface Watch {
  /** What it has brought so far: one object of JSON a line. */
  text(): string;
  stop(): void;
}

const ANSWER_WITHIN_MS = 30_000;

/** The API server of a state that is up. */
export function apiOf(state: State): Api {
  const admin = keyFiles(state, "admin");
  const agent = new Agent({
    keepAlive: true,
    maxSockets: 20,
    ca: readFileSync(keyFiles(state, "ca").certificate),
    key: readFileSync(admin.key),
    cert: readFileSync(admin.certificate),
  });
  const port = recall(state).ports.apiserver;
  return {
    call: (call) => send(call, agent, port),
    watch: (path) => watch({ host: "127.0.0.1", port, path, agent }),
    close: () => agent.destroy(),
  };
}

/** The API server may hang up on a watch that reads slowly, as this busy process does: it goes on where it was. */
function watch(options: RequestOptions): Watch {
  let text = "";
  let isStopped = false;
  let hangUp = (): void => undefined;
  const open = (): void => {
    if (isStopped) return;
    text = text.slice(0, text.lastIndexOf("\n") + 1); // Half a line is brought again.
    const asked = request({ ...options, path: `${options.path ?? ""}${since(text)}` }, (answer) => {
      answer.setEncoding("utf8");
      answer.on("data", (chunk: string) => (text += chunk));
      answer.on("error", () => undefined);
    });
    asked.on("error", () => undefined);
    asked.on("close", () => void setTimeout(open, 100));
    asked.end();
    hangUp = () => void asked.destroy();
  };
  open();
  const stop = (): void => {
    isStopped = true;
    hangUp();
  };
  return { text: () => text, stop };
}

/** The version of the last object that a watch has brought, as a query. */
function since(text: string): string {
  const last = text.trimEnd().split("\n").at(-1) ?? "";
  const version = /"resourceVersion":"(\d+)"/.exec(last)?.[1];
  return version === undefined ? "" : `&resourceVersion=${version}`;
}

function send({ method, path, body, contentType }: Call, agent: Agent, port: number | undefined): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers = {
      accept: "application/json",
      ...(text === undefined
        ? {}
        : { "content-type": contentType ?? "application/json", "content-length": Buffer.byteLength(text) }),
    };
    const asked = request(
      { host: "127.0.0.1", port, method, path, agent, headers, timeout: ANSWER_WITHIN_MS },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on("data", (chunk: Buffer) => chunks.push(chunk));
        answer.on("error", reject);
        answer.on("end", () =>
          resolve({
            status: answer.statusCode ?? 0,
            body: parsed(Buffer.concat(chunks).toString("utf8")),
            warnings: warningsIn(answer.rawHeaders),
          }),
        );
      },
    );
    asked.on("timeout", () => asked.destroy(new Error(`${method} ${path} was not answered`)));
    asked.on("error", reject);
    asked.end(text);
  });
}

/** /metrics and the like answer in plain text. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** RFC 7234 section 5.5: `299 - "text"`, with quotes and backslashes escaped. */
function warningsIn(rawHeaders: string[]): string[] {
  return rawHeaders.flatMap((name, i) => {
    const value = rawHeaders[i + 1];
    if (i % 2 !== 0 || name.toLowerCase() !== "warning" || value === undefined) return [];
    const text = Buffer.from(value, "latin1").toString("utf8");
    return [...text.matchAll(/299 - "((?:\\.|[^"\\])*)"/g)].map(([, said = ""]) => said.replace(/\\(.)/g, "$1"));
  });
}
