import { prepare, prepareSafely } from "./prepare";
import type { Request } from "./request";

const llm = (spec: object, more: Partial<Request> = {}): Request => ({
  kind: "LLM",
  namespace: "default",
  object: { metadata: { name: "gpt-4o" }, spec: { provider: "openai", ...spec } },
  ...more,
});

describe("before the schema sees an object", () => {
  test.each<[sentence: string, Request, expected: unknown]>([
    ["an LLM without a model gets its own name", llm({}), { provider: "openai", parameters: { model: "gpt-4o" } }],
    [
      "other parameters stay beside it",
      llm({ parameters: { seed: 1 } }),
      { provider: "openai", parameters: { seed: 1, model: "gpt-4o" } },
    ],
    ["a model that is given stays", llm({ parameters: { model: "m" } }), "AsIs"],
    [
      "a model in the old spelling is moved, not replaced by the default",
      llm({ model: "m" }),
      { provider: "openai", parameters: { model: "m" } },
    ],
    [
      "a name that is yet to be made gives no default",
      { kind: "LLM", namespace: "default", object: { spec: { provider: "openai" } } },
      "AsIs",
    ],
    [
      "other kinds get no model",
      { kind: "Agent", namespace: "default", object: { metadata: { name: "a" }, spec: {} } },
      "AsIs",
    ],
    ["a change of labels changes nothing else", llm({}, { stored: { spec: { provider: "openai" } } }), "AsIs"],
    [
      "an object on its way out is left alone",
      { ...llm({}), object: { metadata: { name: "x", deletionTimestamp: "now" }, spec: {} } },
      "AsIs",
    ],
  ])("%s", (_sentence, request, expected) => {
    const prepared = prepare(request);
    expect(prepared.kind === "Changed" ? prepared.spec : prepared.kind).toEqual(expected);
  });

  test("a contradiction is refused in a sentence that names the object", () => {
    const prepared = prepare(llm({ model: "m", parameters: { model: "n" } }));
    expect(prepared).toMatchObject({
      kind: "Refused",
      message: expect.stringContaining('LLM "gpt-4o" in namespace "default" says one thing in spec.model') as string,
    });
  });

  test("a fault of ours is refused in words, and reported whole", async () => {
    const broken = llm({});
    Object.defineProperty(broken.object, "spec", {
      get: () => {
        throw new TypeError("boom at line 7");
      },
    });
    const reported: unknown[] = [];

    const prepared = await prepareSafely(broken, (thrown) => reported.push(thrown));

    expect(prepared).toMatchObject({ kind: "Refused", message: expect.not.stringContaining("boom") as string });
    expect(reported).toHaveLength(1);
  });
});
