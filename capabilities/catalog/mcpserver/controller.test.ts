import type { Agent, ContactChannel, LLM, MCPServer, MCPTool } from "../../../crds/index";
import { apiVersion, resources } from "../../../crds/index";
import type { McpLink, McpServers, McpTarget } from "../../adapters/mcp/port";
import type { EventNote } from "../../runtime/events";
import { silentLog } from "../../runtime/log";
import type { Resource } from "../../runtime/objects";
import { keyOf } from "../../runtime/objects";
import { isSameJson } from "../../runtime/same-json";
import type { Secrets, SecretValue } from "../../runtime/secrets";
import { Store } from "../../runtime/store";
import { FakeClock } from "../../testing/fake-clock";
import { FakeCluster } from "../../testing/fake-cluster";
import { createAgentController } from "../agent/controller";
import { createMCPServerController } from "./controller";
import { RECHECK_MS } from "./readiness";

const fetchTool: MCPTool = {
  name: "fetch",
  description: "Fetches a URL",
  inputSchema: { type: "object", properties: { url: { type: "string" } }, required: ["url"] },
};
const stdio = { transport: "stdio", command: "uvx", args: ["mcp-server-fetch"], timeout: "60s" };
const withToken = {
  ...stdio,
  env: [
    { name: "MODE", value: "fast" },
    { name: "TOKEN", valueFrom: { secretKeyRef: { name: "fetch", key: "token" } } },
  ],
};
const SECRET = "s3cr3t-token";
const value: SecretValue = { kind: "Value", value: SECRET, resourceVersion: "1" };
const agentSpec = { llmRef: { name: "gpt-4o" }, system: "Help.", mcpServers: [{ name: "fetch" }] };

const ref = (name: string) => ({ namespace: "default", name });

/** Connections that are as the test says, and remember what they were told. */
class ScriptedServers implements McpServers {
  readonly targets = new Map<string, McpTarget>();
  readonly told: string[] = [];
  readonly #links = new Map<string, McpLink>();
  readonly #listeners: ((uid: string) => void)[] = [];
  constructor(readonly clock: FakeClock) {}

  follow(target: McpTarget): void {
    if (isSameJson(this.targets.get(target.uid), target)) return;
    this.told.push(`follow ${target.name}`);
    this.targets.set(target.uid, target);
    this.be(target.uid, { kind: "Connecting", since: this.clock.now() });
  }
  drop(uid: string): void {
    const target = this.targets.get(uid);
    if (!target) return;
    this.told.push(`drop ${target.name}`);
    this.targets.delete(uid);
    this.#links.delete(uid);
    this.#tell(uid);
  }
  look(uid: string): McpLink | undefined {
    return this.#links.get(uid);
  }
  call(): Promise<never> {
    return Promise.reject(new Error("No tool is called to know a server."));
  }
  subscribe(listener: (uid: string) => void): void {
    this.#listeners.push(listener);
  }
  async close(): Promise<void> {}

  be(uid: string, link: McpLink): void {
    this.#links.set(uid, link);
    this.#tell(uid);
  }
  #tell(uid: string): void {
    for (const listener of this.#listeners) listener(uid);
  }
}

