/**
 * Arguments that a tool wants repeated in HTTP headers (`x-mcp-header` in its schema, protocol 2026-07-28). Says whether a
 * schema asks for that in a way that can be carried out; a tool whose schema does not must not be used over HTTP. Pure; the
 * headers themselves are written by the SDK.
 */
import { isRecord } from "../../runtime/json";

const HEADER = "x-mcp-header";
/** What RFC 9110 allows as the name of a header. */
const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/;
const TYPES: unknown[] = ["string", "integer", "boolean"];
/** Keywords that hold a schema or a list of schemas for something else than an argument of its own name. */
const ASIDE = ["items", "prefixItems", "contains", "additionalProperties", "unevaluatedProperties", "unevaluatedItems"];
const BRANCHES = ["propertyNames", "oneOf", "anyOf", "allOf", "not", "if", "then", "else"];
/** Keywords that hold such schemas by names. */
const NAMED = ["patternProperties", "dependentSchemas", "$defs", "definitions"];

interface Place {
  schema: unknown;
  /** Whether it describes one argument that can be pointed to by names alone. */
  isArgument: boolean;
}

/** Whether all headers that the schema asks for have names of their own, and belong to arguments that fit into one. */
export function areParamHeadersValid(schema: Record<string, unknown>): boolean {
  const taken = new Set<string>();
  // A list of what is left to see and no recursion: how deep a schema goes is the server's choice.
  const left = placesBelow(schema, true);
  if (HEADER in schema) return false;
  for (let place = left.pop(); place !== undefined; place = left.pop()) {
    if (!isRecord(place.schema)) continue;
    if (HEADER in place.schema && !(place.isArgument && takes(place.schema, taken))) return false;
    for (const below of placesBelow(place.schema, place.isArgument)) left.push(below);
  }
  return true;
}

function takes({ [HEADER]: name, type }: Record<string, unknown>, taken: Set<string>): boolean {
  if (typeof name !== "string" || !TOKEN.test(name) || !TYPES.includes(type)) return false;
  if (taken.has(name.toLowerCase())) return false;
  taken.add(name.toLowerCase());
  return true;
}

function placesBelow(schema: Record<string, unknown>, isArgument: boolean): Place[] {
  const others = [
    ...[...ASIDE, ...BRANCHES].flatMap((keyword) => schema[keyword]),
    ...NAMED.flatMap((keyword) => membersOf(schema[keyword])),
  ];
  return [
    ...membersOf(schema["properties"]).map((member) => ({ schema: member, isArgument })),
    ...others.map((other) => ({ schema: other, isArgument: false })),
  ];
}

function membersOf(value: unknown): unknown[] {
  return isRecord(value) ? Object.values(value) : [];
}
