/**
 * ToolCall: one call of one tool a model asked for, whoever carries it out. Made only by the controller; people add
 * approvals to it, and what has been decided stays.
 */
import { toolTypes } from "./agent";
import * as columns from "./columns";
import { reference } from "./common";
import { define, unchanged } from "./define";
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

const approval: Schema = {
  title: "Approval",
  type: "object",
  properties: {
    decision: s.choice("You approve, you reject, or you respond to a question with an answer.", "Approve", [
      "Approve",
      "Reject",
      "Respond",
    ]),
    comment: s.text("You say why; with Respond, this is the answer.", "looks fine", { maxLength: 16_384 }),
    approver: s.text("You are named here as the API server knows you.", "jane@example.com", { minLength: 1 }),
    at: s.moment("You find here when it was decided."),
    argumentsDigest: s.text("You can tell from this which arguments were decided on.", `sha256:${"0".repeat(64)}`, {
      pattern: "^sha256:[0-9a-f]{64}$",
      maxLength: 71,
    }),
  },
  required: ["decision", "approver", "at", "argumentsDigest"],
};

const source: Schema = s.object(
  "You find here which object the tool comes from.",
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

const settled = ["toolCallId", "toolRef", "toolType", "source", "arguments"].map(
  (field) => `self.${field} == oldSelf.${field}`,
);

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
    toolType: s.choice("You find here who carries the call out.", "MCP", toolTypes),
    source,
    arguments: s.text(
      "You find here the arguments, as the JSON text the model wrote.",
      '{"url": "https://example.com"}',
      {
        maxLength: s.STORED_TEXT,
      },
    ),
    approvals: s.list(
      "You add your decision here; decisions can be added, never changed or removed.",
      "[{decision: Approve, approver: jane@example.com}]",
      approval,
      { maxItems: MAX_APPROVALS },
    ),
  },
  required: ["toolCallId", "toolRef", "toolType", "source", "arguments"],
  "x-kubernetes-validations": [
    s.rule("has(self.taskRef) != has(self.taskRunRef)", "give exactly one of taskRef and taskRunRef"),
    s.rule(
      [...settled, unchanged("taskRef"), unchanged("taskRunRef")].join(" && "),
      "a tool call cannot be changed once it exists, except that approvals can be added",
    ),
    s.rule(
      appendOnly,
      "approvals can be added at the end, but those already there cannot be changed, moved or removed",
    ),
  ],
};

const own: Record<string, Schema> = {
  phase: s.choice("You read here roughly where the call is.", "Succeeded", toolCallPhases),
  status: s.choice("You read here exactly where the call is.", "AwaitingHumanApproval", toolCallStatuses),
  externalCallID: s.text("You find the question put to a person by this id.", "ec-3257d3e"),
  result: s.text("You read here what the tool gave back.", "The page says hello.", { maxLength: s.STORED_TEXT }),
  error: s.text("You read here what went wrong.", "The server did not answer within 60s", { maxLength: s.DETAIL_TEXT }),
  attempts: s.count("You read here how often the call was begun.", "1"),
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
    columns.detail,
    columns.started,
    columns.completed,
    columns.error,
    columns.age,
  ],
  spec,
  status: {
    title: "ToolCallStatus",
    ...statusOf(own, {
      phase: "Pending",
      statusDetail: "This version of KubeChain keeps tool calls but does not carry them out yet: the call waits.",
    }),
  },
});
