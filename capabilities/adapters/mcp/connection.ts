/**
 * One open connection to one server, whatever it runs over: what the server says of itself, its tools, one call, a sign of
 * life, the end. Owns the SDK's client (2.4.0), and is the only file that asks it anything once it is connected. It never
 * repeats anything and never decides to connect again.
 */
import type {
  CallToolRequestOptions,
  Client,
  McpSubscription,
  StandardSchemaV1,
  Tool,
} from "@modelcontextprotocol/client";
import { SseError } from "@modelcontextprotocol/client";
import type { MCPTool } from "../../../crds/index";
import type { Clock } from "../../runtime/clock";
import { KEY_HEADER } from "./http-transport";
import type { Verdict } from "./outcome";
import { cancelled, notContinued, toResult, toVerdict } from "./outcome";
import { areParamHeadersValid } from "./param-headers";
import { isContinued, newerParams, olderParams } from "./params";
import type { McpAbout, McpRequest, McpTarget } from "./port";
import type { ToolPage } from "./tools";
import { readTools } from "./tools";
import type { Trouble } from "./trouble";
import { StreamEndedError, troubleOf } from "./trouble";
import type { Wire } from "./wire";
import { within } from "./wire";
import type { Stage } from "./words";
import { checkTimeoutMs } from "./words";
import { isRecord } from "../../runtime/json";

/** Who wants to know what happens on a connection by itself. Each is told of it at most as often as it happens. */
export interface ConnectionListener {
  /** The connection has ended, and not because we closed it. */
  onClosed(detail: string): void;
  onToolsChanged(): void;
  /** These of the server's tools cannot be used, and are left out of its list. */
  onLeftOut(tools: string[]): void;
}

/** The list of tools, or why there is none. */
export type Listing = { kind: "Listed"; tools: MCPTool[] } | { kind: "Failed"; detail: string };

/** An open connection. */
export interface McpConnection {
  readonly serverInfo: McpAbout["serverInfo"];
  readonly protocolVersion: string;
  /** Whether the server speaks a protocol before 2026-07-28. */
  readonly isLegacy: boolean;
  /** All tools, by `timeoutMs`. */
  list(timeoutMs: number): Promise<Listing>;
  /** Carries one call out, by the target's timeout. Ends at once when `signal` aborts, and the server is told. */
  call(request: McpRequest, signal: AbortSignal): Promise<Verdict>;
  /** Asks for a sign of life; what is wrong when there is none. */
  check(): Promise<string | undefined>;
  /** Ends it, the program's processes included; resolves when all is gone. The listener hears nothing of it. */
  close(graceMs: number): Promise<void>;
}

/** What a connection is made of once the SDK's client is connected. */
export interface Connected {
  target: McpTarget;
  client: Client;
  wire: Wire;
  clock: Clock;
}

/** As long as the status of an MCPServer can hold. */
const LONGEST_NAME = 1_024;
const LONGEST_VERSION = 64;

/** Takes an answer as it came: servers are sloppier than the schemas, and what they meant is read here. */
const AS_IT_CAME: StandardSchemaV1<unknown, Record<string, unknown>> = {
  "~standard": {
    version: 1,
    vendor: "kubechain",
    validate: (value) => (isRecord(value) ? { value } : { issues: [{ message: "not an object" }] }),
  },
};

/** A connection over the SDK's client. */
export class SdkConnection implements McpConnection {
  readonly serverInfo: McpAbout["serverInfo"];
  readonly protocolVersion: string;
  readonly isLegacy: boolean;
  readonly #parts: Connected;
  readonly #listener: ConnectionListener;
  #schemas = new Map<string, object>();
  #subscription: McpSubscription | "Opening" | undefined;
  #isClosed = false;

