import { createArguments } from "./arguments";
import type { JsonSchema } from "./arguments";

const args = createArguments();

const fetchSchema: JsonSchema = {
  type: "object",
  properties: {
    url: { type: "string", minLength: 1 },
    tags: { type: "array", items: { enum: ["a", "b"] } },
    depth: { anyOf: [{ type: "integer" }, { type: "null" }] },
    "odd / na~me": { type: "string" },
  },
  required: ["url"],
  additionalProperties: false,
};

function whyOf(text: string, schema?: JsonSchema): string {
  const fit = args.check(text, schema);
  return fit.kind === "Unfit" ? fit.why : fit.kind;
}

test.each<[sentence: string, text: string, schema: JsonSchema | undefined, expected: string]>([
  ["arguments that fit", '{"url": "https://example.com", "depth": null}', fetchSchema, "Fits"],
  ["the empty text is no arguments", "", { type: "object" }, "Fits"],
  [
    "nor is a blank one",
    " \n",
    { type: "object", required: ["url"] },
    'arguments: does not have required property "url"',
  ],
  ["without a schema an object is as good as any other", '{"url": 1}', undefined, "Unchecked"],
  ["text that is no JSON", "{url: 1}", fetchSchema, "they are not JSON. Give one JSON object"],
  ["a list", "[1]", undefined, "they are a list. Give one JSON object"],
  ["null", "null", undefined, "they are null. Give one JSON object"],
  ["a word", '"url"', undefined, "they are a string. Give one JSON object"],
  ["what is missing", "{}", fetchSchema, 'arguments: does not have required property "url"'],
  [
    "what is of the wrong type, and where",
    '{"url": 1}',
    fetchSchema,
    'arguments.url: type "number" is invalid. Expected "string"',
  ],
  [
    "a place in a list",
    '{"url": "x", "tags": ["a", "c"]}',
    fetchSchema,
    'arguments.tags[1]: does not match any of ["a","b"]',
  ],
  [
    "a name as the model wrote it",
    '{"url": "x", "odd / na~me": 1}',
    fetchSchema,
    'arguments.odd / na~me: type "number" is invalid. Expected "string"',
  ],
  ["what is too much", '{"url": "x", "uri": "y"}', fetchSchema, 'arguments: there may be no property "uri"'],
  [
    "alternatives, none of which fits",
    '{"url": "x", "depth": "deep"}',
    fetchSchema,
    'arguments.depth: does not match any subschemas; arguments.depth: type "string" is invalid. Expected "integer"; arguments.depth: type "string" is invalid. Expected "null"',
  ],
])("%s", (_sentence, text, schema, expected) => {
  expect(whyOf(text, schema)).toBe(expected);
});

test("several problems are told at a time, but not a hundred", () => {
  const required = Array.from({ length: 100 }, (_, i) => `p${i}`);
  const why = whyOf("{}", { type: "object", required });
  expect(why.match(/required property/g)).toHaveLength(5);
  expect(why).toMatch(/and 95 more$/);
});

test("arguments nested deeper than any tool wants are refused", () => {
  const nested = (depth: number): string => `{"a": ${"[".repeat(depth)}${"]".repeat(depth)}}`;
  expect(whyOf(nested(50))).toBe("Unchecked");
  expect(whyOf(nested(100_000))).toMatch(/levels deep/);
});

test("the schema's own draft counts", () => {
  const inDraft7 = (extra: JsonSchema): JsonSchema => ({
    $schema: "http://json-schema.org/draft-07/schema#",
    ...extra,
  });
  const tuple = { properties: { a: { items: [{ type: "string" }], additionalItems: false } } };
  expect(whyOf('{"a": ["x", 1]}', inDraft7(tuple))).toContain("arguments.a");
  const prefix = { properties: { a: { prefixItems: [{ type: "string" }] } } };
  expect(whyOf('{"a": [1]}', { $schema: "https://json-schema.org/draft/2020-12/schema", ...prefix })).toContain(
    "arguments.a[0]",
  );
  expect(whyOf('{"a": [1]}', prefix)).toContain("arguments.a[0]");
});

test("what a server writes into its schema is left as it is", () => {
  const schema = { $defs: { a: { type: "string" } }, properties: { a: { $ref: "#/$defs/a" } } };
  expect(whyOf('{"a": "x"}', Object.freeze(schema))).toBe("Fits");
  expect(Object.getOwnPropertyNames(schema.properties.a)).toEqual(["$ref"]);
});

test("a schema that only its server understands leaves the judging to the server", () => {
  expect(whyOf('{"a": "x"}', { properties: { a: { pattern: "(?i:x)\\_" } } })).toBe("Unchecked");
  expect(whyOf('{"a": "x"}', { properties: { a: { $ref: "https://elsewhere.example/schema" } } })).toBe("Unchecked");
  expect(whyOf('{"a": "x"}', { required: 7 as never })).toBe("Unchecked");
});

describe("hostile schemas", () => {
  const slow = `${"a".repeat(60)}!`;
  const text = JSON.stringify({ a: slow });
  const exponential = (): JsonSchema => {
    const $defs: JsonSchema = { s0: { type: "string" } };
    for (let i = 1; i <= 40; i++)
      $defs[`s${i}`] = { allOf: [{ $ref: `#/$defs/s${i - 1}` }, { $ref: `#/$defs/s${i - 1}` }] };
    return { $defs, properties: { a: { $ref: "#/$defs/s40" } } };
  };

  test.each<[name: string, JsonSchema]>([
    ["a pattern that backtracks for ever", { properties: { a: { pattern: "^(a+)+$" } } }],
    ["a schema that refers to itself for ever", { $defs: { a: { $ref: "#/$defs/a" } }, $ref: "#/$defs/a" }],
    ["a schema that doubles at every level", exponential()],
  ])("%s ends in words and not in a process that hangs", (_name, schema) => {
    expect(args.check(text, schema)).toEqual({ kind: "Hostile" });
  });

  test("one that was hostile is not tried again", () => {
    const reads = { count: 0 };
    const schema = {
      get properties() {
        reads.count++;
        return { a: { pattern: "^(a+)+$" } };
      },
    };
    expect(args.check(text, schema)).toEqual({ kind: "Hostile" });
    const after = reads.count;
    expect(after).toBeGreaterThan(0);
    expect(args.check("{}", schema)).toEqual({ kind: "Hostile" });
    expect(reads.count).toBe(after);
  });
});
