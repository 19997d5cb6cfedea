/** Whole lives of servers: hanging beside healthy ones, changing, restarting, dying unseen, refusing. */
import { jest } from "@jest/globals";
import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Clock } from "../../runtime/clock";
import { FakeClock } from "../../testing/fake-clock";
import { connected, until } from "../../testing/mcp-contract";
import { silentLog } from "../../runtime/log";
import { HttpTransport, openSockets } from "./http-transport";
import { createMcpServers } from "./index";
import type { McpServers, McpTarget } from "./port";
import type { TestServer } from "./test-servers";
import { call, callUntil, detailOf, FIXTURE, makeServers, pass, startHttp, textOf } from "./test-servers";

const PATIENCE_MS = 60_000;
jest.setTimeout(PATIENCE_MS);

const shared = { namespace: "default", timeoutMs: 20_000 };
const program = (uid: string, args: string[], more: Partial<McpTarget> = {}): McpTarget => ({
  ...shared,
  transport: "stdio",
  uid,
  name: uid,
  command: process.execPath,
  args,
  ...more,
});
const web = (uid: string, url: string, more: Partial<McpTarget> = {}): McpTarget => ({
  ...shared,
  transport: "http",
  uid,
  name: uid,
  url,
  ...more,
});

let servers: McpServers;
const ends: (() => Promise<unknown>)[] = [];
beforeEach(() => {
  servers = makeServers();
});
afterEach(async () => {
  await servers.close(1_000);
  for (const end of ends.splice(0)) await end();
});

async function started(mode: string): Promise<TestServer> {
  const server = await startHttp(mode, { comesBack: false });
  ends.push(() => server.stop());
  return server;
}

async function follow(target: McpTarget): Promise<void> {
  servers.follow(target);
  await connected({ servers, target, pass });
}

test("a call is not continued on a server that speaks an older protocol by now, which would begin it anew", async () => {
  await follow(program("many", [FIXTURE, "old-stdio"]));
  const request = { tool: "echo", arguments: { text: "x" }, idempotencyKey: "k", requestState: "sealed" };
  const outcome = await servers.call("many", request, new AbortController().signal);
  expect(outcome).toMatchObject({ kind: "Refused" });
  expect("message" in outcome && outcome.message).toContain("older protocol");
});

/** An HTTP server that does with every request what it is told. */
async function answering(answer: Parameters<typeof createServer>[1]): Promise<string> {
  const server: Server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  ends.push(
    () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(resolve);
      }),
  );
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
}

test.each([
  ["when the server says", 300, 300],
  ["not at once, whatever the server says", 0, 200],
])("the broken stream of an answer is opened again %s", async (_when, saidMs, waitedMs) => {
  const answer = { jsonrpc: "2.0", id: 1, result: {} };
  const url = await answering((request, response) => {
    const data = request.method === "GET" ? JSON.stringify(answer) : "";
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.end(`id: ${request.method ?? ""}\nretry: ${saidMs}\ndata: ${data}\n\n`);
  });
  const waits: number[] = [];
  const instant: Clock = {
    now: () => new Date(0),
    at: (when, run) => {
      waits.push(when.getTime());
      const soon = setImmediate(run);
      return () => clearImmediate(soon);
    },
  };
  const target = web("broken", url);
  const sockets = openSockets(target, false);
  const transport = new HttpTransport(target, sockets, instant);
  const answered = new Promise((resolve) => {
    transport.onmessage = resolve;
  });
  await transport.start();
  await transport.send({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "echo" } });
  expect(await answered).toEqual(answer);
  expect(waits).toEqual([waitedMs]);
  await transport.close();
  await sockets.close();
});

