import type { Task, TaskStatus } from "../../crds/index";
import type { ModelFailure } from "../adapters/models/port";
import type { Telling } from "./answers";
import type { Observed } from "./decision";
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
  seen,
  spec,
  summary,
} from "./decide.fixture";
import { MAX_ATTEMPTS } from "./limits";
import type { TaskState, Told } from "./state";
import { readState } from "./state";
import { writeStatus } from "./status";

const pending: TaskState = { phase: "Pending", suspended: false };
const backingOff: TaskState = {
  phase: "ErrorBackoff",
  attempts: 1,
  retryAt: later(5),
  because: "busy",
  suspended: false,
  ...progress,
};
const answered: TaskState = { phase: "FinalAnswer", output: "Hi", completedAt: now, ...progress };

function failed(over: Partial<ModelFailure> = {}): Observed["call"] {
  return {
    kind: "Finished",
    outcome: { kind: "Failure", retryable: true, reason: "ProviderError", message: "busy", ...over },
  };
}

const notSent = (reason: Extract<Told, { kind: "NotSent" }>["reason"]): Told => ({
  kind: "NotSent",
  reason,
  message: "busy",
});

/** A task whose ttl is over and whose answer goes to a channel. */
function telling(over: Partial<Telling>, told?: Told): Observed {
  return seen({
    now: later(60),
    state: { ...answered, ...(told && { told }) },
    spec: spec({ ttlSecondsAfterFinished: 60, contactChannelRef: { name: "team" } }),
    telling: { name: "team", channel: "Ready", ...over },
  });
}

