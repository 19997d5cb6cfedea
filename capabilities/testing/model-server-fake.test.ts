/** The fakes are as strict as the vendors: every rule has a request that breaks it, and one that keeps them all. */
import { faultInMessages } from "./fake-anthropic";
import { faultInChat, faultInResponse } from "./fake-openai";
import type { Json } from "./model-server-http";

const user = { role: "user", content: "Hello" };
const fn = { name: "f", arguments: "{}" };
const calls = (...ids: string[]) => ({
  role: "assistant",
  content: null,
  tool_calls: ids.map((id) => ({ id, type: "function", function: fn })),
});
const result = (id: string) => ({ role: "tool", tool_call_id: id, content: "ok" });
const tool = (parameters: Json, name = "f") => ({ tools: [{ type: "function", function: { name, parameters } }] });

describe("the fake Chat Completions", () => {
  const fault = (messages: unknown[], more: Json = {}) => faultInChat({ model: "m", messages, ...more }, false);

  test("takes a legal request", () => {
    expect(
      fault([user, calls("a", "b"), result("a"), result("b"), user], tool({ type: "object", properties: {} })),
    ).toBeUndefined();
  });

  test.each<[rule: string, messages: unknown[], more?: Json]>([
    ["an unknown field", [user], { top_k: 5 }],
    ["no messages", []],
    ["an orphan result", [user, result("a")]],
    ["a call without a result", [user, calls("a")]],
    ["a call without a result in the middle", [user, calls("a"), user]],
    ["two results for a call", [user, calls("a"), result("a"), result("a")]],
    ["results out of order", [user, calls("a", "b"), result("b"), result("a")]],
    ["the same id twice", [user, calls("a"), result("a"), calls("a"), result("a")]],
    ["an id that is too long", [user, calls("x".repeat(65)), result("x".repeat(65))]],
    ["an empty message", [{ role: "user", content: " " }]],
    ["half a character", [{ role: "user", content: "\ud800" }]],
    ["a tool whose schema is no object", [user], tool({ type: "string" })],
    ["a tool whose schema has alternatives at the top", [user], tool({ type: "object", properties: {}, anyOf: [] })],
    ["a tool with an illegal name", [user], tool({ type: "object", properties: {} }, "a b")],
  ])("refuses %s", (...[, messages, more]) => {
    expect(fault(messages, more)).toEqual(expect.any(String));
  });
});

describe("the fake Responses", () => {
  const call = (id: string) => ({ type: "function_call", call_id: id, ...fn });
  const output = (id: string) => ({ type: "function_call_output", call_id: id, output: "ok" });
  const fault = (input: unknown[], more: Json = {}) => faultInResponse({ model: "m", input, ...more });

  test("takes a legal request", () => {
    expect(fault([user, { type: "reasoning", id: "rs" }, call("a"), output("a")])).toBeUndefined();
  });

  test.each<[rule: string, input: unknown[], more?: Json]>([
    ["an unknown field", [user], { stop: ["x"] }],
    ["no input", []],
    ["an orphan output", [user, output("a")]],
    ["a call without an output", [user, call("a")]],
    ["two outputs for a call", [user, call("a"), output("a"), output("a")]],
    ["the same id twice", [user, call("a"), output("a"), call("a")]],
    ["an empty message", [{ role: "user", content: "" }]],
  ])("refuses %s", (...[, input, more]) => {
    expect(fault(input, more)).toEqual(expect.any(String));
  });
});

describe("the fake Anthropic", () => {
  const words = (text: string) => ({ role: "user", content: [{ type: "text", text }] });
  const use = (...ids: string[]) => ({
    role: "assistant",
    content: ids.map((id) => ({ type: "tool_use", id, name: "f", input: {} })),
  });
  const results = (...ids: string[]) => ({
    role: "user",
    content: ids.map((id) => ({ type: "tool_result", tool_use_id: id, content: "ok" })),
  });
  const fault = (messages: unknown[], more: Json = {}, version = "2026-10-21") =>
    faultInMessages({ model: "m", max_tokens: 1, messages, ...more }, version);

  test("takes a legal request, and sampling in an older version", () => {
    expect(fault([words("Hello"), use("a", "b"), results("a", "b")])).toBeUndefined();
    expect(fault([words("Hello")], { temperature: 1 }, "2023-06-01")).toBeUndefined();
  });

  test.each<[rule: string, messages: unknown[], more?: Json]>([
    ["an unknown field", [words("Hello")], { seed: 1 }],
    ["a missing max_tokens", [words("Hello")], { max_tokens: undefined }],
    ["sampling in the newest version", [words("Hello")], { temperature: 1 }],
    ["no messages", []],
    ["a conversation the assistant begins", [use("a"), results("a")]],
    ["roles that do not take turns", [words("Hello"), words("Hello")]],
    ["a call without a result", [words("Hello"), use("a"), words("Hello")]],
    ["a call at the end", [words("Hello"), use("a")]],
    ["an orphan result", [results("a")]],
    ["the same id twice", [words("Hello"), use("a"), results("a"), use("a"), results("a")]],
    ["an id in another alphabet", [words("Hello"), use("a.b"), results("a.b")]],
    ["blank text", [words(" ")]],
    ["half a character", [words("\udc00")]],
    ["a tool whose schema is no object", [words("Hello")], { tools: [{ name: "f", input_schema: {} }] }],
  ])("refuses %s", (...[, messages, more]) => {
    expect(fault(messages, more)).toEqual(expect.any(String));
  });
});