test("a call that the server forbids costs no other call its answer", async () => {
  const serverInfo = { name: "strict", version: "1" };
  const results: Record<string, object> = {
    initialize: { protocolVersion: "2025-06-18", capabilities: { tools: {} }, serverInfo },
    "tools/list": { tools: [{ name: "forbidden" }, { name: "slow" }] },
    ping: {},
  };
  const waiting: (() => void)[] = [];
  const url = await answering((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      type Message = { id?: number; method: string; params?: { name?: string } };
      const { id, method, params } = JSON.parse(body || '{"method":"none"}') as Message;
      const give = (result: object): void => {
        response.writeHead(200, { "content-type": "application/json" });
        response.end(JSON.stringify({ jsonrpc: "2.0", id, result }));
      };
      if (params?.name === "slow") waiting.push(() => give({ content: [{ type: "text", text: "done" }] }));
      else if (params?.name === "forbidden") response.writeHead(403).end("not you");
      else if (results[method]) give(results[method]);
      else response.writeHead(id === undefined && method !== "none" ? 202 : 405).end();
    });
  });
  await follow(web("strict", url));
  const slow = call(servers, "strict", "slow");
  const forbidden = await call(servers, "strict", "forbidden");
  expect(forbidden).toMatchObject({ kind: "NotSent", message: expect.stringContaining("403") as string });
  await until({ pass }, () => waiting.length > 0);
  waiting[0]?.();
  expect(textOf(await slow)).toBe("done");
  expect(servers.look("strict")?.kind).toBe("Connected");
});

test("servers that hang when connected to, listed or called cost a healthy one nothing", async () => {
  const noList = `
    require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => {
      const { id, method } = JSON.parse(line);
      const result = { protocolVersion: "2025-11-25", capabilities: { tools: {} }, serverInfo: { name: "x", version: "1" } };
      if (method === "initialize") console.log(JSON.stringify({ jsonrpc: "2.0", id, result }));
      if (method === "server/discover") console.log(JSON.stringify({ jsonrpc: "2.0", id, error: { code: -32601, message: "no" } }));
    });`;
  const brief = { timeoutMs: 8_000 };
  servers.follow(program("no-answer", ["-e", "setInterval(() => undefined, 1000)"], brief));
  servers.follow(program("no-list", ["-e", noList], brief));
  servers.follow(web("no-reply", await answering(() => undefined), brief));
  await follow(program("healthy", [FIXTURE, "old-stdio"]));
  const hanging = call(servers, "healthy", "hang");
  expect(textOf(await call(servers, "healthy", "echo", { text: "still here" }))).toBe("echo still here");
  for (const uid of ["no-answer", "no-list", "no-reply"]) {
    await until({ pass }, () => servers.look(uid)?.kind === "Away");
    expect(detailOf(servers, uid)).toMatch(/within 8 s/);
  }
  expect(detailOf(servers, "no-list")).toMatch(/list of tools/);
  expect(servers.look("healthy")?.kind).toBe("Connected");
  servers.drop("healthy");
  expect(await hanging).toMatchObject({ kind: "Unknown" });
});

test.each(["stdio", "old-stdio", "http", "old-http", "sse"])("a change of tools is heard of (%s)", async (mode) => {
  const target = mode.endsWith("stdio") ? program("grower", [FIXTURE, mode]) : web("grower", (await started(mode)).url);
  await follow(target);
  const told: string[] = [];
  servers.subscribe((uid) => told.push(uid));
  const names = (): string[] => {
    const link = servers.look("grower");
    return link?.kind === "Connected" ? link.tools.map(({ name }) => name) : [];
  };
  expect(names()).not.toContain("grown-1");
  // Whoever subscribes anew after a connection hears of it a moment later; a change before that is not announced to him.
  let grown = 0;
  await until({ pass }, () => {
    if (grown++ % 25 === 0) void call(servers, "grower", "grow");
    return names().includes("grown-1");
  });
  expect(told).toContain("grower");
});

test.each([
  ["http", false],
  ["old-http", true],
  ["stdio", true],
])("a tool that asks for an impossible header is left out where calls have headers (%s)", async (mode, isListed) => {
  await follow(mode === "stdio" ? program("many", [FIXTURE, mode]) : web("many", (await started(mode)).url));
  const link = servers.look("many");
  const names = link?.kind === "Connected" ? link.tools.map(({ name }) => name) : [];
  expect(names).toContain("echo");
  expect(names.includes("bad-header")).toBe(isListed);
});

