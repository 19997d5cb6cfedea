/**
 * One exchange with a provider through its official SDK: one pool of connections for all, our own deadline, no retries,
 * and the raw body, because SDKs hand out whatever a 200 holds. Every ending is a value. Sends nothing by itself.
 */
import { BaseAnthropic } from "@anthropic-ai/sdk/client";
import OpenAI from "openai";
import { Agent } from "undici";
import type { LLM } from "../../../crds/index";
import type { Endpoint } from "./endpoint";
import type { Caller } from "./failure";
import { aborted, brokenOff, timedOut, toFailure, unreadable } from "./failure";
import { anthropicVersion } from "./parameters";
import type { ModelFailure } from "./port";
import { parseJson } from "../../runtime/json";

/** One request. Without a body it is a GET. `url` is relative to the base URL, or absolute. */
export interface Exchange {
  caller: Caller;
  spec: LLM["spec"];
  url: string;
  body?: object;
  traceparent?: string;
  timeoutMs: number;
  signal: AbortSignal;
}

/** The parsed body of a 200. */
export interface Reply {
  kind: "Reply";
  body: unknown;
}

/** Sends one request and gives what came of it. Never rejects. */
export type Exchanger = (exchange: Exchange) => Promise<Reply | ModelFailure>;

/**
 * What both SDKs' clients can do. We ask by path: the typed methods parse the body themselves, warn on the console, and,
 * in Anthropic's case, are three quarters of the bundle; the base client is the same without them.
 */
interface Client {
  get(url: string, options: object): { asResponse(): Promise<Response> };
  post(url: string, options: object): { asResponse(): Promise<Response> };
}

/**
 * How long an idle connection is kept, in milliseconds: shorter than servers keep theirs (Node's default is 5 s), so that
 * none is used just as the server closes it.
 */
const KEEP_ALIVE_MS = 4_000;

/** The longest answer that is read, in bytes. The API server would not store a Task with a longer one. */
const LONGEST_BODY = 16 * 1024 * 1024;

/** The longest timer Node can hold. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** A pool of connections and the way to use it. The pool bounds nothing: that is the gate's and the deadline's job. */
export function createExchanger(): Exchanger {
  const pool = new Agent({
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: KEEP_ALIVE_MS,
    keepAliveMaxTimeout: KEEP_ALIVE_MS,
  });
  const clients = new WeakMap<LLM["spec"], Map<string, Client>>();
  return (exchange) => withDeadline(exchange, () => rememberedClient(exchange, pool, clients));
}

/** An SDK's client costs more than a call does, so it is kept for as long as its LLM's spec is, and for each key and deadline. */
function rememberedClient(exchange: Exchange, pool: Agent, clients: WeakMap<LLM["spec"], Map<string, Client>>): Client {
  const { spec, caller, timeoutMs } = exchange;
  const known = clients.get(spec) ?? new Map<string, Client>();
  clients.set(spec, known);
  const name = JSON.stringify([caller.endpoint.api, caller.endpoint.baseUrl, caller.apiKey, timeoutMs]);
  const client = known.get(name) ?? clientFor(exchange, pool);
  known.set(name, client);
  return client;
}

async function withDeadline(exchange: Exchange, client: () => Client): Promise<Reply | ModelFailure> {
  const { caller, signal, timeoutMs } = exchange;
  if (signal.aborted) return aborted();
  const ending = new AbortController();
  const end = (): void => ending.abort();
  // In a process that stood still, timers come before what has arrived meanwhile: that is read first, for it has been paid for.
  const timer = setTimeout(() => setImmediate(end), Math.min(timeoutMs, LONGEST_TIMER_MS));
  signal.addEventListener("abort", end, { once: true });
  try {
    return await send(exchange, client(), ending.signal);
  } catch (error) {
    if (signal.aborted) return aborted();
    if (ending.signal.aborted) return timedOut(caller, timeoutMs);
    return toFailure(error, caller, new Date());
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", end);
  }
}

