/**
 * The seam between the machines and MCP servers. Which SDK, which transport, which version of the protocol: all of it
 * stays behind `McpServers`. Nothing here throws: what happened to a call is an outcome, and the one thing that a
 * machine must know of a call without an answer is said by its kind: it was surely not sent, or nobody can tell.
 */
import type { MCPServerSpec, MCPTool } from "../../../crds/index";

/**
 * A server as it is to be reached: the object's spec with the values of its Secrets put in. Held in memory, never stored
 * or logged.
 */
export interface McpTarget {
  /** Of the MCPServer object; two servers of the same name have nothing to do with each other. */
  uid: string;
  namespace: string;
  name: string;
  transport: MCPServerSpec["transport"];
  /** stdio: the program and its arguments. */
  command?: string;
  args?: string[];
  /** stdio: all that the program's environment holds besides HOME, PATH and the like. */
  env?: Record<string, string>;
  /** http: streamable HTTP; a server that only speaks SSE is spoken to in SSE. */
  url?: string;
  headers?: Record<string, string>;
  /** How long connecting, listing or one call may take, milliseconds. */
  timeoutMs: number;
}

/** What a connected server says about itself. */
export interface McpAbout {
  serverInfo: { name?: string; title?: string; version?: string };
  protocolVersion: string;
  /** In the server's order; a tool whose name came twice stands once. */
  tools: MCPTool[];
}

/**
 * What this process knows of one server. `Away`: the last attempt failed or the connection was lost, and the next one is
 * under way at `retryAt`; `wasConnected` says which. `detail` is for people: what happened, with the tail of stderr.
 */
export type McpLink =
  | { kind: "Connecting"; since: Date }
  | ({ kind: "Connected"; since: Date } & McpAbout)
  | { kind: "Away"; since: Date; retryAt: Date; detail: string; wasConnected: boolean };

/** One call of one tool. */
export interface McpRequest {
  /** The tool's name on the server. */
  tool: string;
  arguments: Record<string, unknown>;
  /** Stable over repeats of the same call; sent as `_meta["kubechain.humanlayer.dev/idempotency-key"]`. */
  idempotencyKey: string;
  /** W3C trace context, sent as `_meta.traceparent`. */
  traceparent?: string;
  /**
   * Continues a call that ended as `InputRequired`, with the same tool and arguments: the state it gave, byte by byte, and
   * the answers by the names of its questions, `{action: "accept", content}` or `{action: "decline"}` each.
   */
  requestState?: string;
  inputResponses?: Record<string, unknown>;
}

/** A piece of a tool's result as the protocol has it: `{type: "text", text}`, `{type: "image", data, mimeType}` and so on. */
export type McpContent = Record<string, unknown>;

/** What came of one call. */
export type McpOutcome =
  /** The server answered. `isError` is the tool's own word for having failed, or the server's for having broken meanwhile. */
  | { kind: "Result"; content: McpContent[]; structuredContent?: Record<string, unknown>; isError: boolean }
  /** The tool wants something from a person before it goes on (protocol 2026-07-28). All of it is needed to continue. */
  | { kind: "InputRequired"; requestState?: string; inputRequests: Record<string, unknown> }
  /** The server answered that it will not carry the call out (unknown tool, invalid parameters). Repeating is of no use. */
  | { kind: "Refused"; message: string }
  /** The request surely never reached the server: not connected, or the connection was refused. Repeating is harmless. */
  | { kind: "NotSent"; message: string }
  /** The request was sent, or may have been, and no answer came: time ran out, the connection broke, the server died. */
  | { kind: "Unknown"; message: string };

/** The connections of this process to MCP servers, one a server. A slow, dead or hanging one costs nobody but its own calls. */
export interface McpServers {
  /**
   * Sees to it that there is a connection to the server as `target` describes it, now and after every loss. Repeating it
   * changes nothing; a target that differs in anything replaces the connection, while calls under way on the old one end.
   */
  follow(target: McpTarget): void;
  /** Lets a server go: its connection is closed, its process ended (SIGKILL if it will not), its calls are `Unknown`. */
  drop(uid: string): void;
  /** What is known of a server; undefined when nobody follows it. */
  look(uid: string): McpLink | undefined;
  /**
   * Carries one call out, by the target's timeout. Ends at once as `Unknown` when `signal` aborts (`NotSent` if it was
   * not sent yet).
   */
  call(uid: string, request: McpRequest, signal: AbortSignal): Promise<McpOutcome>;
  /** `listener` is told the uid whenever what `look` says of it has changed. */
  subscribe(listener: (uid: string) => void): void;
  /** Closes everything and ends all processes; resolves when they are gone, after `graceMs` by SIGKILL. */
  close(graceMs: number): Promise<void>;
}
