/**
 * MCPServer: a server of tools, started as a process or reached over HTTP, and when its tools need a person's word.
 */
import * as columns from "./columns";
import { computeResources, namedValues, reference } from "./common";
import { define, moved } from "./define";
import { statusOf } from "./status";
import type { Schema } from "./schema";
import * as s from "./schema";

const stdio: Record<string, Schema> = {
  command: s.text("You give the program that is started; only with transport stdio.", "uvx", {
    minLength: 1,
    maxLength: 4_096,
  }),
  args: s.list(
    "You give the program's arguments; only with transport stdio.",
    '["mcp-server-fetch"]',
    { type: "string", maxLength: 16_384 },
    { maxItems: 256 },
  ),
  env: namedValues("You give the program's environment variables; only with transport stdio.", {
    name: "FETCH_TOKEN",
    value: "abc",
    secret: "fetch",
  }),
  resources: computeResources(
    "You say what the program may use; only with transport stdio. It has no effect in this version: the program runs in the operator's pod and shares its limits. For limits of its own, run the server as a Deployment and use transport http.",
  ),
};

const http: Record<string, Schema> = {
  url: s.address("You give the address of the server; only with transport http.", "https://mcp.example.com/mcp"),
  headers: namedValues("You give headers sent with every request; only with transport http.", {
    name: "Authorization",
    value: "Bearer abc",
    secret: "mcp",
  }),
};

const onlyWith = (transport: string, field: string) =>
  s.rule(
    `!has(self.${field}) || self.transport == '${transport}'`,
    `${field} is only for transport ${transport}: remove it or change the transport`,
  );

const spec: Schema = {
  title: "MCPServerSpec",
  description:
    "You say here how the server is reached. Example: `{transport: stdio, command: uvx, args: [mcp-server-fetch]}`.",
  type: "object",
  properties: {
    transport: s.choice(
      "You choose stdio to have a program started, or http for a server that already runs; http is streamable HTTP and falls back to SSE.",
      "stdio",
      ["stdio", "http"],
    ),
    ...stdio,
    ...http,
    approvalContactChannel: reference(
      "ContactChannel",
      "You have every tool of this server wait for a person, who is asked over this channel.",
      "approval-channel",
    ),
    approvalPolicy: s.text(
      "You say in CEL, over tool, args, annotations and task, which calls need approval; without it, all do.",
      "tool != 'fetch' || !args.url.startsWith('https://intranet.')",
      { minLength: 1, maxLength: 4_096 },
    ),
    trustAnnotations: s.flag(
      "You say whether the server is believed when it calls a tool read-only or safe to repeat; it is not when you say nothing.",
      "true",
      { default: false },
    ),
    timeout: s.duration("You say how long one call may take; 60 seconds when you say nothing.", "30s", {
      default: "60s",
    }),
    type: s.text("This field is deprecated; you write transport instead.", "stdio", { maxLength: 64 }),
  },
  required: ["transport"],
  "x-kubernetes-validations": [
    moved("type", "transport"),
    s.rule("self.transport != 'stdio' || has(self.command)", "transport stdio needs command: the program to start"),
    s.rule("self.transport != 'http' || has(self.url)", "transport http needs url: the address of the server"),
    ...Object.keys(stdio).map((field) => onlyWith("stdio", field)),
    ...Object.keys(http).map((field) => onlyWith("http", field)),
    s.rule(
      "!has(self.approvalPolicy) || has(self.approvalContactChannel)",
      "approvalPolicy needs approvalContactChannel: somebody has to be asked",
    ),
  ],
};

const tool: Schema = {
  title: "MCPTool",
  type: "object",
  properties: {
    name: s.text("You read the tool's name on the server.", "fetch", {
      maxLength: 1_024,
    }),
    description: s.text("You read what the tool does, in the server's words.", "Fetches a URL", {
      maxLength: s.STORED_TEXT,
    }),
    inputSchema: s.anyObject("You read the JSON Schema of the arguments.", "{type: object, required: [url]}"),
    outputSchema: s.anyObject("You read the JSON Schema of the result, where the server gives one.", "{type: object}"),
    annotations: s.anyObject("You read the server's own hints about the tool.", "{readOnlyHint: true}"),
  },
  required: ["name"],
};

const serverInfo: Schema = s.object("You read how the server introduces itself.", "{name: mcp-fetch, version: 1.2.0}", {
  name: s.text("You read the server's name.", "mcp-fetch", {
    maxLength: 1_024,
  }),
  title: s.text("You read the server's name for people.", "Fetch", {
    maxLength: 1_024,
  }),
  version: s.text("You read the server's version.", "1.2.0", {
    maxLength: 1_024,
  }),
});

/** The definition of the kind. */
export const mcpServer = define({
  kind: "MCPServer",
  plural: "mcpservers",
  shortNames: ["mcp"],
  description: "An MCPServer is a server of the Model Context Protocol whose tools agents can use.",
  columns: [
    {
      ...columns.ready,
      jsonPath: ".status.connected",
      description: "Whether the server is connected.",
    },
    columns.status,
    columns.detail,
    {
      ...columns.wide("Tools", ".status.toolCount", "How many tools the server has."),
      type: "integer",
    },
    columns.age,
  ],
  spec,
  status: {
    title: "MCPServerStatus",
    ...statusOf(
      {
        connected: s.flag("You see true here while the server is connected.", "true"),
        serverInfo,
        protocolVersion: s.text("You read which version of the protocol is spoken.", "2025-06-18", { maxLength: 64 }),
        tools: s.list("You read here the tools the server has.", "[{name: fetch}]", tool, { maxItems: 4_096 }),
        toolCount: s.count("You read here how many tools the server has.", "1"),
      },
      { connected: false },
    ),
  },
});
