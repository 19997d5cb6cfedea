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
   * You find here who carries the call out. Example: `MCP`.
   */
  toolType: "MCP" | "Tool" | "HumanContact" | "DelegateToAgent";
  source: ToolSource;
  /**
   * You find here the arguments, as the JSON text the model wrote. Example: `{"url": "https://example.com"}`.
   */
  arguments: string;
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
 * You find here which object the tool comes from. Example: `{kind: MCPServer, name: fetch, tool: fetch}`.
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
   * You find the question put to a person by this id. Example: `ec-3257d3e`.
   */
  externalCallID?: string;
  /**
   * You read here what the tool gave back. Example: `The page says hello.`.
   */
  result?: string;
  /**
   * You read here what went wrong. Example: `The server did not answer within 60s`.
   */
  error?: string;
  /**
   * You read here how often the call was begun. Example: `1`.
   */
  attempts?: number;
  /**
   * You read here when work on the call began. Example: `2026-01-31T09:30:00Z`.
   */
  startTime?: string;
  /**
   * You read here when the call ended. Example: `2026-01-31T09:30:00Z`.
   */
  completionTime?: string;
}
