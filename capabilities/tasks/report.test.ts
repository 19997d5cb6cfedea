import { eventsOf } from "./report";
import type { TaskState } from "./state";

const now = new Date("2026-01-02T03:04:05.000Z");
const usage = { inputTokens: 0, outputTokens: 0, cachedInputTokens: 0, requests: 1 };
const progress = { startedAt: now, conversation: [], turns: 1, usage, suspended: false };
const waiting = (phrase: string): { waiting: { for: string; since: Date } } => ({
  waiting: { for: phrase, since: now },
});
const pending: TaskState = { phase: "Pending", suspended: false };
const asking: TaskState = { ...progress, phase: "ReadyForLLM", attempts: 0, ...waiting("the LLM") };
const again: TaskState = { ...asking, usage: { ...usage, requests: 2 } };
const answered = { ...progress, phase: "FinalAnswer" as const, output: "Hi", completedAt: now };
const usingTools: TaskState = { ...progress, phase: "ToolCallsPending", ...waiting("ToolCall t-tc-01 to finish") };

test.each<[sentence: string, before: TaskState, after: TaskState, reasons: string[]]>([
  ["a task that is taken up is valid, and asks", pending, asking, ["ValidationSucceeded", "SendingContextWindowToLLM"]],
  ["a model that wants tools", asking, usingTools, ["ToolCallsPending"]],
  ["results that go to the model", usingTools, again, ["AllToolCallsCompleted", "SendingContextWindowToLLM"]],
  [
    "results that wait for the agent",
    usingTools,
    { ...asking, ...waiting('Agent "a" to become ready') },
    ["AllToolCallsCompleted", "Waiting"],
  ],
  ["a repeated call", asking, again, ["SendingContextWindowToLLM"]],
  [
    "ToolCalls that wait for the agent",
    usingTools,
    { ...usingTools, ...waiting('Agent "a" to become ready') },
    ["Waiting"],
  ],
  ["an answer", asking, answered, ["LLMFinalAnswer"]],
  ["an answer that was sent", answered, { ...answered, told: { kind: "Sent", at: now, channel: "c" } }, ["AnswerSent"]],
  [
    "an answer that was not sent",
    answered,
    { ...answered, told: { kind: "NotSent", reason: "SendingFailed", message: "No." } },
    ["AnswerNotSent"],
  ],
  ["tools that are waited for while suspended", usingTools, { ...usingTools, suspended: true }, ["Suspended"]],
  ["tools that are waited for again", { ...usingTools, suspended: true }, usingTools, ["Resumed"]],
])("people are told of %s", (_sentence, before, after, reasons) => {
  expect(eventsOf(before, after).map(({ reason }) => reason)).toEqual(reasons);
});
