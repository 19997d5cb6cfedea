/**
 * What can be seen of a ToolCall, in words: the facts that the diagram's observations are made of. Data only; what follows
 * from a fact is for `decide` to say.
 */
import type { Decided } from "../crds/index";
import type { McpOutcome } from "../capabilities/adapters/mcp/port";
import type { InProcess, Observed, ToolSeen } from "../capabilities/toolcalls/decision";
import { decide } from "../capabilities/toolcalls/decide";
import { MAX_ATTEMPTS } from "../capabilities/toolcalls/limits";
import type { PeopleSeen } from "../capabilities/toolcalls/people";
import type { CallState, LaterState } from "../capabilities/toolcalls/state";
import type { Fact as AnyFact, Machine } from "./machine";

type State = Exclude<CallState["status"], LaterState>;
type Fact = AnyFact<Observed>;

const now = new Date("2026-01-02T03:04:05.000Z");
const later = (seconds: number): Date => new Date(now.getTime() + seconds * 1_000);
const unchanged = (seen: Observed): Observed => seen;
const HOLDER = "operator/1";

const work = { attempts: 1, startedAt: later(-5) };
const question = { id: "ec-1", channel: "people", message: "?", askedAt: later(-5) };
const waiting = { for: "people", since: later(-5) };
const inputRequests = {
  x: { method: "elicitation/create", params: { message: "?", requestedSchema: { type: "object" } } },
};

const ended = { attempts: 1, startedAt: later(-5), holder: HOLDER, result: "Hi", completedAt: later(-1) };
const states: Record<State, CallState> = {
  Pending: { status: "Pending" },
  AwaitingHumanApproval: {
    status: "AwaitingHumanApproval",
    ...work,
    question: { ...question, kind: "Approval" },
    waiting,
  },
  AwaitingHumanInput: {
    status: "AwaitingHumanInput",
    ...work,
    inputRequests,
    question: { ...question, kind: "Input" },
    waiting,
  },
  ReadyToExecuteApprovedTool: {
    status: "ReadyToExecuteApprovedTool",
    ...work,
    question: { ...question, kind: "Approval" },
    because: "Approved",
  },
  Executing: {
    status: "Executing",
    attempts: 1,
    holder: HOLDER,
    startedAt: later(-5),
    waiting: { for: 'MCPServer "s" to answer', since: later(-5) },
  },
  ErrorBackoff: {
    status: "ErrorBackoff",
    attempts: 1,
    holder: HOLDER,
    startedAt: later(-5),
    retryAt: later(5),
    because: "busy",
    waiting: { for: "the next attempt", since: later(-5) },
    failingSince: later(-5),
  },
  Succeeded: { status: "Succeeded", ...ended },
  Error: { status: "Error", reason: "ToolFailed", message: "No", ...ended },
  // The one that somebody is asked about; where nobody can be asked, it is an end.
  OutcomeUnknown: { status: "OutcomeUnknown", ...work, question: { ...question, kind: "Outcome" }, waiting },
  ToolCallRejected: { status: "ToolCallRejected", reason: "Rejected", message: "No", ...ended },
  Cancelled: { status: "Cancelled", message: "Over", ...ended },
};

const call = (label: string, seen: InProcess): Fact => ({ label, effect: (before) => ({ ...before, call: seen }) });
const heard = (label: string, outcome: McpOutcome): Fact => call(label, { kind: "Finished", outcome });

const calls: Fact[] = [
  call("no call in flight (restart)", { kind: "None" }),
  call("call in flight", { kind: "Running" }),
  heard("result", { kind: "Result", content: [{ type: "text", text: "Hi" }], isError: false }),
  heard("the tool says it failed", { kind: "Result", content: [], isError: true }),
  heard("the server refuses", { kind: "Refused", message: "no such tool" }),
  heard("the tool asks a person", { kind: "InputRequired", inputRequests }),
  heard("surely not sent", { kind: "NotSent", message: "refused" }),
  heard("no answer", { kind: "Unknown", message: "closed" }),
];

const tool = (label: string, seen: ToolSeen): Fact => ({ label, effect: (before) => ({ ...before, tool: seen }) });
const known = { kind: "Known", server: "s", timeoutMs: 60_000, isListed: true, isConnected: true } as const;

const safety: Fact[] = [
  tool("not safe to repeat", { ...known, isSafe: false }),
  tool("safe to repeat", { ...known, isSafe: true }),
];

const tools: Fact[] = [
  tool("server connected", { ...known, isSafe: false }),
  tool("server away", { ...known, isSafe: false, isConnected: false, away: "refused" }),
  tool("server away for too long", { ...known, timeoutMs: 1_000, isSafe: false, isConnected: false }),
  tool("no such tool", { kind: "NotOffered" }),
];

/** Of a call that begins to wait for its server only now. */
const toolsAtLast = tools.filter(({ label }) => label !== "server away for too long");