async function send(exchange: Exchange, client: Client, signal: AbortSignal): Promise<Reply | ModelFailure> {
  const { url, body, traceparent, timeoutMs, caller } = exchange;
  const options = {
    signal,
    // Our own deadline comes first; an explicit one also keeps Anthropic's SDK from refusing long answers.
    timeout: Math.min(timeoutMs * 2, LONGEST_TIMER_MS),
    maxRetries: 0,
    ...(traceparent === undefined ? {} : { headers: { traceparent } }),
  };
  const request = body === undefined ? client.get(url, options) : client.post(url, { ...options, body });
  const response = await request.asResponse();
  const text = await textOf(response, signal);
  if (text === undefined) return brokenOff(caller);
  const parsed = parseJson(text);
  return parsed === undefined ? unreadable(describeText(text), caller) : { kind: "Reply", body: parsed };
}

/** The body's text, or undefined when the connection broke before its end. Throws when `signal` ended it. */
async function textOf(response: Response, signal: AbortSignal): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      chunks.push(chunk);
      size += chunk.byteLength;
      if (size > LONGEST_BODY) return undefined;
    }
  } catch (error) {
    if (signal.aborted) throw error;
    return undefined;
  }
  return Buffer.concat(chunks).toString("utf8");
}

function describeText(text: string): string {
  if (text.trim() === "") return "is empty";
  return text.trimStart().startsWith("<") ? "is a web page" : "is not JSON";
}

function clientFor(exchange: Exchange, pool: Agent): Client {
  const { caller, spec, timeoutMs } = exchange;
  const shared = {
    baseURL: caller.endpoint.baseUrl,
    defaultQuery: caller.endpoint.query,
    timeout: timeoutMs,
    maxRetries: 0,
    logLevel: "off" as const,
    fetch: fetchThrough(pool),
  };
  return caller.endpoint.api === "anthropic.messages"
    ? new BaseAnthropic({ ...shared, ...anthropicOptions(caller, spec) })
    : new OpenAI({ ...shared, ...openaiOptions(caller, spec) });
}

/**
 * What the SDKs need of fetch, over our pool. A real one builds streams and headers that nobody here reads, at half a
 * millisecond a call; redirects are not followed, for a key must not travel to where an answer points.
 */
function fetchThrough(pool: Agent): typeof fetch {
  return async (input, init = {}) => {
    const { origin, pathname, search } = new URL(input instanceof Request ? input.url : input);
    const { statusCode, headers, body } = await pool.request({
      origin,
      path: pathname + search,
      method: init.method === "POST" ? "POST" : "GET",
      headers: Object.fromEntries(new Headers(init.headers)),
      body: typeof init.body === "string" ? init.body : null,
      signal: init.signal ?? null,
    });
    const response = {
      ok: statusCode >= 200 && statusCode < 300,
      status: statusCode,
      headers: new Headers(Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)])),
      body,
      text: () => body.text(),
      url: origin,
    };
    return response as unknown as Response;
  };
}

/** An SDK insists on a key; where there is none, the header that would carry it is taken out again. */
const NO_KEY = "none";

function openaiOptions({ endpoint, apiKey }: Caller, spec: LLM["spec"]) {
  const azure = endpoint.provider === "azure";
  return {
    apiKey: apiKey ?? NO_KEY,
    // Null, not undefined: the SDK would look for them in the environment.
    adminAPIKey: null,
    organization: spec.openai?.organization ?? null,
    project: spec.openai?.project ?? null,
    defaultHeaders: {
      ...(apiKey === undefined || azure ? { authorization: null } : {}),
      ...(azure && apiKey !== undefined ? { "api-key": apiKey } : {}),
    },
  };
}

function anthropicOptions({ endpoint, apiKey }: Caller, spec: LLM["spec"]) {
  const version = anthropicVersion(spec, endpoint);
  const betas = spec.anthropic?.betaHeaders ?? [];
  return {
    apiKey: apiKey ?? NO_KEY,
    openTelemetry: false as const,
    defaultHeaders: {
      ...(version === undefined ? {} : { "anthropic-version": version }),
      ...(betas.length === 0 ? {} : { "anthropic-beta": betas.join(",") }),
      ...keyHeaders(endpoint, apiKey, version),
    },
  };
}

/** The newest API takes the key as a bearer token; older versions take x-api-key, and compatible servers one or the other. */
function keyHeaders(
  endpoint: Endpoint,
  apiKey: string | undefined,
  version: string | undefined,
): Record<string, string | null> {
  if (apiKey === undefined) return { authorization: null };
  if (!endpoint.own) return { "x-api-key": apiKey };
  return version !== undefined && version < "2026-10-21" ? { "x-api-key": apiKey, authorization: null } : {};
}
