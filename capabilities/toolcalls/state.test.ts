import type { ToolCall } from "../../crds/index";
import { DETAIL_TEXT, toolCallStatuses } from "../../crds/index";
import { slimToolCall } from "./controller";
import { eventsOf } from "./report";
import { hasEnded, openQuestionOf } from "./state";
import type { Written } from "./state";
import { writeStatus } from "./status";
import { readState } from "./stored";

const now = new Date("2026-01-02T03:04:05.678Z");
const whole = (second: number): Date => new Date(Date.UTC(2026, 0, 2, 3, 4, second));
const work = { attempts: 2, startedAt: new Date("2026-01-02T03:04:00.123Z"), holder: "kubechain-7d9f/1" };

function toolCall(over: Partial<ToolCall> = {}): ToolCall {
  return {
    apiVersion: "kubechain.humanlayer.dev/v1alpha1",
    kind: "ToolCall",
    metadata: {
      name: "t-tc-01",
      namespace: "default",
      uid: "0d6b2d8e-3c53-4d2a-9a35-0b1f5a0d2f11",
      resourceVersion: "7",
      generation: 1,
      creationTimestamp: "2026-01-02T03:04:00Z",
    },
    spec: { toolCallId: "call_1", taskRef: { name: "t" }, toolRef: { name: "fetch__fetch" }, arguments: "{}" },
    ...over,
  };
}

const waiting = { for: 'MCPServer "fetch" to be connected', since: whole(5) };
const image = { type: "image", data: "AAAA", mimeType: "image/png" };
const question = {
  id: "ec-3257d3e1b2c4d5f6",
  kind: "Approval",
  channel: "approval-channel",
  message: "May the tool fetch__fetch run?",
  askedAt: new Date("2026-01-02T03:04:01.234Z"),
} as const;
const sent = { ...question, sentAt: new Date("2026-01-02T03:04:02.345Z") };
const answers = [
  {
    decision: "Approve" as const,
    comment: "looks fine",
    approver: "jane@example.com",
    at: "2026-01-02T03:04:05.000Z",
    argumentsDigest: `sha256:${"0".repeat(64)}`,
    question: question.id,
    channel: "approval-channel",
  },
];
const forApproval = { for: "human approval via contact channel approval-channel", since: whole(1) };
const asked = { requestState: "s", inputRequests: { city: { method: "elicitation/create" } } };
const begun = { attempts: 0, startedAt: whole(1) };

const states: [name: string, Written][] = [
  ["a new call", { status: "Pending" }],
  ["a call that waits", { status: "Pending", waiting: { for: 'Task "x, since when" to be resumed', since: whole(5) } }],
  ["a call under way", { status: "Executing", ...work, waiting }],
  ["another attempt under way", { status: "Executing", ...work, waiting, failingSince: whole(1) }],
  [
    "a failed attempt",
    {
      status: "ErrorBackoff",
      ...work,
      retryAt: now,
      because: "It is away",
      waiting: { for: "the next attempt", since: whole(5) },
      failingSince: whole(1),
    },
  ],
  [
    "a success",
    {
      status: "Succeeded",
      ...work,
      completedAt: now,
      result: "Hi",
      content: [image],
      structuredContent: { a: 1 },
    },
  ],
  [
    "an error without any work",
    { status: "Error", reason: "NoSuchTool", message: "None", attempts: 0, result: "Error: None", completedAt: now },
  ],
  [
    "a question",
    {
      status: "Error",
      reason: "InputRequired",
      message: "It asks",
      ...work,
      result: "Error: It asks",
      requestState: "s",
      inputRequests: { city: { method: "elicitation/create" } },
      completedAt: now,
    },
  ],
  [
    "an unknown outcome",
    { status: "OutcomeUnknown", message: "It died", ...work, result: "Error: It died", completedAt: now },
  ],
  ["a question about a call", { status: "AwaitingHumanApproval", ...begun, question, waiting: forApproval }],
  [
    "a question that was sent, answered by one of two",
    {
      status: "AwaitingHumanApproval",
      ...begun,
      question: sent,
      answers,
      waiting: { ...forApproval, for: `${forApproval.for} (1 of 2: jane@example.com)` },
    },
  ],
  [
    "a question that cannot be sent",
    { status: "AwaitingHumanApproval", ...begun, question, waiting: forApproval, trouble: "401: the key is wrong" },
  ],
  [
    "a question of a tool",
    {
      status: "AwaitingHumanInput",
      ...work,
      ...asked,
      question: { ...sent, id: "hc-1", kind: "Input", schema: { type: "object" } },
      waiting: { for: "an answer via contact channel x", since: whole(1) },
    },
  ],
  [
    "an approved call",
    {
      status: "ReadyToExecuteApprovedTool",
      ...begun,
      question: sent,
      answers,
      because: "Approved by jane: looks fine",
    },
  ],
  [
    "an approved call that waits",
    {
      status: "ReadyToExecuteApprovedTool",
      ...work,
      ...asked,
      question: sent,
      because: "Approved by jane: it says; now waiting for nothing",
      waiting,
    },
  ],
  ["an approved call under way", { status: "Executing", ...work, ...asked, question: sent, answers, waiting }],
  [
    "an outcome that somebody is asked about",
    {
      status: "OutcomeUnknown",
      ...work,
      ...asked,
      question: { ...question, kind: "Outcome", message: "What became of it?" },
      waiting: { for: "a person", since: whole(1) },
      trouble: "It is away",
    },
  ],
  [
    "a rejected call",
    {
      status: "ToolCallRejected",
      reason: "Rejected",
      message: "Rejected by jane",
      ...begun,
      question: sent,
      answers,
      result: "Error: no",
      completedAt: now,
    },
  ],
  ["a cancelled call", { status: "Cancelled", message: "Over", ...work, result: "Error: Over", completedAt: now }],
];

