/**
 * Whether a Task's `outputSchema` can be used to check an answer. Pure, and cheap: it looks for what would make the
 * check fail on every answer or not at all, not for everything that JSON Schema forbids.
 */
import { isRecord } from "../runtime/json";
import { createWatchdog, withinTries } from "../runtime/within-time";

/** The types of JSON Schema 2020-12, validation section 6.1.1. */
const TYPES = ["null", "boolean", "object", "array", "number", "string", "integer"];

/** Keywords whose value is a schema, a map of schemas, or a list of schemas; core section 10. */
const ONE = [
  "items",
  "additionalProperties",
  "not",
  "if",
  "then",
  "else",
  "contains",
  "propertyNames",
  "unevaluatedItems",
  "unevaluatedProperties",
];
const MAPS = ["properties", "patternProperties", "$defs", "definitions", "dependentSchemas"];
const LISTS = ["allOf", "anyOf", "oneOf", "prefixItems"];

/** Deeper than any schema written by a person; it bounds the work and the stack. */
const DEEPEST = 64;

/** Where one part of a schema stands. `root` is the whole of it, into which references point. */
interface Place {
  path: string;
  depth: number;
  root: unknown;
}

/** What is wrong with `schema`, as a sentence that names the place; undefined when it can be used. */
export function faultOf(schema: unknown): string | undefined {
  return faultAt(schema, { path: "spec.outputSchema", depth: 0, root: schema });
}

function faultAt(schema: unknown, place: Place): string | undefined {
  const { path, depth } = place;
  if (typeof schema === "boolean") return undefined;
  if (!isRecord(schema)) return `${path} must be a JSON Schema: an object such as {type: object}, or true or false.`;
  if (depth > DEEPEST) return `${path.slice(0, 60)}… is nested more than ${DEEPEST} levels deep. Flatten it.`;
  // A part with an $id is a whole of its own for the references in it (core section 8.2.1).
  const here = typeof schema["$id"] === "string" ? { ...place, root: schema } : place;
  return faultOfKeywords(schema, path) ?? faultOfReference(schema["$ref"], here) ?? faultOfParts(schema, here);
}

function faultOfKeywords(schema: Record<string, unknown>, path: string): string | undefined {
  const { type, required, enum: values } = schema;
  if (type !== undefined && !isType(type)) return `${path}.type must be one of ${TYPES.join(", ")}, or a list of them.`;
  if (required !== undefined && !isTexts(required)) return `${path}.required must be a list of property names.`;
  if (values !== undefined && !Array.isArray(values)) return `${path}.enum must be a list of values.`;
  return faultOfPatterns(schema, path);
}

function faultOfPatterns({ pattern, patternProperties }: Record<string, unknown>, path: string): string | undefined {
  if (pattern !== undefined && !isPattern(pattern)) return `${path}.pattern ${NO_PATTERN}`;
  const names = isRecord(patternProperties) ? Object.keys(patternProperties) : [];
  const wrong = names.find((name) => !isPattern(name));
  return wrong === undefined ? undefined : `${path}.patternProperties: ${JSON.stringify(wrong)} ${NO_PATTERN}`;
}

const NO_PATTERN = 'must be a regular expression of JavaScript with the flag u, such as "^[A-Z]{2}$".';

/** The validator compiles patterns in the same way, when it comes to them: too late for whoever applied the schema. */
function isPattern(pattern: unknown): boolean {
  return typeof pattern === "string" && withinTries(within, () => new RegExp(pattern, "u")).kind === "Done";
}

const within = createWatchdog();

function faultOfReference(reference: unknown, { path, root }: Place): string | undefined {
  if (reference === undefined) return undefined;
  if (typeof reference !== "string" || !reference.startsWith("#")) {
    return `${path}.$ref must point into the schema itself, such as "#/$defs/city": nothing is fetched.`;
  }
  const steps = decodedSteps(reference);
  if (steps === undefined || steps.reduce(stepInto, root) !== undefined) return undefined;
  return `${path}.$ref points to ${JSON.stringify(reference)}, which is not in the schema. Add it, or correct the reference.`;
}

/** A JSON pointer in a fragment (RFC 6901 section 6); undefined for the name of an anchor, which may be anywhere. */
function decodedSteps(reference: string): string[] | undefined {
  if (reference !== "#" && !reference.startsWith("#/")) return undefined;
  const pointer = withinTries(within, () => decodeURIComponent(reference));
  if (pointer.kind !== "Done") return undefined;
  const [, ...steps] = pointer.value.split("/");
  return steps.map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function stepInto(value: unknown, step: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  return Object.hasOwn(value, step) ? (value as Record<string, unknown>)[step] : undefined;
}

function faultOfParts(schema: Record<string, unknown>, { path, depth, root }: Place): string | undefined {
  const placed = (keyword: string): Place => ({ path: `${path}.${keyword}`, depth: depth + 1, root });
  for (const keyword of ONE) {
    const part = schema[keyword];
    // Drafts before 2020-12 know `items` as a list too.
    const isList = keyword === "items" && Array.isArray(part);
    const fault =
      part === undefined
        ? undefined
        : isList
          ? faultOfGroup(part, placed("items"), true)
          : faultAt(part, placed(keyword));
    if (fault !== undefined) return fault;
  }
  for (const keyword of [...MAPS, ...LISTS]) {
    const fault = faultOfGroup(schema[keyword], placed(keyword), LISTS.includes(keyword));
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function faultOfGroup(parts: unknown, place: Place, isList: boolean): string | undefined {
  if (parts === undefined) return undefined;
  if (isList !== Array.isArray(parts) || typeof parts !== "object" || parts === null) {
    return `${place.path} must be ${isList ? "a list" : "a map"} of JSON Schemas.`;
  }
  for (const [name, part] of Object.entries(parts)) {
    const fault = faultAt(part, { ...place, path: `${place.path}.${name}` });
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function isType(type: unknown): boolean {
  return isTexts(type) ? type.every((one) => TYPES.includes(one)) : typeof type === "string" && TYPES.includes(type);
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((one) => typeof one === "string");
}
