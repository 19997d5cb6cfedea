/** The contract of `Models`, the same for every wire format, run against fakes that are as strict as the vendors. */
import type { Message } from "../../../crds/index";
import type { Spec } from "../../testing/model-server-contract";
import {
  answerOf,
  failureOf,
  forever,
  formats,
  llmAt,
  question,
  request,
  twoCalls,
  weather,
} from "../../testing/model-server-contract";
import type { FakeProvider } from "../../testing/model-server-fake";
import { FAKE_KEY } from "../../testing/model-server-fake";
import { createModels } from "./index";
import type { ModelOutcome } from "./port";

const models = createModels({ env: {} });

describe.each(formats)("over $title", (format) => {
  let fake: FakeProvider;
  beforeEach(async () => void (fake = await format.start()));
  afterEach(() => fake.close());

  const llm = (overrides: Partial<Spec> = {}) => llmAt(fake.url, format, overrides);
  const ask = (overrides: Partial<Spec> = {}, asked = request()): Promise<ModelOutcome> =>
    models.ask({ llm: llm(overrides), apiKey: FAKE_KEY }, asked, forever);

  test("a plain answer is text, usage with cached tokens, and nothing kept twice", async () => {
    fake.next({
      reply: { text: "Sunny.", usage: { input: 100, output: 7, cached: 60 } },
    });
    const answer = answerOf(await ask());
    expect(answer).toEqual({
      kind: "Answer",
      message: { role: "assistant", content: "Sunny." },
      stop: "Complete",
      usage: { inputTokens: 100, outputTokens: 7, cachedInputTokens: 60 },
    });
  });

  test("an empty answer is an answer", async () => {
    fake.next({ reply: { text: "" } });
    expect(answerOf(await ask()).message.content).toBe("");
  });

  test("tools are offered, calls read back in order, and results accepted", async () => {
    fake.next({ reply: { calls: twoCalls } }, { reply: { text: "Sunny in both." } });
    const first = answerOf(await ask({}, request({ tools: [weather] })));
    expect(first.stop).toBe("ToolCalls");
    expect(first.message.toolCalls).toEqual(
      twoCalls.map(({ id, name, arguments: args }) => ({
        id,
        type: "function",
        function: { name, arguments: args },
      })),
    );
    const results: Message[] = twoCalls.map(({ id }) => ({
      role: "tool",
      toolCallId: id,
      content: "sunny",
    }));
    const second = answerOf(
      await ask(
        {},
        request({
          messages: [...question, first.message, ...results],
          tools: [weather],
        }),
      ),
    );
    expect(second.message.content).toBe("Sunny in both.");
    expect(JSON.stringify(fake.bodies()[1])).toContain("sunny");
  });

  test("the arguments of a call stay the text the model wrote", async () => {
    const args = '{"city":"Paris","n":1}';
    fake.next({
      reply: { calls: [{ id: "c1", name: "weather__now", arguments: args }] },
    });
    expect(answerOf(await ask()).message.toolCalls?.[0]?.function.arguments).toBe(args);
  });

  test("ids the server repeats are made unique over the conversation", async () => {
    const [call] = twoCalls;
    if (!call) throw new Error("no call");
    fake.next({ reply: { calls: [call] } }, { reply: { calls: [call, { ...call, id: "call_c" }] } });
    const first = answerOf(await ask()).message;
    const result: Message = {
      role: "tool",
      toolCallId: "call_a",
      content: "sunny",
    };
    const second = answerOf(await ask({}, request({ messages: [...question, first, result] }))).message;
    const ids = [...(first.toolCalls ?? []), ...(second.toolCalls ?? [])].map(({ id }) => id);
    expect(ids).toHaveLength(3);
    expect(new Set(ids).size).toBe(3);
  });

  test("what the provider needs back goes back verbatim, and to the same model only", async () => {
    fake.next({ reply: { thinking: "c2lnbmF0dXJl", calls: twoCalls } });
    const { message } = answerOf(await ask({}, request({ tools: [weather] })));
    expect(message.native?.model).toBe(format.model);
    const messages = [...question, message];
    await ask({}, request({ messages }));
    expect(JSON.stringify(fake.bodies()[1])).toContain("c2lnbmF0dXJl");
    await ask({ parameters: { model: "another-model" } }, request({ messages }));
    expect(JSON.stringify(fake.bodies()[2])).not.toContain("c2lnbmF0dXJl");
    expect(fake.requests).toHaveLength(3);
  });

  test("a call nobody answered is sent with a result that says so", async () => {
    const message: Message = {
      role: "assistant",
      content: "",
      toolCalls: [
        {
          id: "lost",
          type: "function",
          function: { name: "weather__now", arguments: "{}" },
        },
      ],
    };
    answerOf(await ask({}, request({ messages: [...question, message] })));
    expect(JSON.stringify(fake.bodies()[0])).toContain("No result was recorded");
  });

  test.each([
    ["TokenLimit", { text: "Sun", stop: "length" as const }],
    ["TokenLimit", { text: "", stop: "length" as const, calls: twoCalls }],
    ["Refusal", { text: "I cannot help with that.", stop: "refusal" as const }],
  ])("stopping by %s is told apart from being done", async (stop, reply) => {
    fake.next({ reply });
    const answer = answerOf(await ask());
    expect(answer.stop).toBe(stop);
    expect(answer.message.toolCalls).toBeUndefined();
  });

  test("traceparent goes out as a header", async () => {
    const traceparent = "00-d3fb4171016bcab77d63b02e52e006cd-648ca5bf05d0ec05-01";
    await ask({}, request({ traceparent }));
    expect(fake.requests[0]?.headers["traceparent"]).toBe(traceparent);
  });

  describe("an output schema", () => {
    const outputSchema = {
      type: "object",
      properties: { city: { type: "string" }, degrees: { type: "integer" } },
      required: ["city", "degrees"],
      additionalProperties: false,
    };

    test("is sent, and an answer that fits it passes", async () => {
      fake.next({ reply: { text: '{"city":"Paris","degrees":21}' } });
      expect(answerOf(await ask({}, request({ outputSchema }))).stop).toBe("Complete");
      expect(JSON.stringify(fake.bodies()[0])).toContain('"degrees"');
    });

    test.each([
      ["is no JSON", "It is 21 degrees."],
      ["misses a field", '{"city":"Paris"}'],
      ["has a field of another type", '{"city":"Paris","degrees":"warm"}'],
    ])("refuses an answer that %s, which can be tried again", async (_how, text) => {
      fake.next({ reply: { text } });
      expect(failureOf(await ask({}, request({ outputSchema })))).toMatchObject({
        reason: "OutputMismatch",
        retryable: true,
      });
    });

    test("takes the JSON out of a fence, in which many models put it", async () => {
      fake.next({ reply: { text: '```json\n{"city":"Paris","degrees":21}\n```\n' } });
      const { message } = answerOf(await ask({}, request({ outputSchema })));
      expect(message.content).toBe('{"city":"Paris","degrees":21}');
    });

    test("does not choose among several fences", async () => {
      const fence = '```json\n{"city":"Paris","degrees":21}\n```';
      fake.next({ reply: { text: `${fence}\nor\n${fence}` } });
      expect(failureOf(await ask({}, request({ outputSchema }))).reason).toBe("OutputMismatch");
    });

    test("lets tool calls pass", async () => {
      fake.next({ reply: { calls: twoCalls } });
      expect(answerOf(await ask({}, request({ outputSchema, tools: [weather] }))).stop).toBe("ToolCalls");
    });
  });

  describe("verifying", () => {
    const verify = (overrides: Partial<Spec> = {}, apiKey = FAKE_KEY) =>
      models.verify({ llm: llm(overrides), apiKey }, forever);

    test("asks for the list of models, which is free, and finds the model in it", async () => {
      expect(await verify()).toEqual({ kind: "Verified", modelListed: true });
      expect(fake.requests.map(({ method, url }) => `${method} ${url.replace("/v1", "")}`)).toEqual(["GET /models"]);
    });

    test("passes a model that is not in the list, and says so", async () => {
      expect(await verify({ parameters: { model: "private-model" } })).toEqual({
        kind: "Verified",
        modelListed: false,
      });
    });

    test("fails on a wrong key", async () => {
      expect(failureOf(await verify({}, "wrong"))).toMatchObject({
        reason: "AuthenticationFailed",
        retryable: false,
      });
    });

    test.each([404, 405])("says what to set where there is no list (%i)", async (status) => {
      fake.next({ fault: { kind: "Status", status } });
      const failure = failureOf(await verify());
      expect(failure.retryable).toBe(false);
      expect(failure.message).toContain("spec.verify");
    });

    test("does not take a web page for a list", async () => {
      fake.next({ fault: { kind: "Html" } });
      expect(failureOf(await verify()).reason).toBe("UnreadableAnswer");
    });

    test("buys one answer with Completion, as short as the API allows", async () => {
      expect(await verify({ verify: "Completion" })).toEqual({
        kind: "Verified",
      });
      const [body] = fake.bodies();
      expect([1, 16]).toContain(body?.["max_tokens"] ?? body?.["max_output_tokens"]);
    });

    test("asks nobody with None", async () => {
      expect(await verify({ verify: "None" })).toEqual({ kind: "Verified" });
      expect(fake.requests).toHaveLength(0);
    });
  });
});
