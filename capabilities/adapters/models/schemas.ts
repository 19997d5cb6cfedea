/**
 * JSON Schemas on their way to a provider: the arguments of tools and the wanted output, bent just as far as the
 * providers demand. The whole schema is still what arguments and output are checked against. Pure; changes no input.
 */
import { Validator } from "@cfworker/json-schema";
import { transformJSONSchema } from "@anthropic-ai/sdk/lib/transform-json-schema";
import type { Json } from "./wire";
import { isRecord, parseJson } from "../../runtime/json";
import { draftOf } from "../../runtime/json-schema";
import { createWatchdog, withinTries } from "../../runtime/within-time";

/** OpenAI refuses a function description that is longer, in characters. */
const DESCRIPTION_LIMIT = 1_024;

/** A tool's description, shortened where OpenAI would refuse it. */
export function shortDescription(description: string): string {
  return description.length <= DESCRIPTION_LIMIT ? description : `${description.slice(0, DESCRIPTION_LIMIT - 1)}…`;
}

/**
 * A tool's parameters as every provider takes them: an object with properties. Alternatives at the top (oneOf and the
 * like) are refused by OpenAI and Anthropic, and `$schema` by Google.
 */
export function toolSchema(schema: Json): Json {
  const { $schema: _, oneOf: _1, anyOf: _2, allOf: _3, not: _4, enum: _5, ...rest } = schema;
  return {
    ...rest,
    type: "object",
    properties: isRecord(rest["properties"]) ? rest["properties"] : {},
  };
}

/** The wanted output for OpenAI: `strict` only where the schema is one OpenAI can enforce. */
export function openaiOutput(schema: Json): {
  name: string;
  schema: Json;
  strict: boolean;
} {
  const { $schema: _, ...rest } = schema;
  return { name: "answer", schema: rest, strict: isStrict(rest) };
}

/**
 * The wanted output for Anthropic, which takes a part of JSON Schema: the SDK moves the rest into descriptions. Undefined
 * when even that cannot be done; the output is checked all the same.
 */
export function anthropicOutput(schema: Json): Json | undefined {
  try {
    return transformJSONSchema(schema);
  } catch {
    return undefined;
  }
}

/** Words OpenAI's strict mode does not know; a schema with one of them is sent as not strict. */
const NOT_STRICT = new Set([
  "oneOf",
  "allOf",
  "not",
  "if",
  "then",
  "else",
  "patternProperties",
  "propertyNames",
  "dependentRequired",
  "dependentSchemas",
  "prefixItems",
  "unevaluatedProperties",
  "$dynamicRef",
]);

/** Whether OpenAI would take the schema with `strict: true`: every object closed, every property required, only known words. */
function isStrict(schema: Json): boolean {
  return schema["type"] === "object" && isStrictPart(schema);
}

function isStrictPart(schema: unknown): boolean {
  if (!isRecord(schema) || Object.keys(schema).some((word) => NOT_STRICT.has(word))) return false;
  const parts = [
    ...valuesOf(schema["$defs"]),
    ...valuesOf(schema["properties"]),
    ...listOf(schema["anyOf"]),
    ...("items" in schema ? [schema["items"]] : []),
  ];
  return isClosed(schema) && parts.every(isStrictPart);
}

function isClosed(schema: Json): boolean {
  if (schema["type"] !== "object" && !("properties" in schema))
    return "type" in schema || "anyOf" in schema || "$ref" in schema || "enum" in schema || "const" in schema;
  const required = schema["required"];
  return (
    schema["additionalProperties"] === false &&
    Array.isArray(required) &&
    isRecord(schema["properties"]) &&
    Object.keys(schema["properties"]).every((name) => required.includes(name))
  );
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}

function valuesOf(schemas: unknown): unknown[] {
  return isRecord(schemas) ? Object.values(schemas) : [];
}

/** Whether an answer is what was asked for. `BadSchema`: the schema itself cannot be used. */
export type OutputCheck = { kind: "Fits" } | { kind: "Misfit"; why: string } | { kind: "BadSchema"; why: string };

/** How long a check may take at the first and at the second try, milliseconds. */
const CHECK_LIMITS_MS = [100, 400];

const within = createWatchdog();

/**
 * Checks that `text` is JSON of `schema` and says, in words, the first thing that does not fit. Whoever may create a Task
 * writes the schema, so it runs under a watchdog: a pattern that backtracks for ever would keep everybody's tasks waiting.
 */
export function checkOutput(text: string, schema: Json): OutputCheck {
  const value = parseJson(text);
  if (value === undefined)
    return {
      kind: "Misfit",
      why: text.trim() === "" ? "it is empty" : "it is not JSON",
    };
  // A copy: the validator files its notes in the schema, and a check that is ended leaves them half done.
  const check = () => new Validator(structuredClone(schema), draftOf(schema)).validate(value);
  const ended = withinTries(within, check, { limitsMs: CHECK_LIMITS_MS });
  switch (ended.kind) {
    case "Threw":
      return { kind: "BadSchema", why: faultWords(ended) };
    case "TimedOut":
      return { kind: "BadSchema", why: "checking an answer with it takes too long; simplify its patterns." };
    case "Done":
      return ended.value.valid ? { kind: "Fits" } : { kind: "Misfit", why: firstFault(ended.value.errors) };
  }
}

/** The validator's own words go on for several lines, with addresses that it has made up. */
function faultWords({ name, message }: { name: string; message: string }): string {
  if (name === "RangeError") return "it refers to itself without end.";
  const [words = ""] = message.split(/\n|\s+Absolute URI/);
  return `${words.replace(/\.$/, "")}.`;
}

/** The validator lists the outer errors first; the innermost one names the spot. */
function firstFault(errors: { instanceLocation: string; error: string }[]): string {
  const last = errors.at(-1);
  if (last === undefined) return "it does not fit the schema";
  const place = last.instanceLocation.replace(/^#\/?/, "");
  return `${place === "" ? "as a whole" : `at "${place}"`}: ${last.error.replace(/\.$/, "")}`;
}
