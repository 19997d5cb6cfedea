/**
 * What the model is told of a call, and what is kept of the tool's own form: text as it came, a line for anything else,
 * data as JSON where there is no text. Owns the bounds of both. Pure.
 */
import type { McpContent, McpOutcome } from "../adapters/mcp/port";
import { recordOf } from "../runtime/json";
import { listed } from "../runtime/listed";
import type { Asked, Result } from "./state";

/** What is kept of one result, of its content, and of its data, in bytes of UTF-8 each; together they fit in one object in etcd. */
export const KEPT_BYTES = 256 * 1_024;

/** As many pieces as `status.content` may hold. */
const MOST_PIECES = 1_024;

type Answer = Extract<McpOutcome, { kind: "Result" }>;
type Question = Extract<McpOutcome, { kind: "InputRequired" }>;

/** An answer as it is stored. */
export function resultOf(answer: Answer): Result {
  const { content, structuredContent } = answer;
  const isMore = content.some(({ type }) => type !== "text");
  return {
    result: textOf(answer) || "The tool has done its work and gave nothing back.",
    ...(isMore && content.length <= MOST_PIECES && isKept(content) && { content }),
    ...(structuredContent && isKept(structuredContent) && { structuredContent }),
  };
}

/** An answer in words, cut to what is kept; empty when there is nothing to say. */
export function textOf({ content, structuredContent }: Answer): string {
  const hasText = content.some((piece) => piece["type"] === "text" && piece["text"] !== "");
  const lines = content.map(lineOf).filter((line) => line !== "");
  if (structuredContent && !hasText) lines.unshift(JSON.stringify(structuredContent));
  return cut(lines.join("\n"));
}

/** What the model is told of a failure. */
export function errorText(message: string): string {
  return cut(/^error: /i.test(message) ? message : `Error: ${message}`);
}

/** The questions of a tool in one phrase, each in its own words, or as what it is. */
export function questionsOf({ inputRequests }: Question): string {
  const questions = Object.values(inputRequests).map((request) => {
    const { method, params } = recordOf(request);
    const { message } = recordOf(params);
    return typeof message === "string" && message !== "" ? `"${message}"` : `(${textIn(method) ?? "a question"})`;
  });
  return questions.length === 0 ? "(it does not say what)" : cut(listed(questions));
}

/** What going on would take, where all of it can be kept: half of it would be of no use. */
export function askedOf({ requestState, inputRequests }: Question): Asked {
  const asked = { ...(requestState !== undefined && { requestState }), inputRequests };
  return isKept(asked) ? asked : {};
}

/** Text of at most `KEPT_BYTES`; of longer text the beginning and the end, with a word between them about what is missing. */
export function cut(text: string): string {
  if (text.length * 3 <= KEPT_BYTES) return text; // One UTF-16 unit is at most three bytes.
  const bytes = Buffer.from(text, "utf8");
  if (bytes.length <= KEPT_BYTES) return text;
  const NOTE_BYTES = 128;
  const half = (KEPT_BYTES - NOTE_BYTES) / 2;
  const [headEnd, tailStart] = [boundary(bytes, half), boundary(bytes, bytes.length - half)];
  const note = `\n\n[… ${sizeOf(tailStart - headEnd)} left out here, of ${sizeOf(bytes.length)} in all …]\n\n`;
  return `${bytes.toString("utf8", 0, headEnd)}${note}${bytes.toString("utf8", tailStart)}`;
}

/** The beginning of the character at or before `place`; bytes of UTF-8 that continue a character are 10xxxxxx. */
function boundary(bytes: Buffer, place: number): number {
  let start = place;
  while (start > 0 && ((bytes[start] ?? 0) & 0xc0) === 0x80) start--;
  return start;
}

function isKept(value: unknown): boolean {
  return Buffer.byteLength(JSON.stringify(value), "utf8") <= KEPT_BYTES;
}

/** One piece of content (MCP 2026-07-28, ContentBlock) in words. */
function lineOf(piece: McpContent): string {
  switch (piece["type"]) {
    case "text":
      return textIn(piece["text"]) ?? "";
    case "image":
    case "audio":
      return `[${piece["type"]} ${textIn(piece["mimeType"]) ?? "of unknown type"}, ${sizeOfBase64(piece["data"])}]`;
    case "resource":
      return resourceLine(recordOf(piece["resource"]));
    case "resource_link":
      return `[link ${about(piece)}]`;
    default:
      return `[${textIn(piece["type"]) ?? "content"} that cannot be shown as text]`;
  }
}

function resourceLine(resource: Record<string, unknown>): string {
  const text = textIn(resource["text"]);
  return text === undefined
    ? `[resource ${about(resource)}, ${sizeOfBase64(resource["blob"])}]`
    : `[resource ${about(resource)}]\n${text}`;
}

function about(resource: Record<string, unknown>): string {
  const { uri, mimeType, title, name } = resource;
  const known = [textIn(title) ?? textIn(name), textIn(uri) ?? "without an address", textIn(mimeType)];
  return known.filter((part) => part !== undefined).join(" ");
}

/** How much data base64 text stands for: three bytes for four characters. */
function sizeOfBase64(data: unknown): string {
  const text = textIn(data) ?? "";
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  return sizeOf(Math.max(0, Math.floor((text.length * 3) / 4) - padding));
}

function sizeOf(bytes: number): string {
  return bytes < 1_024 ? `${bytes} bytes` : `${Math.round(bytes / 1_024)} KiB`;
}

function textIn(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
