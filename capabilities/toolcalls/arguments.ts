/**
 * Whether the arguments that a model wrote can be given to a tool. Schemas come from servers, so they are hostile until
 * shown otherwise: they are interpreted, never compiled, under a watchdog, and one that took too long is not tried again.
 * It says what is wrong and where, for the model to mend; what follows from that is for `decide` to say.
 */
import type { OutputUnit } from "@cfworker/json-schema";
import { Validator } from "@cfworker/json-schema";
import { draftOf } from "../runtime/json-schema";
import type { WithinTime } from "../runtime/within-time";
import { createWatchdog, withinTries } from "../runtime/within-time";
import type { Fit } from "./decision";
import { isRecord, parseJson } from "../runtime/json";

/** A JSON Schema, of which nothing is known. */
export type JsonSchema = Record<string, unknown>;

/** The arguments as the object that they are, or what is wrong with them. The empty text counts as no arguments: `{}`. */
export type Parsed = { kind: "Object"; value: Record<string, unknown> } | { kind: "Unfit"; why: string };

/** Reads and checks arguments. */
export interface Arguments {
  /** Reads the JSON text that a model wrote. */
  read(text: string): Parsed;
  /** Checks it against a tool's schema too, or only that it is an object when there is no schema. */
  check(text: string, schema: JsonSchema | undefined): Fit;
}

/** Problems told at a time; a model mends a few at once, and not a hundred. */
const MOST_PROBLEMS = 5;
const PROBLEM_CHARACTERS = 300;

/** Deeper than any tool wants its arguments, and shallow enough for every reader of JSON on the way to it. */
const DEEPEST = 100;

/** A checker that remembers, for as long as a schema object is used, what it was prepared as, and whether it was hostile. */
export function createArguments(within: WithinTime = createWatchdog()): Arguments {
  const validators = new WeakMap<JsonSchema, Validator>();
  const hostile = new WeakSet<JsonSchema>();

  function validatorOf(schema: JsonSchema): Validator {
    const known = validators.get(schema);
    if (known) return known;
    // A copy: the validator files its own notes in the schema (@cfworker/json-schema 4.1.6, dereference), and this one is shared.
    const made = new Validator(structuredClone(schema), draftOf(schema), false);
    validators.set(schema, made);
    return made;
  }

  function judge(value: Record<string, unknown>, schema: JsonSchema): Fit {
    const ended = withinTries(within, () => validatorOf(schema).validate(value));
    if (ended.kind === "Done") return ended.value.valid ? { kind: "Fits" } : unfit(ended.value.errors);
    // A pattern in a dialect of its own, a reference that leads nowhere: only the server knows what it means.
    if (ended.kind === "Threw" && ended.name !== "RangeError") return { kind: "Unchecked" };
    // It took too long, or it refers to itself for ever.
    hostile.add(schema);
    return { kind: "Hostile" };
  }

  return {
    read: readArguments,
    check(text, schema) {
      const parsed = readArguments(text);
      if (parsed.kind === "Unfit") return parsed;
      if (!schema) return { kind: "Unchecked" };
      return hostile.has(schema) ? { kind: "Hostile" } : judge(parsed.value, schema);
    },
  };
}

function readArguments(text: string): Parsed {
  if (text.trim() === "") return { kind: "Object", value: {} };
  const value = parseJson(text);
  return value === undefined ? { kind: "Unfit", why: "they are not JSON. Give one JSON object" } : objectOf(value);
}

function objectOf(value: unknown): Parsed {
  if (!isRecord(value)) return { kind: "Unfit", why: `they are ${nameOf(value)}. Give one JSON object` };
  if (isTooDeep(value)) return { kind: "Unfit", why: `they are nested more than ${DEEPEST} levels deep` };
  return { kind: "Object", value };
}

function nameOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "a list" : `a ${typeof value}`;
}

/** Level by level instead of by recursion, for what is looked for would break the stack. */
function isTooDeep(value: unknown): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; depth <= DEEPEST; depth++) {
    level = level.flatMap((one) => (typeof one === "object" && one !== null ? (Object.values(one) as unknown[]) : []));
    if (level.length === 0) return false;
  }
  return true;
}

/** Errors that only say that one of the following is there; those of alternatives say something more. */
const ALTERNATIVES = new Set(["anyOf", "oneOf"]);

function unfit(errors: OutputUnit[]): Fit {
  const told = errors.filter(({ keyword }) => keyword !== "false"); // The closed object that forbids it says so already.
  const leaves = told.filter((error, i) => ALTERNATIVES.has(error.keyword) || !isOuter(error, told[i + 1]));
  const problems = [...new Set(leaves.map(problemOf))];
  const shown = problems.slice(0, MOST_PROBLEMS);
  const more = problems.length > shown.length ? `; and ${problems.length - shown.length} more` : "";
  return { kind: "Unfit", why: `${shown.join("; ")}${more}` };
}

/** The validator lists outer errors before the inner ones that they follow from. */
function isOuter(error: OutputUnit, next: OutputUnit | undefined): boolean {
  return next?.keywordLocation.startsWith(`${error.keywordLocation}/`) ?? false;
}

function problemOf({ instanceLocation, error, keyword }: OutputUnit): string {
  const words = error.replace(/^Instance /, "").replace(/\.$/, "");
  const named = /^Property "(.*)" does not match additional properties schema$/s.exec(words);
  const said = keyword === "additionalProperties" && named ? `there may be no property "${named[1] ?? ""}"` : words;
  return `${placeOf(instanceLocation)}: ${said}`.slice(0, PROBLEM_CHARACTERS);
}

/** A JSON pointer in a URI fragment (RFC 6901 section 6) as people write places: `#/a/0/b` is `arguments.a[0].b`. */
function placeOf(pointer: string): string {
  const steps = pointer.split("/").slice(1);
  const shown = steps.map((step) => (/^\d+$/.test(step) ? `[${step}]` : `.${unescaped(step)}`));
  return `arguments${shown.join("")}`;
}

function unescaped(step: string): string {
  return decodeURI(step).replaceAll("~1", "/").replaceAll("~0", "~");
}
