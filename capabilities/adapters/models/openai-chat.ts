/**
 * Chat Completions: writes the request, reads the answer. Spoken by OpenAI and by everything that is compatible with it,
 * so reading expects what such servers really send. Pure.
 */
import type OpenAI from "openai";
import type { StopReason, TokenUsage } from "./port";
import { chatParameters } from "./parameters";
import { openaiOutput, shortDescription, toolSchema } from "./schemas";
import type { Call, Encoding, Json, Reading, Turn } from "./wire";
import { isRecord } from "../../runtime/json";
import { countAt, objectAt, objectsAt, textAt } from "./wire";

type ChatBody = OpenAI.Chat.ChatCompletionCreateParamsNonStreaming;
type ChatMessage = OpenAI.Chat.ChatCompletionMessageParam;

/** The body of `POST /chat/completions`. */
export function encodeChat(encoding: Encoding): ChatBody {
  const { endpoint, spec, conversation, tools, outputSchema } = encoding;
  const { system, turns } = conversation;
  return {
    model: endpoint.model,
    messages: [...(system === "" ? [] : [{ role: "system" as const, content: system }]), ...turns.flatMap(toMessages)],
    ...(tools.length === 0 ? {} : { tools: tools.map(toTool) }),
    ...(outputSchema === undefined
      ? {}
      : {
          response_format: {
            type: "json_schema" as const,
            json_schema: openaiOutput(outputSchema),
          },
        }),
    ...chatParameters(spec, endpoint),
  };
}

function toTool(tool: Encoding["tools"][number]): OpenAI.Chat.ChatCompletionTool {
  return {
    type: "function",
    function: {
      name: tool.name,
      description: shortDescription(tool.description),
      parameters: toolSchema(tool.parameters),
    },
  };
}

function toMessages(turn: Turn): ChatMessage[] {
  if (turn.role === "user") return [{ role: "user", content: turn.text }];
  if (turn.role === "results")
    return turn.results.map(({ callId, text }) => ({
      role: "tool",
      tool_call_id: callId,
      content: text,
    }));
  // Written by this very API (repair saw to it), so it is what its type says.
  if (turn.native !== undefined) return [turn.native as ChatMessage];
  if (turn.calls.length === 0) return [{ role: "assistant", content: turn.text }];
  return [
    {
      role: "assistant",
      content: turn.text === "" ? null : turn.text,
      tool_calls: turn.calls.map(({ id, name, arguments: args }) => ({
        id,
        type: "function",
        function: { name, arguments: args },
      })),
    },
  ];
}

/** Reads the body of a 200. */
export function readChat(body: unknown): Reading {
  if (!isRecord(body)) return { kind: "Unreadable", why: "is not a JSON object" };
  if (isRecord(body["error"]) || typeof body["error"] === "string") return { kind: "Reported", error: body["error"] };
  const choice = objectsAt(body, "choices")[0];
  if (!choice) return { kind: "Unreadable", why: "has no choices" };
  if (isRecord(choice["error"])) return { kind: "Reported", error: choice["error"] };
  const message = choice["message"];
  if (!isRecord(message)) return { kind: "Unreadable", why: "has a choice without a message" };
  return readMessage(message, choice, usageOf(body));
}

function readMessage(message: Json, choice: Json, usage: TokenUsage): Reading {
  const requested = objectsAt(message, "tool_calls");
  const calls = requested.map(toCall);
  if (calls.some(({ name }) => name === "")) return { kind: "Unreadable", why: "has a tool call without a name" };
  const refusal = textAt(message, "refusal");
  const stop = stopOf(textAt(choice, "finish_reason"), refusal, calls);
  // The arguments of a call that was cut may say something else than was meant.
  const whole = stop === "ToolCalls" ? calls : [];
  const native = whole.length > 0 ? nativeOf(message, requested, whole) : undefined;
  return {
    kind: "Read",
    text: contentOf(message) || refusal,
    calls: whole,
    stop,
    usage,
    ...(native === undefined ? {} : { native }),
  };
}

/** Text, or, from some servers, a list of parts with text in them. */
function contentOf(message: Json): string {
  return (
    textAt(message, "content") ||
    objectsAt(message, "content")
      .map((part) => textAt(part, "text"))
      .join("")
  );
}

function toCall(call: Json): Call {
  const fn = objectAt(call, "function");
  const args = fn["arguments"];
  return {
    id: textAt(call, "id"),
    name: textAt(fn, "name"),
    // Some servers send the arguments parsed.
    arguments: typeof args === "string" ? args : JSON.stringify(args ?? {}),
  };
}

function stopOf(finish: string, refusal: string, calls: Call[]): StopReason {
  if (finish === "length") return "TokenLimit";
  if (refusal !== "" || finish === "content_filter") return "Refusal";
  return calls.length > 0 ? "ToolCalls" : "Complete";
}

/** Fields of a message that a provider wants back and the neutral form has no place for. */
const EXTRAS = ["reasoning_content", "reasoning_details", "extra_content"];

/**
 * The message to be sent back, if it holds something the neutral form cannot: Google's `extra_content` with the thought
 * signature on a call, reasoning that several servers demand back while tools are being used.
 */
function nativeOf(message: Json, requested: Json[], calls: Call[]): Json | undefined {
  const extras = Object.fromEntries(
    EXTRAS.filter((name) => message[name] !== undefined && message[name] !== null).map((name) => [name, message[name]]),
  );
  const plain = requested.every((call) =>
    Object.keys(call).every((key) => ["id", "type", "index", "function"].includes(key)),
  );
  if (plain && Object.keys(extras).length === 0) return undefined;
  return {
    role: "assistant",
    content: message["content"] ?? null,
    ...extras,
    tool_calls: requested.map(({ index: _, ...call }, i) => ({
      ...call,
      type: "function",
      function: {
        name: calls[i]?.name ?? "",
        arguments: calls[i]?.arguments ?? "{}",
      },
    })),
  };
}

function usageOf(body: Json): TokenUsage {
  const usage = objectAt(body, "usage");
  return {
    inputTokens: countAt(usage, "prompt_tokens"),
    outputTokens: countAt(usage, "completion_tokens"),
    cachedInputTokens: countAt(objectAt(usage, "prompt_tokens_details"), "cached_tokens"),
  };
}
