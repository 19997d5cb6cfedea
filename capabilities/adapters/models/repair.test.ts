/** Whatever a history has been through, what is sent is legal: checked by the fakes' rules, which know nothing of repair. */
import fc from "fast-check";
import type { Message } from "../../../crds/index";
import { faultInMessages } from "../../testing/fake-anthropic";
import { faultInChat, faultInResponse } from "../../testing/fake-openai";
import type { Json } from "../../testing/model-server-http";
import { objectsIn } from "../../testing/model-server-http";
import { codecOf } from "./codec";
import type { Endpoint, ModelApi, Provider } from "./endpoint";
import { NO_RESULT, repair } from "./repair";
import type { Conversation } from "./wire";

/** Few ids, so that they collide; some illegal everywhere, some legal only here or there. */
const ids = ["call_1", "call_2", "call.1", "", " ", "ä", "x".repeat(70), "aB3dE6gH9", "call_1_2"];
const texts = ["", " \n", "Hello", "\ud800 half", "{}", "Grüße"];
const argumentTexts = [
  "",
  "{}",
  '{"a":1}',
  '{"n":12345678901234567890}',
  "[1]",
  "null",
  '"text"',
  "{broken",
  '{"a":"\ud800"}',
  '{"a":"\\ud800"}',
];
const names = ["fetch__fetch", "", "bad name!", "n".repeat(100)];

const call = fc.record({
  id: fc.constantFrom(...ids),
  type: fc.constant("function" as const),
  function: fc.record({ name: fc.constantFrom(...names), arguments: fc.constantFrom(...argumentTexts) }),
});

function nativeFor(api: ModelApi) {
  return fc.oneof(
    fc.record({ api: fc.constant(api), model: fc.constantFrom("m", "another"), value: fc.anything() }),
    fc
      .array(fc.constantFrom(...ids), { maxLength: 3 })
      .map((callIds) => ({ api, model: "m", value: nativeValue(api, callIds) })),
  );
}

/** What the API itself could have written. */
function nativeValue(api: ModelApi, callIds: string[]): unknown {
  switch (api) {
    case "openai.chat":
      return {
        role: "assistant",
        content: null,
        tool_calls: callIds.map((id) => ({
          id,
          type: "function",
          extra_content: 1,
          function: { name: "f", arguments: "{}" },
        })),
      };
    case "openai.responses":
      return [
        { type: "reasoning", id: "rs", summary: [] },
        ...callIds.map((id) => ({ type: "function_call", call_id: id, name: "f", arguments: "{}" })),
      ];
    case "anthropic.messages":
      return [
        { type: "thinking", thinking: "", signature: "s" },
        ...callIds.map((id) => ({ type: "tool_use", id, name: "f", input: {} })),
      ];
  }
}

function conversation(api: ModelApi): fc.Arbitrary<Message[]> {
  const content = fc.constantFrom(...texts);
  const message: fc.Arbitrary<Message> = fc.oneof(
    fc.record({ role: fc.constantFrom("system" as const, "user" as const), content }),
    fc.record({ role: fc.constant("tool" as const), content, toolCallId: fc.constantFrom(...ids) }),
    fc.record(
      {
        role: fc.constant("assistant" as const),
        content,
        toolCalls: fc.array(call, { maxLength: 3 }),
        native: nativeFor(api),
      },
      { requiredKeys: ["role", "content"] },
    ),
  );
  return fc.array(message, { maxLength: 14 });
}

function endpoint(api: ModelApi, provider: Provider): Endpoint {
  return {
    kind: "Endpoint",
    api,
    provider,
    baseUrl: "http://x",
    modelsUrl: "http://x/models",
    query: {},
    model: "m",
    timeoutMs: 1,
    own: false,
  };
}

function encoded(messages: Message[], target: Endpoint): Json {
  const spec = { provider: target.provider };
  return codecOf(target.api).encode({
    endpoint: target,
    spec,
    conversation: repair(messages, target),
    tools: [],
  }) as Json;
}

/** Mistral's further rule: ids of exactly nine letters and digits. */
function faultForMistral(body: Json): string | undefined {
  const calls = objectsIn(body["messages"]).flatMap((message) => objectsIn(message["tool_calls"]));
  const illegal = calls.find(({ id }) => !/^[a-zA-Z0-9]{9}$/.test(String(id)));
  return illegal ? `illegal id ${String(illegal["id"])}` : faultInChat(body, true);
}

const targets: [title: string, Endpoint, fault: (body: Json) => string | undefined][] = [
  ["Chat Completions", endpoint("openai.chat", "openai"), (body) => faultInChat(body, true)],
  ["Mistral", endpoint("openai.chat", "mistral"), faultForMistral],
  ["Responses", endpoint("openai.responses", "openai"), faultInResponse],
  ["Anthropic", endpoint("anthropic.messages", "anthropic"), (body) => faultInMessages(body, "2026-10-21")],
];