/** A cluster without lag, one Secret, scripted connections, an LLM that is ready, and the two controllers. */
async function stage() {
  const clock = new FakeClock();
  const cluster = new FakeCluster({ clock });
  const events: EventNote[] = [];
  const listeners = new Set<(key: string) => void>();
  let secret: SecretValue = value;
  let readable = Promise.resolve();
  const secrets: Secrets = {
    start: () => undefined,
    stop: () => undefined,
    read: () => readable.then(() => secret),
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
  const operate = () => {
    const mcp = new ScriptedServers(clock);
    const recorder = { record: (note: EventNote) => void events.push(note), flush: async () => undefined, backlog: 0 };
    const stores = {
      llms: new Store<LLM>({ clock }),
      agents: new Store<Agent>({ clock }),
      mcpServers: new Store<MCPServer>({ clock }),
      contactChannels: new Store<ContactChannel>({ clock }),
    };
    const world = { cluster, secrets, mcp, clock, recorder, log: silentLog, random: () => 0, ...stores };
    const servers = createMCPServerController(world);
    const agents = createAgentController(world);
    const stops = [
      cluster.watches.watch(resources.llm, (object) => void stores.llms.learn(object as LLM)),
      cluster.watches.watch(resources.mcpServer, (object, phase) => servers.notice(object as MCPServer, phase)),
      cluster.watches.watch(resources.agent, (object, phase) => agents.notice(object as Agent, phase)),
    ];
    servers.start();
    agents.start();
    return { mcp, stores, stops, controllers: [servers, agents] };
  };
  let operator = operate();

  const create = async (resource: Resource, name: string, spec: object) => {
    await cluster.create(resource, { apiVersion, kind: resource.kind, metadata: ref(name), spec } as never);
    await clock.advance(100);
  };
  const server = (): MCPServer => {
    const found = cluster.read<MCPServer>(resources.mcpServer, ref("fetch"));
    if (!found) throw new Error("There is no such server.");
    return found;
  };
  await create(resources.llm, "gpt-4o", { provider: "openai" });
  const llm = cluster.read<LLM>(resources.llm, ref("gpt-4o"));
  await cluster.replaceStatus(resources.llm, { ...llm, status: { ready: true, observedGeneration: 1 } } as LLM);
  await clock.advance(100);

  return {
    clock,
    cluster,
    server,
    create: (spec: object) => create(resources.mcpServer, "fetch", spec),
    createAgent: (spec: object = agentSpec) => create(resources.agent, "helper", spec),
    async edit(spec: object) {
      await cluster.mergePatch(resources.mcpServer, ref("fetch"), { spec });
      await clock.advance(100);
    },
    async remove() {
      await cluster.remove(resources.mcpServer, { ...ref("fetch"), uid: server().metadata.uid });
      await clock.advance(100);
    },
    async link(link: McpLink) {
      operator.mcp.be(server().metadata.uid, link);
      await clock.advance(100);
    },
    async setSecret(next: SecretValue) {
      secret = next;
      for (const listener of listeners) listener("default/fetch");
      await clock.advance(100);
    },
    /** Reads of Secrets take until the function that is returned is called. */
    holdSecrets(): () => Promise<void> {
      let release = (): void => undefined;
      readable = new Promise((resolve) => (release = resolve));
      return () => (release(), clock.advance(100));
    },
    async restart() {
      listeners.clear();
      for (const stop of operator.stops) stop();
      await Promise.all(operator.controllers.map((controller) => controller.stop()));
      operator = operate();
      await clock.advance(100);
    },
    get mcp() {
      return operator.mcp;
    },
    target: () => operator.mcp.targets.get(server().metadata.uid),
    status: () => server().status,
    agent: () => cluster.read<Agent>(resources.agent, ref("helper"))?.status,
    told: (kind = "MCPServer") =>
      events.filter(({ about }) => about.kind === kind).map(({ type, reason }) => `${type} ${reason}`),
    messages: () => events.map(({ message }) => message),
    sources: () => new Set(events.map(({ about, component }) => `${about.kind} ${component} ${keyOf(about)}`)),
    writes: () =>
      cluster.history.filter(({ verb, resource }) => verb === "replaceStatus" && resource.kind !== "LLM").length,
    everythingSaid: () => JSON.stringify([cluster.history, events]),
  };
}

const since = new Date("2026-01-01T00:00:00Z");
const connected = (...tools: MCPTool[]): McpLink => ({
  kind: "Connected",
  since,
  serverInfo: { name: "mcp-fetch", version: "1.2.0" },
  protocolVersion: "2025-06-18",
  tools,
});
const away = (detail: string, wasConnected = false): McpLink => ({
  kind: "Away",
  since,
  retryAt: since,
  detail,
  wasConnected,
});

describe("an MCPServer in a cluster", () => {
  test("is connected to as it is described, and says so as the manual shows", async () => {
    const s = await stage();
    await s.create(withToken);
    expect(s.status()).toMatchObject({ connected: false, ready: false, status: "Connecting" });
    expect(s.target()).toEqual({
      uid: s.server().metadata.uid,
      namespace: "default",
      name: "fetch",
      transport: "stdio",
      command: "uvx",
      args: ["mcp-server-fetch"],
      env: { MODE: "fast", TOKEN: SECRET },
      timeoutMs: 60_000,
    });
    await s.link(connected(fetchTool));
    expect(s.status()).toMatchObject({
      connected: true,
      ready: true,
      status: "Ready",
      statusDetail: "Connected successfully with 1 tools",
      serverInfo: { name: "mcp-fetch", version: "1.2.0" },
      protocolVersion: "2025-06-18",
      tools: [fetchTool],
      toolCount: 1,
      observedGeneration: 1,
    });
    expect([s.told(), s.messages()]).toEqual([["Normal Connected"], ["MCP server connected successfully"]]);
    expect(s.sources()).toEqual(new Set(["MCPServer mcpserver-controller default/fetch"]));
    expect(s.everythingSaid()).not.toContain(SECRET);
  });

  test("over HTTP is reached by address and headers", async () => {
    const s = await stage();
    const headers = [{ name: "Authorization", valueFrom: { secretKeyRef: { name: "fetch", key: "token" } } }];
    await s.create({ transport: "http", url: "https://mcp.example.com/mcp", headers, timeout: "5s" });
    expect(s.target()).toMatchObject({
      transport: "http",
      url: "https://mcp.example.com/mcp",
      headers: { Authorization: SECRET },
      timeoutMs: 5_000,
    });
  });

  test("without its Secret is not connected and says what to do, and is as soon as it comes, in both directions", async () => {
    const s = await stage();
    await s.setSecret({ kind: "Missing" });
    await s.create(withToken);
    expect(s.status()).toMatchObject({ connected: false, status: "Error" });
    expect(s.status()?.statusDetail).toMatch(/"TOKEN" \(spec\.env\).*kubectl create secret generic fetch/s);
    expect(s.mcp.told).toEqual([]);
    await s.setSecret(value);
    await s.link(connected(fetchTool));
    expect(s.status()?.status).toBe("Ready");
    await s.setSecret({ kind: "KeyMissing", keys: ["tokn"] });
    expect(s.status()).toMatchObject({ connected: false, status: "Error", tools: [fetchTool] });
    expect(s.mcp.told).toEqual(["follow fetch", "drop fetch"]);
    expect(s.told()).toEqual(["Warning ConnectionFailed", "Normal Connected", "Warning ConnectionFailed"]);
  });

  test("is connected to anew when its Secret or its description changes, without ceasing to be ready meanwhile", async () => {
    const s = await stage();
    await s.create(withToken);
    await s.link(connected(fetchTool));
    await s.setSecret({ kind: "Value", value: "another", resourceVersion: "2" });
    expect([s.target()?.env?.["TOKEN"], s.status()?.status]).toEqual(["another", "Ready"]);
    await s.link(connected(fetchTool));
    await s.edit({ args: ["other"] });
    expect([s.target()?.args, s.status()?.status]).toEqual([["other"], "Ready"]);
    await s.link(connected(fetchTool));
    expect(s.status()).toMatchObject({ connected: true, observedGeneration: 2 });
  });

  test("an edit that does not lead to a connection makes it unready", async () => {
    const s = await stage();
    await s.create(stdio);
    await s.link(connected(fetchTool));
    await s.edit({ command: "nonsense" });
    await s.link(away('The program "nonsense" was not found.'));
    expect(s.status()).toMatchObject({ connected: false, status: "Error", observedGeneration: 2, tools: [fetchTool] });
  });

  test("a restart of the operator writes and tells nothing when the server comes back in time", async () => {
    const s = await stage();
    await s.create(stdio);
    await s.createAgent();
    await s.link(connected(fetchTool));
    const before = [s.writes(), s.messages().length];
    await s.restart();
    expect([s.status()?.status, s.agent()?.ready]).toEqual(["Ready", true]);
    await s.clock.advance(30_000);
    await s.link(connected(fetchTool));
    await s.clock.advance(5 * RECHECK_MS);
    expect([s.writes(), s.messages().length]).toEqual(before);
  });

  test("after a restart in which it does not come back within its timeout, it is no longer ready", async () => {
    const s = await stage();
    await s.create(stdio);
    await s.link(connected(fetchTool));
    await s.restart();
    await s.clock.advance(61_000);
    expect(s.status()).toMatchObject({ connected: false, status: "Connecting", tools: [fetchTool] });
    expect(s.told()).toEqual(["Normal Connected"]);
  });

  test("that cannot be reached says so once, however often it is tried and whatever its process id", async () => {
    const s = await stage();
    await s.create(stdio);
    for (const pid of [4711, 4712, 4713]) {
      await s.link(away(`The program ended with code 1: [${pid}] 2026-01-01 00:00:${pid % 60} no token`));
      await s.link({ kind: "Connecting", since: s.clock.now() });
    }
    expect([s.status()?.status, s.told(), s.writes()]).toEqual(["Error", ["Warning ConnectionFailed"], 2]);
    await s.link(away("The program ended with code 2: bad token"));
    expect(s.told()).toHaveLength(2);
  });

  test("that fails with half a symbol in its last words is written once: the API server would store another text", async () => {
    const s = await stage();
    await s.create(stdio);
    await s.link(away("It said: \ud83d"));
    await s.clock.advance(1_000);
    expect([s.status()?.statusDetail, s.writes()]).toEqual(["It said: \ufffd", 2]);
  });

  test("that is lost keeps its tools, says why, and comes back", async () => {
    const s = await stage();
    await s.create(stdio);
    await s.link(connected(fetchTool));
    await s.link(away("The program was killed.", true));
    expect(s.status()).toMatchObject({
      connected: false,
      ready: false,
      status: "Error",
      statusDetail: "The program was killed.",
      tools: [fetchTool],
      toolCount: 1,
    });
    await s.link(connected(fetchTool));
    expect(s.told()).toEqual(["Normal Connected", "Warning ConnectionLost", "Normal Connected"]);
  });

  test("that changes its tools is written anew and tells which", async () => {
    const s = await stage();
    await s.create(stdio);
    await s.link(connected(fetchTool, { name: "old" }));
    await s.link(connected({ ...fetchTool, description: "Gets a URL" }, { name: "new" }));
    expect(s.status()?.tools?.map(({ name, description }) => `${name} ${description ?? ""}`)).toEqual([
      "fetch Gets a URL",
      "new ",
    ]);
    expect(s.told()).toEqual(["Normal Connected", "Normal ToolsUpdated"]);
    expect(s.messages().at(-1)).toBe("Added: new. Removed: old. Changed: fetch.");
  });

  test("that drops nothing but an output schema is written anew too", async () => {
    const s = await stage();
    await s.create(stdio);
    await s.link(connected({ ...fetchTool, outputSchema: { type: "object" } }));
    await s.link(connected(fetchTool));
    expect(s.status()?.tools).toEqual([fetchTool]);
  });

  test("that is deleted is let go, with or without somebody's finalizer, and one of the same name is another", async () => {
    const s = await stage();
    await s.create(stdio);
    await s.link(connected(fetchTool));
    await s.remove();
    expect(s.mcp.told).toEqual(["follow fetch", "drop fetch"]);
    await s.create(stdio);
    await s.cluster.mergePatch(resources.mcpServer, ref("fetch"), { metadata: { finalizers: ["a/b"] } });
    await s.clock.advance(100);
    await s.remove();
    expect([s.mcp.told, s.mcp.targets.size]).toEqual([["follow fetch", "drop fetch", "follow fetch", "drop fetch"], 0]);
  });

  test("that is on its way out when its Secret has been read is not connected to", async () => {
    const s = await stage();
    const release = s.holdSecrets();
    await s.create(withToken);
    await s.cluster.mergePatch(resources.mcpServer, ref("fetch"), { metadata: { finalizers: ["a/b"] } });
    await s.remove();
    await release();
    expect([s.server().metadata.deletionTimestamp === undefined, s.mcp.targets.size]).toEqual([false, 0]);
  });

  test("keeps what it has while the Secret cannot be read", async () => {
    const s = await stage();
    await s.create(withToken);
    await s.link(connected(fetchTool));
    await s.setSecret({ kind: "Unreadable", message: "The API server is busy." });
    expect([s.status()?.status, s.mcp.told]).toEqual(["Ready", ["follow fetch"]]);
    await s.restart();
    expect([s.status()?.status, s.mcp.told]).toEqual(["Ready", []]);
    await s.setSecret(value);
    expect(s.mcp.told).toEqual(["follow fetch"]);
  });
});

describe("an Agent with MCPServers in a cluster", () => {
  test("is ready when its servers are connected, and lists what it offers", async () => {
    const s = await stage();
    await s.createAgent();
    expect(s.agent()).toMatchObject({ ready: false, status: "Pending", tools: [] });
    await s.create(stdio);
    await s.link(connected(fetchTool));
    expect(s.agent()).toMatchObject({
      ready: true,
      status: "Ready",
      statusDetail: "All dependencies validated successfully",
      tools: [{ name: "fetch__fetch", kind: "MCP", source: "MCPServer/fetch", tool: "fetch" }],
    });
  });

  test("applied together with its servers, it warns of nothing", async () => {
    const s = await stage();
    await s.create(stdio);
    await s.createAgent();
    expect(s.agent()?.statusDetail).toContain('MCPServer "fetch"');
    await s.link(connected(fetchTool));
    expect(s.told("Agent")).toEqual(["Normal Initializing", "Normal ValidationSucceeded"]);
  });

  test("follows its servers in both directions, and keeps its offer while one is away", async () => {
    const s = await stage();
    await s.create(stdio);
    await s.createAgent();
    await s.link(connected(fetchTool));
    await s.link(away("The program was killed.", true));
    expect(s.agent()).toMatchObject({
      ready: false,
      status: "Pending",
      statusDetail: 'MCPServer "fetch" is not connected: The program was killed.',
      tools: [{ name: "fetch__fetch" }],
    });
    await s.link(connected(fetchTool));
    expect(s.agent()?.ready).toBe(true);
    await s.remove();
    expect(s.agent()).toMatchObject({ ready: false, tools: [] });
    expect(s.agent()?.statusDetail).toContain('MCPServer "fetch" does not exist');
  });

  test("offers another list as soon as the server has one, without ceasing to be ready and without an event", async () => {
    const s = await stage();
    await s.create(stdio);
    await s.createAgent();
    await s.link(connected(fetchTool));
    const told = s.told("Agent").length;
    await s.link(connected(fetchTool, { name: "post" }));
    expect([s.agent()?.ready, s.agent()?.tools?.map(({ name }) => name)]).toEqual([
      true,
      ["fetch__fetch", "fetch__post"],
    ]);
    expect(s.told("Agent")).toHaveLength(told);
  });
});
