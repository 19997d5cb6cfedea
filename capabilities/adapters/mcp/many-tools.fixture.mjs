/**
 * A server for the tests of this folder, in all the ways there are to be one: `stdio` and `http` speak 2026-07-28 (and older),
 * `old-stdio`, `old-http` (with sessions) and `sse` only what came before. Over HTTP it prints its port on a line of its own.
 *
 *     node many-tools.fixture.mjs stdio|old-stdio|http|old-http|sse [PORT]
 */
import { createServer } from "node:http";
import { randomUUID } from "node:crypto";

/** A form put to a person. */
const confirm = {
  method: "elicitation/create",
  params: {
    mode: "form",
    message: "Really?",
    requestedSchema: { type: "object", properties: { yes: { type: "boolean" } } },
  },
};

/** Seals what a question was about, so that it can be answered after a restart, and only by whoever got it. */
const SEAL = { key: "a key of thirty-two bytes or more, for tests", ttlSeconds: 3_600 };

const [mode, port = "0"] = process.argv.slice(2);
const INFO = { name: "many-tools", version: "1.2.3" };
const CAPABILITIES = { capabilities: { tools: { listChanged: true } } };
const anything = { type: "object" };
const names = [
  "echo",
  "structured",
  "fail",
  "hang",
  "die",
  "refuse",
  "ask",
  "meta",
  "environment",
  "pid",
  "cancelled",
  "grow",
  "odd",
];
const refuse = (message) => Object.assign(new Error(message), { code: -32602 });
const text = (words) => ({ content: [{ type: "text", text: words }] });
let extra = [];
/** The calls that were cancelled by whoever made them. */
let cancelled = [];

const tools = {
  echo: ({ text: words }) => text(`echo ${words}`),
  structured: ({ n }) => ({ ...text(`doubled: ${2 * n}`), structuredContent: { doubled: 2 * n } }),
  fail: () => ({ ...text("I cannot"), isError: true }),
  hang: () => new Promise(() => undefined),
  die: () => process.exit(7),
  refuse: () => {
    throw refuse("not like this");
  },
  ask: async ({ text: words = "" }, _meta, _changed, question) => {
    if (question === undefined) throw refuse("nobody can be asked in this protocol");
    const about = question.about();
    if (about === undefined) {
      return { resultType: "input_required", requestState: await question.seal({ words }), inputRequests: { confirm } };
    }
    if (about.words !== words) throw refuse("that was another question");
    const { action, content } = question.responses?.confirm ?? {};
    return text(`asked ${words}: ${action === "accept" ? JSON.stringify(content) : action}`);
  },
  meta: (_args, meta) => text(JSON.stringify(meta)),
  environment: () => text(JSON.stringify(process.env)),
  pid: () => text(String(process.pid)),
  cancelled: () => text(cancelled.join(" ")),
  grow: (_args, _meta, changed) => {
    extra = [...extra, `grown-${extra.length + 1}`];
    void changed();
    return text("grown");
  },
  // Says in the list that its results have a shape, and then they have not.
  odd: () => ({ ...text("odd"), structuredContent: ["no", "object"] }),
};

function list() {
  const listed = [...names, ...extra, "echo"].map((name) => ({
    name,
    description: `The tool ${name}.`,
    inputSchema: anything,
  }));
  // A schema that never ends for who compiles and runs it, and a tool that is none.
  const odd = {
    name: "odd",
    inputSchema: anything,
    outputSchema: { type: "object", required: ["shape"] },
    annotations: { readOnlyHint: true },
  };
  // A tool whose schema asks for a header that HTTP does not have.
  const properties = { region: { type: "string", "x-mcp-header": "My Region" } };
  const badHeader = { name: "bad-header", inputSchema: { type: "object", properties } };
  return { tools: [...listed.map((tool) => (tool.name === "odd" ? odd : tool)), badHeader] };
}

async function call(params, changed, signal, question) {
  const tool = tools[params.name];
  if (tool === undefined) throw refuse(`There is no tool ${params.name}`);
  const cancel = () => {
    cancelled = [...cancelled, params.name];
  };
  // Whoever changes his mind at once is heard together with his call: it is cancelled before it begins.
  if (signal.aborted) cancel();
  else signal.addEventListener("abort", cancel);
  return tool(params.arguments ?? {}, params._meta ?? {}, changed, question);
}

