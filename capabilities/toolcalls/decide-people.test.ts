// What a call does where people are concerned: each row is a sentence of the manual.
import type { Decided, ToolCall, ToolCallSpec, ToolCallStatus } from "../../crds/index";
import type { McpOutcome } from "../adapters/mcp/port";
import { decide } from "./decide";
import { executing, inShort, known, later, now, running, seen as seenOf, spec, suspended, uid } from "./decide.fixture";
import type { Decision, Observed } from "./decision";
import type { ChannelSeen, Delivery, PeopleSeen } from "./people";
import { questionId } from "./question";
import type { AwaitingPeople, CallState, OpenQuestion } from "./state";
import { writeStatus } from "./status";
import { readState } from "./stored";

const digest = `sha256:${"1".repeat(64)}`;

const personSpec: ToolCallSpec = {
  ...spec,
  toolRef: { name: "people__human_contact_email" },
  toolType: "HumanContact",
  source: { kind: "ContactChannel", name: "people" },
};

const away = { ...known, isConnected: false } as const;
const person: Observed["tool"] = { kind: "Person", channel: "people", asks: "Which city?" };

const found = { kind: "Found", name: "people", type: "email", quorum: 1, mayNotBeRequester: false } as const;
const limited = (then: "Reject" | "Fail"): ChannelSeen => ({ ...found, limit: { ms: 3_600_000, text: "1h", then } });
const gone: ChannelSeen = { kind: "Missing", name: "people" };
const nobody: PeopleSeen = { digest, mayBeApproved: false, said: [], delivery: { kind: "None" } };
const needed: PeopleSeen = { ...nobody, approval: {}, channel: found };

const seen = (given: Partial<Observed>): Observed => seenOf({ people: nobody, ...given });

const work = { attempts: 0, startedAt: later(-20) };
const id = questionId(uid, "Approval", "MCP", 0);
const question: OpenQuestion = { id, kind: "Approval", channel: "people", message: "May it?", askedAt: later(-20) };
const forApproval = { for: "human approval via contact channel people", since: later(-20) };
const approval: AwaitingPeople = { status: "AwaitingHumanApproval", ...work, question, waiting: forApproval };
const forInput = { for: "an answer via contact channel people", since: later(-20) };
const input: AwaitingPeople = {
  status: "AwaitingHumanInput",
  attempts: 1,
  startedAt: later(-20),
  requestState: "s",
  inputRequests: { city: { method: "elicitation/create" } },
  question: { ...question, id: "hc-1", kind: "Input" },
  waiting: forInput,
};
const toPerson: AwaitingPeople = {
  status: "AwaitingHumanInput",
  ...work,
  question: { ...question, id: "hc-2", kind: "Input" },
  waiting: forInput,
};
const outcome: AwaitingPeople = {
  status: "OutcomeUnknown",
  attempts: 1,
  startedAt: later(-20),
  question: { ...question, id: "ec-3", kind: "Outcome" },
  waiting: { for: "a person to say via contact channel people what became of the call", since: later(-20) },
};
interface Word {
  question: string;
  decision: Decided;
  comment?: string;
  approver?: string;
  digest?: string;
  isFresh?: boolean;
  unfit?: string;
}

function said(...words: Word[]): PeopleSeen["said"] {
  return words.map(({ question: to, decision, comment, approver = "jane", isFresh = false, unfit, ...more }, i) => {
    const entry = { decision, approver, argumentsDigest: more.digest ?? digest, question: to };
    const commented = { ...entry, ...(comment !== undefined && { comment }) };
    const fresh = { ...commented, at: later(i - 10).toISOString(), channel: "people" };
    return {
      entry: { ...commented, at: later(i - 10) },
      isNew: true,
      ...(isFresh && { fresh }),
      ...(unfit && { unfit }),
    };
  });
}

const asking = (state: AwaitingPeople, ...words: Omit<Word, "question">[]): Partial<Observed> => ({
  state,
  people: { ...nobody, channel: found, said: said(...words.map((one) => ({ question: state.question.id, ...one }))) },
});
const delivered = (delivery: Delivery, more: Partial<PeopleSeen> = {}): Partial<Observed> => ({
  state: approval,
  people: { ...nobody, channel: found, delivery, ...more },
});

