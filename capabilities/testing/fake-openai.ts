/**
 * OpenAI's API as far as we use it (chat completions, responses, models), strict as the vendor is: unknown fields, orphan
 * tool results, unanswered or repeated calls and illegal ids are refused with 400, so a test cannot pass on a request that
 * would fail in earnest.
 */
import type { FakeProvider, Reply, Vendor } from "./model-server-fake";
import { FAKE_KEY, refusalOf, startFake } from "./model-server-fake";
import type { Fault, Json, Received } from "./model-server-http";
import { hasHalfCharacters, isJson, objectsIn } from "./model-server-http";

/** Starts a fake OpenAI. `options.compatible` makes it a server that also knows the older and extra parameters. */
export function startFakeOpenAI(
  options: { compatible?: boolean; keyless?: boolean; models?: string[] } = {},
): Promise<FakeProvider> {
  return startFake({
    path: "/v1",
    models: options.models ?? ["gpt-4o", "gpt-5.4"],
    list: (models) => ({
      object: "list",
      data: models.map((id) => ({
        id,
        object: "model",
        created: 0,
        owned_by: "fake",
      })),
    }),
    refuse: (request) =>
      refuseKey(request, options.keyless === true) ?? refuseBody(request, options.compatible === true),
    answers: (path) => path === "/v1/chat/completions" || path === "/v1/responses",
    write: (reply, request) =>
      request.url.startsWith("/v1/responses") ? writeResponse(reply, request) : writeCompletion(reply, request),
  } satisfies Vendor);
}

function refuseKey(request: Received, keyless: boolean): Fault | undefined {
  const key = request.headers.authorization;
  if (keyless ? key === undefined : key === `Bearer ${FAKE_KEY}`) return undefined;
  return refusalOf(
    401,
    "invalid_request_error",
    `Incorrect API key provided: ${key ?? "none"}. Find your key in the dashboard.`,
  );
}

function refuseBody(request: Received, compatible: boolean): Fault | undefined {
  if (request.method !== "POST") return undefined;
  const { body } = request;
  if (!isJson(body)) return refusalOf(400, "invalid_request_error", "The body is not JSON.");
  const fault = request.url.startsWith("/v1/responses") ? faultInResponse(body) : faultInChat(body, compatible);
  return fault === undefined ? undefined : refusalOf(400, "invalid_request_error", fault);
}

const CHAT_FIELDS = [
  "model",
  "messages",
  "tools",
  "response_format",
  "temperature",
  "max_completion_tokens",
  "top_p",
  "frequency_penalty",
  "presence_penalty",
  "stop",
  "seed",
  "reasoning_effort",
];

const COMPATIBLE_FIELDS = ["max_tokens", "top_k"];

/** What OpenAI would say about a chat request; undefined when nothing. */
export function faultInChat(body: Json, compatible: boolean): string | undefined {
  const known = compatible ? [...CHAT_FIELDS, ...COMPATIBLE_FIELDS] : CHAT_FIELDS;
  const unknown = Object.keys(body).find((field) => !known.includes(field));
  if (unknown !== undefined) return `Unrecognized request argument supplied: ${unknown}`;
  if (hasHalfCharacters(body)) return "The body is not valid Unicode.";
  const messages = objectsIn(body["messages"]);
  if (messages.length === 0) return "messages: array too short";
  return faultInTools(objectsIn(body["tools"]).map(({ function: fn }) => fn)) ?? faultInMessages(messages);
}

function faultInTools(functions: unknown[]): string | undefined {
  for (const fn of functions) {
    if (!isJson(fn) || typeof fn["name"] !== "string" || !/^[a-zA-Z0-9_-]{1,64}$/.test(fn["name"]))
      return "tools: invalid name";
    const parameters = fn["parameters"];
    if (!isJson(parameters) || parameters["type"] !== "object" || !isJson(parameters["properties"]))
      return `tools: schema of ${fn["name"]} must be an object with properties`;
    if (["oneOf", "anyOf", "allOf", "enum", "not"].some((word) => word in parameters))
      return `tools: schema of ${fn["name"]} has alternatives at the top`;
  }
  return undefined;
}

function faultInMessages(messages: Json[]): string | undefined {
  const seen = new Set<string>();
  let open: string[] = [];
  for (const [i, message] of messages.entries()) {
    const { role } = message;
    if (role === "tool") {
      if (open.shift() !== message["tool_call_id"])
        return `messages.${i}: a tool message must follow its tool call, in order`;
      if (typeof message["content"] !== "string") return `messages.${i}: content must be text`;
      continue;
    }
    if (open.length > 0)
      return `An assistant message with tool_calls must be followed by tool messages; missing: ${open.join(", ")}`;
    const fault = role === "assistant" ? faultInAssistant(message, seen) : faultInText(message);
    if (fault !== undefined) return `messages.${i}: ${fault}`;
    open = objectsIn(message["tool_calls"]).map(({ id }) => String(id));
  }
  return open.length > 0 ? `No tool messages for ${open.join(", ")}` : undefined;
}

function faultInText({ role, content }: Json): string | undefined {
  if (role !== "user" && role !== "system") return "unknown role";
  return typeof content === "string" && content.trim() !== "" ? undefined : "content is empty";
}

