import type { MCPTool } from "../../../crds/index";
import { fit, TOOLS_BYTES } from "./fit";

const schema = (text = "a"): Record<string, unknown> => ({
  type: "object",
  properties: { [text]: { type: "string" } },
});
const whole: MCPTool = {
  name: "fetch",
  description: "Fetches a URL",
  inputSchema: schema(),
  outputSchema: schema(),
  annotations: { title: "Fetch", readOnlyHint: true },
};
const nested = (levels: number): Record<string, unknown> => (levels === 0 ? {} : { items: nested(levels - 1) });
const many = (count: number, tool: (i: number) => Partial<MCPTool>): MCPTool[] =>
  Array.from({ length: count }, (_, i) => ({ name: `tool-${i}`, inputSchema: schema(), ...tool(i) }));
/** What the tools take in etcd, where Go's encoder has written these three characters as six bytes each. */
const stored = (tools: MCPTool[]): number => Buffer.byteLength(JSON.stringify(tools).replaceAll(/[<>&]/g, "\\u0000"));

describe("the tools that a status keeps", () => {
  test("are just what the server says, when that is reasonable", () => {
    expect(fit([whole, { name: "b", inputSchema: nested(30) }])).toEqual({
      tools: [whole, { name: "b", inputSchema: nested(30) }],
    });
  });

  test.each<[sentence: string, given: unknown, expected: unknown]>([
    ["a missing input schema is any object", { name: "a" }, { name: "a", inputSchema: { type: "object" } }],
    [
      "an input schema that is a list is any object",
      { name: "a", inputSchema: [] },
      { name: "a", inputSchema: { type: "object" } },
    ],
    [
      "an input schema that is true is any object",
      { name: "a", inputSchema: true },
      { name: "a", inputSchema: { type: "object" } },
    ],
    [
      "an input schema of unreasonable depth is any object",
      { name: "a", inputSchema: nested(5_000) },
      { name: "a", inputSchema: { type: "object" } },
    ],
    [
      "an output schema that is no object is left out",
      { name: "a", inputSchema: {}, outputSchema: null },
      { name: "a", inputSchema: {} },
    ],
    [
      "fields that the status does not know are left out",
      { name: "a", inputSchema: {}, icons: [1] },
      { name: "a", inputSchema: {} },
    ],
    [
      "half a symbol in a schema would not come back the same: it is any object",
      { name: "a", inputSchema: { title: "\ud83d" } },
      { name: "a", inputSchema: { type: "object" } },
    ],
    [
      "half a symbol in a description is replaced",
      { name: "a", inputSchema: {}, description: "a\ud83d" },
      { name: "a", inputSchema: {}, description: "a\ufffd" },
    ],
  ])("%s", (_sentence, given, expected) => {
    expect(fit([given as MCPTool]).tools).toEqual([expected]);
  });

  test("a very long description is cut, and that is said", () => {
    const { tools, missing } = fit([{ ...whole, description: "🚀".repeat(100_000) }]);
    expect(tools[0]?.description?.length).toBeLessThan(20_000);
    expect(tools[0]?.description).not.toMatch(/\p{Surrogate}/u);
    expect(missing).toContain("of 1 a description or schema");
  });

  test("tools that have no usable name, or are too many, are left out, and that is said", () => {
    const { tools, missing } = fit([{ name: "" }, { name: "x".repeat(1_025) }, ...many(5_000, () => ({}))]);
    expect([tools.length, tools[0]?.name]).toEqual([4_096, "tool-0"]);
    expect(missing).toContain("906 are left out");
  });

  test.each<[sentence: string, given: MCPTool[], kept: (keyof MCPTool)[], hints: object | undefined, missing: string]>([
    [
      "output schemas go first",
      many(100, () => ({
        description: "d".repeat(3_000),
        outputSchema: schema("o".repeat(8_000)),
        annotations: { readOnlyHint: true, title: "t" },
      })),
      ["annotations", "description", "inputSchema", "name"],
      { readOnlyHint: true, title: "t" },
      "without output schemas.",
    ],
    [
      "then annotations, but never the hints that say what is safe to repeat",
      many(100, () => ({
        description: "d".repeat(3_000),
        annotations: { readOnlyHint: true, idempotentHint: "yes", title: "t".repeat(9_000) },
      })),
      ["annotations", "description", "inputSchema", "name"],
      { readOnlyHint: true },
      "without output schemas and annotations other than the protocol's hints.",
    ],
    [
      "then descriptions",
      many(100, () => ({ description: "d".repeat(9_000), annotations: { destructiveHint: false } })),
      ["annotations", "inputSchema", "name"],
      { destructiveHint: false },
      "hints and descriptions.",
    ],
  ])("when all together is too much, %s", (...[, given, kept, hints, missing]) => {
    const fitted = fit(given);
    expect(fitted.tools).toHaveLength(100);
    for (const tool of fitted.tools) expect(Object.keys(tool).sort()).toEqual(kept);
    expect(fitted.tools[0]?.annotations).toEqual(hints);
    expect(fitted.missing).toContain(missing);
    expect(stored(fitted.tools)).toBeLessThanOrEqual(TOOLS_BYTES + 2);
  });

  test("and at last tools, from the end; one that alone is too much does not cost the others", () => {
    const huge = { name: "huge", inputSchema: schema("h".repeat(800_000)) };
    const { tools, missing } = fit([huge, ...many(200, () => ({ inputSchema: schema("s".repeat(5_000)) }))]);
    expect(tools[0]?.name).toBe("tool-0");
    expect(tools.length).toBeGreaterThan(100);
    expect(tools.map(({ name }) => name)).toEqual(tools.map((_, i) => `tool-${i}`));
    expect(missing).toContain(`${201 - tools.length} are left out and cannot be used`);
    expect(stored(tools)).toBeLessThanOrEqual(TOOLS_BYTES + 2);
  });

  test("characters that the API server stores as six bytes count as such", () => {
    const { tools } = fit(many(100, () => ({ description: "<".repeat(6_000) })));
    expect(stored(tools)).toBeLessThanOrEqual(TOOLS_BYTES + 2);
  });

  test("what is fitted is fitted: doing it again changes nothing", () => {
    const { tools } = fit(
      many(200, () => ({ description: "d".repeat(20_000), outputSchema: schema("o".repeat(9_000)) })),
    );
    expect(fit(tools).tools).toEqual(tools);
  });
});
