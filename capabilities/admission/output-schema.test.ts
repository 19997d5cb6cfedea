import { Validator } from "@cfworker/json-schema";
import { faultOf } from "./output-schema";

const deep = (levels: number): object => (levels === 0 ? { type: "string" } : { items: deep(levels - 1) });

describe("an output schema", () => {
  test.each<[sentence: string, schema: unknown]>([
    ["of nothing allows everything", {}],
    [
      "of all sorts of parts",
      {
        type: ["object", "null"],
        properties: { a: { $ref: "#/$defs/a" } },
        $defs: { a: { enum: [1, "x"] } },
        additionalProperties: false,
      },
    ],
    [
      "with alternatives",
      { anyOf: [{ type: "string" }, { type: "array", items: { type: "integer" }, prefixItems: [true] }] },
    ],
    [
      "with patterns and references of every form",
      {
        properties: { a: { pattern: "^\\p{L}+$" }, b: { $ref: "#" }, c: { $ref: "#/$defs/a~1b%20c" } },
        patternProperties: { "^x-": { $ref: "#/properties/a" } },
        $defs: { "a/b c": {} },
      },
    ],
    ["with a reference by the name of an anchor", { $defs: { a: { $anchor: "a" } }, items: { $ref: "#a" } }],
    [
      "with a part that has an $id, into which its references point",
      { items: { $id: "https://example.com/part", $ref: "#/$defs/a", $defs: { a: {} } } },
    ],
    ["of an older draft, with items as a list", { items: [{ type: "string" }, { type: "number" }] }],
    [
      "with a property called like a keyword",
      { properties: { type: { type: "string" }, required: { type: "boolean" } }, required: ["type"] },
    ],
  ])("%s is accepted, and the validator can use it", (_sentence, schema) => {
    expect(faultOf(schema)).toBeUndefined();
    expect(() => new Validator(schema as object).validate({ a: 1 })).not.toThrow();
  });

  test.each<[sentence: string, schema: unknown, place: string]>([
    ["that is text", "string", "spec.outputSchema must"],
    ["of an unknown type", { type: "text" }, "spec.outputSchema.type"],
    [
      "with a wrong type deep inside",
      { properties: { a: { items: { type: "int" } } } },
      "spec.outputSchema.properties.a.items.type",
    ],
    [
      "with required as in OpenAPI 2",
      { properties: { a: { type: "string", required: true } } },
      "spec.outputSchema.properties.a.required",
    ],
    ["with a property that is no schema", { properties: { a: "string" } }, "spec.outputSchema.properties.a must"],
    ["with properties as a list", { properties: [{ name: "a" }] }, "spec.outputSchema.properties must be a map"],
    ["with alternatives as a map", { anyOf: { a: {} } }, "spec.outputSchema.anyOf must be a list"],
    ["with an enum of one word", { enum: "a" }, "spec.outputSchema.enum"],
    ["that would have to be fetched", { $ref: "https://example.com/schema" }, "spec.outputSchema.$ref"],
    ["without end", deep(200), "nested"],
    ["with a pattern that is none", { properties: { a: { pattern: "(" } } }, "spec.outputSchema.properties.a.pattern"],
    ["with a pattern of another type", { pattern: 7 }, "spec.outputSchema.pattern"],
    ["with property names by a pattern that is none", { patternProperties: { "[": {} } }, "patternProperties"],
    ["with a reference to nowhere", { items: { $ref: "#/$defs/city" } }, "spec.outputSchema.items.$ref"],
  ])("%s is refused, naming the place", (_sentence, schema, place) => {
    expect(faultOf(schema)).toContain(place);
  });

  test("that is nested too deeply is refused in a sentence that can be read", () => {
    expect(faultOf(deep(200))?.length).toBeLessThan(250);
  });
});