function faultInAssistant(message: Json, seen: Set<string>): string | undefined {
  const calls = objectsIn(message["tool_calls"]);
  if ("tool_calls" in message && calls.length === 0) return "tool_calls is empty";
  if (calls.length === 0 && (typeof message["content"] !== "string" || message["content"] === ""))
    return "content is empty";
  for (const call of calls) {
    const fault = faultInCall(call["id"], call["function"], seen);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function faultInCall(id: unknown, fn: unknown, seen: Set<string>): string | undefined {
  if (typeof id !== "string" || id === "" || id.length > 64) return "tool call without a legal id";
  if (seen.has(id)) return `duplicate tool call id ${id}`;
  seen.add(id);
  if (!isJson(fn) || typeof fn["name"] !== "string" || typeof fn["arguments"] !== "string")
    return "tool call without a function";
  return /^[a-zA-Z0-9_-]{1,64}$/.test(fn["name"]) ? undefined : "tool call with an illegal name";
}

const RESPONSE_FIELDS = [
  "model",
  "input",
  "instructions",
  "store",
  "include",
  "tools",
  "text",
  "temperature",
  "max_output_tokens",
  "top_p",
  "reasoning",
];

/** What OpenAI would say about a responses request; undefined when nothing. */
export function faultInResponse(body: Json): string | undefined {
  const unknown = Object.keys(body).find((field) => !RESPONSE_FIELDS.includes(field));
  if (unknown !== undefined) return `Unknown parameter: '${unknown}'.`;
  if (hasHalfCharacters(body)) return "The body is not valid Unicode.";
  const input = objectsIn(body["input"]);
  if (input.length === 0) return "input: empty";
  return faultInTools(objectsIn(body["tools"])) ?? faultInItems(input);
}

function faultInItems(items: Json[]): string | undefined {
  const calls = new Set<string>();
  const answered = new Set<string>();
  for (const item of items) {
    const fault = faultInItem(item, calls, answered);
    if (fault !== undefined) return fault;
  }
  const open = [...calls].filter((id) => !answered.has(id));
  return open.length > 0 ? `No tool output found for function call ${open.join(", ")}.` : undefined;
}

function faultInItem(item: Json, calls: Set<string>, answered: Set<string>): string | undefined {
  if (item["type"] === "function_call") return faultInCall(item["call_id"], item, calls);
  if (item["type"] === "function_call_output") {
    const id = String(item["call_id"]);
    if (!calls.has(id)) return `No tool call found for function call output with call_id ${id}.`;
    if (answered.has(id)) return `Duplicate output for ${id}.`;
    answered.add(id);
    return undefined;
  }
  if (item["type"] !== undefined) return undefined;
  const { content } = item;
  return typeof content === "string" && content.trim() !== "" ? undefined : "content is empty";
}

function modelOf({ body }: Received): unknown {
  return isJson(body) ? body["model"] : undefined;
}

/** A reply as Chat Completions would write it. */
export function writeCompletion(reply: Reply, request: Received): Json {
  const { input, output, cached } = reply.usage ?? {
    input: 10,
    output: 5,
    cached: 0,
  };
  return {
    id: "chatcmpl-fake",
    object: "chat.completion",
    created: 0,
    model: modelOf(request),
    choices: [
      {
        index: 0,
        message: completionMessage(reply),
        finish_reason: finishOf(reply),
        logprobs: null,
      },
    ],
    usage: {
      prompt_tokens: input,
      completion_tokens: output,
      total_tokens: input + output,
      prompt_tokens_details: { cached_tokens: cached },
    },
  };
}

function completionMessage(reply: Reply): Json {
  return {
    role: "assistant",
    content: reply.stop === "refusal" ? null : (reply.text ?? null),
    refusal: reply.stop === "refusal" ? (reply.text ?? "No.") : null,
    ...(reply.calls === undefined
      ? {}
      : {
          tool_calls: reply.calls.map(({ id, name, arguments: args }) => ({
            id,
            type: "function",
            function: { name, arguments: args },
            ...(reply.thinking === undefined
              ? {}
              : {
                  extra_content: {
                    google: { thought_signature: reply.thinking },
                  },
                }),
          })),
        }),
  };
}

function finishOf(reply: Reply): string {
  if (reply.stop === "length") return "length";
  return reply.calls === undefined ? "stop" : "tool_calls";
}

/** A reply as the Responses API would write it. */
export function writeResponse(reply: Reply, request: Received): Json {
  const { input, output, cached } = reply.usage ?? {
    input: 10,
    output: 5,
    cached: 0,
  };
  return {
    id: "resp_fake",
    object: "response",
    created_at: 0,
    model: modelOf(request),
    status: reply.stop === "length" ? "incomplete" : "completed",
    error: null,
    incomplete_details: reply.stop === "length" ? { reason: "max_output_tokens" } : null,
    output: outputItems(reply),
    usage: {
      input_tokens: input,
      output_tokens: output,
      total_tokens: input + output,
      input_tokens_details: { cached_tokens: cached },
      output_tokens_details: { reasoning_tokens: 0 },
    },
  };
}

function outputItems(reply: Reply): Json[] {
  const part =
    reply.stop === "refusal"
      ? { type: "refusal", refusal: reply.text }
      : { type: "output_text", text: reply.text, annotations: [] };
  return [
    ...(reply.thinking === undefined
      ? []
      : [
          {
            type: "reasoning",
            id: "rs_fake",
            summary: [],
            encrypted_content: reply.thinking,
          },
        ]),
    ...(reply.text === undefined
      ? []
      : [
          {
            type: "message",
            id: "msg_fake",
            role: "assistant",
            status: "completed",
            content: [part],
          },
        ]),
    ...(reply.calls ?? []).map(({ id, name, arguments: args }, i) => ({
      type: "function_call",
      id: `fc_fake_${i}`,
      call_id: id,
      name,
      arguments: args,
      status: "completed",
    })),
  ];
}
