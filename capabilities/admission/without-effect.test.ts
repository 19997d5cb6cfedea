import type { Request } from "./request";
import { withoutEffect } from "./without-effect";

const request = (kind: string, spec: Record<string, unknown>, stored?: Record<string, unknown>): Request => ({
  kind,
  namespace: "default",
  object: { metadata: { name: "x" }, spec },
  ...(stored && { stored: { metadata: { name: "x" }, spec: stored } }),
});

const program = { transport: "stdio", command: "x" };
const bounds = { limits: { memory: "256Mi" } };

describe("a field without effect is named, and nothing else is", () => {
  test.each<[sentence: string, Request, fields: string[]]>([
    ["a program is not bounded", request("MCPServer", { ...program, resources: bounds }), ["spec.resources"]],
    ["a program without bounds", request("MCPServer", program), []],
    ["bounds that bound nothing", request("MCPServer", { ...program, resources: {} }), []],
    [
      "Gemini is asked with a key that knows its project",
      request("LLM", { provider: "google", google: { project: "p", location: "l" } }),
      ["spec.google.project", "spec.google.location"],
    ],
    ["a provider that is not reached is told of elsewhere", request("LLM", { provider: "vertex", vertex: {} }), []],
    [
      "one address is enough for Azure",
      request("LLM", {
        provider: "azure",
        azure: { endpoint: "https://a.example" },
        parameters: { baseUrl: "https://b" },
      }),
      ["spec.azure.endpoint"],
    ],
    ["an address of Azure alone", request("LLM", { provider: "azure", azure: { endpoint: "https://a.example" } }), []],
    [
      "nobody delegates",
      request("Agent", { llmRef: { name: "priced" }, limits: { maxDelegationDepth: 2 } }),
      ["spec.limits.maxDelegationDepth"],
    ],
    [
      "the schema's own default is nobody's wish",
      request("Agent", { llmRef: { name: "priced" }, limits: { maxTurns: 50, maxDelegationDepth: 5 } }),
      [],
    ],
    [
      "a task has no default",
      request("Task", { agentRef: { name: "dear" }, limits: { maxDelegationDepth: 5 } }),
      ["spec.limits.maxDelegationDepth"],
    ],
    [
      "a switch of a task says nothing again",
      request(
        "Task",
        { agentRef: { name: "frugal" }, limits: { maxDelegationDepth: 5 }, suspended: true },
        { agentRef: { name: "frugal" }, limits: { maxDelegationDepth: 5 } },
      ),
      [],
    ],
    [
      "an edit of the field is told again",
      request("MCPServer", { ...program, resources: bounds }, { ...program, resources: { limits: { cpu: "1" } } }),
      ["spec.resources"],
    ],
  ])("%s", (_sentence, given, fields) => {
    const warnings = withoutEffect(given);
    expect(warnings.map((warning) => warning.split(" ")[0])).toEqual(fields);
  });

  test("every warning says what happens instead, and is short enough for the API server to pass on whole", () => {
    const all = [
      request("MCPServer", { ...program, resources: bounds }),
      request("LLM", { google: { project: "p", location: "l" } }),
      request("LLM", { azure: { endpoint: "a" }, parameters: { baseUrl: "b" } }),
      request("Task", { agentRef: { name: "frugal" }, limits: { maxDelegationDepth: 5 } }),
    ].flatMap((given) => withoutEffect(given));
    expect(all).toHaveLength(5);
    for (const warning of all) {
      expect(warning).toContain("has no effect");
      expect(warning.split(": ").length).toBeGreaterThan(1);
      expect(warning.length).toBeLessThan(256);
    }
  });
});