/** Of a new call; a tool may also be a person who is asked. */
const newTools: Fact[] = [...tools, tool("a person is the tool", { kind: "Person", channel: "people", asks: "?" })];

const people = (label: string, seen: Partial<PeopleSeen>): Fact => ({
  label,
  effect: (before) => ({ ...before, people: { ...before.people, ...seen } }),
});

const approvals: Fact[] = [people("no approval needed", {}), people("approval needed", { approval: {} })];

const channel = { kind: "Found", name: "people", type: "kubernetes", quorum: 1, mayNotBeRequester: false } as const;
const limit = { ms: 1_000, text: "1s" };

const askers: Fact[] = [
  people("somebody can be asked", {}),
  {
    label: "nobody can be asked",
    effect: ({ people: { channel: _, ...rest }, ...seen }) => ({ ...seen, people: rest }),
  },
];

const said = (label: string, decision: Decided): Fact => {
  const entry = { decision, comment: "x", approver: "jane", at: now, argumentsDigest: "", question: question.id };
  return people(label, { said: [{ entry, isNew: true }] });
};

const yesOrNo: Fact[] = [people("nobody has answered", {}), said("approved", "Approve"), said("rejected", "Reject")];
const words: Fact[] = [...yesOrNo, said("answered", "Respond")];
/** Where words are wanted, approving is no answer. */
const inWords = words.filter(({ label }) => label !== "approved");

const times: Fact[] = [
  { label: "", effect: unchanged },
  people("out of time, which counts as a no", { channel: { ...channel, limit: { ...limit, then: "Reject" } } }),
  people("out of time, which counts as a failure", { channel: { ...channel, limit: { ...limit, then: "Fail" } } }),
];

const whoAsks: Fact[] = [
  { label: "the tool asks", effect: unchanged },
  {
    label: "the model asks",
    effect: ({ spec, people: before, ...seen }) => ({
      ...seen,
      spec: { ...spec, toolType: "HumanContact" },
      people: { ...before, mayBeApproved: false },
    }),
  },
];

const fits: Fact[] = [
  { label: "", effect: unchanged },
  { label: "arguments do not fit", effect: (seen) => ({ ...seen, fit: { kind: "Unfit", why: "url is missing" } }) },
];

const owners: Fact[] = [
  { label: "", effect: unchanged },
  {
    label: "task over",
    effect: (seen) => ({ ...seen, task: { kind: "Found", name: "t", isSuspended: false, isOver: true } }),
  },
];

const attempts: Fact[] = [
  { label: "", effect: unchanged },
  {
    label: "for the last time",
    effect: (seen) => ({
      ...seen,
      state: { ...seen.state, attempts: MAX_ATTEMPTS, failingSince: later(-3_600) } as CallState,
    }),
  },
];

const waits: Fact[] = [
  { label: "", effect: unchanged },
  { label: "wait over", effect: (seen) => ({ ...seen, now: later(6) }) },
];

const dimensions: Record<State, Fact[][]> = {
  Pending: [newTools, approvals, fits, owners],
  AwaitingHumanApproval: [yesOrNo, times, owners],
  AwaitingHumanInput: [inWords, whoAsks, times, owners],
  ReadyToExecuteApprovedTool: [toolsAtLast, owners],
  Executing: [calls, safety, attempts, askers, owners],
  ErrorBackoff: [waits, tools, fits, owners],
  Succeeded: [],
  Error: [],
  OutcomeUnknown: [words, times, owners],
  ToolCallRejected: [],
  Cancelled: [],
};

const agreed: PeopleSeen["said"] = [
  {
    entry: { decision: "Approve", approver: "jane", at: now, argumentsDigest: "", question: question.id },
    isNew: false,
  },
];

function seenIn(status: State): Observed {
  return {
    now,
    uid: "0d6b2d8e-3c53-4d2a-9a35-0b1f5a0d2f11",
    createdAt: later(-5),
    lookingSince: later(-5),
    holder: HOLDER,
    spec: { toolCallId: "call_1", toolRef: { name: "s__x" }, arguments: "{}" },
    state: states[status],
    task: { kind: "Found", name: "t", isSuspended: false, isOver: false },
    tool: { ...known, isSafe: false },
    fit: { kind: "Fits" },
    call: { kind: "None" },
    people: {
      digest: "",
      mayBeApproved: true,
      channel,
      said: status === "ReadyToExecuteApprovedTool" ? agreed : [],
      delivery: { kind: "None" },
    },
    isSpecNew: false,
    deleting: false,
    stopping: false,
  };
}

/** The ToolCall machine, to be drawn. */
export const toolCallMachine: Machine<State, Observed> = {
  initial: "Pending",
  states: Object.keys(states) as State[],
  dimensions,
  seenIn,
  target(seen) {
    const decision = decide(seen);
    return decision.kind === "Enter" ? decision.state.status : undefined;
  },
};
