import { fillIn } from "./scripted-model";
import { reply } from "./scripted-wire";

const tool = {
  type: "function",
  function: {
    name: "fetch__fetch",
    parameters: { type: "object", required: ["url"], properties: { url: { type: "string" } } },
  },
};
const user = { role: "user", content: "Fetch https://example.org/a please" };
const chat = (messages: object[], tools?: object[]): object =>
  reply("POST", "/v1/chat/completions", { model: "gpt-4o", messages, ...(tools ? { tools } : {}) }, 1).body;

describe("the scripted model", () => {
  test("says in every answer that it is none", () => {
    expect(chat([user])).toHaveProperty("choices.0.message.content", expect.stringMatching(/^Scripted answer/));
    expect(chat([{ role: "user", content: "What is the capital of the moon?" }])).toHaveProperty(
      "choices.0.message.content",
      expect.stringMatching(/^Scripted answer.*no capital/),
    );
  });

  test("uses an offered tool with arguments from the question", () => {
    expect(chat([user], [tool])).toMatchObject({
      choices: [
        {
          finish_reason: "tool_calls",
          message: {
            tool_calls: [{ function: { name: "fetch__fetch", arguments: '{"url":"https://example.org/a"}' } }],
          },
        },
      ],
    });
  });

  test("uses it once, and then repeats what it said", () => {
    const messages = [
      user,
      { role: "assistant", content: null, tool_calls: [] },
      { role: "tool", tool_call_id: "c", content: "a page" },
    ];
    expect(chat(messages, [tool])).toHaveProperty("choices.0.message.content", expect.stringContaining("a page"));
  });

  test("speaks the Responses API as well", () => {
    const asked = reply(
      "POST",
      "/v1/responses",
      { model: "gpt-4o", input: [user], tools: [{ ...tool.function, type: "function" }] },
      1,
    );
    expect(asked.body).toMatchObject({ output: [{ type: "function_call", name: "fetch__fetch" }] });
    const input = [
      user,
      { type: "function_call", call_id: "c" },
      { type: "function_call_output", call_id: "c", output: "a page" },
    ];
    expect(reply("POST", "/v1/responses", { model: "gpt-4o", input }, 1).body).toHaveProperty(
      "output.0.content.0.text",
      expect.stringContaining("a page"),
    );
  });

  test("knows every model's name and lists some", () => {
    expect(reply("GET", "/v1/models/any", undefined, 1).body).toHaveProperty("id", "any");
    expect(reply("GET", "/v1/models", undefined, 1).body).toHaveProperty("data.0.id", "gpt-4o");
  });

  test.each([
    ["another path", reply("POST", "/v1/embeddings", {}, 1), 404],
    ["another method", reply("PUT", "/v1/models", {}, 1), 404],
    ["streaming", reply("POST", "/v1/chat/completions", { stream: true }, 1), 400],
  ])("refuses %s", (_case, refusal, status) => {
    expect(refusal).toMatchObject({ status, body: { error: { message: expect.any(String) as string } } });
  });
});

test("arguments fit the schema of a tool", () => {
  const schema = {
    type: "object",
    required: ["text", "count", "ratio", "sure", "list", "mode", "where", "nested"],
    properties: {
      text: { type: "string" },
      count: { type: "integer" },
      ratio: { type: "number" },
      sure: { type: "boolean" },
      list: { type: "array" },
      mode: { type: "string", enum: ["fast", "slow"] },
      where: { type: "string", default: "here" },
      nested: { type: "object", required: ["a"], properties: { a: { type: "string" } } },
      unasked: { type: "string" },
    },
  };
  const question = "add 2.5 things";
  expect(fillIn(schema, question)).toEqual({
    text: question,
    count: 2,
    ratio: 2.5,
    sure: true,
    list: [],
    mode: "fast",
    where: "here",
    nested: { a: question },
  });
});
