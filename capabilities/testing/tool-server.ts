/**
 * A real MCP server for tests, the crash proof and benches: a program whose every execution can be counted afterwards in a
 * file, and which can be slow, wrong or hostile on demand. It knows nothing of KubeChain but the name of the idempotency
 * key. Run it as a process (types are stripped by Node 22.18 or newer; only packages and Node.js itself are imported):
 *
 *     node capabilities/testing/tool-server.ts [--http PORT] [--effects FILE] [--hang connect|list] [--flood] [--junk]
 *
 * It speaks over stdio, or with --http streamable HTTP without sessions on 127.0.0.1 (a port of 0 takes a free one; the
 * ready line on stderr has the address). With --effects each execution appends lines of JSON (see `Effect`), on disk before
 * anything is answered; so does "connected" for every client. --hang never answers the first message, or the list of tools.
 * --flood writes 5 MB/s to stderr; --junk puts lines that are no messages between those on stdout.
 *
 *     append {text, delayMs?}   not safe to repeat       lookup {text, delayMs?}   says that it only reads
 *     put {text, delayMs?}      says that it may be repeated                       fail {text}   fails, says the tool
 *     sleep {ms}   hang   die (ends the process)   image   structured {n}   env {name}
 *
 * append, lookup and put answer `TOOL TEXT RECEIPT`; the receipt is in the file too, so an answer can be traced.
 */
import type { IncomingMessage, Server as HttpServer, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Server } from "@modelcontextprotocol/sdk/server/index.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";

// The package is CommonJS, where Node runs no static import of a TypeScript file that it does not compile.
const load = {
  crypto: () => import("node:crypto"),
  fs: () => import("node:fs"),
  http: () => import("node:http"),
  util: () => import("node:util"),
  server: () => import("@modelcontextprotocol/sdk/server/index.js"),
  stdio: () => import("@modelcontextprotocol/sdk/server/stdio.js"),
  streamableHttp: () => import("@modelcontextprotocol/sdk/server/streamableHttp.js"),
  types: () => import("@modelcontextprotocol/sdk/types.js"),
};

/** One line of the effects file. */
export interface Effect {
  /** ISO time. */
  at: string;
  pid: number;
  tool: string;
  /** The idempotency key the call came with. */
  key?: string;
  arguments: Record<string, unknown>;
  /** `begin`: now it has happened. `end`: its result follows. `cancelled`: nobody waits for it any more. */
  moment: "begin" | "end" | "cancelled" | "connected";
  /** What the result says, to find it again in a conversation. */
  receipt?: string;
}

/** Where the key of a call is, in its `_meta`. */
const KEY = "kubechain.humanlayer.dev/idempotency-key";
const FLOOD_EVERY_MS = 20;
/** How long calls under way get when nobody listens any more. */
const LEAVE_WITHIN_MS = 10_000;
const FLOOD = `${"stderr is no place for secrets ".repeat(3_200)}\n`;
const JUNK = ["Starting up…", "", '{"not": "a message"}', "[1, 2", "\u0000\u001b[31mred\u001b[0m"];
/** The smallest PNG there is: one transparent pixel. */
const PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII=";

interface Result {
  [more: string]: unknown;
  content: { [more: string]: unknown; type: string }[];
  isError?: boolean;
}

interface Call {
  arguments: Record<string, unknown>;
  key: string | undefined;
  signal: AbortSignal;
}

const text = (words: string, more: Partial<Result> = {}): Result => ({
  content: [{ type: "text", text: words }],
  ...more,
});

const forever = new Promise<never>(() => undefined);

/** Waits, and says whether it could wait to the end. */
function wait(ms: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve(false);
    const timer = setTimeout(() => resolve(true), ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve(false);
    });
  });
}

const schemaOf = (properties: Record<string, string>, required: string[] = Object.keys(properties)): object => ({
  type: "object",
  properties: Object.fromEntries(Object.entries(properties).map(([name, type]) => [name, { type }])),
  required,
  additionalProperties: false,
});
const note = schemaOf({ text: "string", delayMs: "number" }, ["text"]);

