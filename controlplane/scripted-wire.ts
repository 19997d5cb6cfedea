/**
 * The wire forms of the scripted model: OpenAI's Chat Completions and Responses, without streaming. It reads requests
 * leniently and writes answers in full. Pure; token counts are estimates of four characters each.
 */
import type { Conversation, Scripted } from "./scripted-model";
import { answerTo } from "./scripted-model";

/** An HTTP answer. */
export interface Reply {
  status: number;
  body: object;
}

type Json = Record<string, unknown>;

/** Listed so that the examples' models are known; any other name is answered too. */
const MODELS = ["gpt-4o", "gpt-4o-mini", "gpt-4.1", "scripted"];

/** Answers one request. `created` is in seconds since 1970. */
export function reply(method: string, path: string, body: unknown, created: number): Reply {
  if (method === "GET") return look(path);
  const request = isJson(body) ? body : {};
  const answer = ANSWERS[path];
  if (method !== "POST" || answer === undefined) return unknown(method, path);
  if (request["stream"] === true) return refused(400, "The scripted model does not stream.");
  return { status: 200, body: answer(request, created) };
}

const ANSWERS: Record<string, (request: Json, created: number) => object> = {
  "/v1/chat/completions": chat,
  "/v1/responses": response,
};

function look(path: string): Reply {
  if (path === "/v1/models") return { status: 200, body: { object: "list", data: MODELS.map(modelNamed) } };
  const [, name] = /^\/v1\/models\/(.+)$/.exec(path) ?? [];
  return name === undefined ? unknown("GET", path) : { status: 200, body: modelNamed(decodeURIComponent(name)) };
}

function unknown(method: string, path: string): Reply {
  return refused(404, `The scripted model has no ${method} ${path}.`);
}

function modelNamed(id: string): object {
  return { id, object: "model", created: 0, owned_by: "kubechain-scripted" };
}

function refused(status: number, message: string): Reply {
  return { status, body: { error: { message, type: "invalid_request_error", code: null, param: null } } };
}

function chat(request: Json, created: number): object {
  const turns = list(request["messages"]).map((message) => ({
    role: String(message["role"]),
    text: textOf(message["content"]),
  }));
  const tools = list(request["tools"]).map((tool) => toolFrom(isJson(tool["function"]) ? tool["function"] : {}));
  const answer = answerTo({ turns, tools });
  const message =
    answer.kind === "Text"
      ? { role: "assistant", content: answer.text, refusal: null }
      : {
          role: "assistant",
          content: null,
          refusal: null,
          tool_calls: [
            { id: answer.id, type: "function", function: { name: answer.name, arguments: answer.arguments } },
          ],
        };
  const input = tokens(request["messages"]);
  const output = tokens(answer);
  return {
    id: `chatcmpl-scripted-${created}`,
    object: "chat.completion",
    created,
    model: request["model"],
    choices: [{ index: 0, message, logprobs: null, finish_reason: answer.kind === "Text" ? "stop" : "tool_calls" }],
    usage: { prompt_tokens: input, completion_tokens: output, total_tokens: input + output },
  };
}

function response(request: Json, created: number): object {
  const given = request["input"];
  const items: Json[] = typeof given === "string" ? [{ role: "user", content: given }] : list(given);
  const turns = items.map((item) =>
    item["type"] === "function_call_output"
      ? { role: "tool", text: textOf(item["output"]) }
      : { role: String(item["role"] ?? item["type"]), text: textOf(item["content"]) },
  );
  const answer = answerTo({ turns, tools: list(request["tools"]).map(toolFrom) });
  const input = tokens(given);
  const output = tokens(answer);
  return {
    id: `resp_scripted_${created}`,
    object: "response",
    created_at: created,
    status: "completed",
    error: null,
    incomplete_details: null,
    instructions: request["instructions"] ?? null,
    model: request["model"],
    output: [outputItem(answer, created)],
    parallel_tool_calls: true,
    tool_choice: "auto",
    tools: [],
    usage: {
      input_tokens: input,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: output,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: input + output,
    },
  };
}

function outputItem(answer: Scripted, created: number): object {
  if (answer.kind === "ToolCall") {
    const { id, name } = answer;
    return {
      type: "function_call",
      id: `fc_${created}`,
      call_id: id,
      name,
      arguments: answer.arguments,
      status: "completed",
    };
  }
  const content = [{ type: "output_text", text: answer.text, annotations: [] }];
  return { type: "message", id: `msg_${created}`, role: "assistant", status: "completed", content };
}

function toolFrom(described: Json): Conversation["tools"][number] {
  const { parameters } = described;
  const name = String(described["name"]);
  return isJson(parameters) ? { name, parameters } : { name };
}

/** Content is a string or a list of parts, of which those with text count. */
function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  return list(content)
    .map((part) => (typeof part["text"] === "string" ? part["text"] : ""))
    .join("");
}

function tokens(value: unknown): number {
  return Math.ceil((JSON.stringify(value) ?? "").length / 4);
}

function list(value: unknown): Json[] {
  return Array.isArray(value) ? value.filter(isJson) : [];
}

function isJson(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
