import type { ModelAnswer } from "../adapters/models/port";
import type { Observed, SeenToolCall } from "./decision";
import { decide } from "./decide";
import {
  agent,
  asking,
  awaited,
  conversation,
  finished,
  later,
  now,
  progress,
  ready,
  seen as seenOf,
  spec,
  summary,
  tools,
  usage,
} from "./decide.fixture";
import type { TaskState } from "./state";

const seen = (over: Partial<Observed>): Observed => seenOf({ state: asking, ...over });

const toolCall = { id: "call_1", type: "function" as const, function: { name: "fetch__search", arguments: "{}" } };
const toolCalls = [toolCall, { ...toolCall, id: "call_2" }];
/** An answer that asks for these. */
const wants = (over: Partial<ModelAnswer> = {}): Observed["call"] =>
  finished({ stop: "ToolCalls", message: { role: "assistant", content: "", toolCalls }, ...over });

const waiting = { for: "ToolCalls t-tc-01 and t-tc-02 to finish", since: later(-1) };
const usingTools: Extract<TaskState, { phase: "ToolCallsPending" }> = {
  phase: "ToolCallsPending",
  suspended: false,
  ...progress,
  conversation: [...conversation, { role: "assistant", content: "", toolCalls }],
  turns: 1,
  waiting,
};

type Fate = "Missing" | "Unfinished" | "Succeeded" | "Failed";
/** What is seen of the two calls. */
const calls = (...fates: Fate[]): SeenToolCall[] =>
  fates.map((fate, i) => {
    const request = { ...toolCall, id: `call_${i + 1}` };
    const call = { name: `t-tc-0${i + 1}`, request };
    if (fate === "Missing" || fate === "Unfinished") return { ...call, kind: fate };
    return { ...call, kind: "Finished", ended: fate, result: `${fate} ${i + 1}` };
  });

