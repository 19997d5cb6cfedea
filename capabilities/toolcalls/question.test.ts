/** That a question is the same question whoever asks it again, and says all that is needed to answer it. */
import { apiVersion, DETAIL_TEXT } from "../../crds/index";
import type { ToolCall } from "../../crds/index";
import { approvalMessage, digestOf, inputMessage, outcomeMessage, questionId, questionOf } from "./question";

const call: ToolCall = {
  apiVersion,
  kind: "ToolCall",
  metadata: { namespace: "default", name: "t-tc-01", uid: "u-1", resourceVersion: "1" },
  spec: { toolCallId: "c", toolRef: { name: "fetch__fetch" }, arguments: '{"url": "é"}' },
};
const asking = { id: "ec-1", tool: "fetch__fetch", message: "May it?", arguments: { url: "é" } };
const about = { kind: "ToolCall", namespace: "default", name: "t-tc-01", uid: "u-1" };

test("a digest is that of the text as it stands, in UTF-8", () => {
  // By `printf 'é' | sha256sum`, and of nothing.
  expect(digestOf("é")).toBe("sha256:4a99557e4033c3539de2eb65472017cad5f9557f7a0625a09f1c3f6e2ba69c4c");
  expect(digestOf("")).toBe("sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  expect(digestOf("{}")).not.toBe(digestOf("{ }"));
});

describe("the id of a question", () => {
  test("never changes, for services know questions by it", () => {
    expect(questionId("3f0c", "Approval", "MCP", 0)).toBe(questionId("3f0c", "Approval", "MCP", 0));
    expect(questionId("3f0c", "Approval", "MCP", 0)).toMatch(/^ec-[0-9a-f]{16}$/);
  });

  test("is another one for another call, another kind and the next attempt", () => {
    const ids = [
      questionId("a", "Approval", "MCP", 0),
      questionId("b", "Approval", "MCP", 0),
      questionId("a", "Outcome", "MCP", 0),
      questionId("a", "Input", "MCP", 0),
      questionId("a", "Approval", "MCP", 1),
    ];
    expect(new Set(ids).size).toBe(ids.length);
  });

  test.each([
    ["Approval", "MCP", "ec"],
    ["Outcome", "MCP", "ec"],
    ["Input", "MCP", "hc"],
    ["Input", "HumanContact", "hc"],
    ["Outcome", undefined, "ec"],
  ] as const)("of kind %s for a tool of type %s begins with %s", (kind, type, prefix) => {
    expect(questionId("a", kind, type, 1).split("-")[0]).toBe(prefix);
  });
});

describe("over a channel", () => {
  test("an approval is the tool and the arguments, bound to them by their digest", () => {
    expect(questionOf(call, { ...asking, kind: "Approval" })).toEqual({
      kind: "Approval",
      id: "ec-1",
      about,
      tool: "fetch__fetch",
      arguments: { url: "é" },
      argumentsDigest: digestOf('{"url": "é"}'),
    });
  });

  test("a question of a tool is its message with the schema of the answer", () => {
    const schema = { type: "object" };
    const input = questionOf(call, { ...asking, kind: "Input", schema });
    expect(input).toEqual({
      kind: "Input",
      id: "ec-1",
      about,
      message: "May it?",
      argumentsDigest: digestOf('{"url": "é"}'),
      schema,
    });
    expect(questionOf(call, { ...asking, kind: "Input" })).not.toHaveProperty("schema");
  });

  test.each([
    ["an unknown outcome", { kind: "Outcome" }, ["Approve", "Respond", "Reject"], [false, true, false]],
    ["a confirmation", { kind: "Input", isConfirmation: true }, ["Approve", "Reject"], [false, false]],
  ] as const)("%s is answered by one of its options", (_what, more, decisions, words) => {
    const question = questionOf(call, { ...asking, ...more });
    const options = question.kind === "Input" ? (question.options ?? []) : [];
    expect(options.map(({ decision }) => decision)).toEqual(decisions);
    expect(options.map(({ needsWords }) => needsWords)).toEqual(words);
    expect(new Set(options.map(({ name }) => name)).size).toBe(options.length);
  });
});

describe("in words", () => {
  test("an approval says what would run with what", () => {
    expect(approvalMessage("fetch__fetch", '{"url": "x"}')).toBe(
      'May the tool fetch__fetch run with the arguments {"url": "x"}?',
    );
    for (const nothing of ["", "{}", " "]) {
      expect(approvalMessage("list", nothing)).toBe("May the tool list run without arguments?");
    }
  });

  test("an unknown outcome says what was called, why nobody knows, and what can be done", () => {
    const message = outcomeMessage("append", '{"text": "x"}', "The operator was restarted");
    for (const part of ["append", '{"text": "x"}', "The operator was restarted.", "Approve", "respond", "reject"])
      expect(message).toContain(part);
  });

  test("a question says whose it is, also where it has no words", () => {
    expect(inputMessage("The tool append", " Which line? ")).toBe("The tool append asks: Which line?");
    expect(inputMessage("The tool append", "")).toBe("The tool append asks for an answer.");
  });

  test("nothing is longer than can be stored, nor cut in the middle of a character", () => {
    const long = "😀".repeat(40_000);
    for (const message of [approvalMessage("x", long), approvalMessage(`a${long}`, "{}"), inputMessage("x", long)]) {
      expect(message.length).toBeLessThanOrEqual(DETAIL_TEXT);
      expect(message).not.toMatch(/\p{Surrogate}/u);
    }
  });
});
