/**
 * The fields of a form that a tool puts to a person (protocol 2026-07-28: one level of texts, numbers, flags and choices),
 * and what people write read as their values. Pure; whether a whole answer fits is for the schema to say.
 */
import { isRecord, recordOf } from "../runtime/json";
import type { JsonSchema } from "./arguments";

/** One field of one form. `form` is the tool's name for the question that the form belongs to. */
export interface Field {
  form: string;
  name: string;
  schema: JsonSchema;
  isRequired: boolean;
}

/** What somebody wrote, as a value of a field; `Unfit` says what it would have to be. */
export type Value = { kind: "Value"; value: unknown } | { kind: "Unfit"; why: string };

/** A choice, and how it is shown. */
interface Choice {
  value: unknown;
  title: string;
}

const YES = new Set(["yes", "y", "true", "ok", "okay", "done"]);
const NO = new Set(["no", "n", "false"]);

/** As many choices as are named to somebody who chose something else. */
const MOST_NAMED = 20;

/** A form without a schema that can be read has no fields. */
export function fieldsOf(form: string, schema: JsonSchema): Field[] {
  const { properties, required } = schema;
  const needed: unknown[] = Array.isArray(required) ? required : [];
  return Object.entries(recordOf(properties)).map(([name, inner]) => ({
    form,
    name,
    schema: recordOf(inner),
    isRequired: needed.includes(name),
  }));
}

/** Yes or no, in whatever way people write it; undefined when it is neither. */
export function flagIn(words: string): boolean | undefined {
  const said = folded(words).replace(/[.!]+$/, "");
  if (YES.has(said)) return true;
  return NO.has(said) ? false : undefined;
}

/** What somebody wrote for a field, by the field's type. Text is taken as it is, without the blanks around it. */
export function valueOf(words: string, { schema }: Pick<Field, "schema">): Value {
  const text = words.trim();
  const choices = choicesOf(schema);
  if (choices) return chosen(text, choices);
  switch (schema["type"]) {
    case "boolean": {
      const flag = flagIn(text);
      return flag === undefined ? unfit("it has to be yes or no") : { kind: "Value", value: flag };
    }
    case "number":
    case "integer":
      return numberIn(text);
    case "array":
      return listIn(text, recordOf(schema["items"]));
    default:
      return { kind: "Value", value: text };
  }
}

/** A value that would do for a field, to show what an answer looks like. */
export function exampleOf({ schema }: Pick<Field, "schema">): unknown {
  if (schema["default"] !== undefined) return schema["default"];
  const choices = choicesOf(schema);
  return choices ? choices[0]?.value : exampleOfType(schema);
}

function exampleOfType(schema: JsonSchema): unknown {
  switch (schema["type"]) {
    case "boolean":
      return true;
    case "number":
    case "integer":
      return schema["minimum"] ?? schema["maximum"] ?? 1;
    case "array":
      return [exampleOf({ schema: recordOf(schema["items"]) })];
    default:
      return EXAMPLES.get(schema["format"]) ?? "some text";
  }
}

/** The formats that the protocol has for texts. */
const EXAMPLES = new Map<unknown, string>([
  ["email", "jane@example.com"],
  ["uri", "https://example.com"],
  ["date", "2026-01-31"],
  ["date-time", "2026-01-31T09:30:00Z"],
]);

/** In what differs people are not held to capitals and blanks. */
export function folded(text: string): string {
  return text.trim().toLowerCase();
}

/** `enum` with or without `enumNames`, or `oneOf` or `anyOf` of constants with titles. */
function choicesOf(schema: JsonSchema): Choice[] | undefined {
  const { enum: values, enumNames, oneOf, anyOf } = schema;
  if (Array.isArray(values)) {
    const titles: unknown[] = Array.isArray(enumNames) ? enumNames : [];
    return values.map((value: unknown, i) => ({ value, title: shown(titles[i] ?? value) }));
  }
  const options: unknown = oneOf ?? anyOf;
  if (!Array.isArray(options) || !options.every((one) => isRecord(one) && "const" in one)) return undefined;
  return (options as JsonSchema[]).map(({ const: value, title }) => ({ value, title: shown(title ?? value) }));
}

function chosen(text: string, choices: Choice[]): Value {
  const isSaid = (said: string): boolean => folded(said) === folded(text);
  const found =
    choices.find(({ value }) => value === text) ??
    choices.find(({ value, title }) => isSaid(shown(value)) || isSaid(title));
  if (found) return { kind: "Value", value: found.value };
  const named = choices.slice(0, MOST_NAMED).map(({ title }) => title);
  return unfit(`it has to be one of ${named.join(", ")}${choices.length > named.length ? " and so on" : ""}`);
}

function numberIn(text: string): Value {
  const value = text === "" ? Number.NaN : Number(text);
  return Number.isFinite(value) ? { kind: "Value", value } : unfit("it has to be a number");
}

/** Several, one a line or with commas between them. */
function listIn(text: string, items: JsonSchema): Value {
  const parts = text.split(/[,\n]/).filter((part) => part.trim() !== "");
  const values: unknown[] = [];
  for (const part of parts) {
    const read = valueOf(part, { schema: items });
    if (read.kind === "Unfit") return read;
    values.push(read.value);
  }
  return { kind: "Value", value: values };
}

function shown(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function unfit(why: string): Value {
  return { kind: "Unfit", why };
}
