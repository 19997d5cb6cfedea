/** What each provider is really sent: paths, headers, parameters. Only here do tests look at one wire format. */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { startFakeAnthropic } from "../../testing/fake-anthropic";
import { startFakeOpenAI } from "../../testing/fake-openai";
import type { Spec } from "../../testing/model-server-contract";
import { answerOf, failureOf, forever, llmOf, request } from "../../testing/model-server-contract";
import { FAKE_KEY } from "../../testing/model-server-fake";
import { isJson, objectsIn } from "../../testing/model-server-http";
import { createModels } from "./index";

const models = createModels({ env: {} });

describe("on the wire", () => {
  const parameters = {
    temperature: 0.3,
    maxTokens: 100,
    topP: 0.9,
    topK: 5,
    frequencyPenalty: 0.1,
    presencePenalty: 0.2,
    stop: ["END"],
    seed: 7,
    reasoningEffort: "low" as const,
  };

  test("a compatible server gets every parameter, and no key where there is none", async () => {
    const fake = await startFakeOpenAI({ compatible: true, keyless: true });
    const target = {
      llm: llmOf({
        provider: "openai",
        parameters: { baseUrl: fake.url, ...parameters },
      }),
    };
    answerOf(await models.ask(target, request(), forever));
    expect(fake.bodies()[0]).toMatchObject({
      model: "gpt-4o",
      temperature: 0.3,
      max_tokens: 100,
      top_p: 0.9,
      top_k: 5,
      frequency_penalty: 0.1,
      presence_penalty: 0.2,
      stop: ["END"],
      seed: 7,
      reasoning_effort: "low",
    });
    await fake.close();
  });

  test("Responses gets what it knows, stores nothing, and asks for encrypted reasoning", async () => {
    const fake = await startFakeOpenAI();
    const target = {
      apiKey: FAKE_KEY,
      llm: llmOf({
        provider: "openai",
        openai: { api: "responses", organization: "org-1", project: "proj-1" },
        parameters: { baseUrl: fake.url, ...parameters },
      }),
    };
    answerOf(await models.ask(target, request(), forever));
    const [body] = fake.bodies();
    expect(body).toMatchObject({
      instructions: "Be brief.",
      store: false,
      include: ["reasoning.encrypted_content"],
      temperature: 0.3,
      max_output_tokens: 100,
      top_p: 0.9,
      reasoning: { effort: "low" },
    });
    expect(body).not.toHaveProperty("stop");
    expect(fake.requests[0]?.headers).toMatchObject({
      "openai-organization": "org-1",
      "openai-project": "proj-1",
    });
    await fake.close();
  });

  test("Anthropic gets its own spelling, and an older version where sampling is set", async () => {
    const fake = await startFakeAnthropic();
    const spec: Spec = {
      provider: "anthropic",
      anthropic: { betaHeaders: ["a-1", "b-2"] },
      parameters: {
        ...parameters,
        baseUrl: fake.url,
        model: "claude-3-5-sonnet",
      },
    };
    answerOf(await models.ask({ apiKey: FAKE_KEY, llm: llmOf(spec) }, request(), forever));
    expect(fake.bodies()[0]).toMatchObject({
      system: "Be brief.",
      max_tokens: 100,
      temperature: 0.3,
      top_p: 0.9,
      top_k: 5,
      stop_sequences: ["END"],
      output_config: { effort: "low" },
    });
    expect(fake.requests[0]?.headers).toMatchObject({
      "anthropic-version": "2023-06-01",
      "anthropic-beta": "a-1,b-2",
    });
    await fake.close();
  });

  test("Anthropic without sampling gets the newest version, a default max_tokens, and thinking", async () => {
    const fake = await startFakeAnthropic();
    const spec: Spec = {
      provider: "anthropic",
      anthropic: { thinking: { type: "enabled", budgetTokens: 2_048 } },
      parameters: { baseUrl: fake.url, model: "claude-3-5-sonnet" },
    };
    answerOf(await models.ask({ apiKey: FAKE_KEY, llm: llmOf(spec) }, request(), forever));
    const [body] = fake.bodies();
    expect(body).toMatchObject({
      thinking: { type: "enabled", budget_tokens: 2_048 },
    });
    expect(Number(body?.["max_tokens"])).toBeGreaterThan(2_048);
    expect(fake.requests[0]?.headers["anthropic-version"]).toBe("2026-10-21");
    await fake.close();
  });

  test("a turn Anthropic pauses is resumed and becomes one answer", async () => {
    const fake = await startFakeAnthropic();
    const paused = {
      type: "message",
      role: "assistant",
      content: [{ type: "text", text: "First, " }],
      stop_reason: "pause_turn",
      usage: { input_tokens: 10, output_tokens: 2 },
    };
    fake.next({ body: paused }, { reply: { text: "then." } });
    // The fake refuses a conversation that ends with the assistant's tool calls only, so this shows the content going back.
    const answer = answerOf(
      await models.ask(
        {
          apiKey: FAKE_KEY,
          llm: llmOf({
            provider: "anthropic",
            parameters: { baseUrl: fake.url },
          }),
        },
        request(),
        forever,
      ),
    );
    expect(answer.message.content).toBe("First, then.");
    expect(answer.usage.inputTokens).toBe(20);
    expect(objectsIn(fake.bodies()[1]?.["messages"]).at(-1)).toMatchObject({
      role: "assistant",
      content: [{ type: "text", text: "First, " }],
    });
    await fake.close();
  });

  test("OPENAI_BASE_URL and ANTHROPIC_BASE_URL redirect whole providers, with the key", async () => {
    const openai = await startFakeOpenAI({ compatible: true });
    const anthropic = await startFakeAnthropic();
    const redirected = createModels({
      env: {
        OPENAI_BASE_URL: openai.url,
        ANTHROPIC_BASE_URL: `${anthropic.url}/v1/`,
      },
    });
    answerOf(await redirected.ask({ apiKey: FAKE_KEY, llm: llmOf({ provider: "openai" }) }, request(), forever));
    answerOf(
      await redirected.ask({ apiKey: `${FAKE_KEY}\n`, llm: llmOf({ provider: "anthropic" }) }, request(), forever),
    );
    expect(openai.requests[0]?.url).toBe("/v1/chat/completions");
    expect(anthropic.requests[0]?.url).toBe("/v1/messages");
    await openai.close();
    await anthropic.close();
  });

  test("Azure's dated API is asked under the deployment's path with the key in api-key", async () => {
    const fake = await startFakeOpenAI({ keyless: true });
    const origin = new URL(fake.url).origin;
    const spec: Spec = {
      provider: "azure",
      azure: { endpoint: origin, deployment: "mine", apiVersion: "2024-10-21" },
    };
    await models.ask({ apiKey: "azure-key", llm: llmOf(spec) }, request(), forever);
    expect(fake.requests[0]).toMatchObject({
      url: "/openai/deployments/mine/chat/completions?api-version=2024-10-21",
      headers: { "api-key": "azure-key" },
    });
    expect(fake.requests[0]?.headers.authorization).toBeUndefined();
    await models.ask(
      {
        apiKey: "azure-key",
        llm: llmOf({ provider: "azure", azure: { endpoint: `${origin}/` } }),
      },
      request(),
      forever,
    );
    expect(fake.requests[1]?.url).toBe("/openai/v1/chat/completions");
    await fake.close();
  });

  test("a key that no header can carry is refused before anything is sent", async () => {
    const fake = await startFakeOpenAI({ compatible: true });
    const failure = failureOf(
      await models.ask(
        {
          apiKey: "sk-one\nsk-two",
          llm: llmOf({ provider: "openai", parameters: { baseUrl: fake.url } }),
        },
        request(),
        forever,
      ),
    );
    expect(failure).toMatchObject({
      reason: "AuthenticationFailed",
      retryable: false,
    });
    expect(failure.message).not.toContain("sk-one");
    expect(fake.requests).toHaveLength(0);
    await fake.close();
  });

  test("an output schema OpenAI can enforce is sent as strict, another is not", async () => {
    const fake = await startFakeOpenAI({ compatible: true, keyless: true });
    const target = {
      llm: llmOf({ provider: "openai", parameters: { baseUrl: fake.url } }),
    };
    const closed = {
      type: "object",
      properties: { a: { type: "string" } },
      required: ["a"],
      additionalProperties: false,
    };
    await models.ask(target, request({ outputSchema: closed }), forever);
    await models.ask(target, request({ outputSchema: { ...closed, required: [] } }), forever);
    const strict = fake
      .bodies()
      .map(({ response_format: format }) =>
        isJson(format) && isJson(format["json_schema"]) ? format["json_schema"]["strict"] : undefined,
      );
    expect(strict).toEqual([true, false]);
    await fake.close();
  });
});

/** A server in a thread of its own, which goes on while this one stands still. */
const SERVER = `
const { createServer } = require("node:http");
const { parentPort } = require("node:worker_threads");
const message = { role: "assistant", content: "In time." };
const answer = JSON.stringify({ choices: [{ index: 0, message, finish_reason: "stop" }] });
const server = createServer((request, response) => {
  request.resume().on("end", () => setTimeout(() => response.end(answer), 100));
}).listen(0, "127.0.0.1", () => parentPort.postMessage(server.address().port));
`;

test("an answer that came while the process stood still counts, though its time is over when the process goes on", async () => {
  const server = new Worker(SERVER, { eval: true });
  const [port] = (await once(server, "message")) as [number];
  const llm = llmOf({
    provider: "openai",
    parameters: { baseUrl: `http://127.0.0.1:${port}` },
    limits: { timeout: "400ms" },
  });
  const asking = models.ask({ llm }, request(), forever);
  await new Promise((resolve) => setTimeout(resolve, 50)); // The request leaves.
  await new Promise((resolve) => setImmediate(resolve)); // What comes next in the event loop are timers.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 600);
  expect(answerOf(await asking).message.content).toBe("In time.");
  await server.terminate();
});