  constructor(parts: Connected, listener: ConnectionListener) {
    const { client } = parts;
    this.#parts = parts;
    this.#listener = listener;
    this.serverInfo = infoOf(client);
    this.protocolVersion = (client.getNegotiatedProtocolVersion() ?? "").slice(0, LONGEST_VERSION);
    this.isLegacy = client.getProtocolEra() !== "modern";
    client.onclose = () => this.#lose({ isClosed: true });
    // A lost stream of SSE is opened again by the SDK with a session that knows nothing: it is a new server to us.
    client.onerror = (error) => {
      if (SseError.isInstance(error)) this.#lose({ ...troubleOf(error), isClosed: true });
    };
    client.setNotificationHandler("notifications/tools/list_changed", () => this.#hearChange());
    void this.#subscribe();
  }

  async list(timeoutMs: number): Promise<Listing> {
    const { client, clock } = this.#parts;
    if (client.getServerCapabilities()?.tools === undefined) return { kind: "Listed", tools: [] };
    try {
      const reading = readTools((cursor) => this.#listPage(cursor, timeoutMs));
      const tools = this.#usable(await within(clock, timeoutMs, reading));
      this.#schemas = new Map(tools.map(({ name, inputSchema }) => [name, inputSchema ?? {}]));
      return { kind: "Listed", tools };
    } catch (thrown) {
      return { kind: "Failed", detail: this.#describe(thrown, "list") };
    }
  }

  async call(request: McpRequest, signal: AbortSignal): Promise<Verdict> {
    const { target, wire } = this.#parts;
    if (signal.aborted) return { outcome: cancelled(target, false), connection: "Fine" };
    if (this.isLegacy && isContinued(request)) return { outcome: notContinued(target), connection: "Fine" };
    const over = new AbortController();
    let isAnswered = false;
    let stopWaiting: (isAnswered: boolean) => void = () => undefined;
    const streamEnded = new Promise<never>((_, reject) => {
      stopWaiting = wire.expect(request.idempotencyKey, () => reject(new StreamEndedError("the stream ended")));
    });
    try {
      const answer = await Promise.race([this.#send(request, AbortSignal.any([signal, over.signal])), streamEnded]);
      isAnswered = true;
      return { outcome: toResult(answer), connection: "Fine" };
    } catch (thrown) {
      if (signal.aborted) return { outcome: cancelled(target, true), connection: "Fine" };
      return toVerdict(target, troubleOf(thrown), this.#endOf(thrown));
    } finally {
      over.abort();
      stopWaiting(isAnswered);
    }
  }

  async check(): Promise<string | undefined> {
    const { client, target } = this.#parts;
    const options = { timeout: checkTimeoutMs(target) };
    try {
      await (this.isLegacy ? client.ping(options) : client.discover(options));
    } catch (thrown) {
      const trouble = troubleOf(thrown);
      const isAnswer = trouble.isUnreadable || (trouble.refusal !== undefined && trouble.status === undefined);
      if (!isAnswer) return this.#describe(thrown, "check");
    }
    void this.#subscribe();
    return undefined;
  }

  async close(graceMs: number): Promise<void> {
    this.#isClosed = true;
    await this.#parts.wire.close(graceMs);
  }

  /** From 2026-07-28 on, a tool whose schema asks for an impossible header must not be used over HTTP. */
  #usable(tools: MCPTool[]): MCPTool[] {
    if (this.isLegacy || this.#parts.target.transport !== "http") return tools;
    const usable = tools.filter(({ inputSchema = {} }) => areParamHeadersValid(inputSchema));
    const leftOut = tools.filter((tool) => !usable.includes(tool)).map(({ name }) => name);
    if (leftOut.length > 0) this.#listener.onLeftOut(leftOut);
    return usable;
  }

  async #listPage(cursor: string | undefined, timeout: number): Promise<ToolPage> {
    const params = cursor === undefined ? {} : { cursor };
    return this.#parts.client.request({ method: "tools/list", params }, AS_IT_CAME, { timeout });
  }

  async #send(request: McpRequest, signal: AbortSignal): Promise<Record<string, unknown>> {
    const { client, target } = this.#parts;
    const { tool, idempotencyKey } = request;
    const options: CallToolRequestOptions = {
      signal,
      timeout: target.timeoutMs,
      allowInputRequired: true,
      ...(/^[\x21-\x7e]+$/.test(idempotencyKey) ? { headers: { [KEY_HEADER]: idempotencyKey } } : {}),
    };
    if (this.isLegacy) {
      return client.request({ method: "tools/call", params: olderParams(request) }, AS_IT_CAME, options);
    }
    // Some arguments are repeated in headers, which only `callTool` knows. It is given the tool without its outputSchema: with one it would turn an answer that does not fit into an error, after the tool has done its work.
    const toolDefinition = { name: tool, inputSchema: this.#schemas.get(tool) ?? { type: "object" } } as Tool;
    return client.callTool(newerParams(request), { ...options, toolDefinition });
  }

  /** Asks a server of the newest protocol to tell of changes; an older one does so unasked. */
  async #subscribe(): Promise<void> {
    const { client, target } = this.#parts;
    const tells = !this.isLegacy && client.getServerCapabilities()?.tools?.listChanged === true;
    if (!tells || this.#subscription !== undefined || this.#isClosed) return;
    this.#subscription = "Opening";
    try {
      const subscription = await client.listen({ toolsListChanged: true }, { timeout: checkTimeoutMs(target) });
      this.#subscription = subscription;
      void subscription.closed.then(() => {
        this.#subscription = undefined; // The next check opens it again; what was missed is seen by the next look at the list.
      });
    } catch {
      this.#subscription = undefined; // The list is looked at now and then anyway.
    }
  }

  #hearChange(): void {
    if (!this.#isClosed) this.#listener.onToolsChanged();
  }

  #lose(trouble: Partial<Trouble>): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const facts = { isTimeout: false, isClosed: false, isUnwritten: false, isUnreadable: false, ...trouble };
    this.#listener.onClosed(this.#parts.wire.describe(facts, "connected"));
  }

  #describe(thrown: unknown, stage: Stage): string {
    return this.#parts.wire.describe(troubleOf(thrown), stage);
  }

  /** Why a connection that has just ended did so. */
  #endOf(thrown: unknown): string | undefined {
    const trouble = troubleOf(thrown);
    return trouble.isClosed ? this.#parts.wire.describe(trouble, "connected") : undefined;
  }
}

function infoOf(client: Client): McpAbout["serverInfo"] {
  const said: Record<string, unknown> = { ...client.getServerVersion() };
  const info: McpAbout["serverInfo"] = {};
  for (const field of ["name", "title", "version"] as const) {
    const value = said[field];
    if (typeof value === "string") info[field] = value.slice(0, LONGEST_NAME);
  }
  return info;
}
