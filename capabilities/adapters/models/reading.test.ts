/** Whatever a server sends with a 200, reading it ends in a value; and each failure is a sentence fit for kubectl. */
import fc from "fast-check";
import { llmOf } from "../../testing/model-server-contract";
import { codecOf } from "./codec";
import type { ModelApi } from "./endpoint";
import { endpointOf } from "./endpoint";
import type { Caller } from "./failure";
import { reportedFailure, toFailure } from "./failure";
import { retryAdvice } from "./retry-after";

const apis: ModelApi[] = ["openai.chat", "openai.responses", "anthropic.messages"];

/** JSON that is nearly an answer: the right names, with anything under them. */
const names = [
  "choices",
  "message",
  "content",
  "tool_calls",
  "function",
  "arguments",
  "name",
  "id",
  "call_id",
  "type",
  "text",
  "output",
  "input",
  "status",
  "stop_reason",
  "finish_reason",
  "usage",
  "error",
  "refusal",
  "prompt_tokens",
];
const words = [
  "function_call",
  "tool_use",
  "text",
  "output_text",
  "message",
  "completed",
  "length",
  "pause_turn",
  "thinking",
];
const nearly = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "large" },
    fc.constantFrom<unknown>(null, "", 0, -1, true, ...words),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...names), tie("value"), { maxKeys: 6 }),
  ),
})).value;

describe.each(apis)("reading %s", (api) => {
  test("never throws, and gives calls only with name and arguments", () => {
    fc.assert(
      fc.property(nearly, (body) => {
        const reading = codecOf(api).read(body, []);
        if (reading.kind !== "Read") return;
        for (const call of reading.calls) {
          expect(call.name).not.toBe("");
          expect(typeof call.arguments).toBe("string");
        }
        expect(reading.usage.inputTokens).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 2_000 },
    );
  });
});

test.each<[count: unknown, tokens: number]>([
  [12, 12],
  [1.5, 2],
  [1e300, Number.MAX_SAFE_INTEGER],
  [-5, 0],
  ["7", 0],
  [null, 0],
])("a server's count of %j tokens is stored as %i: it must never cost the answer", (count, tokens) => {
  const choices = [{ message: { role: "assistant", content: "Sunny." }, finish_reason: "stop" }];
  const reading = codecOf("openai.chat").read({ choices, usage: { prompt_tokens: count } }, []);
  expect(reading).toMatchObject({ kind: "Read", text: "Sunny.", usage: { inputTokens: tokens } });
});

function caller(own: boolean): Caller {
  const endpoint = endpointOf(
    llmOf({ provider: "openai", parameters: own ? {} : { baseUrl: "http://vllm:8000/v1" } }),
    {},
  );
  if (endpoint.kind === "Failure") throw new Error(endpoint.message);
  return { endpoint, llm: "my-llm", secret: { name: "s", key: "k" }, apiKey: "very-secret-key" };
}

/** As the SDKs throw it. */
const thrown = (status: number, error: unknown) => Object.assign(new Error(`${status} …`), { status, error });
const say = (status: number, message: string, own = true) =>
  toFailure(thrown(status, { message }), caller(own), new Date()).message;

describe("a failure's sentence", () => {
  test.each([
    ["the key", "key very-secret-key is bad", "very-secret-key"],
    ["a masked key", "Incorrect API key provided: sk-abcd****wxyz.", "wxyz"],
    [
      "a request's id, which changes",
      "Failed. Include request ID req_0123456789abcdef in your message.",
      "0123456789abcdef",
    ],
    ["a time to wait, which changes", "Limit reached. Please try again in 12.345s. Visit the dashboard.", "12.345"],
    ["a line break", "one\n\ttwo", "\n"],
  ])("never holds %s", (_what, said, never) => {
    expect(say(429, said)).not.toContain(never);
  });

  test("keeps the rest of what the provider said", () => {
    expect(say(429, "Limit reached. Please try again in 12.345s. Visit the dashboard.")).toMatch(
      /Limit reached.*Visit the dashboard/,
    );
  });

  test.each<[status: number, message: string, words: string, own: boolean]>([
    [401, "no", 'Secret "s", key "k"', true],
    [404, "no", "spec.parameters.model", true],
    [404, "no", "/v1", false],
    [413, "no", "context window", true],
    [422, "no", "parameters", true],
    [403, "no", "gpt-4o", true],
    [301, "", "redirects to another address (301). Set the base URL of LLM", true],
    [308, "<html>moved</html>", "to the address where the API itself is", false],
  ])("of a terminal %i says what to change", (status, message, words, own) => {
    expect(say(status, message, own)).toContain(words);
  });

  test.each([
    ["This model's maximum context length is 8192 tokens.", "ContextTooLong"],
    ["max_tokens: 100000 > 8192, which is the maximum allowed number of output tokens", "InvalidRequest"],
    ["Your credit balance is too low to access the API.", "PermissionDenied"],
    ["API key not valid. Please pass a valid API key.", "AuthenticationFailed"],
  ])("a 400 is told apart by its words: %s", (message, reason) => {
    expect(toFailure(thrown(400, { message }), caller(true), new Date())).toMatchObject({ reason, retryable: false });
  });

  test.each([
    ["Google's list", [{ error: { code: 400, message: "API key not valid", status: "INVALID_ARGUMENT" } }]],
    ["an envelope in an envelope", { error: { error: { message: "API key not valid" } } }],
    ["FastAPI's list", { detail: [{ msg: "API key not valid" }] }],
  ])("finds the provider's words in %s", (_where, error) => {
    expect(toFailure(thrown(400, error), caller(true), new Date()).message).toContain("API key not valid");
  });

  test.each([
    [{ code: 429, message: "slow down" }, "RateLimited", true],
    [{ type: "overloaded_error" }, "ProviderError", true],
    [{ code: "context_length_exceeded" }, "ContextTooLong", false],
    ["model is loading", "ProviderError", true],
  ])("an error inside a 200, %j, is classified without a status too", (error, reason, retryable) => {
    expect(reportedFailure(error, caller(true))).toMatchObject({ reason, retryable });
  });
});

describe("Retry-After", () => {
  const now = new Date("2026-01-01T00:00:00Z");
  test.each<[headers: Record<string, string>, afterMs: number | undefined]>([
    [{ "retry-after": "2" }, 2_000],
    [{ "retry-after": "0.5" }, 500],
    [{ "retry-after": "Thu, 01 Jan 2026 00:01:00 GMT" }, 60_000],
    [{ "retry-after": "Wed, 31 Dec 2025 00:00:00 GMT" }, 0],
    [{ "retry-after": "99999999999" }, 86_400_000],
    [{ "retry-after": "soon" }, undefined],
    [{ "retry-after": "-5" }, undefined],
    [{}, undefined],
  ])("%j is a wait of %s ms", (headers, afterMs) => {
    expect(retryAdvice(new Headers(headers), now).afterMs).toBe(afterMs);
  });
});
