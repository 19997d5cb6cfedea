/** The scripted model: what it answers, how it is directed, what it counts; asked through the real adapters. */
import type { Message } from "../../crds/index";
import { createModels } from "../adapters/models/index";
import type { ModelOutcome, ModelRequest } from "../adapters/models/port";
import type { ModelServer } from "./model-server";
import { startModelServer } from "./model-server";
import { answerOf, failureOf, forever, llmOf } from "./model-server-contract";
import type { Spec } from "./model-server-contract";
import { turnsIn } from "./model-server-script";

const models = createModels({ env: {} });

function specs(url: string): [title: string, Spec][] {
  return [
    ["chat", { provider: "openai", parameters: { baseUrl: url } }],
    ["responses", { provider: "openai", openai: { api: "responses" }, parameters: { baseUrl: url } }],
    ["messages", { provider: "anthropic", parameters: { baseUrl: url } }],
  ];
}

function ask(spec: Spec, request: Partial<ModelRequest> & { messages: Message[] }): Promise<ModelOutcome> {
  return models.ask({ llm: llmOf(spec) }, { tools: [], ...request }, forever);
}

const fetchTool = {
  name: "fetch__fetch",
  description: "Fetches a page.",
  parameters: { type: "object", properties: { url: { type: "string" }, raw: { type: "boolean" } }, required: ["url"] },
};

describe("the scripted model", () => {
  let server: ModelServer;
  beforeEach(async () => void (server = await startModelServer()));
  afterEach(() => server.close());

  const user = (content: string): Message[] => [{ role: "user", content }];
  const forms = () => specs(server.url);

  test("answers about the moon, and says that it is scripted, in every format", async () => {
    for (const [title, spec] of forms()) {
      const { message } = answerOf(await ask(spec, { messages: user(`${title}: What is the capital of the moon?`) }));
      expect(message.content).toMatch(/no capital.*scripted model/);
    }
    expect(server.stats()).toMatchObject({ requests: 3, answered: 3, conversations: 3, repeated: 0, inFlight: 0 });
  });

  test("calls a tool the user speaks of, then tells what it said, in every format", async () => {
    for (const [title, spec] of forms()) {
      const messages = user(`${title}: fetch https://example.com/a please`);
      const { message } = answerOf(await ask(spec, { messages, tools: [fetchTool] }));
      expect(message.toolCalls?.[0]?.function).toEqual({
        name: "fetch__fetch",
        arguments: '{"url":"https://example.com/a"}',
      });
      const result: Message = { role: "tool", toolCallId: message.toolCalls?.[0]?.id ?? "", content: "Example Domain" };
      const second = answerOf(await ask(spec, { messages: [...messages, message, result], tools: [fetchTool] }));
      expect(second.message.content).toContain("Example Domain");
    }
  });

  test("fails as directed, then answers", async () => {
    for (const [title, spec] of forms()) {
      const messages = user(`${title} [fail:429x2:retry-after=3][fail:reset][say:done]`);
      const outcomes = [];
      for (let i = 0; i < 4; i++) outcomes.push(await ask(spec, { messages }));
      expect(outcomes.slice(0, 3).map((outcome) => failureOf(outcome).reason)).toEqual([
        "RateLimited",
        "RateLimited",
        "ConnectionFailed",
      ]);
      expect(outcomes[0]).toMatchObject({ retryAfterMs: 3_000 });
      expect(answerOf(outcomes[3] as ModelOutcome).message.content).toBe("done");
    }
    expect(server.stats()).toMatchObject({ requests: 12, answered: 3, repeated: 3, answeredTwice: 0 });
  });

  test("gives the same conversation the same answer, and counts it", async () => {
    const [, spec] = forms()[0] ?? ["", { provider: "openai" as const }];
    const request = { messages: user("[call:a {}][call:b {}]") };
    expect(await ask(spec, request)).toEqual(await ask(spec, request));
    expect(server.stats()).toMatchObject({ conversations: 1, repeated: 1, answeredTwice: 1 });
  });

  test("follows a posted script", async () => {
    const [, spec] = forms()[0] ?? ["", { provider: "openai" as const }];
    const script = [
      { match: "plan B", turns: [{ calls: [{ name: "x", arguments: { n: 1 } }] }, { say: "scripted end" }] },
    ];
    const answer = await fetch(new URL("/script", server.url), { method: "POST", body: JSON.stringify(script) });
    expect(answer.status).toBe(200);
    const messages = user("Try plan B");
    const { message } = answerOf(await ask(spec, { messages }));
    expect(message.toolCalls?.[0]?.function).toEqual({ name: "x", arguments: '{"n":1}' });
    expect(answerOf(await ask(spec, { messages: [...messages, message] })).message.content).toBe("scripted end");
  });

  test("writes JSON of the schema that is asked for", async () => {
    const outputSchema = {
      type: "object",
      properties: { city: { type: "string" }, n: { type: "integer" } },
      required: ["city", "n"],
      additionalProperties: false,
    };
    for (const [title, spec] of forms()) answerOf(await ask(spec, { messages: user(`${title} 7`), outputSchema }));
  });

  test("refuses a key that calls itself invalid, and lists its models to others", async () => {
    const target = { llm: llmOf({ provider: "openai", parameters: { baseUrl: server.url } }) };
    expect(await models.verify(target, forever)).toEqual({ kind: "Verified", modelListed: true });
    expect(failureOf(await models.verify({ ...target, apiKey: "sk-invalid" }, forever)).reason).toBe(
      "AuthenticationFailed",
    );
  });

  test("serves a thousand slow requests at once", async () => {
    const slow = await startModelServer({ latencyMs: 1_500 });
    const spec: Spec = { provider: "openai", parameters: { baseUrl: slow.url } };
    const asked = Array.from({ length: 1_000 }, (_, i) => ask(spec, { messages: user(`number ${i}`) }));
    const outcomes = await Promise.all(asked);
    expect(outcomes.filter(({ kind }) => kind === "Answer")).toHaveLength(1_000);
    expect(slow.stats()).toMatchObject({ requests: 1_000, conversations: 1_000, repeated: 0, inFlight: 0 });
    expect(slow.stats().maxInFlight).toBeGreaterThan(100);
    await slow.close();
  }, 30_000);
});

describe("directives", () => {
  test("are read in order, with brackets inside arguments", () => {
    expect(turnsIn('Do it [fail:503] [call:a {"l":[1,[2]]}][call:b] [then][latency:20][say:ok] thanks')).toEqual([
      {
        fail: ["503"],
        calls: [
          { name: "a", arguments: { l: [1, [2]] } },
          { name: "b", arguments: {} },
        ],
      },
      { latencyMs: 20, say: "ok" },
    ]);
  });
});
