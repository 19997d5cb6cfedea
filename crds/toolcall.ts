/**
 * ToolCall: one call of one tool a model asked for, whoever carries it out. Made only by the controller; people add
 * approvals to it, and what has been decided stays.
 */
import { toolTypes } from "./agent";
import * as columns from "./columns";
import { reference } from "./common";
import { define, onChange, unchanged } from "./define";
import { requester } from "./run";
import { statusOf } from "./status";
import type { Schema } from "./schema";
import * as s from "./schema";

/** The coarse state, as for a Pod. While a call waits for a person it is Pending. */
export const toolCallPhases = ["Pending", "Running", "Succeeded", "Failed"] as const;
export type ToolCallPhase = (typeof toolCallPhases)[number];

/** The fine state. */
export const toolCallStatuses = [
  "Pending",
  "AwaitingHumanApproval",
  "ReadyToExecuteApprovedTool",
  "Executing",
  "AwaitingHumanInput",
  "AwaitingSubAgent",
  "ErrorBackoff",
  "OutcomeUnknown",
  "Succeeded",
  "Error",
  "ToolCallRejected",
  "Cancelled",
] as const;
export type ToolCallState = (typeof toolCallStatuses)[number];

const MAX_APPROVALS = 32;

/** What a person can say: yes, no, or words. */
export const decisions = ["Approve", "Reject", "Respond"] as const;
/** One of them. */
export type Decided = (typeof decisions)[number];

/** The longest comment or answer, characters. */
export const COMMENT_TEXT = 16_384;

const decided: Record<string, Schema> = {
  decision: s.choice("You approve, you reject, or you respond to a question with an answer.", "Approve", decisions),
  comment: s.text("You say why; with Respond, this is the answer.", "looks fine", { maxLength: COMMENT_TEXT }),
  approver: s.text("You are named here as the API server knows you.", "jane@example.com", { minLength: 1 }),
  at: s.moment("You find here when it was decided."),
  argumentsDigest: s.text("You can tell from this which arguments were decided on.", `sha256:${"0".repeat(64)}`, {
    pattern: "^sha256:[0-9a-f]{64}$",
    maxLength: 71,
  }),
  question: s.text(
    "You can tell from this which question was answered: it is the externalCallID that the call had then.",
    "ec-3257d3e1b2c4d5f6",
    { maxLength: 64 },
  ),
};

const approval: Schema = {
  title: "Approval",
  type: "object",
  properties: decided,
  required: ["decision", "approver", "at", "argumentsDigest"],
};

/** What a person is asked. `Approval`: may this run? `Input`: what is the answer? `Outcome`: what has become of it? */
export const questionKinds = ["Approval", "Input", "Outcome"] as const;
/** One of them. */
export type QuestionKind = (typeof questionKinds)[number];

const question: Schema = s.object(
  "You read here what a person is asked, or was asked last.",
  "{kind: Approval, channel: approval-channel}",
  {
    kind: s.choice(
      "You tell from this what is asked: whether the tool may run, an answer, or what became of a call whose outcome nobody knows.",
      "Approval",
      questionKinds,
    ),
    channel: s.text("You read here over which ContactChannel it is asked.", "approval-channel"),
    message: s.text("You read here the question.", "May the tool fetch__fetch run?", { maxLength: s.DETAIL_TEXT }),
    schema: s.anyObject("You give an answer that is JSON of this schema, where there is one.", "{type: object}"),
    askedAt: s.moment("You read here since when an answer is waited for."),
    sentAt: s.moment("You read here when the service behind the channel took the question."),
  },
  { title: "Question", required: ["kind", "channel", "askedAt"] },
);

const answer: Schema = {
  title: "ChannelAnswer",
  type: "object",
  properties: {
    ...decided,
    approver: s.text("You read here who answered, as the service behind the channel says.", "jane@example.com", {
      minLength: 1,
    }),
    channel: s.text("You read here over which ContactChannel the answer came.", "approval-channel"),
  },
  required: ["decision", "approver", "at", "argumentsDigest", "question", "channel"],
};

const source: Schema = s.object(
  "You find here which object the tool comes from; it is absent when the agent offered no tool of that name.",
  "{kind: MCPServer, name: fetch, tool: fetch}",
  {
    kind: s.text("You find here the kind of the object.", "MCPServer", {
      maxLength: 64,
    }),
    name: s.text("You find here the name of the object.", "fetch"),
    tool: s.text("You find here the tool's name on that object, where it has several.", "fetch", { maxLength: 1_024 }),
  },
  { title: "ToolSource", required: ["kind", "name"] },
);

// A literal list of places, since older API servers' CEL cannot walk a list with its index.
const places = `[${Array.from({ length: MAX_APPROVALS }, (_, place) => place).join(", ")}]`;
const appendOnly = `!has(oldSelf.approvals) || (has(self.approvals) && ${places}.all(i, i >= oldSelf.approvals.size() || (i < self.approvals.size() && self.approvals[i] == oldSelf.approvals[i])))`;

const required = ["toolCallId", "toolRef", "arguments"];
const given = ["taskRef", "taskRunRef", "toolType", "source", "requester"];
const settled = [...required.map((field) => `self.${field} == oldSelf.${field}`), ...given.map(unchanged)].join(" && ");

