/**
 * A connection in use: counts the calls under way, so that a connection that is replaced ends when the last of them has.
 * Owns the end of the connection, whichever way it comes; knows nothing of why.
 */
import type { McpConnection } from "./connection";
import type { Verdict } from "./outcome";
import type { McpRequest } from "./port";

/** How long the processes of a connection may take to end when nobody hurries, milliseconds. */
export const GRACE_MS = 4_000;

/** A connection and the calls on it. */
export class Session {
  readonly connection: McpConnection;
  readonly #end = new AbortController();
  readonly #gone: Promise<void>;
  #tellGone: () => void = () => undefined;
  #calls = 0;
  #isRetired = false;

  constructor(connection: McpConnection) {
    this.connection = connection;
    this.#gone = new Promise((resolve) => {
      this.#tellGone = resolve;
    });
  }

  /** Whether calls are under way. */
  get isBusy(): boolean {
    return this.#calls > 0;
  }

  /** Resolves when the connection and its processes are gone; it does not begin their end. */
  get gone(): Promise<void> {
    return this.#gone;
  }

  /** Carries a call out; it ends as `Unknown` when the session is ended before the answer. */
  async call(request: McpRequest, signal: AbortSignal): Promise<Verdict> {
    this.#calls++;
    const end = this.#end.signal;
    try {
      const verdict = await this.connection.call(request, AbortSignal.any([signal, end]));
      const isOurs = end.aborted && !signal.aborted && verdict.outcome.kind === "Unknown";
      return isOurs ? { ...verdict, outcome: { kind: "Unknown", message: String(end.reason) } } : verdict;
    } finally {
      this.#calls--;
      if (this.#isRetired && this.#calls === 0) void this.end(GRACE_MS, "");
    }
  }

  /** Lets the calls under way end (each has its deadline), then ends the connection. */
  retire(): void {
    this.#isRetired = true;
    if (this.#calls === 0) void this.end(GRACE_MS, "");
  }

  /** Ends the connection now, and its calls, which say `why`. Resolves when its processes are gone, after `graceMs` by force. */
  async end(graceMs: number, why: string): Promise<void> {
    this.#end.abort(why);
    // Again where it is ending already: the end may have become urgent.
    await this.connection.close(graceMs);
    this.#tellGone();
  }
}