test.each<[sentence: string, Observed, expected: string]>([
  [
    "waits silently at first for an agent applied together with it",
    seen({ answerer: awaited, createdAt: now }),
    "Stay until +2s",
  ],
  ["says that it waits when the agent stays away", seen({ answerer: awaited }), "Pending"],
  [
    "says so once",
    seen({ answerer: awaited, state: { ...pending, waiting: { for: 'Agent "a" to become ready', since: now } } }),
    "Stay",
  ],
  [
    "is out of time also while it waits for its agent",
    seen({
      answerer: awaited,
      state: { ...pending, startedAt: later(-10) },
      spec: spec({ limits: { timeout: "5s" } }),
    }),
    "Failed(TimedOut)+AbortCall",
  ],
  ["stores the conversation, then calls the model", seen({}), "ReadyForLLM+CallModel"],
  ["stays while its call is in flight here", seen({ state: asking, call: { kind: "Running" } }), "Stay"],
  [
    "watches its own time while the call is in flight",
    seen({ state: asking, call: { kind: "Running" }, spec: spec({ limits: { timeout: "15s" } }) }),
    "Stay until +5s",
  ],
  ["asks again after a restart", seen({ state: asking }), "ReadyForLLM+CallModel"],
  [
    "waits, and does not start over, when the agent is gone after a restart",
    seen({ state: asking, answerer: awaited }),
    "ReadyForLLM",
  ],
  [
    "records the answer even when the agent has gone meanwhile",
    seen({ state: asking, answerer: awaited, call: finished() }),
    "FinalAnswer",
  ],
  ["ends with the answer", seen({ state: asking, call: finished() }), "FinalAnswer"],
  [
    "asks again after an empty answer",
    seen({ state: asking, call: finished({ message: { role: "assistant", content: " " } }) }),
    "ErrorBackoff",
  ],
  [
    "does not take failed calls for empty answers",
    seen({ state: { ...asking, attempts: 2 }, call: finished({ message: { role: "assistant", content: "" } }) }),
    "ErrorBackoff",
  ],
  [
    "gives up after the third empty answer",
    seen({ state: { ...asking, turns: 2 }, call: finished({ message: { role: "assistant", content: "" } }) }),
    "Failed(EmptyAnswer)+AbortCall",
  ],
  [
    "does not pass a cut answer off as an answer",
    seen({ state: asking, call: finished({ stop: "TokenLimit" }) }),
    "Failed(AnswerCut)+AbortCall",
  ],
  [
    "reports a refusal as one",
    seen({ state: asking, call: finished({ stop: "Refusal" }) }),
    "Failed(Refused)+AbortCall",
  ],
  ["backs off after a failure that may pass", seen({ state: asking, call: failed() }), "ErrorBackoff"],
  [
    "fails at once when only a person can help",
    seen({ state: asking, call: failed({ retryable: false }) }),
    "Failed(LLMRequestFailed)+AbortCall",
  ],
  [
    "gives up after the last attempt",
    seen({ state: { ...asking, attempts: MAX_ATTEMPTS - 1 }, call: failed() }),
    "Failed(RetriesExhausted)+AbortCall",
  ],
  [
    "soon gives up on a model that does not keep to the outputSchema",
    seen({ state: { ...asking, turns: 2 }, call: failed({ reason: "OutputMismatch" }) }),
    "Failed(OutputMismatch)+AbortCall",
  ],
  [
    "does not take failed calls for answers that miss the outputSchema",
    seen({ state: { ...asking, attempts: 2 }, call: failed({ reason: "OutputMismatch" }) }),
    "ErrorBackoff",
  ],
  ["keeps quiet between attempts", seen({ state: backingOff }), "Stay until +5s"],
  ["asks again when the wait is over", seen({ state: backingOff, now: later(5) }), "ReadyForLLM+CallModel"],
  [
    "lets a failure go that it has stored without hearing so, before it asks again",
    seen({ state: backingOff, now: later(5), call: failed() }),
    "Repeat AbortCall",
  ],
  [
    "runs out of time between attempts",
    seen({ state: backingOff, spec: spec({ limits: { timeout: "10s" } }) }),
    "Failed(TimedOut)+AbortCall",
  ],
  [
    "wakes for its timeout when that comes before the next attempt",
    seen({ state: backingOff, spec: spec({ limits: { timeout: "12s" } }) }),
    "Stay until +2s",
  ],
  [
    "obeys the agent's timeout too",
    seen({
      state: asking,
      call: { kind: "Running" },
      answerer: { ...ready, agent: { ...agent, limits: { timeout: "9s" } } },
    }),
    "Failed(TimedOut)+AbortCall",
  ],
  ["is cancelled in every phase: Pending", seen({ spec: spec({ cancelled: true }) }), "Cancelled+AbortCall"],
  [
    "is cancelled in every phase: ReadyForLLM",
    seen({ state: asking, spec: spec({ cancelled: true }), call: { kind: "Running" } }),
    "Cancelled+AbortCall",
  ],
  [
    "is cancelled in every phase: ErrorBackoff",
    seen({ state: backingOff, spec: spec({ cancelled: true }) }),
    "Cancelled+AbortCall",
  ],
  ["is not cancelled when it has already answered", seen({ state: answered, spec: spec({ cancelled: true }) }), "Stay"],
  ["starts nothing while suspended", seen({ spec: spec({ suspended: true }) }), "Pending"],
  [
    "lets a call in flight finish when suspended",
    seen({ state: asking, spec: spec({ suspended: true }), call: { kind: "Running" } }),
    "Stay",
  ],
  [
    "records an answer that arrives while suspended",
    seen({ state: asking, spec: spec({ suspended: true }), call: finished() }),
    "FinalAnswer",
  ],
  [
    "rests while suspended, for as long as it takes",
    seen({
      state: { ...backingOff, suspended: true },
      now: later(1e6),
      spec: spec({ suspended: true, limits: { timeout: "5s" } }),
    }),
    "Stay",
  ],
  [
    "goes on when no longer suspended, with its time anew",
    seen({ state: { ...asking, suspended: true }, spec: spec({ limits: { timeout: "5s" } }) }),
    "ReadyForLLM",
  ],
  [
    "drops its call when it is deleted",
    seen({ state: asking, deleting: true, call: { kind: "Running" } }),
    "Repeat AbortCall",
  ],
  ["starts nothing when it is being deleted", seen({ deleting: true }), "Stay"],
  ["starts nothing when the process stops", seen({ stopping: true }), "Stay"],
  [
    "still records an answer when the process stops",
    seen({ state: asking, stopping: true, call: finished() }),
    "FinalAnswer",
  ],
  ["is kept for its ttl", seen({ state: answered, spec: spec({ ttlSecondsAfterFinished: 60 }) }), "Stay until +60s"],
  [
    "deletes itself after its ttl",
    seen({ state: answered, now: later(60), spec: spec({ ttlSecondsAfterFinished: 60 }) }),
    "Repeat DeleteTask",
  ],
  ["is kept for ever without a ttl", seen({ state: answered, now: later(1e9) }), "Stay"],
  ["tells its answer when it has one", telling({}), "Repeat TellAnswer"],
  ["begins to tell nothing when the process stops", { ...telling({}), stopping: true }, "Stay"],
  ["tells nothing when it is being deleted", { ...telling({}), deleting: true }, "Stay"],
  ["tells nothing where kubectl shows it", telling({ channel: "NotNeeded" }), "Repeat DeleteTask"],
  ["waits silently for a channel that nobody has looked at", telling({ channel: "Unchecked" }), "Stay"],
  ["says that its channel does not exist", telling({ channel: "Missing" }), "FinalAnswer(ChannelMissing)"],
  ["says that its channel is not ready", telling({ channel: "NotReady" }), "FinalAnswer(ChannelNotReady)"],
  ["waits while its answer is being sent", telling({ asked: { kind: "Sending" } }), "Stay"],
  ["writes down that its answer was sent", telling({ asked: { kind: "Sent", at: now } }), "FinalAnswer(Sent)"],
  [
    "says that its answer could not be sent",
    telling({ asked: { kind: "Unsent", detail: "busy", retryAt: now } }),
    "FinalAnswer(SendingFailed)",
  ],
  [
    "says so once, and hands its answer over again, for the key may be another",
    telling({ asked: { kind: "Unsent", detail: "busy", retryAt: now } }, notSent("SendingFailed")),
    "Repeat TellAnswer",
  ],
  [
    "hands nothing over while its channel is not ready",
    telling({ asked: { kind: "Unsent", detail: "busy", retryAt: now }, channel: "NotReady" }, notSent("SendingFailed")),
    "Stay",
  ],
  [
    "gives up what is not its answer",
    telling({ asked: { kind: "Foreign", detail: "x" } }),
    "FinalAnswer(NotThisAnswer)",
  ],
  ["is over once its answer was told", telling({}, { kind: "Sent", at: now, channel: "team" }), "Repeat DeleteTask"],
  ["is over once that was given up", telling({}, notSent("NotThisAnswer")), "Repeat DeleteTask"],
  ["forgets a call that outlived it", seen({ state: answered, call: finished() }), "Repeat AbortCall"],
  [
    "fails in words when the API server will not store the conversation",
    seen({ state: asking, call: finished(), statusRefused: "request is too large" }),
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
  test("the agent's system prompt comes first, and the call is counted before it starts", () => {
    expect(entered(seen({}))).toMatchObject({
      conversation,
      usage: { requests: 1 },
      waiting: { for: 'LLM "gpt-4o" to answer', since: now },
    });
  });

  test("a system prompt of the task's own replaces the agent's", () => {
    const own = [
      { role: "system" as const, content: "Mine." },
      { role: "user" as const, content: "Hello?" },
    ];
    expect(entered(seen({ spec: { agentRef: { name: "a" }, contextWindow: own } }))).toMatchObject({
      conversation: own,
    });
  });

  test("a repeated call is counted", () => {
    expect(entered(seen({ state: asking }))).toMatchObject({ usage: { requests: 2 } });
  });

  test("the answer is appended and its tokens and price added up", () => {
    const answerer = {
      ...ready,
      llm: {
        provider: "openai" as const,
        pricing: { inputPerMillionTokens: 2, outputPerMillionTokens: 8, cachedInputPerMillionTokens: 1 },
      },
    };
    const call = finished({ usage: { inputTokens: 1_000_000, outputTokens: 500_000, cachedInputTokens: 400_000 } });
    expect(entered(seen({ state: asking, call, answerer }))).toMatchObject({
      output: "Hi",
      turns: 1,
      completedAt: now,
      conversation: [...conversation, { role: "assistant", content: "Hi" }],
      usage: {
        inputTokens: 1_000_000,
        outputTokens: 500_000,
        cachedInputTokens: 400_000,
        requests: 1,
        cost: 1.2 + 0.4 + 4,
      },
    });
  });

  test("an answer that was no use has been paid for all the same", () => {
    const call = failed({ reason: "OutputMismatch", usage: { inputTokens: 5, outputTokens: 2, cachedInputTokens: 0 } });
    expect(entered(seen({ state: asking, call }))).toMatchObject({
      phase: "ErrorBackoff",
      usage: { inputTokens: 5, outputTokens: 2 },
    });
  });

  test("a cut answer keeps what came", () => {
    expect(entered(seen({ state: asking, call: finished({ stop: "TokenLimit" }) }))).toMatchObject({
      conversation: [...conversation, { role: "assistant", content: "Hi" }],
    });
  });

  test("Retry-After is a lower bound of the wait", () => {
    const state = entered(seen({ state: asking, call: failed({ retryAfterMs: 90_000 }) }));
    expect(state).toMatchObject({ retryAt: later(90), attempts: 1, because: "busy" });
  });

  test("a wait says for what and since when: the next attempt, the switch, and the next attempt again", () => {
    const failing = entered(seen({ state: asking, call: failed({ retryAfterMs: 90_000 }) }));
    const attempt = { for: "the next attempt at 2026-01-02T03:05:35Z", since: now };
    expect(failing).toMatchObject({ phase: "ErrorBackoff", waiting: attempt });
    const suspended = entered(seen({ state: failing, spec: spec({ suspended: true }), now: later(3) }));
    expect(suspended).toMatchObject({ waiting: { for: "spec.suspended to be set to false", since: later(3) } });
    const resumed = entered(seen({ state: suspended, now: later(4) }));
    expect(resumed).toMatchObject({ suspended: false, waiting: { ...attempt, since: later(4) } });
  });

  test.each([
    ["half a character", 'Agent "a" to become ready (it said \ud83d)'],
    ["more than fits", `Agent "a" to become ready (${"😀".repeat(40_000)})`],
    ["the words that end the sentence", 'Agent "a" to become ready (since when, since 2020-01-01T00:00:00Z)'],
  ])("is not written again for a reason with %s", (_what, phrase) => {
    const waits = seen({ answerer: { kind: "Awaited", phrase, tools: [] } });
    const object = (status?: TaskStatus): Task =>
      ({ metadata: { name: "t", uid: waits.uid }, spec: waits.spec, ...(status && { status }) }) as Task;
    const sent = JSON.stringify(writeStatus(object(), entered(waits), now));
    const stored = JSON.parse(Buffer.from(sent.replaceAll(/\\ud8[0-9a-f]{2}/g, "\uFFFD")).toString()) as TaskStatus;
    const state = readState(object(stored));
    expect(decide({ ...waits, state, now: later(60) })).toEqual({ kind: "Stay" });
  });

  test("waits grow from attempt to attempt and never pass five minutes", () => {
    const waits = Array.from({ length: MAX_ATTEMPTS - 1 }, (_, attempts) => {
      const state = entered(seen({ state: { ...asking, attempts }, call: failed() }));
      return state.phase === "ErrorBackoff" ? state.retryAt.getTime() - now.getTime() : 0;
    });
    expect(waits[0]).toBeGreaterThanOrEqual(500);
    expect(waits[0]).toBeLessThanOrEqual(1_000);
    expect(Math.max(...waits)).toBeLessThanOrEqual(300_000);
    expect(Math.min(...waits.slice(10))).toBeGreaterThanOrEqual(150_000);
  });

  test("a resumed task gets its whole time again", () => {
    expect(entered(seen({ state: { ...asking, suspended: true } }))).toMatchObject({
      startedAt: now,
      suspended: false,
    });
  });
});