const spec: Schema = {
  title: "ToolCallSpec",
  description:
    "You find here what is called; only the operator makes tool calls, and only approvals can be added later. Example: `{toolCallId: call_7PCkM1y2, toolRef: {name: fetch__fetch}}`.",
  type: "object",
  properties: {
    toolCallId: s.text("You find here the id of the call in the conversation.", "call_7PCkM1y2", {
      minLength: 1,
      maxLength: s.LONG_TEXT,
    }),
    taskRef: reference("Task", "You find here the task that asked.", "hello-world-1"),
    taskRunRef: reference("TaskRun", "You find here the task run that asked.", "hello-world-1-again"),
    toolRef: s.object(
      "You find here the tool, by the name the model saw.",
      "{name: fetch__fetch}",
      {
        name: s.text("You find here the name the model saw.", "fetch__fetch", {
          minLength: 1,
          maxLength: s.LONG_TEXT,
        }),
      },
      { title: "ToolReference", required: ["name"] },
    ),
    toolType: s.choice(
      "You find here who carries the call out; it is absent when the agent offered no tool of that name.",
      "MCP",
      toolTypes,
    ),
    source,
    arguments: s.text(
      "You find here the arguments, as the JSON text the model wrote.",
      '{"url": "https://example.com"}',
      {
        maxLength: s.STORED_TEXT,
      },
    ),
    requester,
    approvals: s.list(
      "You add your decision here; decisions can be added, never changed or removed.",
      "[{decision: Approve, approver: jane@example.com}]",
      approval,
      { maxItems: MAX_APPROVALS },
    ),
  },
  required,
  "x-kubernetes-validations": [
    s.rule("has(self.taskRef) != has(self.taskRunRef)", "give exactly one of taskRef and taskRunRef"),
    s.rule(onChange(settled), "a tool call cannot be changed once it exists, except that approvals can be added"),
    s.rule(
      appendOnly,
      "approvals can be added at the end, but those already there cannot be changed, moved or removed",
    ),
  ],
};

const own: Record<string, Schema> = {
  phase: s.choice("You read here roughly where the call is.", "Succeeded", toolCallPhases),
  status: s.choice("You read here exactly where the call is.", "AwaitingHumanApproval", toolCallStatuses),
  waitingFor: s.text(
    "You read here for whom or what the call waits, and since when.",
    "MCPServer fetch to be connected",
    {
      maxLength: s.DETAIL_TEXT,
    },
  ),
  externalCallID: s.text("You find the question put to a person by this id.", "ec-3257d3e1b2c4d5f6"),
  question,
  answers: s.list(
    "You read here what people answered over the contact channel; what they said with kubectl is in spec.approvals.",
    "[{decision: Approve, approver: jane@example.com}]",
    answer,
    { maxItems: MAX_APPROVALS },
  ),
  result: s.text("You read here what the model is told: what the tool gave back, as text.", "The page says hello.", {
    maxLength: s.STORED_TEXT,
  }),
  content: s.list(
    "You find here what the tool gave back as the tool gave it, where it is more than text and fits.",
    "[{type: image, mimeType: image/png}]",
    s.anyObject("You find here one piece of the result.", "{type: image}"),
    { maxItems: 1_024 },
  ),
  structuredContent: s.anyObject("You find here the result as data, where the tool gives it so.", "{temperature: 21}"),
  requestState: s.text("You find here what the tool wants back when a person has answered.", "eyJzdGVwIjoyfQ", {
    maxLength: s.STORED_TEXT,
  }),
  inputRequests: s.anyObject(
    "You find here what the tool wants to know from a person, by its own names for the questions.",
    "{confirm: {method: elicitation/create}}",
  ),
  error: s.text("You read here what went wrong.", "The server did not answer within 60s", { maxLength: s.DETAIL_TEXT }),
  finishReason: s.text("You read here in one word why the call ended as it did.", "ToolFailed", { maxLength: 64 }),
  attempts: s.count("You read here how often the call was begun.", "1"),
  holder: s.text("You read here which process of the operator carries the call out, or did last.", "kubechain-7d9f/1", {
    maxLength: s.NAME_TEXT,
  }),
  retryAt: s.moment("You read here when the call is begun again."),
  startTime: s.moment("You read here when work on the call began."),
  completionTime: s.moment("You read here when the call ended."),
};

export const toolCall = define({
  kind: "ToolCall",
  plural: "toolcalls",
  shortNames: ["taskruntoolcall", "taskruntoolcalls", "tc"],
  description:
    "A ToolCall is one call of a tool that a model asked for; the operator makes it, and people may approve it.",
  columns: [
    columns.shown("Phase", ".status.phase", "Roughly where the call is."),
    columns.shown("Task", ".spec['taskRef','taskRunRef'].name", "Who asked."),
    columns.shown("Tool", ".spec.toolRef.name", "The tool, as the model saw it."),
    columns.status,
    columns.shown("Waiting", ".status.waitingFor", "For whom or what the call waits, and since when."),
    columns.detail,
    columns.started,
    columns.completed,
    columns.error,
    columns.age,
  ],
  spec,
  status: {
    title: "ToolCallStatus",
    ...statusOf(own, { phase: "Pending" }),
  },
});