/** What the list of tools says, and what each does once it is written down that it begins. */
interface Tool {
  description: string;
  inputSchema: object;
  outputSchema?: object;
  annotations?: Record<string, boolean>;
  run: (call: Call, receipt: string) => Promise<Result>;
}

const recorded =
  (name: string): Tool["run"] =>
  async ({ arguments: args, signal }, receipt) => {
    await wait(Number(args["delayMs"] ?? 0), signal);
    return text(`${name} ${String(args["text"])} ${receipt}`);
  };

const TOOLS: Record<string, Tool> = {
  append: {
    description: "Appends a line. Doing it twice makes two lines.",
    inputSchema: note,
    annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: false },
    run: recorded("append"),
  },
  lookup: {
    description: "Looks a line up and changes nothing.",
    inputSchema: note,
    annotations: { readOnlyHint: true },
    run: recorded("lookup"),
  },
  put: {
    description: "Puts a line where it belongs. Doing it twice is doing it once.",
    inputSchema: note,
    annotations: { readOnlyHint: false, idempotentHint: true },
    run: recorded("put"),
  },
  fail: {
    description: "Fails, and says so.",
    inputSchema: schemaOf({ text: "string" }),
    run: async ({ arguments: args }) => text(`I cannot: ${String(args["text"])}`, { isError: true }),
  },
  sleep: {
    description: "Answers after so many milliseconds.",
    inputSchema: schemaOf({ ms: "number" }),
    run: async ({ arguments: args, signal }) => {
      const isRested = await wait(Number(args["ms"]), signal);
      return text(isRested ? `slept ${String(args["ms"])} ms` : "woken");
    },
  },
  hang: { description: "Never answers.", inputSchema: schemaOf({}), run: () => forever },
  die: {
    description: "Ends the server.",
    inputSchema: schemaOf({}),
    run: async () => {
      process.stderr.write("told to die\n");
      process.exit(7);
    },
  },
  image: {
    description: "Shows a picture.",
    inputSchema: schemaOf({}),
    run: async () => ({
      content: [
        { type: "text", text: "Here it is:" },
        { type: "image", data: PIXEL, mimeType: "image/png" },
      ],
    }),
  },
  structured: {
    description: "Doubles a number.",
    inputSchema: schemaOf({ n: "number" }),
    outputSchema: schemaOf({ doubled: "number" }),
    run: async ({ arguments: args }) => {
      const structuredContent = { doubled: 2 * Number(args["n"]) };
      return text(JSON.stringify(structuredContent), { structuredContent });
    },
  },
  env: {
    description: "Says what an environment variable holds, and the process id.",
    inputSchema: schemaOf({ name: "string" }),
    annotations: { readOnlyHint: true },
    run: async ({ arguments: args }) =>
      text(`${String(args["name"])}=${process.env[String(args["name"])] ?? "(unset)"} pid=${process.pid}`),
  },
};

interface Options {
  effects?: string;
  hang?: string;
  http?: string;
  flood?: boolean;
  junk?: boolean;
}

/** Appends one line, and returns when it is on disk. */
type Write = (effect: Pick<Effect, "tool" | "moment"> & Partial<Effect>) => void;

async function recorder(file: string | undefined): Promise<Write> {
  const { closeSync, fsyncSync, openSync, writeSync } = await load.fs();
  return (effect) => {
    if (file === undefined) return;
    const line: Effect = { at: new Date().toISOString(), pid: process.pid, arguments: {}, ...effect };
    const descriptor = openSync(file, "a", 0o600);
    writeSync(descriptor, `${JSON.stringify(line)}\n`);
    fsyncSync(descriptor);
    closeSync(descriptor);
  };
}

/** Counts what is under way, so that an end of the input can be obeyed without breaking anything off. */
const underWay = { calls: 0, ended: (): void => undefined };