/** A decision in a few characters: the state entered, the effect, and what is told besides. */
function summary(decision: Decision): string {
  return inShort(decision, ({ state, then, tell = [] }) => {
    const why = "reason" in state ? `(${state.reason})` : "";
    const told = tell.map(({ reason }) => ` !${reason}`).join("");
    return `${state.status}${why}${then ? `+${then.kind}` : ""}${told}`;
  });
}

type Row = [sentence: string, Partial<Observed>, expected: string];
const holds = (_sentence: string, given: Partial<Observed>, expected: string): void =>
  expect(summary(decide(seen(given)))).toBe(expected);

describe("before a call is begun", () => {
  test.each<Row>([
    ["people are asked where they have to agree", { people: needed }, "AwaitingHumanApproval+AskPerson"],
    ["also while the server is away", { people: needed, tool: away }, "AwaitingHumanApproval+AskPerson"],
    [
      "but not about a tool of which nothing is known yet",
      { people: needed, tool: { ...away, isListed: false } },
      "Pending",
    ],
    [
      "nor about arguments that do not fit",
      { people: needed, fit: { kind: "Unfit", why: "x" } },
      "Error(InvalidArguments)",
    ],
    ["nor about a hostile schema", { people: needed, fit: { kind: "Hostile" } }, "Error(InvalidToolSchema)"],
    [
      "nor about a tool that is gone",
      { people: needed, tool: { kind: "NoLonger", server: "fetch" } },
      "Error(NoSuchTool)",
    ],
    ["nor for a suspended task", { people: needed, task: suspended }, "Pending"],
    ["nor by a process that stops", { people: needed, stopping: true }, "Stay"],
    [
      "a policy that cannot be evaluated means that they are, and is told of",
      { people: { ...needed, approval: { because: "it is wrong" } } },
      "AwaitingHumanApproval+AskPerson !ApprovalPolicyFaulty",
    ],
    ["a channel that does not exist is waited for in words", { people: { ...needed, channel: gone } }, "Pending"],
    [
      "for as long as it takes",
      {
        people: { ...needed, channel: gone },
        state: {
          status: "Pending",
          waiting: { for: 'ContactChannel "people", which does not exist, to be created', since: later(-9_999) },
        },
      },
      "Stay",
    ],
    [
      "a person is asked what the model wants to know",
      { tool: person, spec: personSpec, people: { ...nobody, channel: found } },
      "AwaitingHumanInput+AskPerson",
    ],
    [
      "not without a question",
      { tool: person, fit: { kind: "Unfit", why: "x" }, people: { ...nobody, channel: found } },
      "Error(InvalidArguments)",
    ],
    ["nor over a channel that does not exist", { tool: person, people: { ...nobody, channel: gone } }, "Pending"],
  ])("%s", holds);

  test("the question is the same in every process", () => {
    const [one, other] = [
      decide(seen({ people: needed })),
      decide(seen({ people: needed, now: later(60), holder: "x" })),
    ];
    expect(one).toMatchObject({ state: { question: { id } } });
    expect(other).toMatchObject({ state: { question: { id } } });
  });
});

