// Generated from the definitions in crds/ by `npm run generate`. Do not edit.

import type { ObjectMeta } from "../object";
import type { ComputeResources, Condition, NamedValue, Reference } from "./shared";

/**
 * An MCPServer is a server of the Model Context Protocol whose tools agents can use. You write it with apiVersion kubechain.humanlayer.dev/v1alpha1.
 */
export interface MCPServer {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  spec: MCPServerSpec;
  status?: MCPServerStatus;
}
/**
 * You say here how the server is reached. Example: `{transport: stdio, command: uvx, args: [mcp-server-fetch]}`.
 */
export interface MCPServerSpec {
  /**
   * You choose stdio to have a program started, or http for a server that already runs; http is streamable HTTP and falls back to SSE. Example: `stdio`.
   */
  transport: "stdio" | "http";
  /**
   * You give the program that is started; only with transport stdio. Example: `uvx`.
   */
  command?: string;
  /**
   * You give the program's arguments; only with transport stdio. Example: `["mcp-server-fetch"]`.
   */
  args?: string[];
  /**
   * You give the program's environment variables; only with transport stdio. Example: `[{name: FETCH_TOKEN, value: abc}]`.
   */
  env?: NamedValue[];
  /**
   * You say what the program may use; only with transport stdio. It has no effect in this version: the program runs in the operator's pod and shares its limits. For limits of its own, run the server as a Deployment and use transport http. Example: `{limits: {memory: 256Mi}}`.
   */
  resources?: ComputeResources;
  /**
   * You give the address of the server; only with transport http. Example: `https://mcp.example.com/mcp`.
   */
  url?: string;
  /**
   * You give headers sent with every request; only with transport http. Example: `[{name: Authorization, value: Bearer abc}]`.
   */
  headers?: NamedValue[];
  /**
   * You have every tool of this server wait for a person, who is asked over this channel. Example: `{name: approval-channel}`.
   */
  approvalContactChannel?: Reference;
  /**
   * You say in CEL, over tool, args, annotations and task, which calls need approval; without it, all do. Example: `tool != 'fetch' || !args.url.startsWith('https://intranet.')`.
   */
  approvalPolicy?: string;
  /**
   * You say whether the server is believed when it calls a tool read-only or safe to repeat; it is not when you say nothing. Example: `true`.
   */
  trustAnnotations?: boolean;
  /**
   * You say how long one call may take; 60 seconds when you say nothing. Example: `30s`.
   */
  timeout?: string;
  /**
   * This field is deprecated; you write transport instead. Example: `stdio`.
   */
  type?: string;
}
/**
 * You read here what the operator found and did; only the operator writes it. Example: `{ready: true, status: Ready}`.
 */
export interface MCPServerStatus {
  /**
   * You see true here once the object can be used. Example: `true`.
   */
  ready?: boolean;
  /**
   * You get the state in one word. Example: `Ready`.
   */
  status?: string;
  /**
   * You get the state in a sentence, with what to do when something is missing. Example: `Waiting for the operator to look at this object.`.
   */
  statusDetail?: string;
  /**
   * You can wait for these with kubectl wait. Example: `[{type: Ready, status: True}]`.
   */
  conditions?: Condition[];
  /**
   * You can tell from this which generation of the spec the status speaks of. Example: `3`.
   */
  observedGeneration?: number;
  /**
   * You see true here while the server is connected. Example: `true`.
   */
  connected?: boolean;
  /**
   * You read how the server introduces itself. Example: `{name: mcp-fetch, version: 1.2.0}`.
   */
  serverInfo?: {
    /**
     * You read the server's name. Example: `mcp-fetch`.
     */
    name?: string;
    /**
     * You read the server's name for people. Example: `Fetch`.
     */
    title?: string;
    /**
     * You read the server's version. Example: `1.2.0`.
     */
    version?: string;
  };
  /**
   * You read which version of the protocol is spoken. Example: `2025-06-18`.
   */
  protocolVersion?: string;
  /**
   * You read here the tools the server has. Example: `[{name: fetch}]`.
   */
  tools?: MCPTool[];
  /**
   * You read here how many tools the server has. Example: `1`.
   */
  toolCount?: number;
}
export interface MCPTool {
  /**
   * You read the tool's name on the server. Example: `fetch`.
   */
  name: string;
  /**
   * You read what the tool does, in the server's words. Example: `Fetches a URL`.
   */
  description?: string;
  /**
   * You read the JSON Schema of the arguments. Example: `{type: object, required: [url]}`.
   */
  inputSchema?: Record<string, unknown>;
  /**
   * You read the JSON Schema of the result, where the server gives one. Example: `{type: object}`.
   */
  outputSchema?: Record<string, unknown>;
  /**
   * You read the server's own hints about the tool. Example: `{readOnlyHint: true}`.
   */
  annotations?: Record<string, unknown>;
}
