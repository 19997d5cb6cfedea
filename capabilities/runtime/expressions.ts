/**
 * Expressions that users write to say which calls are meant: CEL, the language of admission policies, over the variables
 * `tool`, `args`, `annotations` and `task`. They are hostile until shown otherwise: they run under a watchdog, and one that
 * took too long is not run again. What a "yes" means, and what a faulty one, is for others to say.
 */
import { Environment } from "@marcbachmann/cel-js";
import type { Context, ParseResult } from "@marcbachmann/cel-js";
import type { Ended, WithinTime } from "./within-time";
import { createWatchdog, withinTries } from "./within-time";

/** What an expression says. `Faulty`: it says nothing, and why, in words for whoever wrote it. */
export type Held = { kind: "Yes" } | { kind: "No" } | { kind: "Faulty"; why: string };

/** Reads and runs expressions. */
export interface Expressions {
  /** What is wrong with an expression, whatever the facts; undefined when it can be used. */
  faultOf(text: string): string | undefined;
  /**
   * Whether the expression holds for the facts: `tool` (text), and `args`, `annotations`, `task` (objects of JSON); those
   * left out are empty. Whole numbers are ints, as in admission policies.
   */
  holds(text: string, facts: Record<string, unknown>): Held;
}

/** As many expressions as are kept ready; there is one a server. */
const MOST_KNOWN = 512;
const FAULT_CHARACTERS = 300;

const SLOW = "it takes too long; make it simpler";
const DEEP = "it, or what it is about, is nested too deeply";

/** What a text was read as, or what is wrong with it. */
type Read = { kind: "Usable"; run: ParseResult } | { kind: "Faulty"; why: string };

/** A reader of expressions that remembers them by their text. */
export function createExpressions(within: WithinTime = createWatchdog()): Expressions {
  const known = new Map<string, Read>();
  let environment: Environment | undefined;

  /** Work was ended in the middle: what it was done with may be half done, and is not used again. */
  function startOver(): void {
    environment = undefined;
    for (const [text, { kind }] of known) if (kind === "Usable") known.delete(text);
  }

  function remember(text: string, read: Read): void {
    known.delete(text);
    known.set(text, read);
    for (const oldest of known.keys()) {
      if (known.size <= MOST_KNOWN) break;
      known.delete(oldest);
    }
  }

  function read(text: string): Read {
    const found = known.get(text) ?? readAnew(text);
    remember(text, found);
    return found;
  }

  function readAnew(text: string): Read {
    let own = (environment ??= createEnvironment());
    const anew = (): void => {
      startOver();
      own = environment = createEnvironment();
    };
    const ended = withinTries(within, () => compile(own, text), { anew });
    if (ended.kind === "Done") return ended.value;
    if (ended.kind === "Threw") return { kind: "Faulty", why: wordsOf(ended) };
    startOver();
    return { kind: "Faulty", why: SLOW };
  }

  return {
    faultOf(text) {
      const found = read(text);
      return found.kind === "Faulty" ? found.why : undefined;
    },
    holds(text, facts) {
      let found = read(text);
      const anew = (): void => {
        startOver();
        found = read(text);
      };
      const ended = withinTries(within, () => resultOf(found, facts), { anew });
      if (ended.kind === "Done") return ended.value;
      if (ended.kind === "Threw") return { kind: "Faulty", why: wordsOf(ended) };
      startOver();
      const slow = { kind: "Faulty", why: SLOW } as const;
      remember(text, slow);
      return slow;
    },
  };
}

/** All that expressions may speak of; a name that is not here is a fault before anything runs. */
function createEnvironment(): Environment {
  return new Environment({ enableOptionalTypes: true })
    .registerVariable("tool", "string")
    .registerVariable("args", "map<string, dyn>")
    .registerVariable("annotations", "map<string, dyn>")
    .registerVariable("task", "map<string, dyn>");
}

/** Throws what the reader throws at what it cannot read. */
function compile(environment: Environment, text: string): Read {
  const run = environment.parse(text);
  const { valid, type = "dyn", error } = run.check();
  if (!valid) return { kind: "Faulty", why: firstLine(error?.message ?? "") };
  return type === "bool" || type === "dyn" ? { kind: "Usable", run } : { kind: "Faulty", why: notBoolean(type) };
}

function resultOf(read: Read, facts: Record<string, unknown>): Held {
  return read.kind === "Faulty" ? read : heldOf(read.run(contextOf(facts)));
}

function heldOf(value: unknown): Held {
  if (typeof value === "boolean") return { kind: value ? "Yes" : "No" };
  return { kind: "Faulty", why: notBoolean(nameOf(value)) };
}

function notBoolean(type: string): string {
  return `it has to be true or false, and is of type ${type}`;
}

function nameOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "list";
  const names: Record<string, string> = { bigint: "int", number: "double", object: "map" };
  return names[typeof value] ?? typeof value;
}

function contextOf({ tool = "", args = {}, annotations = {}, task = {} }: Record<string, unknown>): Context {
  return { tool, args: inCel(args), annotations: inCel(annotations), task: inCel(task) };
}

/** JSON has one kind of number; the reader tells ints from doubles by the kinds that JavaScript has. */
function inCel(value: unknown): unknown {
  if (typeof value === "number") return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map(inCel);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, inCel(inner)]));
}

function wordsOf({ message }: Extract<Ended<unknown>, { kind: "Threw" }>): string {
  return firstLine(message);
}

/** The reader's own words (8.0.0) go on with a picture of the place, over several lines. */
function firstLine(message: string): string {
  const [line = ""] = message.trim().split("\n");
  if (line.includes("call stack")) return DEEP; // Node's own words, whatever the reader has put them in.
  return line === "" ? "it cannot be read" : line.slice(0, FAULT_CHARACTERS);
}
