import type { McpContent, McpOutcome } from "../adapters/mcp/port";
import { askedOf, cut, errorText, KEPT_BYTES, questionsOf, resultOf, textOf } from "./result";

type Answer = Extract<McpOutcome, { kind: "Result" }>;

const text = (words: string): McpContent => ({ type: "text", text: words });
const answer = (content: McpContent[], structuredContent?: Record<string, unknown>): Answer => ({
  kind: "Result",
  content,
  ...(structuredContent && { structuredContent }),
  isError: false,
});
const bytes = (words: string): number => Buffer.byteLength(words, "utf8");

describe("a result in words", () => {
  test.each<[sentence: string, Answer, expected: string]>([
    ["text is told as it is", answer([text("Hello\n  there")]), "Hello\n  there"],
    ["several texts stand one below the other", answer([text("a"), text("b")]), "a\nb"],
    ["text is told before data that says the same", answer([text("21 degrees")], { degrees: 21 }), "21 degrees"],
    ["data without text is told as JSON", answer([], { degrees: 21 }), '{"degrees":21}'],
    [
      "data is told beside a picture",
      answer([{ type: "image", mimeType: "image/png", data: "AAAA" }], { a: 1 }),
      '{"a":1}\n[image image/png, 3 bytes]',
    ],
    [
      "a picture is told by its kind and size",
      answer([{ type: "image", mimeType: "image/png", data: "A".repeat(16_384) }]),
      "[image image/png, 12 KiB]",
    ],
    [
      "padding is no data",
      answer([{ type: "audio", mimeType: "audio/wav", data: "AAA=" }]),
      "[audio audio/wav, 2 bytes]",
    ],
    [
      "a resource with text is told with it",
      answer([{ type: "resource", resource: { uri: "file:///a.md", mimeType: "text/markdown", text: "# A" } }]),
      "[resource file:///a.md text/markdown]\n# A",
    ],
    [
      "a resource of bytes is told by its size",
      answer([{ type: "resource", resource: { uri: "file:///a.bin", blob: "AAAA" } }]),
      "[resource file:///a.bin, 3 bytes]",
    ],
    [
      "a link is told with its name",
      answer([{ type: "resource_link", uri: "file:///a.md", name: "notes" }]),
      "[link notes file:///a.md]",
    ],
    [
      "what this version does not know is told as such",
      answer([{ type: "hologram" }]),
      "[hologram that cannot be shown as text]",
    ],
    [
      "pieces that lack what they should have do no harm",
      answer([{}, { type: "image" }, { type: "resource" }, { type: "text" }]),
      "[content that cannot be shown as text]\n[image of unknown type, 0 bytes]\n[resource without an address, 0 bytes]",
    ],
  ])("%s", (_sentence, given, expected) => {
    expect(textOf(given)).toBe(expected);
  });

  test("a tool that gives nothing back is said to have done so", () => {
    expect(resultOf(answer([])).result).toMatch(/gave nothing back/);
  });

  test("an error is said to be one, once", () => {
    expect(errorText("no")).toBe("Error: no");
    expect(errorText("Error: no")).toBe("Error: no");
  });
});

describe("what is kept", () => {
  const picture = (size: number): McpContent => ({ type: "image", mimeType: "image/png", data: "A".repeat(size) });

  test("content is kept where it is more than text", () => {
    expect(resultOf(answer([text("a")]))).toEqual({ result: "a" });
    expect(resultOf(answer([text("a"), picture(8)])).content).toEqual([text("a"), picture(8)]);
  });

  test("content that is too large is only described", () => {
    const kept = resultOf(answer([picture(KEPT_BYTES)]));
    expect(kept.content).toBeUndefined();
    expect(kept.result).toBe("[image image/png, 192 KiB]");
  });

  test("content of more pieces than the schema takes is only described", () => {
    expect(resultOf(answer(Array.from({ length: 1_025 }, () => picture(4)))).content).toBeUndefined();
  });

  test("data is kept, unless it is too large", () => {
    expect(resultOf(answer([text("a")], { a: 1 })).structuredContent).toEqual({ a: 1 });
    expect(resultOf(answer([text("a")], { a: "x".repeat(KEPT_BYTES) })).structuredContent).toBeUndefined();
  });
});

describe("long text", () => {
  test("is whole up to the limit", () => {
    const words = "x".repeat(KEPT_BYTES);
    expect(cut(words)).toBe(words);
  });

  test.each([
    ["of one byte a character", "x"],
    ["of three", "€"],
    ["of four", "😀"],
  ])("%s is cut in the middle, and said to be", (_name, character) => {
    const shown = cut(`first${character.repeat(KEPT_BYTES)}last`);
    expect(bytes(shown)).toBeLessThanOrEqual(KEPT_BYTES);
    expect(bytes(shown)).toBeGreaterThan(KEPT_BYTES - 256);
    expect(shown.startsWith("first")).toBe(true);
    expect(shown.endsWith("last")).toBe(true);
    expect(/left out here, of \d+ KiB in all/.test(shown)).toBe(true);
    expect(shown.includes("\uFFFD")).toBe(false);
  });
});

describe("a question of a tool", () => {
  const ask = (
    inputRequests: Record<string, unknown>,
    requestState?: string,
  ): Extract<McpOutcome, { kind: "InputRequired" }> => ({
    kind: "InputRequired",
    inputRequests,
    ...(requestState !== undefined && { requestState }),
  });

  test("is told in its own words, or as what it is", () => {
    const asked = ask({
      a: { method: "elicitation/create", params: { message: "Which city?" } },
      b: { method: "roots/list" },
      c: "odd",
    });
    expect(questionsOf(asked)).toBe('"Which city?", (roots/list) and (a question)');
  });

  test("is kept whole or not at all", () => {
    expect(askedOf(ask({ a: 1 }, "s"))).toEqual({ requestState: "s", inputRequests: { a: 1 } });
    expect(askedOf(ask({ a: 1 }, "s".repeat(KEPT_BYTES)))).toEqual({});
  });
});