describe("whether a tool may run", () => {
  test.each<Row>([
    ["is waited for", asking(approval), "Stay"],
    ["one approves", asking(approval, { decision: "Approve" }), "ReadyToExecuteApprovedTool"],
    ["one rejects", asking(approval, { decision: "Reject" }), "ToolCallRejected(Rejected)"],
    [
      "the first sufficient answer counts",
      asking(approval, { decision: "Approve" }, { decision: "Reject", approver: "ann" }),
      "ReadyToExecuteApprovedTool !ApprovalIgnored",
    ],
    [
      "an answer about other arguments does not count",
      asking(approval, { decision: "Approve", digest: `sha256:${"2".repeat(64)}` }),
      "Stay",
    ],
    ["words are no answer", asking(approval, { decision: "Respond", comment: "yes" }), "Stay"],
    [
      "what does not count is told of when it comes",
      { ...asking(approval, { decision: "Respond", comment: "yes" }), isSpecNew: true },
      "AwaitingHumanApproval !ApprovalIgnored",
    ],
    [
      "what came over the channel is stored though it is not enough",
      {
        state: approval,
        people: {
          ...nobody,
          channel: { ...found, quorum: 2 },
          said: said({ question: id, decision: "Approve", isFresh: true }),
        },
      },
      "AwaitingHumanApproval",
    ],
    [
      "without the channel nobody counts",
      {
        ...asking(approval, { decision: "Approve" }),
        people: { ...nobody, channel: gone, said: said({ question: id, decision: "Approve" }) },
      },
      "AwaitingHumanApproval !RequestNotSent",
    ],
    [
      "nothing is decided without its task",
      { ...asking(approval, { decision: "Approve" }), task: { kind: "Missing" } },
      "Stay",
    ],
    [
      "an answer is taken while the task is suspended",
      { ...asking(approval, { decision: "Approve" }), task: suspended },
      "ReadyToExecuteApprovedTool",
    ],
    [
      "and while the process stops",
      { ...asking(approval, { decision: "Approve" }), stopping: true },
      "ReadyToExecuteApprovedTool",
    ],
    [
      "a question that is gone from the status is asked anew",
      { state: { ...approval, question: { ...question, id: "" } } },
      "Pending",
    ],
    ["a task that is over cancels it", { ...asking(approval), task: { ...running, isOver: true } }, "Cancelled"],
  ])("%s", holds);

  test("an answer over the channel is stored with what follows", () => {
    const decision = decide(seen(asking(approval, { decision: "Approve", comment: "fine", isFresh: true })));
    expect(decision).toMatchObject({
      state: {
        status: "ReadyToExecuteApprovedTool",
        because: "Approved by jane: fine",
        answers: [{ decision: "Approve", approver: "jane", question: id }],
      },
    });
  });

  test("the model is told the comment of who rejects, not the name", () => {
    const decision = decide(seen(asking(approval, { decision: "Reject", comment: "too dear" })));
    const result = decision.kind === "Enter" && "result" in decision.state ? decision.state.result : "";
    expect(result).toMatch(/^Error: .*rejected.*too dear/s);
    expect(result).not.toContain("jane");
  });
});

describe("an approved call", () => {
  const ready: Extract<CallState, { status: "ReadyToExecuteApprovedTool" }> = {
    status: "ReadyToExecuteApprovedTool",
    ...work,
    question,
    because: "Approved by jane",
  };
  const agreed: PeopleSeen = { ...nobody, channel: found, said: said({ question: id, decision: "Approve" }) };
  test.each<Row>([
    ["is begun", { state: ready, people: agreed }, "Executing+CallTool"],
    ["waits for its server", { state: ready, people: agreed, tool: away }, "ReadyToExecuteApprovedTool"],
    [
      "gives a server up that stays away",
      {
        state: { ...ready, waiting: { for: 'MCPServer "fetch" to be connected', since: later(-61) } },
        people: agreed,
        tool: away,
      },
      "Error(ServerUnavailable)",
    ],
    ["waits for a suspended task", { state: ready, people: agreed, task: suspended }, "ReadyToExecuteApprovedTool"],
    ["is not begun by a process that stops", { state: ready, people: agreed, stopping: true }, "Stay"],
    [
      "is asked about again when it is of other arguments now",
      { state: ready, people: { ...agreed, digest: `sha256:${"3".repeat(64)}` } },
      "AwaitingHumanApproval",
    ],
    [
      "is asked about again when the answer is not there",
      { state: ready, people: { ...agreed, said: [] } },
      "AwaitingHumanApproval",
    ],
    [
      "ends when its tool is gone",
      { state: ready, people: agreed, tool: { kind: "NoLonger", server: "fetch" } },
      "Error(NoSuchTool)",
    ],
    ["is cancelled with its task", { state: ready, people: agreed, task: { ...running, isOver: true } }, "Cancelled"],
  ])("%s", holds);
});

