/**
 * OpenAI's Responses API: writes the request, reads the answer. Nothing is stored at the provider; reasoning comes back
 * encrypted and is replayed with everything around it. Pure.
 */
import type OpenAI from "openai";
import type { StopReason, TokenUsage } from "./port";
import { responsesParameters } from "./parameters";
import { openaiOutput, shortDescription, toolSchema } from "./schemas";
import type { Call, Encoding, Json, Reading, Turn } from "./wire";
import { isRecord } from "../../runtime/json";
import { countAt, objectAt, objectsAt, textAt } from "./wire";

type ResponsesBody = OpenAI.Responses.ResponseCreateParamsNonStreaming;
type InputItem = OpenAI.Responses.ResponseInputItem;

/** The body of `POST /responses`. */
export function encodeResponses(encoding: Encoding): ResponsesBody {
  const { endpoint, spec, conversation, tools, outputSchema } = encoding;
  return {
    model: endpoint.model,
    ...(conversation.system === "" ? {} : { instructions: conversation.system }),
    input: conversation.turns.flatMap(toItems),
    store: false,
    include: ["reasoning.encrypted_content"],
    ...(tools.length === 0 ? {} : { tools: tools.map(toTool) }),
    ...(outputSchema === undefined
      ? {}
      : {
          text: {
            format: {
              type: "json_schema" as const,
              ...openaiOutput(outputSchema),
            },
          },
        }),
    ...responsesParameters(spec, endpoint),
  };
}

function toTool(tool: Encoding["tools"][number]): OpenAI.Responses.FunctionTool {
  return {
    type: "function",
    name: tool.name,
    description: shortDescription(tool.description),
    parameters: toolSchema(tool.parameters),
    strict: false,
  };
}

function toItems(turn: Turn): InputItem[] {
  if (turn.role === "user") return [{ role: "user", content: turn.text }];
  if (turn.role === "results")
    return turn.results.map(({ callId, text }) => ({
      type: "function_call_output",
      call_id: callId,
      output: text,
    }));
  // Written by this very API (repair saw to it), so it is what its type says.
  if (turn.native !== undefined) return turn.native as InputItem[];
  return [
    ...(turn.text === "" ? [] : [{ role: "assistant" as const, content: turn.text }]),
    ...turn.calls.map(({ id, name, arguments: args }) => ({
      type: "function_call" as const,
      call_id: id,
      name,
      arguments: args,
    })),
  ];
}

/** Reads the body of a 200. */
export function readResponses(body: unknown): Reading {
  if (!isRecord(body)) return { kind: "Unreadable", why: "is not a JSON object" };
  if (isRecord(body["error"]) || typeof body["error"] === "string") return { kind: "Reported", error: body["error"] };
  const { status, output } = body;
  if (!Array.isArray(output)) return { kind: "Unreadable", why: "has no output" };
  if (status !== undefined && status !== "completed" && status !== "incomplete")
    return {
      kind: "Unreadable",
      why: `has the status "${typeof status === "string" ? status : "unknown"}"`,
    };
  return readOutput(output.filter(isRecord), body);
}

function readOutput(output: Json[], body: Json): Reading {
  const calls = ofType(output, "function_call").map(toCall);
  if (calls.some(({ name, id }) => name === "" || id === ""))
    return {
      kind: "Unreadable",
      why: "has a function call without a name or id",
    };
  const parts = ofType(output, "message").flatMap((item) => objectsAt(item, "content"));
  const refusal = ofType(parts, "refusal")
    .map((part) => textAt(part, "refusal"))
    .join("");
  const text = ofType(parts, "output_text")
    .map((part) => textAt(part, "text"))
    .join("");
  const stop = stopOf(body, refusal, calls);
  const whole = stop === "ToolCalls" ? calls : [];
  return {
    kind: "Read",
    text: text || refusal,
    calls: whole,
    stop,
    usage: usageOf(body),
    ...(whole.length > 0 && output.some(isPeculiar) ? { native: output } : {}),
  };
}

function ofType(items: Json[], type: string): Json[] {
  return items.filter((item) => item["type"] === type);
}

function toCall(item: Json): Call {
  return {
    id: textAt(item, "call_id"),
    name: textAt(item, "name"),
    arguments: textAt(item, "arguments"),
  };
}

function stopOf(body: Json, refusal: string, calls: Call[]): StopReason {
  if (body["status"] === "incomplete") {
    const { reason } = objectAt(body, "incomplete_details");
    return reason === "content_filter" ? "Refusal" : "TokenLimit";
  }
  if (refusal !== "") return "Refusal";
  return calls.length > 0 ? "ToolCalls" : "Complete";
}

/** Whether an item holds what the neutral form has no place for: reasoning, or the phase some models want back. */
function isPeculiar(item: Json): boolean {
  if (item["type"] === "function_call") return false;
  return item["type"] !== "message" || (item["phase"] !== undefined && item["phase"] !== null);
}

function usageOf(body: Json): TokenUsage {
  const usage = objectAt(body, "usage");
  return {
    inputTokens: countAt(usage, "input_tokens"),
    outputTokens: countAt(usage, "output_tokens"),
    cachedInputTokens: countAt(objectAt(usage, "input_tokens_details"), "cached_tokens"),
  };
}