describe.each(targets)("for %s", (_title, target, fault) => {
  test("any history becomes legal", () => {
    fc.assert(
      fc.property(conversation(target.api), (messages) => {
        expect(fault(encoded(messages, target))).toBeUndefined();
      }),
      { numRuns: 3_000 },
    );
  });

  test("a conversation that grows is sent with the same beginning", () => {
    fc.assert(
      fc.property(conversation(target.api), conversation(target.api), (before, after) => {
        // From the user's next words on, what came before is settled; unanswered calls may still be answered.
        const settled: Message[] = [...before, { role: "user", content: "next" }];
        const idsIn = ({ turns }: Conversation) =>
          turns.flatMap((turn) => (turn.role === "assistant" ? turn.calls.map(({ id }) => id) : []));
        const earlier = idsIn(repair(settled, target));
        expect(idsIn(repair([...settled, ...after], target)).slice(0, earlier.length)).toEqual(earlier);
      }),
      { numRuns: 500 },
    );
  });

  test("nothing is changed by being read only", () => {
    fc.assert(
      fc.property(conversation(target.api), (messages) => {
        const copy = structuredClone(messages);
        repair(messages, target);
        expect(messages).toEqual(copy);
      }),
      { numRuns: 300 },
    );
  });
});

describe("repair", () => {
  const target = endpoint("openai.chat", "openai");
  const asks = (...callIds: string[]): Message => ({
    role: "assistant",
    content: "",
    toolCalls: callIds.map((id) => ({
      id,
      type: "function",
      function: { name: "f", arguments: '{"n":12345678901234567890}' },
    })),
  });
  const answers = (toolCallId: string, content: string): Message => ({ role: "tool", toolCallId, content });
  const user: Message = { role: "user", content: "Hello" };
  const resultsOf = (messages: Message[]) =>
    repair(messages, target).turns.flatMap((turn) =>
      turn.role === "results" ? turn.results.map(({ callId, text }) => [callId, text]) : [],
    );

  test("leaves a legal conversation as it is", () => {
    const messages: Message[] = [
      { role: "system", content: "Be brief." },
      user,
      asks("a", "b"),
      answers("a", "1"),
      answers("b", "2"),
      { role: "assistant", content: "Done." },
      user,
    ];
    expect(repair(messages, target)).toEqual({
      system: "Be brief.",
      turns: [
        { role: "user", text: "Hello" },
        {
          role: "assistant",
          text: "",
          calls: ["a", "b"].map((id) => ({ id, name: "f", arguments: '{"n":12345678901234567890}' })),
        },
        {
          role: "results",
          results: [
            { callId: "a", text: "1", missing: false },
            { callId: "b", text: "2", missing: false },
          ],
        },
        { role: "assistant", text: "Done.", calls: [] },
        { role: "user", text: "Hello" },
      ],
    });
  });

  test.each<[sentence: string, Message[], [id: string, text: string][]]>([
    [
      "puts results in the order of the calls",
      [user, asks("a", "b"), answers("b", "2"), answers("a", "1")],
      [
        ["a", "1"],
        ["b", "2"],
      ],
    ],
    ["says of a call without a result that it has none", [user, asks("a"), user], [["a", NO_RESULT]]],
    ["drops a result nobody asked for", [user, answers("x", "?"), asks("a"), answers("a", "1")], [["a", "1"]]],
    ["keeps the first of two results", [user, asks("a"), answers("a", "1"), answers("a", "2")], [["a", "1"]]],
    ["moves a late result to its call", [user, asks("a"), user, answers("a", "1")], [["a", "1"]]],
    [
      "tells calls with the same id apart by their place",
      [user, asks("a"), answers("a", "1"), asks("a"), answers("a", "2")],
      [
        ["a", "1"],
        ["a_2", "2"],
      ],
    ],
    [
      "never gives a later call's result to an earlier one",
      [user, asks("a"), asks("a"), answers("a", "2")],
      [
        ["a", NO_RESULT],
        ["a_2", "2"],
      ],
    ],
  ])("%s", (_sentence, messages, expected) => {
    expect(resultsOf(messages)).toEqual(expected);
  });

  test("replays what the provider wrote only to the same API and model", () => {
    const native = { api: "openai.chat", model: "m", value: nativeValue("openai.chat", ["a"]) };
    const replayed = (given: typeof native) =>
      repair([user, { ...asks("a"), native: given }], target).turns.some(
        (turn) => turn.role === "assistant" && turn.native !== undefined,
      );
    expect(replayed(native)).toBe(true);
    expect(replayed({ ...native, model: "another" })).toBe(false);
    expect(replayed({ ...native, api: "anthropic.messages" })).toBe(false);
    expect(replayed({ ...native, value: nativeValue("openai.chat", ["a", "b"]) })).toBe(false);
  });
});