describe("when nobody answers", () => {
  const timed = (state: AwaitingPeople, then: "Reject" | "Fail", seconds: number): Partial<Observed> => ({
    state: { ...state, question: { ...state.question, askedAt: later(-seconds) } },
    people: { ...nobody, channel: limited(then) },
  });
  test.each<Row>([
    ["it is looked at again when time is up", timed(approval, "Reject", 3_000), "Stay until +600s"],
    ["it may count as a no", timed(approval, "Reject", 3_600), "ToolCallRejected(NobodyAnswered)"],
    ["or as a failure", timed(approval, "Fail", 3_600), "Error(NobodyAnswered)"],
    ["so it is with a question of a tool", timed(input, "Reject", 3_600), "ToolCallRejected(NobodyAnswered)"],
    ["and with an outcome", timed(outcome, "Fail", 3_600), "Error(NobodyAnswered)"],
  ])("%s", holds);

  test("an answer that was given counts, however late it is seen", () => {
    const given = timed(approval, "Reject", 9_999);
    const people = { ...nobody, channel: limited("Reject"), said: said({ question: id, decision: "Approve" }) };
    expect(summary(decide(seen({ ...given, people })))).toBe("ReadyToExecuteApprovedTool");
  });

  test.each([approval, input, toPerson, outcome])("nobody is said to have refused: %j", (state) => {
    const decision = decide(seen(timed(state, "Reject", 3_600)));
    expect(decision).toMatchObject({
      state: { message: expect.stringMatching(/Nobody answered within 1h, and nobody refused/) as string },
    });
  });
});

describe("the way to people", () => {
  test.each<Row>([
    ["a question that this process has not put is put", delivered({ kind: "Due" }), "Repeat AskPerson"],
    ["not by one that stops", { ...delivered({ kind: "Due" }), stopping: true }, "Stay"],
    ["not for a suspended task, if it was never sent", { ...delivered({ kind: "Due" }), task: suspended }, "Stay"],
    [
      "one that was sent is listened for all the same",
      {
        ...delivered({ kind: "Due" }),
        task: suspended,
        state: { ...approval, question: { ...question, sentAt: later(-10) } },
      },
      "Repeat AskPerson",
    ],
    ["one on its way is waited for", delivered({ kind: "Sending" }), "Stay"],
    [
      "that it was sent is stored and told",
      delivered({ kind: "Sent", at: now }),
      "AwaitingHumanApproval !HumanLayerRequestSent",
    ],
    [
      "of a webhook in its own words",
      delivered({ kind: "Sent", at: now }, { channel: { ...found, type: "webhook" } }),
      "AwaitingHumanApproval !RequestSent",
    ],
    [
      "once",
      {
        ...delivered({ kind: "Sent", at: now }),
        state: { ...approval, question: { ...question, sentAt: later(-10) } },
      },
      "Stay",
    ],
    [
      "that it could not be is told",
      delivered({ kind: "Unsent", detail: "401", isTold: false }),
      "AwaitingHumanApproval !RequestNotSent",
    ],
    [
      "once",
      { ...delivered({ kind: "Unsent", detail: "401", isTold: false }), state: { ...approval, trouble: "401" } },
      "Stay",
    ],
    [
      "another trouble is another",
      { ...delivered({ kind: "Unsent", detail: "500", isTold: false }), state: { ...approval, trouble: "401" } },
      "AwaitingHumanApproval !RequestNotSent",
    ],
    [
      "one that was told before and comes back in turns is not told again",
      {
        ...delivered({ kind: "Unsent", detail: "500", isTold: true }),
        state: { ...approval, trouble: "401" },
      },
      "Stay",
    ],
    [
      "one that is over is forgotten",
      { ...delivered({ kind: "None" }), state: { ...approval, trouble: "401" } },
      "AwaitingHumanApproval",
    ],
    [
      "one is not forgotten while it is tried again",
      { ...delivered({ kind: "Sending" }), state: { ...approval, trouble: "401" } },
      "Stay",
    ],
    [
      "another question at the service is told of",
      delivered({ kind: "Foreign", detail: "x", isTold: false }),
      "AwaitingHumanApproval !AnswerRefused",
    ],
    [
      "a way that is not known is looked for again",
      {
        ...delivered({ kind: "NoWay", detail: "x", isTold: true, retryAt: later(30) }),
        state: { ...approval, trouble: "x" },
      },
      "Stay until +30s",
    ],
  ])("%s", holds);
});