test.each<[sentence: string, Observed, expected: string]>([
  [
    "stores what the model asks for, then has the tools called",
    seen({ state: asking, call: wants() }),
    "ToolCallsPending+CreateToolCalls",
  ],
  [
    "has a tool called that nobody offers, for its ToolCall says so",
    seen({ state: asking, call: wants(), answerer: { ...ready, tools: [] } }),
    "ToolCallsPending+CreateToolCalls",
  ],
  [
    "does not take an unready agent's word that it has no such tool",
    seen({ state: asking, call: wants(), answerer: awaited }),
    "ToolCallsPending",
  ],
  [
    "calls a tool that an unready agent still offers",
    seen({ state: asking, call: wants(), answerer: { ...awaited, tools } }),
    "ToolCallsPending+CreateToolCalls",
  ],
  [
    "calls no tools of an answer that was cut",
    seen({ state: asking, call: wants({ stop: "TokenLimit" }) }),
    "Failed(AnswerCut)+AbortCall",
  ],
  [
    "stops a model that asks for tools for ever, and calls none whose result it could not be told",
    seen({ state: asking, spec: spec({ limits: { maxTurns: 1 } }), call: wants() }),
    "Failed(TurnLimit)+AbortCall",
  ],
  [
    "calls no more tools than it may",
    seen({ state: asking, spec: spec({ limits: { maxToolCalls: 1 } }), call: wants() }),
    "Failed(ToolCallLimit)+AbortCall",
  ],
  [
    "calls as many tools as it may",
    seen({ state: asking, spec: spec({ limits: { maxToolCalls: 2 } }), call: wants() }),
    "ToolCallsPending+CreateToolCalls",
  ],
  [
    "calls none where 0 forbids them all",
    seen({ state: asking, answerer: { ...ready, agent: { ...agent, limits: { maxToolCalls: 0 } } }, call: wants() }),
    "Failed(ToolCallLimit)+AbortCall",
  ],
  [
    "obeys the tighter of two limits of tool calls",
    seen({
      state: asking,
      spec: spec({ limits: { maxToolCalls: 9 } }),
      answerer: { ...ready, agent: { ...agent, limits: { maxToolCalls: 1 } } },
      call: wants(),
    }),
    "Failed(ToolCallLimit)+AbortCall",
  ],
  [
    "counts the calls of earlier answers too",
    seen({
      state: { ...asking, conversation: usingTools.conversation },
      spec: spec({ limits: { maxToolCalls: 3 } }),
      call: wants(),
    }),
    "Failed(ToolCallLimit)+AbortCall",
  ],
  [
    "does not count the calls in a conversation that it was given",
    seen({
      state: { ...asking, conversation: [...usingTools.conversation, { role: "user", content: "And?" }] },
      spec: {
        agentRef: { name: "a" },
        contextWindow: [...usingTools.conversation.slice(1), { role: "user", content: "And?" }],
        limits: { maxToolCalls: 2 },
      },
      call: wants(),
    }),
    "ToolCallsPending+CreateToolCalls",
  ],
  [
    "creates its ToolCalls after a restart",
    seen({ state: usingTools, toolCalls: calls("Missing", "Missing") }),
    "Repeat CreateToolCalls",
  ],
  [
    "never takes an incomplete list for done",
    seen({ state: usingTools, toolCalls: calls("Succeeded", "Missing") }),
    "Repeat CreateToolCalls",
  ],
  [
    "creates what is missing while the rest is under way",
    seen({ state: usingTools, toolCalls: calls("Missing", "Unfinished") }),
    "Repeat CreateToolCalls",
  ],
  [
    "creates nothing more once a limit forbids it",
    seen({ state: usingTools, toolCalls: calls("Missing", "Missing"), spec: spec({ limits: { maxToolCalls: 1 } }) }),
    "Failed(ToolCallLimit)+AbortCall",
  ],
  [
    "waits for an agent that has gone before it says what there is to call",
    seen({ state: usingTools, toolCalls: calls("Missing", "Unfinished"), answerer: awaited }),
    "ToolCallsPending",
  ],
  [
    "says so once while the agent stays away",
    seen({
      state: { ...usingTools, waiting: { for: 'Agent "a" to become ready', since: now } },
      toolCalls: calls("Missing", "Missing"),
      answerer: awaited,
    }),
    "Stay",
  ],
  [
    "creates its ToolCalls when the agent is back",
    seen({
      state: { ...usingTools, waiting: { for: 'Agent "a" to become ready', since: now } },
      toolCalls: calls("Missing", "Missing"),
    }),
    "ToolCallsPending+CreateToolCalls",
  ],
  ["waits for its tools", seen({ state: usingTools, toolCalls: calls("Unfinished", "Succeeded") }), "Stay"],
  [
    "lets an answer go that it has stored without hearing so, for it would be heard again after the tools",
    seen({ state: usingTools, call: wants(), toolCalls: calls("Succeeded", "Succeeded") }),
    "Repeat AbortCall",
  ],
  [
    "watches its own time while it waits for its tools",
    seen({ state: usingTools, toolCalls: calls("Unfinished", "Failed"), spec: spec({ limits: { timeout: "15s" } }) }),
    "Stay until +5s",
  ],
  [
    "runs out of time while it waits for its tools",
    seen({ state: usingTools, toolCalls: calls("Unfinished", "Failed"), spec: spec({ limits: { timeout: "9s" } }) }),
    "Failed(TimedOut)+AbortCall",
  ],
  [
    "tells the model once all tools are done",
    seen({ state: usingTools, toolCalls: calls("Succeeded", "Succeeded") }),
    "ReadyForLLM+CallModel",
  ],
  [
    "tells the model of failures as of results",
    seen({ state: usingTools, toolCalls: calls("Failed", "Failed") }),
    "ReadyForLLM+CallModel",
  ],
  [
    "stores the results, and waits, when the agent has gone meanwhile",
    seen({ state: usingTools, toolCalls: calls("Succeeded", "Failed"), answerer: awaited }),
    "ReadyForLLM",
  ],
  [
    "does not tell the model when the tokens are used up",
    seen({
      state: { ...usingTools, usage: { ...usage, inputTokens: 100 } },
      toolCalls: calls("Succeeded", "Failed"),
      spec: spec({ limits: { maxTokens: 100 } }),
    }),
    "Failed(TokenLimit)+AbortCall",
  ],
  [
    "is cancelled in every phase: ToolCallsPending",
    seen({ state: usingTools, toolCalls: calls("Unfinished", "Missing"), spec: spec({ cancelled: true }) }),
    "Cancelled+AbortCall",
  ],
  [
    "stores tool calls that arrive while suspended, and calls no tools",
    seen({ state: asking, spec: spec({ suspended: true }), call: wants() }),
    "ToolCallsPending",
  ],
  [
    "lets the results of its tools wait while suspended",
    seen({
      state: { ...usingTools, suspended: true },
      toolCalls: calls("Succeeded", "Succeeded"),
      spec: spec({ suspended: true }),
    }),
    "Stay",
  ],
  [
    "is suspended while it waits for its tools",
    seen({ state: usingTools, toolCalls: calls("Unfinished", "Missing"), spec: spec({ suspended: true }) }),
    "ToolCallsPending",
  ],
  [
    "waits for its tools again when no longer suspended",
    seen({ state: { ...usingTools, suspended: true }, toolCalls: calls("Unfinished", "Missing") }),
    "ToolCallsPending",
  ],
  [
    "creates no ToolCalls when it is being deleted",
    seen({ state: usingTools, toolCalls: calls("Missing", "Missing"), deleting: true }),
    "Stay",
  ],
  [
    "creates no ToolCalls when the process stops",
    seen({ state: usingTools, toolCalls: calls("Missing", "Missing"), stopping: true }),
    "Stay",
  ],
  [
    "leaves the results to the next process when this one stops",
    seen({ state: usingTools, toolCalls: calls("Succeeded", "Succeeded"), stopping: true }),
    "Stay",
  ],
  [
    "stores what the model asks for when the process stops, and calls nothing",
    seen({ state: asking, call: wants(), stopping: true }),
    "ToolCallsPending",
  ],
  [
    "fails in words when the API server will not store the results",
    seen({ state: usingTools, toolCalls: calls("Succeeded", "Succeeded"), statusRefused: "request is too large" }),
    "Failed(StatusRefused)+AbortCall",
  ],
])("%s", (_sentence, observed, expected) => {
  expect(summary(decide(observed))).toBe(expected);
});