test.each(["stdio", "old-stdio", "http", "old-http"])(
  "a server is told of a call that is cancelled (%s)",
  async (mode) => {
    const target = mode.endsWith("stdio") ? program("told", [FIXTURE, mode]) : web("told", (await started(mode)).url);
    await follow(target);
    const caller = new AbortController();
    const calling = callUntil(servers, "told", { tool: "hang", signal: caller.signal });
    await pass();
    await pass();
    caller.abort();
    expect(await calling).toMatchObject({ kind: "Unknown" });
    let cancelled = "";
    for (let turn = 0; turn < 100 && cancelled === ""; turn++) {
      await pass();
      cancelled = textOf(await call(servers, "told", "cancelled"));
    }
    // The calls that were answered were not.
    expect(cancelled).toBe("hang");
  },
);

test.each(["stdio", "old-stdio", "http", "old-http", "sse"])(
  "a call carries its key and its trace (%s)",
  async (mode) => {
    const target = mode.endsWith("stdio") ? program("key", [FIXTURE, mode]) : web("key", (await started(mode)).url);
    await follow(target);
    expect(JSON.parse(textOf(await call(servers, "key", "meta")))).toMatchObject({
      "kubechain.humanlayer.dev/idempotency-key": "key-of-meta",
      traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    });
  },
);

test("a result that does not fit its own schema is passed on all the same", async () => {
  await follow(program("odd", [FIXTURE, "stdio"]));
  expect(await call(servers, "odd", "odd")).toMatchObject({
    kind: "Result",
    content: [{ text: "odd" }],
    isError: false,
  });
});

test("a server with sessions that was restarted is connected to anew, and the call that found out was not sent", async () => {
  const server = await started("old-http");
  await follow(web("restarted", server.url));
  await server.stop();
  await server.start();
  expect(await call(servers, "restarted", "echo")).toMatchObject({ kind: "NotSent" });
  await until({ pass }, () => servers.look("restarted")?.kind === "Connected");
  expect(await call(servers, "restarted", "echo")).toMatchObject({ kind: "Result" });
});

test("a server that is gone is noticed by the call that finds out, and comes back by itself", async () => {
  const server = await started("http");
  await follow(web("gone", server.url));
  await server.stop();
  expect(await call(servers, "gone", "echo")).toMatchObject({ kind: "NotSent" });
  expect(servers.look("gone")).toMatchObject({ kind: "Away", wasConnected: true });
  await server.start();
  await until({ pass }, () => servers.look("gone")?.kind === "Connected");
});

test("a server whose headers are changed is asked with the new ones", async () => {
  const seen: (string | undefined)[] = [];
  const url = await answering((request, response) => {
    seen.push(request.headers.authorization);
    response.writeHead(401).end(`not ${request.headers.authorization}`);
  });
  servers.follow(web("auth", url, { headers: { Authorization: "Bearer first-s3cret" } }));
  await until({ pass }, () => servers.look("auth")?.kind === "Away");
  expect(detailOf(servers, "auth")).toMatch(/HTTP 401/);
  expect(detailOf(servers, "auth")).not.toMatch(/s3cret/);
  servers.follow(web("auth", url, { headers: { Authorization: "Bearer second-s3cret" } }));
  await until({ pass }, () => seen.includes("Bearer second-s3cret"));
});

test("a stream that ends in the middle of a call ends the call, whose key was in a header", async () => {
  const keys: unknown[] = [];
  const url = await answering((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString("utf8")));
    request.on("end", () => {
      const { id, method } = JSON.parse(body || "{}") as { id?: unknown; method?: string };
      const initialized = {
        protocolVersion: "2025-11-25",
        capabilities: { tools: {} },
        serverInfo: { name: "x", version: "1" },
      };
      const results: Record<string, object> = { initialize: initialized, "tools/list": { tools: [] }, ping: {} };
      if (method === "tools/call") keys.push(request.headers["idempotency-key"]);
      if (method === "tools/call") return void response.writeHead(200, { "content-type": "text/event-stream" }).end();
      if (method === "server/discover" || request.method === "GET") return void response.writeHead(405).end();
      if (id === undefined) return void response.writeHead(202).end();
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ jsonrpc: "2.0", id, result: results[method ?? ""] ?? {} }));
    });
  });
  await follow(web("cut", url));
  expect(await call(servers, "cut", "anything")).toMatchObject({ kind: "Unknown" });
  expect(keys).toEqual(["key-of-anything"]);
});

