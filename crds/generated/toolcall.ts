// Generated from the definitions in crds/ by `npm run generate`. Do not edit.

import type { ObjectMeta } from "../object";
import type { Condition, Reference } from "./shared";

/**
 * A ToolCall is one call of a tool that a model asked for; the operator makes it, and people may approve it. You write it with apiVersion kubechain.humanlayer.dev/v1alpha1.
 */
export interface ToolCall {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  spec: ToolCallSpec;
  status?: ToolCallStatus;
}
/**
 * You find here what is called; only the operator makes tool calls, and only approvals can be added later. Example: `{toolCallId: call_7PCkM1y2, toolRef: {name: fetch__fetch}}`.
 */
export interface ToolCallSpec {
  /**
   * You find here the id of the call in the conversation. Example: `call_7PCkM1y2`.
   */
  toolCallId: string;
  /**
   * You find here the task that asked. Example: `{name: hello-world-1}`.
   */
  taskRef?: Reference;
  /**
   * You find here the task run that asked. Example: `{name: hello-world-1-again}`.
   */
  taskRunRef?: Reference;
  toolRef: ToolReference;
  /**
   * You find here who carries the call out; it is absent when the agent offered no tool of that name. Example: `MCP`.
   */
  toolType?: "MCP" | "Tool" | "HumanContact" | "DelegateToAgent";
  source?: ToolSource;
  /**
   * You find here the arguments, as the JSON text the model wrote. Example: `{"url": "https://example.com"}`.
   */
  arguments: string;
  /**
   * You find here who created the task, as the API server knows them; you leave it out, and it is filled in. Example: `jane@example.com`.
   */
  requester?: string;
  /**
   * You add your decision here; decisions can be added, never changed or removed. Example: `[{decision: Approve, approver: jane@example.com}]`.
   */
  approvals?: Approval[];
}
/**
 * You find here the tool, by the name the model saw. Example: `{name: fetch__fetch}`.
 */
export interface ToolReference {
  /**
   * You find here the name the model saw. Example: `fetch__fetch`.
   */
  name: string;
}
/**
 * You find here which object the tool comes from; it is absent when the agent offered no tool of that name. Example: `{kind: MCPServer, name: fetch, tool: fetch}`.
 */
export interface ToolSource {
  /**
   * You find here the kind of the object. Example: `MCPServer`.
   */
  kind: string;
  /**
   * You find here the name of the object. Example: `fetch`.
   */
  name: string;
  /**
   * You find here the tool's name on that object, where it has several. Example: `fetch`.
   */
  tool?: string;
}
export interface Approval {
  /**
   * You approve, you reject, or you respond to a question with an answer. Example: `Approve`.
   */
  decision: "Approve" | "Reject" | "Respond";
  /**
   * You say why; with Respond, this is the answer. Example: `looks fine`.
   */
  comment?: string;
  /**
   * You are named here as the API server knows you. Example: `jane@example.com`.
   */
  approver: string;
  /**
   * You find here when it was decided. Example: `2026-01-31T09:30:00Z`.
   */
  at: string;
  /**
   * You can tell from this which arguments were decided on. Example: `sha256:0000000000000000000000000000000000000000000000000000000000000000`.
   */
  argumentsDigest: string;
  /**
   * You can tell from this which question was answered: it is the externalCallID that the call had then. Example: `ec-3257d3e1b2c4d5f6`.
   */
  question?: string;
}
/**
 * You read here what the operator found and did; only the operator writes it. Example: `{ready: true, status: Ready}`.
 */
