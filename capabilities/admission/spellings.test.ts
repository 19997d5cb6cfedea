import type { RawSpec, Respelling } from "./spellings";
import { respell } from "./spellings";

type Row = [
  sentence: string,
  kind: string,
  given: RawSpec,
  expected: RawSpec | "AsIs" | "Contradiction",
  stored?: RawSpec,
];

const summary = (outcome: Respelling): RawSpec | string => (outcome.kind === "Moved" ? outcome.spec : outcome.kind);

describe("old spellings", () => {
  test.each<Row>([
    ["a Task's message becomes its userMessage", "Task", { message: "hi" }, { userMessage: "hi" }],
    [
      "a Task's agent becomes a reference",
      "Task",
      { agent: "a", userMessage: "hi" },
      { agentRef: { name: "a" }, userMessage: "hi" },
    ],
    [
      "both old spellings of a Task move at once",
      "Task",
      { agent: "a", message: "hi" },
      { agentRef: { name: "a" }, userMessage: "hi" },
    ],
    ["a TaskRun's task becomes a reference", "TaskRun", { task: "t" }, { taskRef: { name: "t" } }],
    [
      "an MCPServer's type becomes its transport",
      "MCPServer",
      { type: "stdio", command: "x" },
      { transport: "stdio", command: "x" },
    ],
    [
      "an LLM's model joins its parameters",
      "LLM",
      { provider: "openai", model: "m", parameters: { seed: 1 } },
      { provider: "openai", parameters: { seed: 1, model: "m" } },
    ],
    ["an LLM's model needs no parameters to join", "LLM", { model: "m" }, { parameters: { model: "m" } }],
    [
      "an LLM's parameters of null count as none",
      "LLM",
      { model: "m", parameters: null },
      { parameters: { model: "m" } },
    ],
    [
      "the same value in both spellings leaves the new one",
      "Task",
      { message: "hi", userMessage: "hi" },
      { userMessage: "hi" },
    ],
    [
      "the same reference in both spellings leaves the new one",
      "Task",
      { agent: "a", agentRef: { name: "a" } },
      { agentRef: { name: "a" } },
    ],
    ["two different values contradict each other", "Task", { message: "hi", userMessage: "ho" }, "Contradiction"],
    [
      "two different references contradict each other",
      "TaskRun",
      { task: "t", taskRef: { name: "u" } },
      "Contradiction",
    ],
    ["two different models contradict each other", "LLM", { model: "m", parameters: { model: "n" } }, "Contradiction"],
    ["an empty new value is a value too", "Task", { message: "hi", userMessage: "" }, "Contradiction"],
    ["today's spelling is left alone", "Task", { agentRef: { name: "a" }, userMessage: "hi" }, "AsIs"],
    ["a field of that name in another kind is left alone", "Agent", { message: "hi", model: "m" }, "AsIs"],
    ["what is no text is left to the schema", "Task", { agent: { name: "a" } }, "AsIs"],
    ["a new field that is no object is left to the schema", "Task", { agent: "a", agentRef: "a" }, "AsIs"],
    [
      "on update, an edited old spelling beats the value we stored",
      "LLM",
      { model: "n", parameters: { model: "m" } },
      { parameters: { model: "n" } },
      { parameters: { model: "m" } },
    ],
    [
      "on update, two new values still contradict each other",
      "LLM",
      { model: "n", parameters: { model: "o" } },
      "Contradiction",
      { parameters: { model: "m" } },
    ],
  ])("%s", (...[, kind, given, expected, stored]) => {
    expect(summary(respell(kind, given, stored))).toEqual(expected);
  });

  test("the object that came in is not touched", () => {
    const given = { model: "m", parameters: { seed: 1 } };
    respell("LLM", given);
    expect(given).toEqual({ model: "m", parameters: { seed: 1 } });
  });

  test("a contradiction names both fields and says which one to remove", () => {
    const outcome = respell("Task", { agent: "a", agentRef: { name: "b" } });
    expect(outcome).toMatchObject({
      kind: "Contradiction",
      message: expect.stringMatching(/spec\.agentRef\.name.*remove spec\.agent\./) as string,
    });
  });
});
