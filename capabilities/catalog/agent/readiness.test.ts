import type { Observed } from "./readiness";
import { decide } from "./readiness";

const seen = (over: Partial<Omit<Observed, "spec">> & { spec?: Partial<Observed["spec"]> } = {}): Observed => ({
  namespace: "default",
  llm: { kind: "Ready" },
  servers: [],
  channels: [],
  offer: { tools: [], faults: [] },
  isNew: false,
  ...over,
  spec: { llmRef: { name: "gpt-4o" }, ...over.spec },
});

const connected = { name: "fetch", kind: "Connected" } as const;

describe("readiness of an agent", () => {
  test.each<[sentence: string, Observed, expected: string, parts: string[]]>([
    ["with a ready LLM it is ready", seen(), "Ready", ["All dependencies validated successfully"]],
    [
      "without its LLM it waits",
      seen({ llm: { kind: "Missing" } }),
      "Pending",
      ['LLM "gpt-4o"', '"default"', "spec.llmRef.name"],
    ],
    [
      "with an LLM that is not ready it waits, and says why",
      seen({ llm: { kind: "NotReady", detail: "No key." } }),
      "Pending",
      ['LLM "gpt-4o"', "No key."],
    ],
    [
      "with an LLM that nobody has looked at it waits",
      seen({ llm: { kind: "Unchecked" } }),
      "Pending",
      ['LLM "gpt-4o"'],
    ],
    ["with connected MCP servers it is ready", seen({ servers: [{ name: "fetch", kind: "Connected" }] }), "Ready", []],
    [
      "without one of its MCP servers it waits",
      seen({ servers: [connected, { name: "gone", kind: "Missing" }] }),
      "Pending",
      ['MCPServer "gone" does not exist in namespace "default"', "spec.mcpServers"],
    ],
    [
      "with an MCP server that is away it waits, and says why",
      seen({ servers: [connected, { name: "slow", kind: "NotConnected", detail: "It hangs." }] }),
      "Pending",
      ['MCPServer "slow" is not connected: It hangs.'],
    ],
    [
      "with an MCP server that is being connected it waits",
      seen({ servers: [{ name: "new", kind: "Connecting" }] }),
      "Pending",
      ['MCPServer "new"'],
    ],
    [
      "with a list of tools that the server does not have it waits, and says so",
      seen({ servers: [connected], offer: { tools: [], faults: ['MCPServer "fetch" has no tool "gte".'] } }),
      "Pending",
      ['has no tool "gte"'],
    ],
    [
      "with several things missing it says all of them",
      seen({
        llm: { kind: "Missing" },
        servers: [
          { name: "a", kind: "Missing" },
          { name: "b", kind: "NotConnected", detail: "It hangs." },
        ],
        spec: { tools: [{ name: "x" }] },
      }),
      "Pending",
      ['MCPServer "a"', 'MCPServer "b"', 'LLM "gpt-4o"', 'Tool "x"'],
    ],
    [
      "with sub-agents and tools it waits for all of them",
      seen({ spec: { subAgents: [{ name: "b" }], tools: [{ name: "x" }] } }),
      "Pending",
      ['Agent "b"', 'Tool "x"', "spec.subAgents"],
    ],
    ["with ready channels it is ready", seen({ channels: [{ name: "team", kind: "Ready" }] }), "Ready", []],
    [
      "without one of its channels it waits",
      seen({ channels: [{ name: "gone", kind: "Missing" }] }),
      "Pending",
      ['ContactChannel "gone" does not exist in namespace "default"', "spec.humanContactChannels"],
    ],
    [
      "with a channel that is not ready it waits, and says why",
      seen({ channels: [{ name: "team", kind: "NotReady", detail: "No key." }] }),
      "Pending",
      ['ContactChannel "team" is not ready: No key.'],
    ],
    [
      "with a channel that nobody has looked at it waits",
      seen({ channels: [{ name: "team", kind: "Unchecked" }] }),
      "Pending",
      ['ContactChannel "team"'],
    ],
    ["with an empty list of tools it is ready", seen({ spec: { tools: [] } }), "Ready", []],
    [
      "with tools and without its LLM it says both",
      seen({ llm: { kind: "Missing" }, spec: { tools: [{ name: "x" }] } }),
      "Pending",
      ['LLM "gpt-4o" does not exist', 'Tool "x"'],
    ],
  ])("%s", (_sentence, observed, status, parts) => {
    const { say } = decide(observed);
    expect([say.status, say.ready]).toEqual([status, status === "Ready"]);
    for (const part of parts) expect(say.detail).toContain(part);
  });

  test("the start of validation is told once, for a new agent", () => {
    expect(decide(seen({ isNew: true })).notes).toEqual([
      { type: "Normal", reason: "Initializing", message: "Starting validation" },
    ]);
    expect(decide(seen()).notes).toEqual([]);
  });

  test("an LLM that was applied together with it is no failure", () => {
    expect(decide(seen({ isNew: true, llm: { kind: "Unchecked" } })).say.passing).toBe(true);
  });

  test.each<[sentence: string, Observed, expected: true | undefined]>([
    [
      "a server that was applied together with it is no failure",
      seen({ servers: [{ name: "a", kind: "Connecting" }] }),
      true,
    ],
    [
      "a channel that was applied together with it is no failure",
      seen({ channels: [{ name: "a", kind: "Unchecked" }] }),
      true,
    ],
    [
      "a channel being validated beside one that is missing is one",
      seen({
        channels: [
          { name: "a", kind: "Unchecked" },
          { name: "b", kind: "Missing" },
        ],
      }),
      undefined,
    ],
    [
      "a server being connected beside one that is away is one",
      seen({
        servers: [
          { name: "a", kind: "Connecting" },
          { name: "b", kind: "NotConnected", detail: "It hangs." },
        ],
      }),
      undefined,
    ],
    [
      "a server being connected does not hide an LLM that is not ready",
      seen({ llm: { kind: "NotReady", detail: "No key." }, servers: [{ name: "a", kind: "Connecting" }] }),
      undefined,
    ],
  ])("%s", (_sentence, observed, passing) => {
    expect(decide(observed).say.passing).toBe(passing);
  });

  test.each<[sentence: string, Observed, reason: string]>([
    [
      "nothing but sub-agents is waited for",
      seen({ servers: [connected], spec: { subAgents: [{ name: "b" }] } }),
      "SubAgentsPending",
    ],
    [
      "a server is waited for too",
      seen({ servers: [{ name: "a", kind: "Missing" }], spec: { subAgents: [{ name: "b" }] } }),
      "ValidationFailed",
    ],
    [
      "a channel is waited for too",
      seen({ channels: [{ name: "a", kind: "Missing" }], spec: { subAgents: [{ name: "b" }] } }),
      "ValidationFailed",
    ],
    ["a server is waited for", seen({ servers: [{ name: "a", kind: "Missing" }] }), "ValidationFailed"],
  ])("the reason tells whether %s", (_sentence, observed, reason) => {
    expect(decide(observed).say.reason).toBe(reason);
  });
});
