/**
 * One HTTP exchange with a service behind a channel: a deadline, the caller's abort, no redirects, a bounded answer. Owns
 * the sockets. Every ending is a value; what it means, and in which words, is said elsewhere.
 */
import { Agent } from "undici";
import type { Clock } from "../../runtime/clock";
import { after } from "../../runtime/clock";
import { codeOf } from "../../runtime/errors";
import { retryAfterMs } from "./pauses";

/** One request. */
export interface WireRequest {
  method: string;
  url: string;
  headers: Record<string, string>;
  body?: string;
  /** Ends the exchange. */
  signal: AbortSignal;
  timeoutMs: number;
}

/** Why there is no answer. */
export type Trouble =
  /** The service answered with anything but 2xx; `text` is what it said, as it came. */
  | { kind: "Status"; status: number; text: string; retryAfterMs?: number }
  | { kind: "TimedOut"; timeoutMs: number }
  /** `why` is the system's name of what happened, such as ECONNREFUSED. */
  | { kind: "Unreachable"; why: string }
  /** There was an answer, but not one of the protocol; `how` completes "it …". */
  | { kind: "Unreadable"; how: string }
  /** Whoever asked does not want to know any more. */
  | { kind: "Aborted" };

/** Exchanges over HTTP. */
export interface Wire {
  /** The text of a 2xx, or why there is none. Never rejects. */
  exchange(request: WireRequest): Promise<{ kind: "Answer"; text: string } | Trouble>;
  /** Ends all connections. */
  close(): Promise<void>;
}

/** Shorter than servers keep idle connections (Node's default is 5 s), so that none is used just as it is closed. */
const KEEP_ALIVE_MS = 4_000;
/** The longest answer that is read, in bytes: a list of all that is pending can be long. */
const LONGEST_ANSWER = 64 * 1024 * 1024;
/** Of an answer that refuses, only the beginning is of interest, in bytes. */
const LONGEST_REFUSAL = 64 * 1024;

/** Sockets for all channels. */
export function createWire(clock: Clock): Wire {
  const pool = new Agent({
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: KEEP_ALIVE_MS,
    keepAliveMaxTimeout: KEEP_ALIVE_MS,
  });

  async function exchange(request: WireRequest): Promise<{ kind: "Answer"; text: string } | Trouble> {
    const { signal, timeoutMs } = request;
    if (signal.aborted) return { kind: "Aborted" };
    const ending = new AbortController();
    const end = (): void => ending.abort();
    const cancelDeadline = clock.at(after(clock, timeoutMs), end);
    signal.addEventListener("abort", end, { once: true });
    try {
      return await send(pool, request, { signal: ending.signal, now: clock.now() });
    } catch (error) {
      if (signal.aborted) return { kind: "Aborted" };
      return ending.signal.aborted ? { kind: "TimedOut", timeoutMs } : { kind: "Unreachable", why: nameOf(error) };
    } finally {
      cancelDeadline();
      signal.removeEventListener("abort", end);
    }
  }

  return { exchange, close: () => pool.destroy() };
}

async function send(
  pool: Agent,
  { method, url, headers, body }: WireRequest,
  { signal, now }: { signal: AbortSignal; now: Date },
): Promise<{ kind: "Answer"; text: string } | Trouble> {
  if (!isWebAddress(url)) return { kind: "Unreachable", why: "its address is no http or https address" };
  const { origin, pathname, search } = new URL(url);
  // Not fetch: it would follow redirects, and a key must not travel to where an answer points.
  const answer = await pool.request({
    origin,
    path: pathname + search,
    method: method === "POST" ? "POST" : "GET",
    headers,
    body: body ?? null,
    signal,
  });
  const { statusCode } = answer;
  const isFine = statusCode >= 200 && statusCode < 300;
  const text = await textOf(answer.body, isFine ? LONGEST_ANSWER : LONGEST_REFUSAL);
  if (!isFine) return refusal(statusCode, text, retryAfterMs(answer.headers["retry-after"], now));
  return text.length < LONGEST_ANSWER ? { kind: "Answer", text } : { kind: "Unreadable", how: "is too long" };
}

function refusal(status: number, text: string, waitMs: number | undefined): Trouble {
  return { kind: "Status", status, text, ...(waitMs !== undefined && { retryAfterMs: waitMs }) };
}

/** The text up to a limit; what comes after it is not waited for. */
async function textOf(body: AsyncIterable<Uint8Array>, limit: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    size += chunk.byteLength;
    if (size >= limit) break;
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** Whether a text is an address that can be asked; one with a name or password in it is none, for addresses are shown. */
export function isWebAddress(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return (protocol === "http:" || protocol === "https:") && username === "" && password === "";
}

/** As many causes as are looked into. */
const DEPTH = 6;

/** The innermost code of a chain of causes, which says most; never a message, for those can quote what was sent. */
function nameOf(thrown: unknown): string {
  let name: string | undefined;
  let error = thrown;
  for (let depth = 0; depth < DEPTH && isObject(error); depth++) {
    name = codeOf(error) ?? name;
    // Both addresses of a name refused: an AggregateError, whose members say why.
    error = Array.isArray(error["errors"]) ? (error["errors"] as unknown[])[0] : error["cause"];
  }
  return name === undefined ? "the connection failed" : (PLAIN[name] ?? name);
}

const PLAIN: Record<string, string> = {
  UND_ERR_SOCKET: "the connection was closed in the middle",
  UND_ERR_INVALID_ARG: "the key holds a character that no HTTP header can carry",
};

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