describe("what a tool or the model wants to know", () => {
  test.each<Row>([
    [
      "a person's words are the result of a tool that asks people",
      { ...asking(toPerson, { decision: "Respond", comment: "Oslo" }), spec: personSpec },
      "Succeeded",
    ],
    [
      "a person may not want to answer",
      { ...asking(toPerson, { decision: "Reject" }), spec: personSpec },
      "ToolCallRejected(Rejected)",
    ],
    [
      "a tool that waits for an answer goes on with it",
      asking(input, { decision: "Respond", comment: "Oslo" }),
      "ReadyToExecuteApprovedTool",
    ],
    ["and with a no", asking(input, { decision: "Reject" }), "ReadyToExecuteApprovedTool"],
    [
      "an answer that the tool could not take does not count, and is told of",
      { ...asking(input, { decision: "Respond", comment: "?", unfit: "it is no city" }), isSpecNew: true },
      "AwaitingHumanInput !AnswerUnfit",
    ],
    [
      "approving is an answer where that is all that is asked",
      {
        ...asking(input, { decision: "Approve" }),
        people: {
          ...nobody,
          channel: found,
          mayBeApproved: true,
          said: said({ question: "hc-1", decision: "Approve" }),
        },
      },
      "ReadyToExecuteApprovedTool",
    ],
    [
      "what the tool asked is lost with the status, and the call cannot go on",
      { state: { ...input, question: { ...input.question, id: "" } } },
      "Error(NobodyAnswered)",
    ],
  ])("%s", holds);

  const finished = (result: McpOutcome): Observed["call"] => ({ kind: "Finished", outcome: result });
  const params = {
    message: "Which city?",
    requestedSchema: { type: "object", properties: { city: { type: "string" } } },
  };
  const asks = finished({
    kind: "InputRequired",
    requestState: "s",
    inputRequests: { city: { method: "elicitation/create", params } },
  });
  test.each<Row>([
    [
      "is put to people",
      { state: executing, call: asks, people: { ...nobody, channel: found } },
      "AwaitingHumanInput+AskPerson",
    ],
    ["is told the model where there is nobody", { state: executing, call: asks }, "Error(InputRequired)"],
    [
      "is told the model when no person can answer it",
      {
        state: executing,
        call: finished({ kind: "InputRequired", inputRequests: { x: { method: "sampling/createMessage" } } }),
        people: { ...nobody, channel: found },
      },
      "Error(InputRequired)",
    ],
    [
      "is told the model when it is too large to be kept",
      {
        state: executing,
        call: finished({
          kind: "InputRequired",
          requestState: "x".repeat(300_000),
          inputRequests: { city: { method: "elicitation/create", params } },
        }),
        people: { ...nobody, channel: found },
      },
      "Error(InputRequired)",
    ],
    [
      "is stored and not sent while the task is suspended",
      { state: executing, call: asks, task: suspended, people: { ...nobody, channel: found } },
      "AwaitingHumanInput",
    ],
  ])("%s", holds);

  test("everything that going on takes is kept until it is over", () => {
    const first = decide(seen({ state: executing, call: asks, people: { ...nobody, channel: found } }));
    const kept = { requestState: "s", inputRequests: { city: { method: "elicitation/create", params } } };
    expect(first).toMatchObject({ state: { ...kept, question: { schema: params.requestedSchema } } });
    const state = first.kind === "Enter" ? (first.state as AwaitingPeople) : input;
    const second = decide(seen(asking(state, { decision: "Respond", comment: "Oslo" })));
    expect(second).toMatchObject({ state: { status: "ReadyToExecuteApprovedTool", ...kept, attempts: 1 } });
    const third = decide(
      seen({ ...asking(state, { decision: "Respond" }), ...(second.kind === "Enter" && { state: second.state }) }),
    );
    expect(third).toMatchObject({ state: { status: "Executing", ...kept, attempts: 2 }, then: { kind: "CallTool" } });
    const sent = third.kind === "Enter" ? third.state : executing;
    const notSent = decide(seen({ state: sent, call: finished({ kind: "NotSent", message: "x" }) }));
    expect(notSent).toMatchObject({ state: { status: "ErrorBackoff", ...kept } });
    const lost = decide(
      seen({ state: sent, call: finished({ kind: "Unknown", message: "x" }), people: { ...nobody, channel: found } }),
    );
    expect(lost).toMatchObject({ state: { status: "OutcomeUnknown", ...kept } });
  });
});

