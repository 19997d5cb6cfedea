/**
 * From a Kubernetes structural schema to one json-schema-to-typescript understands. It keeps what a type can say
 * (names, optional, words, lists) and drops what only the API server enforces. Never changes what it is given.
 */
import type { Schema } from "../crds/schema";

/** A JSON Schema for json-schema-to-typescript; `tsType` is that library's way of giving a type word for word. */
export interface TypeSchema {
  title?: string;
  description?: string;
  type?: string | string[];
  tsType?: string;
  enum?: string[];
  properties?: Record<string, TypeSchema>;
  required?: string[];
  additionalProperties?: boolean | TypeSchema;
  items?: TypeSchema;
}

/** Replaces every piece whose title is in `shared` by that name. `root` is the one piece that is being defined. */
export function normalise(schema: Schema, shared: ReadonlySet<string>, root = true): TypeSchema {
  const about = schema.description === undefined ? {} : { description: schema.description };
  if (!root && schema.title !== undefined && shared.has(schema.title)) {
    return { ...about, tsType: schema.title };
  }
  const title = schema.title === undefined ? {} : { title: schema.title };
  return { ...title, ...about, ...orNull(shape(schema, shared), schema) };
}

function shape(schema: Schema, shared: ReadonlySet<string>): TypeSchema {
  if (schema["x-kubernetes-int-or-string"]) return { tsType: "number | string" };
  if (schema["x-kubernetes-preserve-unknown-fields"]) {
    return {
      tsType: schema.type === "object" ? "Record<string, unknown>" : "unknown",
    };
  }
  if (schema.enum) return { type: "string", enum: [...schema.enum] };
  if (schema.items) return { type: "array", items: normalise(schema.items, shared, false) };
  if (schema.type === "object") return objectShape(schema, shared);
  return { type: schema.type ?? "string" };
}

function objectShape(schema: Schema, shared: ReadonlySet<string>): TypeSchema {
  const properties = Object.fromEntries(
    Object.entries(schema.properties ?? {}).map(([name, property]) => [name, normalise(property, shared, false)]),
  );
  const { additionalProperties } = schema;
  return {
    type: "object",
    properties,
    required: [...(schema.required ?? [])],
    additionalProperties: additionalProperties ? normalise(additionalProperties, shared, false) : false,
  };
}

function orNull(shaped: TypeSchema, schema: Schema): TypeSchema {
  if (!schema.nullable) return shaped;
  if (shaped.tsType !== undefined) return { ...shaped, tsType: `${shaped.tsType} | null` };
  return { ...shaped, type: [shaped.type ?? "string", "null"].flat() };
}

/** The shared names a schema uses, for the import line. */
export function sharedNames(schema: TypeSchema, shared: ReadonlySet<string>): Set<string> {
  const found = new Set<string>();
  const look = (piece: TypeSchema): void => {
    if (piece.tsType !== undefined && shared.has(piece.tsType)) found.add(piece.tsType);
    for (const property of Object.values(piece.properties ?? {})) look(property);
    if (piece.items) look(piece.items);
    if (typeof piece.additionalProperties === "object") look(piece.additionalProperties);
  };
  look(schema);
  return found;
}
