/**
 * A small scripted model behind the wire formats of OpenAI (chat completions, responses) and Anthropic (messages): for the
 * quickstart, end-to-end tests and benchmarks. It needs no key and no network, costs nothing, and says in every answer of
 * its own that it is scripted. Run it as a process:
 *
 *     tsx capabilities/testing/model-server.ts --port 8080 [--latency-ms 2000] [--script FILE]
 *
 * What it answers: the question put to it, or, when a tool's name shares a word with the user's message, a call of that tool
 * with arguments found in the message; then what the tool said. The user's newest message can direct it:
 *
 *     [say:TEXT]               answer TEXT (without brackets)
 *     [call:TOOL {"a": 1}]     call TOOL; several in a row are called together
 *     [then]                   what follows is for the model's next turn
 *     [latency:MS]             answer this turn after MS milliseconds
 *     [fail:429x2]             fail the first two requests of this turn; instead of a status also html, json, shape (a 200
 *                              that is no answer), reset, hang, cut, stall; 429:retry-after=3 adds that header
 *
 * A script (FILE, or POST /script) is JSON: [{"match": "words of the user", "turns": [{"fail": ["503x2"], "calls":
 * [{"name": "TOOL", "arguments": {}}]}, {"say": "TEXT"}]}]; a later one beats an earlier one.
 *
 *     GET  /stats    {requests, answered, inFlight, maxInFlight, conversations, repeated, answeredTwice, byModel}
 *     POST /reset    forgets counts and posted scripts
 *
 * A conversation is all messages up to a turn: `repeated` counts those asked more than once, `answeredTwice` those that got
 * more than one answer. Give every task words of its own, or equal ones count as the same. A key that contains `invalid` is
 * refused with 401.
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { FORMATS } from "./model-server-formats";
import type { Answer, Received } from "./model-server-http";
import { isJson, startJsonServer } from "./model-server-http";
import type { Script } from "./model-server-script";
import { nextMove } from "./model-server-script";

/** How the server is started. A port of 0 (the default) takes a free one. */
export interface ModelServerOptions {
  port?: number;
  /** How long every answer takes, in milliseconds. */
  latencyMs?: number;
  scripts?: Script[];
}

/** What the server has seen. */
export interface ModelServerStats {
  /** Requests for an answer, failed ones included. */
  requests: number;
  answered: number;
  inFlight: number;
  maxInFlight: number;
  conversations: number;
  repeated: number;
  answeredTwice: number;
  byModel: Record<string, number>;
}

/** A running server. */
export interface ModelServer {
  /** The base URL for an LLM or OPENAI_BASE_URL. */
  url: string;
  stats(): ModelServerStats;
  /** Adds a script; the newest that matches is followed. */
  script(...scripts: Script[]): void;
  close(): Promise<void>;
}

/** The models it lists; it answers under any name. */
const MODELS = ["gpt-4o", "gpt-4o-mini", "gpt-5.4", "claude-3-5-sonnet", "claude-sonnet-4-5", "scripted"];

/** What is remembered between requests. */
class Memory {
  requests = 0;
  answered = 0;
  readonly byModel: Record<string, number> = {};
  readonly #conversations = new Map<string, { asked: number; answered: number }>();

  /** Notes a request and says how often this conversation was asked before. */
  ask(digest: string, model: string): number {
    const seen = this.#conversations.get(digest) ?? { asked: 0, answered: 0 };
    this.#conversations.set(digest, seen);
    this.requests += 1;
    this.byModel[model] = (this.byModel[model] ?? 0) + 1;
    seen.asked += 1;
    return seen.asked - 1;
  }

  answer(digest: string): void {
    this.answered += 1;
    const seen = this.#conversations.get(digest);
    if (seen) seen.answered += 1;
  }

