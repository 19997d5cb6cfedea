/**
 * What people write in answer to a form, read as its contents: JSON, or the one thing that is asked in plain words, or a
 * line for each thing. Pure; whether the contents fit is for the schema to say.
 */
import { isRecord, parseJson, recordOf } from "../runtime/json";
import type { Field } from "./answer-fields";
import { folded, valueOf } from "./answer-fields";

/** The contents of forms, by the tool's names for them. */
export type Contents = Record<string, Record<string, unknown>>;

/** What was read. `Unfit`: nothing could be, and why, as a sentence without its full stop. */
export type Said = { kind: "Said"; contents: Contents } | { kind: "Unfit"; why: string };

/** Yes, as an answer to a form: only where yes or no is all that it asks. */
export function yesTo(fields: Field[]): Said {
  const [only] = fields;
  if (fields.length === 1 && only?.schema["type"] === "boolean") return said([[only, true]]);
  return { kind: "Unfit", why: "Approving is no answer to this: words are asked for" };
}

/** The contents of the forms of these names (`keys`) with these fields, of which there is at least one. */
export function contentsIn(words: string, keys: string[], fields: Field[]): Said {
  const json = parseJson(words);
  const [only] = fields;
  if (fields.length > 1 || !only) return isRecord(json) ? formsIn(json, keys, fields) : linesIn(words, fields);
  const known = keys.length === 1 ? [only.name] : keys;
  // An object that is not the form's may be the text that a text field asks for.
  if (isRecord(json) && known.some((name) => Object.hasOwn(json, name))) return formsIn(json, keys, fields);
  return Array.isArray(json) && only.schema["type"] === "array" ? said([[only, json]]) : valuesIn([[only, words]]);
}

/** Puts values of fields into their forms. */
export function putTogether(values: [Field, unknown][]): Contents {
  const contents: Contents = {};
  for (const [{ form, name }, value] of values) contents[form] = { ...contents[form], [name]: value };
  return contents;
}

/** Every form has contents, and what nobody said is what the form says of itself. */
export function withDefaults(contents: Contents, keys: string[], fields: Field[]): Contents {
  const preset = fields.filter(({ schema }) => schema["default"] !== undefined);
  const defaults = putTogether(preset.map((field) => [field, field.schema["default"]]));
  return Object.fromEntries(
    keys.map((key) => {
      const content: unknown = contents[key] ?? {};
      // What is no object goes on as it is: the schema has the words for what is wrong with it.
      return [key, (isRecord(content) ? { ...defaults[key], ...content } : content) as Record<string, unknown>];
    }),
  );
}

/** Contents as somebody could write them. */
export function wordsFor(contents: Contents, fields: Field[]): string {
  const [only] = fields;
  if (fields.length === 1 && only) return plain(contents[only.form]?.[only.name]);
  const forms = new Set(fields.map(({ form }) => form));
  return JSON.stringify(forms.size === 1 ? contents[[...forms][0] ?? ""] : contents);
}

function plain(value: unknown): string {
  if (Array.isArray(value)) return value.map(plain).join(", ");
  if (typeof value === "boolean") return value ? "yes" : "no";
  return typeof value === "string" ? value : JSON.stringify(value);
}

function formsIn(json: Record<string, unknown>, keys: string[], fields: Field[]): Said {
  const [first = ""] = keys;
  const contents = keys.length === 1 ? { [first]: json } : json;
  for (const [form, content] of Object.entries(contents)) {
    if (!keys.includes(form)) return unknownName(form, keys);
    const known = fields.filter((field) => field.form === form).map(({ name }) => name);
    const odd = Object.keys(recordOf(content)).find((name) => !known.includes(name));
    if (odd !== undefined) return unknownName(odd, known);
  }
  return { kind: "Said", contents: contents as Contents };
}

/** `name=value` or `name: value`; blank lines do not matter. */
function linesIn(words: string, fields: Field[]): Said {
  const lines = words.split("\n").filter((line) => line.trim() !== "");
  if (lines.length === 0) return { kind: "Unfit", why: "The answer is empty" };
  const found: [Field, string][] = [];
  for (const line of lines) {
    const [, name, value] = /^([^=:]+)[=:](.*)$/.exec(line.trim()) ?? [];
    if (name === undefined || value === undefined) return { kind: "Unfit", why: severalThings(fields) };
    const named = fields.filter((field) => isNamed(field, name));
    const [field] = named;
    if (!field) return unknownName(name.trim(), namesOf(fields));
    if (named.length > 1)
      return { kind: "Unfit", why: `There are several "${name.trim()}": ${namesOf(named).join(", ")}` };
    found.push([field, value]);
  }
  return valuesIn(found);
}

function severalThings(fields: Field[]): string {
  return `Several things are asked for, so give each on a line of its own as name=value: ${namesOf(fields).join(", ")}`;
}

/** Names by which each field can be told from the others. */
function namesOf(fields: Field[]): string[] {
  const isShared = (name: string): boolean => fields.filter((field) => field.name === name).length > 1;
  return fields.map(({ form, name }) => (isShared(name) ? `${form}.${name}` : name));
}

function isNamed({ form, name, schema }: Field, said: string): boolean {
  const { title } = schema;
  const all = [name, `${form}.${name}`, ...(typeof title === "string" ? [title] : [])];
  return all.some((one) => folded(one) === folded(said));
}

function valuesIn(written: [Field, string][]): Said {
  const read: [Field, unknown][] = [];
  for (const [field, words] of written) {
    const value = valueOf(words, field);
    if (value.kind === "Unfit") return { kind: "Unfit", why: `${field.name}: ${value.why}` };
    read.push([field, value.value]);
  }
  return said(read);
}

function said(values: [Field, unknown][]): Said {
  return { kind: "Said", contents: putTogether(values) };
}

function unknownName(name: string, known: string[]): Said {
  return { kind: "Unfit", why: `There is no "${name.slice(0, 64)}" among what is asked: ${known.join(", ")}` };
}
