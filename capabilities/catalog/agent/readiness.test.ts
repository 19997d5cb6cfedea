import type { Observed } from "./readiness";
import { decide } from "./readiness";

const seen = (over: Partial<Omit<Observed, "spec">> & { spec?: Partial<Observed["spec"]> } = {}): Observed => ({
  namespace: "default",
  llm: { kind: "Ready" },
  isNew: false,
  ...over,
  spec: { llmRef: { name: "gpt-4o" }, ...over.spec },
});

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
    [
      "with an MCP server it waits",
      seen({ spec: { mcpServers: [{ name: "fetch" }] } }),
      "Pending",
      ['MCPServer "fetch"', "spec.mcpServers", "does not offer tools"],
    ],
    [
      "with sub-agents and people it waits for all of them",
      seen({ spec: { subAgents: [{ name: "b" }], humanContactChannels: [{ name: "c" }], tools: [{ name: "x" }] } }),
      "Pending",
      ['Agent "b"', 'ContactChannel "c"', 'Tool "x"', "spec.subAgents"],
    ],
    ["with an empty list of tools it is ready", seen({ spec: { tools: [], mcpServers: [] } }), "Ready", []],
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
});
