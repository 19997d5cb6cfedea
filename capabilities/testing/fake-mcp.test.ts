/** The simulation's servers keep to the contract of the real ones, and remember what they did whoever lives to hear of it. */
import type { McpServers, McpTarget } from "../adapters/mcp/port";
import { FakeClock } from "./fake-clock";
import type { FakeTool, SeenToolCall, ToolAct } from "./fake-mcp";
import { FakeMcp } from "./fake-mcp";
import { mcpContract } from "./mcp-contract";
import { tool } from "./scripted-tools";

const says = (text: string, isError = false): ToolAct => ({
  kind: "Result",
  isError,
  content: [{ type: "text", text }],
});

const textIn = (call: SeenToolCall): string =>
  typeof call.arguments["text"] === "string" ? call.arguments["text"] : "";

const seal = (text: string): string => `sealed ${text}`;

function ask(call: SeenToolCall): ToolAct {
  if (call.requestState === undefined) {
    const params = { mode: "form", message: "Really?", requestedSchema: { type: "object", properties: {} } };
    const inputRequests = { confirm: { method: "elicitation/create", params } };
    return { kind: "InputRequired", requestState: seal(textIn(call)), inputRequests };
  }
  if (call.requestState !== seal(textIn(call))) return { kind: "Refused", message: "Invalid request state" };
  const { action, content } = call.inputResponses?.["confirm"] as { action: string; content?: unknown };
  return says(`asked ${textIn(call)}: ${action === "accept" ? JSON.stringify(content) : action}`);
}

const tools: FakeTool[] = [
  tool("echo", { act: (call) => says(`echo ${textIn(call)}`) }),
  tool("structured", {
    act: ({ arguments: { n } }) => ({
      kind: "Result",
      isError: false,
      content: [],
      structuredContent: { doubled: 2 * Number(n) },
    }),
  }),
  tool("fail", { act: () => says("no", true) }),
  tool("refuse", { act: () => ({ kind: "Refused", message: "Invalid params" }) }),
  tool("hang", { act: () => "Hangs" }),
  tool("die", { act: () => "Dies" }),
  tool("ask", { act: ask }),
];

const target = (transport: McpTarget["transport"], name = "many"): McpTarget => ({
  uid: name,
  namespace: "default",
  name,
  transport,
  timeoutMs: 20_000,
});

for (const transport of ["stdio", "http"] as const) {
  mcpContract(
    `The fake over ${transport}`,
    async () => {
      const clock = new FakeClock();
      const world = new FakeMcp({ clock, server: ({ name }) => (name === "many" ? { tools } : undefined) });
      let processes = 0;
      const anew = (): McpServers => world.servers({ number: ++processes, clock, death: new AbortController().signal });
      return {
        servers: anew(),
        anew,
        target: target(transport),
        absent: target(transport, "none"),
        pass: () => clock.advance(20),
        end: async () => undefined,
      };
    },
    { asks: true },
  );
}

/** A process that is connected, and the means to kill it. */
async function connect(
  transport: McpTarget["transport"],
  offered: FakeTool[],
): Promise<{ clock: FakeClock; world: FakeMcp; servers: McpServers; kill: () => void }> {
  const clock = new FakeClock();
  const world = new FakeMcp({ clock, server: () => ({ tools: offered }) });
  const own = clock.process();
  const death = new AbortController();
  const servers = world.servers({ number: 7, clock: own, death: death.signal });
  servers.follow(target(transport));
  await clock.advance(100);
  const kill = (): void => {
    death.abort();
    own.kill();
  };
  return { clock, world, servers, kill };
}

function call(servers: McpServers): Promise<unknown> {
  const request = { tool: "write", arguments: { text: "a" }, idempotencyKey: "key", traceparent: "00-abc-def-01" };
  return servers.call("many", request, new AbortController().signal);
}

test.each([
  ["stdio", "before the request has arrived", 5, false],
  ["http", "before the request has arrived", 5, true],
  ["stdio", "before the answer", 50, true],
  ["http", "before the answer", 50, true],
] as const)("a process with a %s server killed %s", async (transport, _when, afterMs, hasEffect) => {
  const { clock, world, servers, kill } = await connect(transport, [tool("write", { reachMs: 20 })]);
  void call(servers);
  await clock.advance(afterMs);
  kill();
  await clock.advance(10_000);
  expect(world.calls).toHaveLength(1);
  const [seen] = world.calls;
  expect(seen?.executedAt !== undefined).toBe(hasEffect);
  expect(seen?.answer).toBeUndefined();
});

test("a server remembers who sent what, and when it did its work", async () => {
  const { clock, world, servers } = await connect("http", [tool("write", { reachMs: 20, latencyMs: 30 })]);
  const sentAt = clock.now();
  const calling = call(servers);
  await clock.advance(100);
  const answer = await calling;
  expect(world.calls).toMatchObject([
    {
      number: 1,
      server: "many",
      tool: "write",
      key: "key",
      nth: 1,
      trace: "abc",
      process: 7,
      arguments: { text: "a" },
    },
  ]);
  const [seen] = world.calls;
  expect(
    [seen?.sentAt, seen?.executedAt, seen?.answeredAt].map((at) => (at?.getTime() ?? 0) - sentAt.getTime()),
  ).toEqual([0, 20, 50]);
  expect(seen?.answer).toEqual(answer);
});

test("a server that goes away ends calls and comes back; one that has other tools says so", async () => {
  const clock = new FakeClock();
  const world = new FakeMcp({
    clock,
    server: () => ({
      tools: [tool("write", { latencyMs: 60_000 })],
      away: [{ fromMs: 1_000, toMs: 3_000 }],
      changes: [{ atMs: 10_000, tools: [tool("read")] }],
    }),
  });
  const servers = world.servers({ number: 1, clock, death: new AbortController().signal });
  servers.follow(target("http"));
  const kinds: string[] = [];
  servers.subscribe((uid) => kinds.push(servers.look(uid)?.kind ?? "nothing"));
  await clock.advance(500);
  const calling = call(servers);
  await clock.advance(1_000);
  expect(await calling).toMatchObject({ kind: "Unknown" });
  expect(servers.look("many")).toMatchObject({ kind: "Away", wasConnected: true });
  await clock.advance(6_000);
  expect(servers.look("many")).toMatchObject({ kind: "Connected", tools: [{ name: "write" }] });
  await clock.advance(6_000);
  expect(servers.look("many")).toMatchObject({ kind: "Connected", tools: [{ name: "read" }] });
  expect(kinds).toEqual(["Connected", "Away", "Away", "Connected", "Connected"]);
});
