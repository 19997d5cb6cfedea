/**
 * What the scripted model says: decided from the conversation and a script alone, so the same conversation always gets the
 * same answer, and a request that is repeated after a crash is answered as before. Knows no wire format.
 */
import type { Reply } from "./model-server-fake";
import type { Fault, Json } from "./model-server-http";
import { isJson } from "./model-server-http";

/** A conversation as far as the script looks at it. */
export interface Asked {
  /** The newest message of the user's. */
  user: string;
  /** How often the model has spoken since then: 0 is its first turn. */
  turn: number;
  /** Tool results since then. */
  results: string[];
  tools: { name: string; parameters: Json }[];
  outputSchema?: Json;
  /** Tells this conversation from all others; the same one asked again has the same. */
  digest: string;
}

/** What happens in one turn of the model: first the failures, one a request, then calls or words. */
export interface ScriptedTurn {
  /** Such as `429x2`, `reset`, `503:retry-after=1`: see the head of model-server.ts. */
  fail?: string[];
  latencyMs?: number;
  calls?: { name: string; arguments: Json }[];
  say?: string;
}

/** A script for every conversation whose newest user message contains `match`. */
export interface Script {
  match: string;
  turns: ScriptedTurn[];
}

/** What the model does next. */
export type Move =
  | { kind: "Reply"; reply: Reply; latencyMs?: number }
  | { kind: "Fault"; fault: Fault; latencyMs?: number };

/** The next move in `asked`, which was asked `before` times already. */
export function nextMove(asked: Asked, scripts: readonly Script[], before: number): Move {
  const turn = turnsFor(asked.user, scripts)[asked.turn] ?? {};
  const late = turn.latencyMs === undefined ? {} : { latencyMs: turn.latencyMs };
  const fault = faultsOf(turn.fail ?? [])[before];
  return fault === undefined
    ? { kind: "Reply", reply: replyFor(asked, turn), ...late }
    : { kind: "Fault", fault, ...late };
}

function turnsFor(user: string, scripts: readonly Script[]): ScriptedTurn[] {
  const script = scripts.findLast(({ match }) => user.includes(match));
  return script?.turns ?? turnsIn(user);
}

const DIRECTIVE = /\[(fail|latency|call|say|then)(?::|\])/g;

/** The turns written into a user's message as directives. */
export function turnsIn(user: string): ScriptedTurn[] {
  const turns: ScriptedTurn[] = [{}];
  for (const match of user.matchAll(DIRECTIVE)) {
    const turn = turns.at(-1) ?? {};
    const rest = user.slice(match.index + match[0].length);
    if (match[1] === "then") turns.push({});
    else apply(match[1] ?? "", rest, turn);
  }
  return turns;
}

function apply(word: string, rest: string, turn: ScriptedTurn): void {
  const value = rest.slice(0, Math.max(0, rest.indexOf("]")));
  if (word === "fail") turn.fail = [...(turn.fail ?? []), value];
  if (word === "latency") turn.latencyMs = Number(value) || 0;
  if (word === "say") turn.say = value;
  if (word === "call") turn.calls = [...(turn.calls ?? []), callIn(rest)];
}

