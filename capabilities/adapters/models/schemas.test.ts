/** What is checked with a schema somebody else wrote: the answer is judged, or the schema is blamed, and the process lives. */
import { checkOutput } from "./schemas";

const closed = (properties: object) => ({
  type: "object",
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
});

describe("an answer that must be JSON", () => {
  const capital = closed({ capital: { type: "string" } });

  test.each<[text: string, kind: string, why: string]>([
    ['{"capital":"Paris"}', "Fits", ""],
    ['{"capital":7}', "Misfit", "capital"],
    ["Paris", "Misfit", "not JSON"],
    [" ", "Misfit", "empty"],
  ])("%s: %s", (text, kind, why) => {
    const check = checkOutput(text, capital);
    expect(check.kind).toBe(kind);
    expect("why" in check ? check.why : "").toContain(why);
  });

  test("a pattern that would keep the process busy for ever is given up, and the schema is to blame", () => {
    const hostile = closed({ a: { type: "string", pattern: "^(a+)+$" } });
    const check = checkOutput(JSON.stringify({ a: `${"a".repeat(50)}!` }), hostile);
    expect(check).toMatchObject({ kind: "BadSchema", why: expect.stringContaining("too long") as string });
  });

  test.each<[what: string, schema: Record<string, unknown>]>([
    ["a pattern that is none", closed({ a: { type: "string", pattern: "(" } })],
    ["a reference to nowhere", closed({ a: { $ref: "#/$defs/b" } })],
    ["a reference to itself", { $ref: "#" }],
  ])("%s is told in one sentence", (_what, schema) => {
    const check = checkOutput('{"a":"x"}', schema);
    expect(check).toMatchObject({ kind: "BadSchema", why: expect.stringMatching(/^[^\n]+\.$/) as string });
    expect(JSON.stringify(check)).not.toContain("cfworker");
  });
});
