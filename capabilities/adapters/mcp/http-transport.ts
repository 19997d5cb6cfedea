/**
 * MCP over HTTP: streamable HTTP, and SSE for servers that only speak that. Owns the sockets of one connection and how the
 * SDK opens them; what an answer means is said in outcome.ts and words.ts.
 */
import type { FetchLike, JSONRPCMessage } from "@modelcontextprotocol/client";
import { SSEClientTransport, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { Agent, fetch } from "undici";
import type { Clock } from "../../runtime/clock";
import { after } from "../../runtime/clock";
import type { McpTarget } from "./port";

/** The header a call's key is in, for proxies and servers that look no further. */
export const KEY_HEADER = "Idempotency-Key";

/** The longest time for a TCP and TLS handshake. */
const LONGEST_HANDSHAKE_MS = 10_000;
/** The longest answer that is read, in bytes, streams included; a stream of notifications is simply opened again. */
const LONGEST_BODY = 64 * 1024 * 1024;
/** A stream that breaks is opened again when the server says (SSE's `retry`), but never sooner than after this. */
const SHORTEST_PAUSE_MS = 200;
/** The same where the server says nothing: 1 s, 2 s, 4 s, 8 s, 16 s; then the next look at the server decides. */
const REOPENING = {
  initialReconnectionDelay: 1_000,
  reconnectionDelayGrowFactor: 2,
  maxReconnectionDelay: 30_000,
  maxRetries: 5,
};

/** The sockets of one connection. */
export interface Sockets {
  fetch: FetchLike;
  close(): Promise<void>;
}

/** Sockets to one server. `isEndless`: all answers come over one stream, whose length says nothing. */
export function openSockets(target: McpTarget, isEndless: boolean): Sockets {
  const agent = new Agent({
    headersTimeout: 0,
    bodyTimeout: 0,
    // A socket for every request: on one that was kept, and that the server is just closing, a request has an unknown
    // outcome, and for a tool that is not safe to repeat this costs far more than a handshake.
    pipelining: 0,
    connect: { timeout: Math.min(target.timeoutMs, LONGEST_HANDSHAKE_MS) },
    maxResponseSize: isEndless ? -1 : LONGEST_BODY,
  });
  // Undici's own fetch has undici's own types; at run time they are the same standard.
  const through = fetch as unknown as (url: string | URL, init: object) => Promise<Response>;
  return {
    fetch: (url, init) => through(url, { ...init, dispatcher: agent }),
    close: () => agent.destroy(),
  };
}

/** What the SDK gives its own transport with every message. */
type SendOptions = NonNullable<Parameters<StreamableHTTPClientTransport["send"]>[1]>;

/**
 * Streamable HTTP that says when the stream of a call's answer ended, so that a call whose server died ends too. The SDK
 * (client 2.4.0) has the notice on the transport only; calls are recognised by their `Idempotency-Key`.
 */
export class HttpTransport extends StreamableHTTPClientTransport {
  readonly #calls = new Map<string, { onEnd: () => void; stream: AbortController }>();
  readonly #timers: Set<() => void>;

  constructor(target: McpTarget, sockets: Sockets, clock: Clock) {
    const timers = new Set<() => void>();
    super(new URL(target.url ?? ""), {
      fetch: sockets.fetch,
      requestInit: { headers: target.headers ?? {} },
      reconnectionOptions: REOPENING,
      reconnectionScheduler: (reconnect, delayMs) => {
        const cancel = clock.at(after(clock, Math.max(delayMs, SHORTEST_PAUSE_MS)), () => {
          timers.delete(cancel);
          reconnect();
        });
        timers.add(cancel);
        return cancel;
      },
    });
    this.#timers = timers;
  }

  /** Calls `onEnd` when the stream of the call's answer has ended for good. Returns the end of the waiting for it. */
  expect(key: string, onEnd: () => void): (isAnswered: boolean) => void {
    const call = { onEnd, stream: new AbortController() };
    this.#calls.set(key, call);
    return (isAnswered) => {
      if (this.#calls.get(key) === call) this.#calls.delete(key);
      // A stream that has brought the answer ends by itself; broken off, it would look like a cancellation.
      if (!isAnswered) call.stream.abort();
    };
  }

  override async send(message: JSONRPCMessage | JSONRPCMessage[], options: SendOptions = {}): Promise<void> {
    const call = this.#calls.get(options.headers?.[KEY_HEADER] ?? "");
    if (call === undefined) return super.send(message, options);
    const { requestSignal } = options;
    const signals = [call.stream.signal, ...(requestSignal === undefined ? [] : [requestSignal])];
    // Not before what has come is delivered: the answer itself may be the last thing on the stream.
    const onRequestStreamEnd = (): void => void setImmediate(call.onEnd);
    await super.send(message, { ...options, onRequestStreamEnd, requestSignal: AbortSignal.any(signals) });
  }

  override async close(): Promise<void> {
    for (const cancel of this.#timers) cancel();
    this.#timers.clear();
    await super.close();
  }
}

/** The transport of the protocol before 2025-03-26. */
export function sseTransport(target: McpTarget, sockets: Sockets): SSEClientTransport {
  return new SSEClientTransport(new URL(target.url ?? ""), {
    fetch: sockets.fetch,
    requestInit: { headers: target.headers ?? {} },
  });
}
