/**
 * Anthropic's API as far as we use it (messages, models), strict as the vendor is: unknown fields, a missing max_tokens,
 * sampling parameters on the newest version, roles that do not take turns, unanswered or repeated calls and illegal ids are
 * refused with 400, so a test cannot pass on a request that would fail in earnest.
 */
import type { FakeProvider, Reply, Vendor } from "./model-server-fake";
import { FAKE_KEY, refusalOf, startFake } from "./model-server-fake";
import type { Fault, Json, Received } from "./model-server-http";
import { hasHalfCharacters, isJson, objectsIn } from "./model-server-http";

/** Starts a fake Anthropic. `keyless`: it takes requests without a key only. */
export function startFakeAnthropic(options: { keyless?: boolean; models?: string[] } = {}): Promise<FakeProvider> {
  return startFake({
    path: "",
    models: options.models ?? ["claude-3-5-sonnet", "claude-sonnet-4-5-20250929"],
    list: (models) => ({
      data: models.map((id) => ({ type: "model", id, display_name: id })),
      has_more: false,
    }),
    refuse: (request) => refuseKey(request, options.keyless === true) ?? refuseBody(request),
    answers: (path) => path === "/v1/messages",
    write: writeMessage,
  } satisfies Vendor);
}

function refuseKey({ headers }: Received, keyless: boolean): Fault | undefined {
  const key = headers["x-api-key"] ?? headers.authorization?.replace(/^Bearer /, "");
  if (keyless ? key === undefined : key === FAKE_KEY) return undefined;
  return refusalOf(401, "authentication_error", `invalid x-api-key ${String(key)}`);
}

function refuseBody(request: Received): Fault | undefined {
  if (request.method !== "POST") return undefined;
  const version = request.headers["anthropic-version"];
  if (typeof version !== "string")
    return refusalOf(400, "invalid_request_error", "anthropic-version: header is required");
  if (!isJson(request.body)) return refusalOf(400, "invalid_request_error", "The body is not JSON.");
  const fault = faultInMessages(request.body, version);
  return fault === undefined ? undefined : refusalOf(400, "invalid_request_error", fault);
}

const FIELDS = [
  "model",
  "messages",
  "system",
  "max_tokens",
  "stop_sequences",
  "tools",
  "thinking",
  "output_config",
  "cache_control",
  "temperature",
  "top_p",
  "top_k",
];

/** What Anthropic would say about a request of this API version; undefined when nothing. */
export function faultInMessages(body: Json, version: string): string | undefined {
  const unknown = Object.keys(body).find((field) => !FIELDS.includes(field));
  if (unknown !== undefined) return `${unknown}: Extra inputs are not permitted`;
  if (typeof body["max_tokens"] !== "number") return "max_tokens: Field required";
  if (hasHalfCharacters(body)) return "The body is not valid Unicode.";
  const sampling = ["temperature", "top_p", "top_k"].find((field) => field in body);
  if (sampling !== undefined && version >= "2026-10-21") return `${sampling}: not supported in this version`;
  return faultInTools(objectsIn(body["tools"])) ?? faultInTurns(objectsIn(body["messages"]));
}

function faultInTools(tools: Json[]): string | undefined {
  for (const { name, input_schema: schema } of tools) {
    if (typeof name !== "string" || !/^[a-zA-Z0-9_-]{1,128}$/.test(name)) return "tools: invalid name";
    if (!isJson(schema) || schema["type"] !== "object") return "tools: input_schema.type: must be object";
    if (["oneOf", "anyOf", "allOf"].some((word) => word in schema))
      return "tools: input_schema has alternatives at the top";
  }
  return undefined;
}

function faultInTurns(messages: Json[]): string | undefined {
  if (messages.length === 0) return "messages: at least one message is required";
  const seen = new Set<string>();
  let open: string[] = [];
  for (const [i, { role, content }] of messages.entries()) {
    if (role !== (i % 2 === 0 ? "user" : "assistant"))
      return `messages.${i}: roles must alternate, beginning with user`;
    const blocks = objectsIn(content);
    if (blocks.length === 0) return `messages.${i}: content is empty`;
    const fault = role === "user" ? faultInUser(blocks, open) : faultInAssistant(blocks, seen);
    if (fault !== undefined) return `messages.${i}: ${fault}`;
    open = role === "user" ? [] : blocks.filter(({ type }) => type === "tool_use").map(({ id }) => String(id));
  }
  return open.length > 0 ? `tool_use without tool_result: ${open.join(", ")}` : undefined;
}

function faultInUser(blocks: Json[], open: string[]): string | undefined {
  const answered = blocks.filter(({ type }) => type === "tool_result").map(({ tool_use_id: id }) => String(id));
  if (answered.join(",") !== open.join(","))
    return `tool_result blocks [${answered.join()}] do not answer tool_use blocks [${open.join()}] one by one`;
  if (blocks.slice(0, answered.length).some(({ type }) => type !== "tool_result"))
    return "tool_result blocks must come first";
  return blankText(blocks);
}

function faultInAssistant(blocks: Json[], seen: Set<string>): string | undefined {
  for (const { type, id, input, name } of blocks) {
    if (type !== "tool_use") continue;
    if (typeof id !== "string" || !/^[a-zA-Z0-9_-]+$/.test(id)) return "tool_use.id: illegal characters";
    if (seen.has(id)) return `tool_use ids must be unique: ${id}`;
    if (!isJson(input)) return "tool_use.input: should be an object";
    if (typeof name !== "string" || !/^[a-zA-Z0-9_-]{1,128}$/.test(name)) return "tool_use.name: illegal";
    seen.add(id);
  }
  return blankText(blocks);
}

function blankText(blocks: Json[]): string | undefined {
  const blank = blocks.some(({ type, text }) => type === "text" && (typeof text !== "string" || text.trim() === ""));
  return blank ? "text content blocks must contain non-whitespace text" : undefined;
}

/** A reply as the Messages API would write it. */
export function writeMessage(reply: Reply, request: Received): Json {
  const { input, output, cached } = reply.usage ?? {
    input: 10,
    output: 5,
    cached: 0,
  };
  return {
    id: "msg_fake",
    type: "message",
    role: "assistant",
    model: isJson(request.body) ? request.body["model"] : undefined,
    content: [
      ...(reply.thinking === undefined ? [] : [{ type: "thinking", thinking: "", signature: reply.thinking }]),
      ...(reply.text === undefined ? [] : [{ type: "text", text: reply.text, citations: null }]),
      ...(reply.calls ?? []).map(({ id, name, arguments: args }) => ({
        type: "tool_use",
        id,
        name,
        input: JSON.parse(args) as unknown,
        caller: { type: "direct" },
      })),
    ],
    stop_reason: stopOf(reply),
    stop_sequence: null,
    // The vendor counts what came from the cache apart from the rest.
    usage: {
      input_tokens: input - cached,
      output_tokens: output,
      cache_read_input_tokens: cached,
      cache_creation_input_tokens: 0,
    },
  };
}

function stopOf(reply: Reply): string {
  if (reply.stop === "length") return "max_tokens";
  if (reply.stop === "refusal") return "refusal";
  return reply.calls === undefined ? "end_turn" : "tool_use";
}