  counts(): Omit<ModelServerStats, "inFlight" | "maxInFlight"> {
    const all = [...this.#conversations.values()];
    return {
      requests: this.requests,
      answered: this.answered,
      conversations: all.length,
      repeated: all.filter(({ asked }) => asked > 1).length,
      answeredTwice: all.filter(({ answered }) => answered > 1).length,
      byModel: { ...this.byModel },
    };
  }
}

/** Starts the server in this process. Throws when the port is taken. */
export async function startModelServer(options: ModelServerOptions = {}): Promise<ModelServer> {
  let memory = new Memory();
  const posted: Script[] = [];
  const given = options.scripts ?? [];
  const scripts = (): Script[] => [...given, ...posted];
  const stats = (): ModelServerStats => ({ ...memory.counts(), ...server.load() });

  const respond = (request: Received): Answer => {
    const path = request.url.split("?")[0] ?? "";
    switch (`${request.method} ${path}`) {
      case "GET /stats":
        return json(stats());
      case "POST /script":
        posted.push(...scriptsIn(request.body));
        return json({ scripts: scripts().length });
      case "POST /reset":
        memory = new Memory();
        posted.length = 0;
        return json({});
      case "GET /v1/models":
        return (
          refusedKey(request) ??
          json({
            object: "list",
            data: MODELS.map((id) => ({ id, object: "model", created: 0, owned_by: "kubechain" })),
            has_more: false,
          })
        );
      default:
        return (
          refusedKey(request) ?? speak(request, path, { memory, scripts: scripts(), latencyMs: options.latencyMs ?? 0 })
        );
    }
  };
  const server = await startJsonServer(options.port ?? 0, respond);
  return {
    url: `${server.origin}/v1`,
    stats,
    script: (...more) => void posted.push(...more),
    close: () => server.close(),
  };
}

interface Speaker {
  memory: Memory;
  scripts: Script[];
  latencyMs: number;
}

function speak(request: Received, path: string, { memory, scripts, latencyMs }: Speaker): Answer {
  const format = FORMATS[path];
  if (format === undefined || request.method !== "POST")
    return status(404, `There is no ${request.method} ${path} here.`);
  if (!isJson(request.body)) return status(400, "The body is not JSON.");
  const asked = format.read(request.body);
  const before = memory.ask(asked.digest, String(request.body["model"]));
  const move = nextMove(asked, scripts, before);
  const delayMs = move.latencyMs ?? latencyMs;
  if (move.kind === "Fault") return { kind: "Fault", fault: move.fault, delayMs, counted: true };
  const input = Math.ceil(JSON.stringify(request.body).length / 4);
  const output = Math.ceil(JSON.stringify(move.reply).length / 4);
  const reply = { ...move.reply, usage: { input, output, cached: 0 } };
  return {
    kind: "Json",
    body: format.write(reply, request),
    delayMs,
    counted: true,
    sent: () => memory.answer(asked.digest),
  };
}

function refusedKey({ headers }: Received): Answer | undefined {
  const key = headers.authorization ?? headers["x-api-key"];
  return typeof key === "string" && key.includes("invalid") ? status(401, "Incorrect API key provided.") : undefined;
}

function scriptsIn(body: unknown): Script[] {
  const list: unknown[] = Array.isArray(body) ? body : [body];
  return list.filter(
    (entry): entry is Script => isJson(entry) && typeof entry["match"] === "string" && Array.isArray(entry["turns"]),
  );
}

function json(body: unknown): Answer {
  return { kind: "Json", body };
}

function status(code: number, message: string): Answer {
  return {
    kind: "Fault",
    fault: { kind: "Status", status: code, body: { error: { type: "invalid_request_error", message } } },
  };
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: "string" },
      "latency-ms": { type: "string" },
      script: { type: "string" },
      "model-of": { type: "string" }, // Says to whoever lists the processes whose this is.
    },
  });
  const scripts = values.script === undefined ? [] : scriptsIn(JSON.parse(readFileSync(values.script, "utf8")));
  const server = await startModelServer({
    port: Number(values.port ?? 0),
    latencyMs: Number(values["latency-ms"] ?? 0),
    scripts,
  });
  process.stdout.write(`model-server listening on ${server.url}\n`);
}

// Started as a program, not imported by a test.
if (/model-server\.[cm]?[jt]s$/.test(process.argv[1] ?? "")) {
  main().catch((error: unknown) => {
    process.stderr.write(`model-server: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  });
}