/** `name {json}]…`: the arguments may hold brackets, so the first `]` that ends valid JSON ends the call. */
function callIn(rest: string): { name: string; arguments: Json } {
  const name = /^[\w-]+/.exec(rest)?.[0] ?? "";
  const tail = rest.slice(name.length);
  for (let end = tail.indexOf("]"); end >= 0; end = tail.indexOf("]", end + 1)) {
    const value = parsed(tail.slice(0, end).trim() || "{}");
    if (isJson(value)) return { name, arguments: value };
  }
  return { name, arguments: {} };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

const SILENT: Record<string, Fault> = {
  html: { kind: "Html" },
  json: { kind: "BrokenJson" },
  shape: { kind: "WrongShape" },
  reset: { kind: "Reset" },
  hang: { kind: "Hang" },
  cut: { kind: "Cut" },
  stall: { kind: "Stall" },
};

function faultsOf(words: string[]): Fault[] {
  return words.flatMap((word) => {
    const parts = /^(\d{3}|[a-z]+)(?:x(\d+))?(?::retry-after=(.+))?$/.exec(word);
    const fault = parts && faultOf(parts[1] ?? "", parts[3]);
    return fault ? Array.from({ length: Number(parts[2] ?? 1) }, () => fault) : [];
  });
}

function faultOf(word: string, retryAfter: string | undefined): Fault | undefined {
  if (!/^\d+$/.test(word)) return SILENT[word];
  return {
    kind: "Status",
    status: Number(word),
    ...(retryAfter === undefined ? {} : { headers: { "retry-after": retryAfter } }),
  };
}

const SIGNED = "(This answer comes from KubeChain's scripted model, not from a real one.)";

function replyFor(asked: Asked, turn: ScriptedTurn): Reply {
  if (turn.calls !== undefined) return callsOf(turn.calls, asked, turn.say);
  if (turn.say !== undefined) return { text: turn.say };
  const chosen = asked.turn === 0 ? chosenTool(asked) : undefined;
  if (chosen) return callsOf([chosen], asked, undefined);
  if (asked.outputSchema) return { text: JSON.stringify(instanceOf(asked.outputSchema, asked.user)) };
  return { text: `${wordsFor(asked)} ${SIGNED}` };
}

function callsOf(calls: { name: string; arguments: Json }[], asked: Asked, text: string | undefined): Reply {
  return {
    ...(text === undefined ? {} : { text }),
    calls: calls.map(({ name, arguments: args }, i) => ({
      id: `call_${asked.digest.slice(0, 12)}_${i + 1}`,
      name,
      arguments: JSON.stringify(args),
    })),
  };
}

function wordsFor({ user, results }: Asked): string {
  if (results.length > 0) return `The tools said: ${results.join(" / ").slice(0, 400)}`;
  if (/capital of the moon/i.test(user)) return "The Moon has no capital: nobody governs it, and nobody lives there.";
  return `You wrote: "${user.slice(0, 200)}"`;
}

/** The first tool that shares a word with the user's message, called with arguments found in that message. */
function chosenTool({ tools, user }: Asked): { name: string; arguments: Json } | undefined {
  const said = new Set(user.toLowerCase().match(/[a-z]{3,}/g) ?? []);
  const tool = tools.find(({ name }) => (name.toLowerCase().match(/[a-z]{3,}/g) ?? []).some((word) => said.has(word)));
  if (!tool) return undefined;
  const args = instanceOf({ ...tool.parameters, type: "object" }, user);
  return { name: tool.name, arguments: isJson(args) ? args : {} };
}

/** The smallest value of a schema, with what can be found in `text`: addresses for addresses, numbers for numbers, the text itself for text. */
export function instanceOf(schema: Json, text: string): unknown {
  const numbers = (text.match(/-?\d+(\.\d+)?/g) ?? []).map(Number);
  const url = /https?:\/\/[^\s"'<>)\]]+/.exec(text)?.[0];
  const words = { text, url, numbers };
  const make = (part: unknown, name: string): unknown => {
    if (!isJson(part)) return null;
    if (Array.isArray(part["enum"])) return part["enum"][0] as unknown;
    if (part["type"] === "object") return objectOf(part, make);
    return part["type"] === "array" ? [make(part["items"], name)] : scalarOf(part, name, words);
  };
  return make(schema, "");
}

function scalarOf(
  schema: Json,
  name: string,
  words: { text: string; url?: string | undefined; numbers: number[] },
): unknown {
  if ("const" in schema) return schema["const"];
  if (schema["type"] === "boolean") return true;
  if (schema["type"] === "number" || schema["type"] === "integer") return words.numbers.shift() ?? 0;
  return /ur[il]|address/i.test(name) ? (words.url ?? words.text) : words.text;
}

function objectOf(schema: Json, make: (part: unknown, name: string) => unknown): Json {
  const properties = isJson(schema["properties"]) ? schema["properties"] : {};
  const required: unknown[] = Array.isArray(schema["required"]) ? schema["required"] : [];
  return Object.fromEntries(
    Object.entries(properties)
      .filter(([name]) => required.includes(name))
      .map(([name, part]) => [name, make(part, name)]),
  );
}