describe("with time in our hands", () => {
  let clock: FakeClock;
  /** Real work and made-up time: a little of both. */
  const turn = async (): Promise<void> => {
    await pass();
    await clock.advance(20);
  };
  beforeEach(() => {
    clock = new FakeClock();
    servers = createMcpServers({ clock, log: silentLog, random: () => 0 });
  });
  // Closing waits too.
  afterEach(async () => {
    let isClosed = false;
    void servers.close(1_000).then(() => (isClosed = true));
    await until({ pass: turn }, () => isClosed);
    expect(clock.pending).toBe(0);
  });

  test("an idle server that no longer answers is noticed and started anew", async () => {
    // A busy machine may take long to start a program, and time runs ahead of it here.
    const target = program("frozen", [FIXTURE, "old-stdio"], { timeoutMs: 60_000 });
    servers.follow(target);
    await connected({ servers, target, pass: turn });
    const pid = Number(textOf(await call(servers, "frozen", "pid")));
    process.kill(pid, "SIGSTOP");
    await clock.advance(15_000);
    const stride = async (): Promise<void> => {
      await pass();
      await clock.advance(2_000);
    };
    await until({ pass: stride }, () => servers.look("frozen")?.kind === "Away");
    expect(servers.look("frozen")).toMatchObject({ wasConnected: true });
    expect(detailOf(servers, "frozen")).toMatch(/sign of life within 10 s/);
    await connected({ servers, target, pass: turn });
    expect(Number(textOf(await call(servers, "frozen", "pid")))).not.toBe(pid);
  });

  test("an idle server that answers stays connected for days, and is listed now and then", async () => {
    // Time runs ahead of the server here, so the deadlines must be far away.
    const target = web("steady", (await started("old-http")).url, { timeoutMs: 24 * 3_600_000 });
    servers.follow(target);
    const { since } = await connected({ servers, target, pass: turn });
    for (let check = 0; check < 25; check++) {
      await clock.advance(15_000);
      await pass();
      await pass();
    }
    expect(servers.look("steady")).toMatchObject({ kind: "Connected", since });
  });

  test("a server that is away is tried again after pauses that grow to a minute, for ever", async () => {
    const target = program("none", [], { command: "kubechain-no-such-program" });
    servers.follow(target);
    const pauses: number[] = [];
    let last = 0;
    for (let attempt = 0; attempt < 9; attempt++) {
      await until({ pass }, () => retryOf("none") > last);
      last = retryOf("none");
      pauses.push(last - clock.now().getTime());
      await clock.advanceTo(new Date(last));
    }
    expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]);
  });

  test("attempts that failed before a server came up do not keep it away when it is lost again", async () => {
    const server = await started("sse");
    await server.stop();
    const target = web("again", server.url, { timeoutMs: 24 * 3_600_000 });
    servers.follow(target);
    let last = 0;
    for (let attempt = 0; attempt < 5; attempt++) {
      await until({ pass }, () => retryOf("again") > last);
      last = retryOf("again");
      if (attempt === 4) await server.start();
      await clock.advanceTo(new Date(last));
    }
    await connected({ servers, target, pass });
    await server.stop();
    await until({ pass }, () => servers.look("again")?.kind === "Away");
    expect(servers.look("again")).toMatchObject({ wasConnected: true, retryAt: clock.now() });
  });

  function retryOf(uid: string): number {
    const link = servers.look(uid);
    return link?.kind === "Away" ? link.retryAt.getTime() : 0;
  }
});
