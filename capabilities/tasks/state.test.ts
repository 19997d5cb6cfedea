import type { Task } from "../../crds/index";
import type { TaskState } from "./state";
import { readState } from "./state";
import { spanContext, writeStatus } from "./status";

const now = new Date("2026-01-02T03:04:05.678Z");
const progress = {
  startedAt: new Date("2026-01-02T03:04:00.123Z"),
  conversation: [{ role: "user" as const, content: "Hello?" }],
  turns: 1,
  usage: { inputTokens: 3, outputTokens: 2, cachedInputTokens: 1, requests: 2, cost: 0.5 },
};

function task(over: Partial<Task> = {}): Task {
  return {
    apiVersion: "kubechain.humanlayer.dev/v1alpha1",
    kind: "Task",
    metadata: {
      name: "t",
      namespace: "default",
      uid: "0d6b2d8e-3c53-4d2a-9a35-0b1f5a0d2f11",
      resourceVersion: "7",
      generation: 1,
      creationTimestamp: "2026-01-02T03:04:00Z",
    },
    spec: { agentRef: { name: "a" }, userMessage: "Hello?", contactChannelRef: { name: "team" } },
    ...over,
  };
}

const states: TaskState[] = [
  { phase: "Pending", suspended: false },
  {
    phase: "Pending",
    suspended: true,
    startedAt: progress.startedAt,
    waiting: { for: "spec.suspended to be set to false", since: new Date("2026-01-02T03:04:05Z") },
  },
  {
    phase: "Pending",
    suspended: false,
    startedAt: progress.startedAt,
    waiting: {
      for: 'Agent "a" to become ready (LLM "x", since when, is odd)',
      since: new Date("2026-01-02T03:04:05Z"),
    },
  },
  {
    phase: "ReadyForLLM",
    suspended: false,
    attempts: 3,
    waiting: { for: 'LLM "x" to answer', since: new Date("2026-01-02T03:04:05Z") },
    ...progress,
  },
  {
    phase: "ToolCallsPending",
    suspended: false,
    waiting: { for: "ToolCalls t-tc-01 and t-tc-02 to finish", since: new Date("2026-01-02T03:04:05Z") },
    ...progress,
  },
  {
    phase: "ToolCallsPending",
    suspended: true,
    waiting: { for: "spec.suspended to be set to false", since: new Date("2026-01-02T03:04:05Z") },
    ...progress,
  },
  {
    phase: "ErrorBackoff",
    suspended: false,
    attempts: 2,
    retryAt: now,
    because: "OpenAI is busy (429)",
    waiting: { for: "the next attempt at 2026-01-02T03:04:05Z", since: new Date("2026-01-02T03:04:01Z") },
    ...progress,
  },
  {
    phase: "ErrorBackoff",
    suspended: true,
    attempts: 2,
    retryAt: now,
    because: "OpenAI is busy (429)",
    waiting: { for: "spec.suspended to be set to false", since: new Date("2026-01-02T03:04:05Z") },
    ...progress,
  },
  { phase: "FinalAnswer", output: "Hi", completedAt: now, ...progress },
  {
    phase: "FinalAnswer",
    output: "Hi",
    completedAt: now,
    told: { kind: "Sent", at: now, channel: "team" },
    ...progress,
  },
  {
    phase: "FinalAnswer",
    output: "Hi",
    completedAt: now,
    told: { kind: "NotSent", reason: "SendingFailed", message: "Nobody answers" },
    ...progress,
  },
  { phase: "Failed", reason: "Refused", message: "The model refused", completedAt: now, ...progress },
  { phase: "Cancelled", completedAt: now, ...progress },
];

test.each(
  states.map(
    (state) => [`${state.phase}${"suspended" in state && state.suspended ? ", suspended" : ""}`, state] as const,
  ),
)("another process reads what this one wrote: %s", (_name, state) => {
  const status = writeStatus(task(), state, now);
  expect(readState(task({ status }))).toEqual(state);
});

test("whoever is waited for, it is said since when", () => {
  for (const state of states.filter((one) => "waiting" in one)) {
    expect(writeStatus(task(), state, now).waitingFor).toMatch(/^.+, since 2026-01-02T03:04:0\dZ$/);
  }
});

test("a task of an older version that waits for the next attempt says for when", () => {
  const old = { phase: "ErrorBackoff" as const, retryAt: now.toISOString(), waitingFor: "the next attempt at x" };
  const state = readState(task({ status: old }));
  expect(writeStatus(task(), state, now).waitingFor).toBe("the next attempt at 2026-01-02T03:04:05Z");
});

test("a task nobody has looked at is Pending", () => {
  expect(readState(task())).toEqual({ phase: "Pending", suspended: false });
});

test("a status that lacks everything but the phase is still a state to go on from", () => {
  for (const { phase } of states) expect(readState(task({ status: { phase } })).phase).toBe(phase);
});

describe("what people read", () => {
  test("conditions keep their transition time until their value changes", () => {
    const first = writeStatus(task(), { phase: "ReadyForLLM", suspended: false, attempts: 0, ...progress }, now);
    const later = new Date(now.getTime() + 60_000);
    const second = writeStatus(
      task({ status: first }),
      { phase: "FinalAnswer", output: "Hi", completedAt: later, ...progress },
      later,
    );
    expect(second.conditions).toMatchObject([
      { type: "Ready", status: "True", lastTransitionTime: "2026-01-02T03:04:05Z" },
      { type: "Completed", status: "True", reason: "FinalAnswer", lastTransitionTime: "2026-01-02T03:05:05Z" },
    ]);
  });

  test("a long question is shown by its beginning, on one line", () => {
    const status = writeStatus(
      task({ spec: { agentRef: { name: "a" }, userMessage: `One\n  two ${"x".repeat(80)}` } }),
      { phase: "Pending", suspended: false },
      now,
    );
    expect(status.userMsgPreview).toMatch(/^One two x+…$/);
    expect(status.userMsgPreview).toHaveLength(50);
  });

  test("trace ids are legal and stay the same", () => {
    const ids = spanContext(task().metadata.uid);
    expect(ids.traceID).toMatch(/^[0-9a-f]{32}$/);
    expect(ids.spanID).toMatch(/^[0-9a-f]{16}$/);
    expect(spanContext(task().metadata.uid)).toEqual(ids);
  });
});