async function makeServer({ hang }: Options, record: Write): Promise<Server> {
  const [{ Server }, types, { randomBytes }] = await Promise.all([load.server(), load.types(), load.crypto()]);
  const server = new Server({ name: "tool-server", version: "1.0.0" }, { capabilities: { tools: {} } });
  server.oninitialized = () => record({ tool: "", moment: "connected" });
  server.setRequestHandler(types.ListToolsRequestSchema, async () => {
    if (hang === "list") await forever;
    const tools = Object.entries(TOOLS).map(([name, { run: _run, ...said }]) => ({ name, ...said }));
    return { tools: tools as { name: string; inputSchema: { type: "object" } }[] };
  });
  server.setRequestHandler(types.CallToolRequestSchema, async ({ params }, { signal }) => {
    const tool = TOOLS[params.name];
    if (!tool) throw new types.McpError(types.ErrorCode.InvalidParams, `There is no tool ${params.name}`);
    const given = params._meta?.[KEY];
    const call: Call = {
      arguments: params.arguments ?? {},
      key: typeof given === "string" ? given : undefined,
      signal,
    };
    const about = { tool: params.name, arguments: call.arguments, ...(call.key !== undefined && { key: call.key }) };
    const receipt = randomBytes(6).toString("hex");
    underWay.calls += 1;
    record({ ...about, moment: "begin" });
    const cancel = (): void => record({ ...about, moment: "cancelled" });
    // Whoever changes his mind at once is heard together with his call: it is cancelled before it begins.
    if (signal.aborted) cancel();
    else signal.addEventListener("abort", cancel);
    try {
      const result = await tool.run(call, receipt);
      record({ ...about, moment: "end", receipt });
      return result;
    } finally {
      underWay.calls -= 1;
      underWay.ended();
    }
  });
  return server;
}

async function serveStdio(options: Options, record: Write): Promise<void> {
  const leave = (): void => void (underWay.calls === 0 && setTimeout(() => process.exit(0), 10));
  process.stdin.on("end", () => {
    underWay.ended = leave;
    setTimeout(() => process.exit(0), LEAVE_WITHIN_MS);
    leave();
  });
  // Whoever read our answers is gone; what was begun is carried to its end all the same.
  process.stdout.on("error", () => undefined);
  if (options.junk) setInterval(() => process.stdout.write(`${JUNK.join("\n")}\n`), 50);
  if (options.junk) process.stdout.write(`${JUNK.join("\n")}\n`);
  if (options.hang === "connect") {
    process.stdin.resume();
    return;
  }
  const [server, { StdioServerTransport }] = await Promise.all([makeServer(options, record), load.stdio()]);
  await server.connect(new StdioServerTransport());
}

/** One server and one transport a request: nothing is remembered between two, so it does not matter who comes back. */
async function serveHttp(options: Options, record: Write): Promise<void> {
  const [{ createServer }, { StreamableHTTPServerTransport }] = await Promise.all([load.http(), load.streamableHttp()]);
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.method !== "POST") return void response.writeHead(405).end();
    if (options.hang === "connect") return;
    const server = await makeServer(options, record);
    const transport = new StreamableHTTPServerTransport({});
    response.on("close", () => void server.close());
    await server.connect(transport as Transport);
    await transport.handleRequest(request, response);
  };
  const http: HttpServer = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  http.listen(Number(options.http), "127.0.0.1", () => {
    const { port } = http.address() as AddressInfo;
    process.stderr.write(`tool-server listening on http://127.0.0.1:${port}/mcp\n`);
  });
}

async function main(): Promise<void> {
  const { parseArgs } = await load.util();
  const { values } = parseArgs({
    options: {
      http: { type: "string" },
      effects: { type: "string" },
      hang: { type: "string" },
      flood: { type: "boolean" },
      junk: { type: "boolean" },
    },
  });
  const record = await recorder(values.effects);
  if (values.flood) setInterval(() => process.stderr.write(FLOOD), FLOOD_EVERY_MS);
  await (values.http === undefined ? serveStdio(values, record) : serveHttp(values, record));
}

main().catch((error: unknown) => {
  process.stderr.write(`tool-server: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