/** Only what a mode needs is loaded: tests start this program a hundred times. */
const load = {
  newer: () => import("@modelcontextprotocol/server"),
  newerStdio: () => import("@modelcontextprotocol/server/stdio"),
  node: () => import("@modelcontextprotocol/node"),
  older: () => import("@modelcontextprotocol/sdk/server/index.js"),
  types: () => import("@modelcontextprotocol/sdk/types.js"),
  stdio: () => import("@modelcontextprotocol/sdk/server/stdio.js"),
  http: () => import("@modelcontextprotocol/sdk/server/streamableHttp.js"),
  sse: () => import("@modelcontextprotocol/sdk/server/sse.js"),
};

async function newServers() {
  const { Server, createRequestStateCodec } = await load.newer();
  const codec = createRequestStateCodec(SEAL);
  return (changed) => {
    const server = new Server(INFO, { ...CAPABILITIES, requestState: { verify: codec.verify } });
    server.setRequestHandler("tools/list", () => list());
    server.setRequestHandler("tools/call", ({ params }, { mcpReq }) => {
      const question = { about: () => mcpReq.requestState(), responses: mcpReq.inputResponses, seal: codec.mint };
      const tell = changed ?? (() => server.sendToolListChanged());
      return call({ ...params, _meta: mcpReq._meta }, tell, mcpReq.signal, question);
    });
    return server;
  };
}

async function oldServers() {
  const [{ Server }, types] = await Promise.all([load.older(), load.types()]);
  return () => {
    const server = new Server(INFO, CAPABILITIES);
    server.setRequestHandler(types.ListToolsRequestSchema, () => list());
    server.setRequestHandler(types.CallToolRequestSchema, ({ params }, { signal }) =>
      call(params, () => server.sendToolListChanged(), signal),
    );
    return server;
  };
}

function listen(handle) {
  const server = createServer((request, response) => {
    Promise.resolve(handle(request, response)).catch(() => response.destroy());
  });
  server.listen(Number(port), "127.0.0.1", () => process.stdout.write(`${server.address().port}\n`));
}

async function bodyOf(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString("utf8") || "null");
}

/** With sessions, as servers of 2025 have them. */
async function oldHttp() {
  const [oldServer, { StreamableHTTPServerTransport }] = await Promise.all([oldServers(), load.http()]);
  const sessions = new Map();
  return async (request, response) => {
    const known = sessions.get(request.headers["mcp-session-id"]);
    if (known !== undefined) return known.handleRequest(request, response);
    const body = request.method === "POST" ? await bodyOf(request) : null;
    if (body?.method !== "initialize") {
      response.writeHead(request.headers["mcp-session-id"] ? 404 : 400, { "content-type": "application/json" });
      return response.end(
        JSON.stringify({ jsonrpc: "2.0", error: { code: -32001, message: "Session not found" }, id: null }),
      );
    }
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: () => randomUUID(),
      onsessioninitialized: (id) => void sessions.set(id, transport),
    });
    await oldServer().connect(transport);
    return transport.handleRequest(request, response, body);
  };
}

/** Two addresses, one for what is said and one for what is heard. */
async function sse() {
  const [oldServer, { SSEServerTransport }] = await Promise.all([oldServers(), load.sse()]);
  const sessions = new Map();
  return async (request, response) => {
    const { pathname, searchParams } = new URL(request.url, "http://localhost");
    if (request.method === "GET" && pathname === "/sse") {
      const transport = new SSEServerTransport("/messages", response);
      sessions.set(transport.sessionId, transport);
      return oldServer().connect(transport);
    }
    const session = sessions.get(searchParams.get("sessionId"));
    if (pathname !== "/messages" || session === undefined) return response.writeHead(404).end("Not here");
    return session.handlePostMessage(request, response);
  };
}

switch (mode) {
  case "stdio": {
    const [newServer, { serveStdio }] = await Promise.all([newServers(), load.newerStdio()]);
    serveStdio(() => newServer());
    break;
  }
  case "old-stdio": {
    const [oldServer, { StdioServerTransport }] = await Promise.all([oldServers(), load.stdio()]);
    await oldServer().connect(new StdioServerTransport());
    break;
  }
  case "http": {
    const [newServer, { createMcpHandler }, { toNodeHandler }] = await Promise.all([
      newServers(),
      load.newer(),
      load.node(),
    ]);
    const handler = createMcpHandler(() => newServer(() => handler.notify.toolsChanged()));
    listen(toNodeHandler(handler));
    break;
  }
  case "old-http":
    listen(await oldHttp());
    break;
  case "sse":
    listen(await sse());
    break;
}