describe("what was stored is not written again", () => {
  const two = { ...found, quorum: 2 };
  const approvedBy = (approver: string): PeopleSeen => ({
    ...nobody,
    channel: two,
    said: said({ question: id, decision: "Approve", approver }),
  });
  const troubledBy = (detail: string): PeopleSeen => ({
    ...nobody,
    channel: found,
    delivery: { kind: "NoWay", retryAt: later(60), detail, isTold: false },
  });

  test.each<[sentence: string, PeopleSeen]>([
    ["for an approver whose name has half a character", approvedBy("jane \ud83d")],
    ["for an approver whose name does not fit", approvedBy("j".repeat(40_000))],
    ["for an approver whose name ends the sentence", approvedBy("jane, since 2020-01-01T00:00:00Z)")],
    ["for a trouble with half a character", troubledBy("it said \ud83d")],
    ["for a trouble that does not fit", troubledBy("😀".repeat(40_000))],
  ])("%s", (_sentence, people) => {
    const decision = decide(seen({ state: approval, people }));
    const call = (status?: ToolCallStatus): ToolCall =>
      ({ metadata: { name: "c", uid }, spec, ...(status && { status }) }) as ToolCall;
    if (decision.kind !== "Enter") throw new Error("It is not written at all");
    // The API server stores another character in the place of half a pair.
    const sent = JSON.stringify(writeStatus(call(), decision.state, now)).replaceAll(
      /\\ud[89a-f][0-9a-f]{2}/g,
      "\uFFFD",
    );
    const state = readState(call(JSON.parse(sent) as ToolCallStatus));
    expect(decide(seen({ state, people }))).toMatchObject({ kind: "Stay" });
    expect(state).toMatchObject({ waiting: { since: forApproval.since } });
  });
});

describe("an outcome that nobody knows", () => {
  const unknown: Observed["call"] = { kind: "Finished", outcome: { kind: "Unknown", message: "the connection broke" } };
  const channel = { people: { ...nobody, channel: found } };
  test.each<Row>([
    ["is put to people", { state: executing, call: unknown, ...channel }, "OutcomeUnknown+AskPerson"],
    [
      "also when the process died",
      { state: { ...executing, holder: "another" }, ...channel },
      "OutcomeUnknown+AskPerson",
    ],
    [
      "not when the tool is safe to repeat",
      { state: executing, call: unknown, tool: { ...known, isSafe: true }, ...channel },
      "ErrorBackoff",
    ],
    ["is run again when a person says so", asking(outcome, { decision: "Approve" }), "ReadyToExecuteApprovedTool"],
    ["is the result that a person gives", asking(outcome, { decision: "Respond", comment: "done" }), "Succeeded"],
    ["ends when a person gives it up", asking(outcome, { decision: "Reject" }), "Error(OutcomeUnknown)"],
    ["is cancelled with its task", { ...asking(outcome), task: { ...running, isOver: true } }, "Cancelled"],
  ])("%s", holds);

  test("is not over while it is asked about", () => {
    const decision = decide(seen({ state: executing, call: unknown, ...channel }));
    expect(decision).toMatchObject({ state: { question: { kind: "Outcome" } } });
    expect(decision.kind === "Enter" && "completedAt" in decision.state).toBe(false);
  });

  test("that is cancelled may have happened, and it is said", () => {
    const decision = decide(seen({ ...asking(outcome), task: { ...running, isOver: true } }));
    expect(decision).toMatchObject({ state: { message: expect.stringContaining("may have done its work") as string } });
  });
});
