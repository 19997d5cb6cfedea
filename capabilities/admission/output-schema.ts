/**
 * Whether a Task's `outputSchema` can be used to check an answer. Pure, and cheap: it looks for what would make the
 * check fail on every answer or not at all, not for everything that JSON Schema forbids.
 */

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

/** What is wrong with `schema`, as a sentence that names the place; undefined when it can be used. */
export function faultOf(schema: unknown, path = "spec.outputSchema", depth = 0): string | undefined {
  if (typeof schema === "boolean") return undefined;
  if (!isObject(schema)) return `${path} must be a JSON Schema: an object such as {type: object}, or true or false.`;
  if (depth > DEEPEST) return `${path} is nested more than ${DEEPEST} levels deep. Flatten it.`;
  return faultOfKeywords(schema, path) ?? faultOfParts(schema, path, depth + 1);
}

function faultOfKeywords(schema: Record<string, unknown>, path: string): string | undefined {
  const { type, required, $ref: reference, enum: values } = schema;
  if (type !== undefined && !isType(type)) return `${path}.type must be one of ${TYPES.join(", ")}, or a list of them.`;
  if (required !== undefined && !isTexts(required)) return `${path}.required must be a list of property names.`;
  if (values !== undefined && !Array.isArray(values)) return `${path}.enum must be a list of values.`;
  if (reference !== undefined && !(typeof reference === "string" && reference.startsWith("#"))) {
    return `${path}.$ref must point into the schema itself, such as "#/$defs/city": nothing is fetched.`;
  }
  return undefined;
}

function faultOfParts(schema: Record<string, unknown>, path: string, depth: number): string | undefined {
  for (const keyword of ONE) {
    const part = schema[keyword];
    // Drafts before 2020-12 know `items` as a list too.
    const isList = keyword === "items" && Array.isArray(part);
    const fault =
      part === undefined
        ? undefined
        : isList
          ? faultOfGroup(part, `${path}.items`, depth, true)
          : faultOf(part, `${path}.${keyword}`, depth);
    if (fault !== undefined) return fault;
  }
  for (const keyword of [...MAPS, ...LISTS]) {
    const fault = faultOfGroup(schema[keyword], `${path}.${keyword}`, depth, LISTS.includes(keyword));
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function faultOfGroup(parts: unknown, path: string, depth: number, isList: boolean): string | undefined {
  if (parts === undefined) return undefined;
  if (isList !== Array.isArray(parts) || typeof parts !== "object" || parts === null) {
    return `${path} must be ${isList ? "a list" : "a map"} of JSON Schemas.`;
  }
  for (const [name, part] of Object.entries(parts)) {
    const fault = faultOf(part, `${path}.${name}`, depth);
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

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