export interface ToolCallStatus {
  /**
   * You see true here once the object can be used. Example: `true`.
   */
  ready?: boolean;
  /**
   * You read here exactly where the call is. Example: `AwaitingHumanApproval`.
   */
  status?:
    | "Pending"
    | "AwaitingHumanApproval"
    | "ReadyToExecuteApprovedTool"
    | "Executing"
    | "AwaitingHumanInput"
    | "AwaitingSubAgent"
    | "ErrorBackoff"
    | "OutcomeUnknown"
    | "Succeeded"
    | "Error"
    | "ToolCallRejected"
    | "Cancelled";
  /**
   * You get the state in a sentence, with what to do when something is missing. Example: `Waiting for the operator to look at this object.`.
   */
  statusDetail?: string;
  /**
   * You can wait for these with kubectl wait. Example: `[{type: Ready, status: True}]`.
   */
  conditions?: Condition[];
  /**
   * You can tell from this which generation of the spec the status speaks of. Example: `3`.
   */
  observedGeneration?: number;
  /**
   * You read here roughly where the call is. Example: `Succeeded`.
   */
  phase?: "Pending" | "Running" | "Succeeded" | "Failed";
  /**
   * You read here for whom or what the call waits, and since when. Example: `MCPServer fetch to be connected`.
   */
  waitingFor?: string;
  /**
   * You find the question put to a person by this id. Example: `ec-3257d3e1b2c4d5f6`.
   */
  externalCallID?: string;
  question?: Question;
  /**
   * You read here what people answered over the contact channel; what they said with kubectl is in spec.approvals. Example: `[{decision: Approve, approver: jane@example.com}]`.
   */
  answers?: ChannelAnswer[];
  /**
   * You read here what the model is told: what the tool gave back, as text. Example: `The page says hello.`.
   */
  result?: string;
  /**
   * You find here what the tool gave back as the tool gave it, where it is more than text and fits. Example: `[{type: image, mimeType: image/png}]`.
   *
   * Items: You find here one piece of the result. Example: `{type: image}`.
   */
  content?: Record<string, unknown>[];
  /**
   * You find here the result as data, where the tool gives it so. Example: `{temperature: 21}`.
   */
  structuredContent?: Record<string, unknown>;
  /**
   * You find here what the tool wants back when a person has answered. Example: `eyJzdGVwIjoyfQ`.
   */
  requestState?: string;
  /**
   * You find here what the tool wants to know from a person, by its own names for the questions. Example: `{confirm: {method: elicitation/create}}`.
   */
  inputRequests?: Record<string, unknown>;
  /**
   * You read here what went wrong. Example: `The server did not answer within 60s`.
   */
  error?: string;
  /**
   * You read here in one word why the call ended as it did. Example: `ToolFailed`.
   */
  finishReason?: string;
  /**
   * You read here how often the call was begun. Example: `1`.
   */
  attempts?: number;
  /**
   * You read here which process of the operator carries the call out, or did last. Example: `kubechain-7d9f/1`.
   */
  holder?: string;
  /**
   * You read here when the call is begun again. Example: `2026-01-31T09:30:00Z`.
   */
  retryAt?: string;
  /**
   * You read here when work on the call began. Example: `2026-01-31T09:30:00Z`.
   */
  startTime?: string;
  /**
   * You read here when the call ended. Example: `2026-01-31T09:30:00Z`.
   */
  completionTime?: string;
}
/**
 * You read here what a person is asked, or was asked last. Example: `{kind: Approval, channel: approval-channel}`.
 */
export interface Question {
  /**
   * You tell from this what is asked: whether the tool may run, an answer, or what became of a call whose outcome nobody knows. Example: `Approval`.
   */
  kind: "Approval" | "Input" | "Outcome";
  /**
   * You read here over which ContactChannel it is asked. Example: `approval-channel`.
   */
  channel: string;
  /**
   * You read here the question. Example: `May the tool fetch__fetch run?`.
   */
  message?: string;
  /**
   * You give an answer that is JSON of this schema, where there is one. Example: `{type: object}`.
   */
  schema?: Record<string, unknown>;
  /**
   * You read here since when an answer is waited for. Example: `2026-01-31T09:30:00Z`.
   */
  askedAt: string;
  /**
   * You read here when the service behind the channel took the question. Example: `2026-01-31T09:30:00Z`.
   */
  sentAt?: string;
}
export interface ChannelAnswer {
  /**
   * You approve, you reject, or you respond to a question with an answer. Example: `Approve`.
   */
  decision: "Approve" | "Reject" | "Respond";
  /**
   * You say why; with Respond, this is the answer. Example: `looks fine`.
   */
  comment?: string;
  /**
   * You read here who answered, as the service behind the channel says. Example: `jane@example.com`.
   */
  approver: string;
  /**
   * You find here when it was decided. Example: `2026-01-31T09:30:00Z`.
   */
  at: string;
  /**
   * You can tell from this which arguments were decided on. Example: `sha256:0000000000000000000000000000000000000000000000000000000000000000`.
   */
  argumentsDigest: string;
  /**
   * You can tell from this which question was answered: it is the externalCallID that the call had then. Example: `ec-3257d3e1b2c4d5f6`.
   */
  question: string;
  /**
   * You read here over which ContactChannel the answer came. Example: `approval-channel`.
   */
  channel: string;
}