test.each(states)("another process reads what this one wrote: %s", (_name, state) => {
  const stored = JSON.parse(JSON.stringify(writeStatus(toolCall(), state, now))) as NonNullable<ToolCall["status"]>;
  expect(readState(toolCall({ status: stored }))).toEqual(state);
});

test("a call nobody has looked at is Pending", () => {
  expect(readState(toolCall())).toEqual({ status: "Pending" });
});

test("a status that lacks everything but the state is still one to go on from", () => {
  for (const status of toolCallStatuses) expect(readState(toolCall({ status: { status } })).status).toBe(status);
});

test("what an earlier version has written is read as it was meant", () => {
  const status = { status: "OutcomeUnknown", phase: "Failed", error: "It died", result: "Error: It died" } as const;
  const completionTime = "2026-01-02T03:04:05Z";
  expect(readState(toolCall({ status: { ...status, attempts: 1, completionTime } }))).toEqual({
    status: "OutcomeUnknown",
    message: "It died",
    result: "Error: It died",
    attempts: 1,
    completedAt: new Date(completionTime),
  });
});

describe("whether a call is over", () => {
  test.each<[NonNullable<ToolCall["status"]>, boolean]>([
    [{ status: "AwaitingHumanApproval", phase: "Pending" }, false],
    [{ status: "ReadyToExecuteApprovedTool", phase: "Pending" }, false],
    [{ status: "AwaitingSubAgent" }, false],
    [{ status: "OutcomeUnknown", phase: "Pending" }, false],
    [{ status: "OutcomeUnknown", phase: "Failed" }, true],
    [{ status: "OutcomeUnknown" }, true],
    [{ status: "ToolCallRejected" }, true],
  ])("%j", (status, expected) => {
    expect(hasEnded(toolCall({ status }))).toBe(expected);
  });
});

test("a question is open while people are waited for, and not longer", () => {
  const openIn = (state: Written, meta: object = {}): string | undefined => {
    const call = toolCall({ status: writeStatus(toolCall(), state, now) });
    return openQuestionOf({ ...call, metadata: { ...call.metadata, ...meta } });
  };
  const stateOf = (name: string): Written => states.find(([one]) => one === name)?.[1] ?? { status: "Pending" };
  expect(openIn(stateOf("a question about a call"))).toBe(question.id);
  expect(openIn(stateOf("an outcome that somebody is asked about"))).toBe(question.id);
  expect(openIn(stateOf("an approved call"))).toBeUndefined();
  expect(openIn(stateOf("a rejected call"))).toBeUndefined();
  expect(openIn(stateOf("a question about a call"), { deletionTimestamp: "2026-01-02T03:04:05Z" })).toBeUndefined();
});