/** The state entered by deciding on `observed`. */
function entered(observed: Observed): TaskState {
  const decision = decide(observed);
  if (decision.kind !== "Enter") throw new Error(`expected Enter, got ${summary(decision)}`);
  return decision.state;
}

describe("what is written", () => {
  test("what the model asks for is appended, and the ToolCalls are waited for by name", () => {
    expect(entered(seen({ state: asking, call: wants() }))).toMatchObject({
      conversation: [...conversation, { role: "assistant", toolCalls }],
      turns: 1,
      usage: { inputTokens: 5, outputTokens: 2 },
      waiting: { for: waiting.for, since: now },
    });
  });

  test("a model that asks for too many tools leaves its wish in the conversation", () => {
    const limited = seen({ state: asking, spec: spec({ limits: { maxToolCalls: 0 } }), call: wants() });
    expect(entered(limited)).toMatchObject({
      turns: 1,
      message: expect.stringContaining("limits.maxToolCalls") as string,
      conversation: [...conversation, { role: "assistant", toolCalls }],
    });
  });

  test("every tool call gets one result or failure, in the order asked", () => {
    const state = entered(seen({ state: usingTools, toolCalls: calls("Failed", "Succeeded") }));
    expect(state).toMatchObject({
      phase: "ReadyForLLM",
      attempts: 0,
      usage: { requests: 2 },
      waiting: { for: 'LLM "gpt-4o" to answer', since: now },
    });
    expect(state.phase === "ReadyForLLM" && state.conversation.slice(2)).toEqual([
      { role: "assistant", content: "", toolCalls },
      { role: "tool", toolCallId: "call_1", content: "Failed 1" },
      { role: "tool", toolCallId: "call_2", content: "Succeeded 2" },
    ]);
  });

  test("results that come back to used up limits are kept", () => {
    const limited = seen({
      state: { ...usingTools, usage: { ...usage, inputTokens: 100 } },
      toolCalls: calls("Succeeded", "Failed"),
      spec: spec({ limits: { maxTokens: 100 } }),
    });
    const state = entered(limited);
    expect(state.phase === "Failed" && state.conversation.map(({ role }) => role)).toEqual([
      "system",
      "user",
      "assistant",
      "tool",
      "tool",
    ]);
  });

  test("an agent that is back is no longer what is waited for", () => {
    const gone = { ...usingTools, waiting: { for: 'Agent "a" to become ready', since: later(-9) } };
    expect(entered(seen({ state: gone, toolCalls: calls("Missing", "Unfinished") }))).toMatchObject({
      waiting: { for: waiting.for, since: now },
      conversation: usingTools.conversation,
    });
  });

  test("a task that goes on waits for its tools, not for its switch", () => {
    const suspended = entered(
      seen({ state: usingTools, toolCalls: calls("Unfinished", "Missing"), spec: spec({ suspended: true }) }),
    );
    expect(suspended).toMatchObject({ suspended: true, waiting: { for: "spec.suspended to be set to false" } });
    expect(entered(seen({ state: suspended, toolCalls: calls("Unfinished", "Missing") }))).toMatchObject({
      suspended: false,
      startedAt: now,
      waiting: { for: waiting.for, since: now },
    });
  });

  test("a new answer after failures starts counting attempts anew", () => {
    expect(entered(seen({ state: { ...asking, attempts: 7 }, call: wants() }))).not.toHaveProperty("attempts");
    expect(entered(seen({ state: usingTools, toolCalls: calls("Succeeded", "Failed") }))).toMatchObject({
      attempts: 0,
    });
  });
});
