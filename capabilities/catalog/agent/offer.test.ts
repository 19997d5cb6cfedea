import type { Reached, Served } from "./offer";
import { offerOf } from "./offer";

const served = (name: string, tools: string[] | undefined, only?: string[]): Served => ({
  server: { name, ...(only && { tools: only }) },
  tools,
});
const names = (...all: Served[]): string[] => offerOf(all).tools.map(({ name }) => name);
const HASHED = /^[a-zA-Z0-9_-]{1,55}_[0-9a-f]{8}$/;

describe("the offer of an agent", () => {
  test("names each tool after its server, says where it comes from, and keeps the order", () => {
    expect(offerOf([served("fetch", ["get", "post"]), served("memory", ["read_graph"])])).toEqual({
      tools: [
        { name: "fetch__get", kind: "MCP", source: "MCPServer/fetch", tool: "get" },
        { name: "fetch__post", kind: "MCP", source: "MCPServer/fetch", tool: "post" },
        { name: "memory__read_graph", kind: "MCP", source: "MCPServer/memory", tool: "read_graph" },
      ],
      faults: [],
    });
  });

  test.each<[sentence: string, server: string, tool: string]>([
    ["a dot in the server's name", "my.server", "get"],
    ["a slash in the tool's name", "fetch", "repo/get"],
    ["letters beyond ASCII", "fetch", "größe"],
    ["symbols of two UTF-16 units", "fetch", "🚀"],
    ["a blank", "fetch", "get it"],
    ["65 characters", "fetch", "x".repeat(58)],
    ["a thousand characters", "fetch", "x".repeat(1_000)],
    ["a server's name of 253 characters", "s".repeat(253), "get"],
  ])("a name with %s is made legal and ends in a hash", (_sentence, server, tool) => {
    const [name = ""] = names(served(server, [tool]));
    expect(name).toMatch(HASHED);
    expect(name.startsWith(server.slice(0, 2))).toBe(true);
    expect(offerOf([served(server, [tool])]).tools[0]?.tool).toBe(tool);
  });

  test("64 characters are left as they are", () => {
    const tool = "x".repeat(57);
    expect(names(served("fetch", [tool]))).toEqual([`fetch__${tool}`]);
  });

  test("a symbol of two UTF-16 units becomes one character, never half of it", () => {
    expect(names(served("fetch", ["a🚀b"]))[0]).toMatch(/^fetch__a_b_[0-9a-f]{8}$/);
  });

  test("the hash is that of released versions, for conversations hold the name", () => {
    expect(names(served("my.server", ["get"]))).toEqual(["my_server__get_20c47260"]);
  });

  test("names that would become the same stay different, whatever comes between and in whatever order", () => {
    const tools = ["get it", "get.it", "get_it", "get/it", `${"x".repeat(80)}1`, `${"x".repeat(80)}2`];
    const byTool = (order: string[]) =>
      new Map(offerOf([served("fetch", order)]).tools.map(({ tool, name }) => [tool, name]));
    const forward = byTool(tools);
    const backward = byTool([...tools].reverse().flatMap((tool) => [tool, `other ${tool}`]));
    expect(new Set(forward.values()).size).toBe(tools.length);
    expect(forward.get("get_it")).toBe("fetch__get_it");
    for (const tool of tools) expect(backward.get(tool)).toBe(forward.get(tool));
  });

  test("servers whose names become the same stay different", () => {
    const both = names(served("my.server", ["get"]), served("my-server", ["get"]), served("my.serve.r", ["get"]));
    expect(new Set(both).size).toBe(3);
    expect(both[1]).toBe("my-server__get");
  });

  test("a tool that is called as another's hashed name would be takes nothing from it", () => {
    const [hashed = ""] = names(served("fetch", ["get it"]));
    const impostor = hashed.slice("fetch__".length);
    const both = names(served("fetch", ["get it", impostor]));
    expect(both[1]).toBe(hashed);
    expect(both[0]).toMatch(HASHED);
    expect(both[0]).not.toBe(hashed);
  });

  test("a tool that a server lists twice is offered once", () => {
    expect(names(served("fetch", ["get", "get"]))).toEqual(["fetch__get"]);
  });

  test.each<[sentence: string, Served, expected: string[], faults: number]>([
    ["without a list, all tools are offered", served("fetch", ["get", "post"]), ["get", "post"], 0],
    [
      "with a list, only those, in the server's order",
      served("fetch", ["get", "put", "post"], ["post", "get"]),
      ["get", "post"],
      0,
    ],
    ["with an empty list, none", served("fetch", ["get"], []), [], 0],
    [
      "a listed tool that the server lacks is a fault, and the others are offered",
      served("fetch", ["get"], ["get", "gte"]),
      ["get"],
      1,
    ],
    ["of a server that was never seen nothing is offered and nothing said", served("fetch", undefined, ["get"]), [], 0],
    ["a server without tools lacks every listed one", served("fetch", [], ["get"]), [], 1],
    ["the list is of names on the server, not of offered ones", served("fetch", ["a b"], ["fetch__a_b"]), [], 1],
  ])("%s", (_sentence, server, expected, faults) => {
    const offer = offerOf([server]);
    expect([offer.tools.map(({ tool }) => tool), offer.faults.length]).toEqual([expected, faults]);
  });

  test("a fault names the tool and what the server has, but not a thousand names", () => {
    const many = Array.from({ length: 1_000 }, (_, i) => `tool-${i}`);
    const [fault = ""] = offerOf([served("fetch", many, ["gte"])]).faults;
    for (const part of ['MCPServer "fetch"', '"gte"', '"tool-0"', "990 more", "spec.mcpServers"])
      expect(fault).toContain(part);
    expect(fault.length).toBeLessThan(400);
  });

  test.each([
    ["email", "team__human_contact_email"],
    ["slack", "team__human_contact_slack"],
    ["kubernetes", "team__human_contact"],
    ["webhook", "team__human_contact"],
  ] as const)("a channel of type %s is a tool that asks people", (type, name) => {
    expect(offerOf([], [{ channel: "team", type }]).tools).toEqual([
      { name, kind: "HumanContact", source: "ContactChannel/team" },
    ]);
  });

  test("people come after the servers' tools, in the order of the agent", () => {
    const reached: Reached[] = [
      { channel: "b", type: "slack" },
      { channel: "a", type: "email" },
    ];
    expect(offerOf([served("fetch", ["get"])], reached).tools.map(({ name }) => name)).toEqual([
      ...["fetch__get", "b__human_contact_slack", "a__human_contact_email"],
    ]);
  });

  test("a channel's name that is too long or has a dot is made legal and ends in a hash", () => {
    const long = "team-".repeat(50);
    const reached: Reached[] = [long, "my.team"].map((channel) => ({ channel, type: "email" }));
    const { tools } = offerOf([], reached);
    for (const { name } of tools) expect(name).toMatch(HASHED);
    expect(tools[1]?.name).toMatch(/^my_team__human_contact_email_/);
  });

  test("a channel and a server's tool that would have one name both end in a hash, and stay different", () => {
    const { tools } = offerOf([served("team", ["human_contact_email"])], [{ channel: "team", type: "email" }]);
    for (const { name } of tools) expect(name).toMatch(/^team__human_contact_email_[0-9a-f]{8}$/);
    expect(tools[0]?.name).not.toBe(tools[1]?.name);
  });

  test("more tools than an Agent can hold are a fault that says what to do", () => {
    const many = Array.from({ length: 3_000 }, (_, i) => `tool-${i}`);
    const { tools, faults } = offerOf([served("a", many), served("b", many)]);
    expect(tools).toEqual([]);
    expect(faults).toEqual([expect.stringMatching(/6000 tools.*spec\.mcpServers\[\]\.tools/)]);
  });
});