describe("what people read", () => {
  test.each(states)("the coarse phase of %s is one of a Pod", (_name, state) => {
    const status = writeStatus(toolCall(), state, now);
    const phaseOf = {
      Pending: "Pending",
      AwaitingHumanApproval: "Pending",
      AwaitingHumanInput: "Pending",
      ReadyToExecuteApprovedTool: "Pending",
      Executing: "Running",
      ErrorBackoff: "Running",
      Succeeded: "Succeeded",
      Error: "Failed",
      OutcomeUnknown: "completedAt" in state ? "Failed" : "Pending",
      ToolCallRejected: "Failed",
      Cancelled: "Failed",
    };
    const expected = phaseOf[state.status];
    expect(status).toMatchObject({ phase: expected, ready: state.status === "Succeeded" });
  });

  test("there is a condition Completed at the end, and not before", () => {
    const types = (state: Written | undefined): string[] =>
      (state && writeStatus(toolCall(), state, now).conditions)?.map(({ type }) => type) ?? [];
    expect(types(states[2]?.[1])).toEqual(["Ready"]);
    expect(types(states[5]?.[1])).toEqual(["Ready", "Completed"]);
  });

  test("a call that waits for approval reads as the manual shows it", () => {
    const [, state] = states.find(([name]) => name === "a question about a call") ?? [];
    expect(state && writeStatus(toolCall(), state, now)).toMatchObject({
      externalCallID: question.id,
      phase: "Pending",
      status: "AwaitingHumanApproval",
      statusDetail: "Waiting for human approval via contact channel approval-channel",
      waitingFor: "human approval via contact channel approval-channel, since 2026-01-02T03:04:01Z",
    });
  });

  test("whether people have agreed is a condition of calls that need it, and stays", () => {
    let call = toolCall();
    const agreed = (name: string): string[] => {
      const state = states.find(([one]) => one === name)?.[1] ?? { status: "Pending" };
      call = { ...call, status: writeStatus(call, state, now) };
      const approved = call.status?.conditions?.find(({ type }) => type === "Approved");
      return approved ? [approved.status, approved.reason, approved.message ?? ""] : [];
    };
    expect(agreed("a new call")).toEqual([]);
    expect(agreed("a question about a call").slice(0, 2)).toEqual(["Unknown", "AwaitingHumanApproval"]);
    expect(agreed("an approved call")).toEqual(["True", "Approved", "Approved by jane: looks fine"]);
    expect(agreed("an approved call under way")).toEqual(["True", "Approved", "Approved by jane: looks fine"]);
    expect(agreed("an outcome that somebody is asked about").slice(0, 2)).toEqual(["True", "Approved"]);
    expect(agreed("a success").slice(0, 2)).toEqual(["True", "Approved"]);
    call = toolCall();
    expect(agreed("a rejected call").slice(0, 2)).toEqual(["False", "Rejected"]);
  });

  test("texts stay within the schema, whatever a tool says", () => {
    const message = "x".repeat(2 * DETAIL_TEXT);
    const status = writeStatus(
      toolCall(),
      { status: "Error", reason: "ToolFailed", message, attempts: 1, result: message, completedAt: now },
      now,
    );
    expect(status.error).toHaveLength(DETAIL_TEXT);
    expect(status.statusDetail).toHaveLength(DETAIL_TEXT);
    expect(status.result).toBe(message);
  });

  test.each([DETAIL_TEXT - 40, DETAIL_TEXT, 2 * DETAIL_TEXT])(
    "an approval in %d characters reads back as the same wait, and is written the same again",
    (length) => {
      const because = `Approved by jane: ${"x".repeat(length)}`.slice(0, length);
      const approved = { status: "ReadyToExecuteApprovedTool", ...work, question: sent, because, waiting } as const;
      const once = writeStatus(toolCall(), approved, now);
      const read = readState(toolCall({ status: once }));
      expect(read).toMatchObject({ status: "ReadyToExecuteApprovedTool", waiting });
      expect(writeStatus(toolCall({ status: once }), read as Written, now)).toEqual(once);
    },
  );
});

describe("what people are told", () => {
  const tell = (before: Written, after: Written): string[] =>
    eventsOf(before, after, "fetch__fetch").map(({ type, reason }) => `${type} ${reason}`);
  const stateOf = (name: string): Written => states.find(([one]) => one === name)?.[1] ?? { status: "Pending" };

  test.each<[string, Written, Written, string[]]>([
    ["a success", stateOf("a call under way"), stateOf("a success"), ["Normal ExecutionSucceeded"]],
    ["an error", stateOf("a call under way"), stateOf("a question"), ["Warning ExecutionFailed"]],
    ["an attempt that failed", stateOf("a call under way"), stateOf("a failed attempt"), ["Warning ExecutionFailed"]],
    [
      "an outcome that nobody knows",
      stateOf("a call under way"),
      stateOf("an unknown outcome"),
      ["Warning OutcomeUnknown"],
    ],
    ["a cancellation", stateOf("a new call"), stateOf("a cancelled call"), ["Normal Cancelled"]],
    ["a wait", stateOf("a new call"), stateOf("a call that waits"), ["Normal Waiting"]],
    [
      "that somebody has to agree",
      stateOf("a new call"),
      stateOf("a question about a call"),
      ["Normal AwaitingHumanApproval"],
    ],
    ["once", stateOf("a question about a call"), stateOf("a question that was sent, answered by one of two"), []],
    ["an approval", stateOf("a question about a call"), stateOf("an approved call"), ["Normal Approved"]],
    ["a rejection", stateOf("a question about a call"), stateOf("a rejected call"), ["Warning Rejected"]],
    [
      "an outcome that is asked about",
      stateOf("a call under way"),
      stateOf("an outcome that somebody is asked about"),
      ["Warning OutcomeUnknown"],
    ],
    ["nothing of a beginning", stateOf("a new call"), stateOf("a call under way"), []],
  ])("%s", (_name, before, after, expected) => {
    expect(tell(before, after)).toEqual(expected);
  });

  test("over which channel it is asked, in the manual's words", () => {
    const [event] = eventsOf(stateOf("a new call"), stateOf("a question about a call"), "fetch__fetch");
    expect(event?.message).toBe("Tool execution requires approval via contact channel approval-channel");
  });

  test("which tool has done its work", () => {
    const [event] = eventsOf(stateOf("a call under way"), stateOf("a success"), "fetch__fetch");
    expect(event?.message).toBe('MCP tool "fetch__fetch" executed successfully');
  });
});

test("of a finished call memory keeps the text and not the pictures", () => {
  const call = toolCall({ status: { status: "Succeeded", result: "Hi", content: [image], structuredContent: {} } });
  slimToolCall(call);
  expect(call.status).toEqual({ status: "Succeeded", result: "Hi" });
});
