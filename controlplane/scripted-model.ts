/**
 * The stand-in that answers when there is no model: it follows a script and says so in every answer. It uses an offered
 * tool once, so that tools can be tried too, and then repeats what the tool said. Pure: a request in, an answer out.
 */
import { createHash } from "node:crypto";

/** The part of a JSON Schema the script understands. */
interface Schema {
  type?: string;
  enum?: unknown[];
  default?: unknown;
  format?: string;
  required?: string[];
  properties?: Record<string, Schema>;
}

/** A conversation, whichever of OpenAI's two APIs it came by. */
export interface Conversation {
  turns: { role: string; text: string }[];
  tools: { name: string; parameters?: Schema }[];
}

/** What the stand-in says or wants. */
export type Scripted =
  | { kind: "Text"; text: string }
  | { kind: "ToolCall"; id: string; name: string; arguments: string };

/** What the examples ask. */
const KNOWN = [
  { asked: /capital of the moon/i, answer: "the Moon has no capital. It is not a country and nobody lives there." },
];

const SHOWN_CHARACTERS = 500;

/** The script. */
export function answerTo({ turns, tools }: Conversation): Scripted {
  const last = turns.at(-1);
  const question = turns.findLast(({ role }) => role === "user")?.text ?? "";
  if (last?.role === "tool") {
    return { kind: "Text", text: `Scripted answer, not a model's. The tool said: ${shorten(last.text)}` };
  }
  const tool = tools[0];
  if (tool !== undefined) {
    const id = `call_${createHash("sha256").update(JSON.stringify(turns)).digest("hex").slice(0, 16)}`;
    return {
      kind: "ToolCall",
      id,
      name: tool.name,
      arguments: JSON.stringify(fillIn(tool.parameters ?? {}, question)),
    };
  }
  const known = KNOWN.find(({ asked }) => asked.test(question));
  if (known !== undefined) return { kind: "Text", text: `Scripted answer, not a model's: ${known.answer}` };
  return {
    kind: "Text",
    text: `Scripted answer, not a model's: you asked "${shorten(question)}". Set OPENAI_API_KEY or ANTHROPIC_API_KEY, or give --base-url, to ask a real one.`,
  };
}

/** Arguments that fit the schema, made of what the question says. */
export function fillIn(schema: Schema, question: string): unknown {
  if (schema.default !== undefined) return schema.default;
  if (schema.enum !== undefined) return schema.enum[0];
  const fill = FILLERS[schema.type ?? "object"] ?? fillInObject;
  return fill(schema, question);
}

const FILLERS: Record<string, (schema: Schema, question: string) => unknown> = {
  string: ({ format }, question) => (format === "uri" ? urlIn(question) : undefined) ?? question,
  integer: (_schema, question) => Math.trunc(numberIn(question)),
  number: (_schema, question) => numberIn(question),
  boolean: () => true,
  array: () => [],
  object: fillInObject,
};

function fillInObject({ properties = {}, required = [] }: Schema, question: string): Record<string, unknown> {
  const filled = required.map((name): [string, unknown] => {
    const property = properties[name] ?? {};
    const looksLikeUrl = property.type === "string" && /^(url|uri|link)$/i.test(name);
    return [name, fillIn(looksLikeUrl ? { ...property, format: "uri" } : property, question)];
  });
  return Object.fromEntries(filled);
}

function urlIn(text: string): string | undefined {
  return /https?:\/\/[^\s"'<>]+/.exec(text)?.[0];
}

function numberIn(text: string): number {
  return Number(/-?\d+(\.\d+)?/.exec(text)?.[0] ?? 1);
}

function shorten(text: string): string {
  return text.length <= SHOWN_CHARACTERS ? text : `${text.slice(0, SHOWN_CHARACTERS)}…`;
}
