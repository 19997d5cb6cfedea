/**
 * Anthropic's Messages API: writes the request, reads the answer. Thinking comes signed and is replayed with everything
 * around it. Pure.
 */
import type Anthropic from "@anthropic-ai/sdk";
import type { StopReason, TokenUsage } from "./port";
import { anthropicParameters } from "./parameters";
import { anthropicOutput, toolSchema } from "./schemas";
import type { Call, Encoding, Json, Reading, Result, Turn } from "./wire";
import { isRecord } from "../../runtime/json";
import { wellFormed } from "../../runtime/storable";
import { countAt, objectAt, textAt } from "./wire";

type MessagesBody = Anthropic.MessageCreateParamsNonStreaming;
type BlockParam = Anthropic.ContentBlockParam;
type MessageParam = Anthropic.MessageParam & { content: BlockParam[] };

/** The body of `POST /v1/messages`. */
export function encodeMessages(encoding: Encoding): MessagesBody {
  const { endpoint, spec, conversation, tools, outputSchema } = encoding;
  const { output_config: effort, ...parameters } = anthropicParameters(spec, endpoint);
  const format = outputSchema && anthropicOutput(outputSchema);
  const outputConfig = {
    ...(isRecord(effort) ? effort : {}),
    ...(format === undefined ? {} : { format: { type: "json_schema" as const, schema: format } }),
  };
  return {
    model: endpoint.model,
    ...(conversation.system === "" ? {} : { system: conversation.system }),
    messages: toMessages(conversation.turns),
    ...(tools.length === 0 ? {} : { tools: tools.map(toTool) }),
    ...(Object.keys(outputConfig).length === 0 ? {} : { output_config: outputConfig }),
    // An agent with tools sends the same beginning again and again; Anthropic caches it only when asked to.
    ...(endpoint.own && tools.length > 0 ? { cache_control: { type: "ephemeral" as const } } : {}),
    ...parameters,
  };
}

function toTool(tool: Encoding["tools"][number]): Anthropic.Tool {
  return {
    name: tool.name,
    description: tool.description,
    input_schema: { ...toolSchema(tool.parameters), type: "object" },
  };
}

/** Roles take turns: results and the user's words after them are one message, results first. */
function toMessages(turns: Turn[]): MessageParam[] {
  const messages: MessageParam[] = [];
  for (const turn of turns) {
    const role = turn.role === "assistant" ? "assistant" : "user";
    const content = toBlocks(turn);
    const last = messages.at(-1);
    if (last?.role === role) last.content.push(...content);
    else messages.push({ role, content });
  }
  return messages;
}

function toBlocks(turn: Turn): BlockParam[] {
  if (turn.role === "user") return [{ type: "text", text: turn.text }];
  if (turn.role === "results") return turn.results.map(toResultBlock);
  // Written by this very API (repair saw to it), so it is what its type says.
  if (turn.native !== undefined) return [...(turn.native as BlockParam[])];
  return [
    ...(turn.text === "" ? [] : [{ type: "text" as const, text: turn.text }]),
    ...turn.calls.map(({ id, name, arguments: args }) => ({
      type: "tool_use" as const,
      id,
      name,
      input: toInput(args),
    })),
  ];
}

/** The arguments as an object. An escaped half of a surrogate pair only comes to light when the text is parsed. */
function toInput(args: string): unknown {
  return JSON.parse(args, (_key, value: unknown) => (typeof value === "string" ? wellFormed(value) : value)) as unknown;
}

function toResultBlock({ callId, text, missing }: Result): BlockParam {
  return {
    type: "tool_result",
    tool_use_id: callId,
    content: text,
    ...(missing ? { is_error: true } : {}),
  };
}

/** Reads the body of a 200. `before` is the content of the same turn from before it was paused. */
export function readMessages(body: unknown, before: unknown[] = []): Reading {
  if (!isRecord(body)) return { kind: "Unreadable", why: "is not a JSON object" };
  if (isRecord(body["error"])) return { kind: "Reported", error: body["error"] };
  if (!Array.isArray(body["content"])) return { kind: "Unreadable", why: "has no content" };
  const content = [...before, ...(body["content"] as unknown[])];
  if (body["stop_reason"] === "pause_turn") return { kind: "Paused", content, usage: usageOf(body) };
  return readContent(content.filter(isRecord), body);
}

function readContent(content: Json[], body: Json): Reading {
  const calls = content.filter(({ type }) => type === "tool_use").map(toCall);
  if (calls.some(({ name, id }) => name === "" || id === ""))
    return { kind: "Unreadable", why: "has a tool call without a name or id" };
  const stop = stopOf(textAt(body, "stop_reason"), calls);
  const whole = stop === "ToolCalls" ? calls : [];
  const text = content
    .filter(({ type }) => type === "text")
    .map((block) => textAt(block, "text"))
    .join("");
  return {
    kind: "Read",
    text,
    calls: whole,
    stop,
    usage: usageOf(body),
    ...(whole.length > 0 && content.some(isPeculiar) ? { native: content } : {}),
  };
}

function toCall(block: Json): Call {
  return {
    id: textAt(block, "id"),
    name: textAt(block, "name"),
    arguments: JSON.stringify(objectAt(block, "input")),
  };
}

function stopOf(reason: string, calls: Call[]): StopReason {
  switch (reason) {
    case "max_tokens":
    case "model_context_window_exceeded":
      return "TokenLimit";
    case "refusal":
      return "Refusal";
    default:
      return calls.length > 0 ? "ToolCalls" : "Complete";
  }
}

/** Whether a block holds what the neutral form has no place for: thinking and its signature. */
function isPeculiar({ type }: Json): boolean {
  return type !== "text" && type !== "tool_use";
}

/** What was written to and read from the cache is counted apart from `input_tokens`; the total is the sum of the three. */
function usageOf(body: Json): TokenUsage {
  const usage = objectAt(body, "usage");
  const cached = countAt(usage, "cache_read_input_tokens");
  return {
    inputTokens: countAt(usage, "input_tokens") + countAt(usage, "cache_creation_input_tokens") + cached,
    outputTokens: countAt(usage, "output_tokens"),
    cachedInputTokens: cached,
  };
}

/** The same request with a paused turn's content put last, which makes the provider go on with it. */
export function goOnAfter(body: object, content: unknown[]): object {
  const { messages, ...rest } = body as MessagesBody;
  return { ...rest, messages: [...messages, { role: "assistant", content }] };
}
