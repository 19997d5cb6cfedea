/**
 * The only door to the API's data and types: the objects as stored, the words their fields may hold, how each kind is
 * addressed, and the definitions the API server is given. Loads nothing but its own files.
 */
import { apiVersion } from "./object";
import type { Resource } from "./object";

export type { Agent, AgentMCPServer, AgentSpec, AgentStatus, AgentTool } from "./generated/agent";
export type {
  Approvers,
  ContactChannel,
  ContactChannelSpec,
  ContactChannelStatus,
  EmailOptions,
  SlackOptions,
  WebhookOptions,
} from "./generated/contactchannel";
export type {
  AnthropicOptions,
  AzureOptions,
  BedrockOptions,
  GoogleOptions,
  LLM,
  LLMLimits,
  LLMParameters,
  LLMPricing,
  LLMSpec,
  LLMStatus,
  MistralOptions,
  OpenAIOptions,
  VertexOptions,
} from "./generated/llm";
export type { MCPServer, MCPServerSpec, MCPServerStatus, MCPTool } from "./generated/mcpserver";
export type {
  ComputeResources,
  Condition,
  Limits,
  Message,
  NamedValue,
  NativeContent,
  Reference,
  SecretKeyRef,
  SecretSource,
  SpanContext,
  ToolCallRequest,
  Usage,
} from "./generated/shared";
export type { Task, TaskSpec, TaskStatus } from "./generated/task";
export type { TaskRun, TaskRunSpec, TaskRunStatus } from "./generated/taskrun";
export type {
  APITool,
  ContainerTool,
  FunctionTool,
  Tool,
  ToolAnnotations,
  ToolSpec,
  ToolStatus,
} from "./generated/tool";
export type {
  Approval,
  ChannelAnswer,
  Question,
  ToolCall,
  ToolCallSpec,
  ToolCallStatus,
  ToolReference,
  ToolSource,
} from "./generated/toolcall";

export { toolTypes } from "./agent";
export type { ToolType } from "./agent";
export { channelTypes } from "./contactchannel";
export type { ChannelType } from "./contactchannel";
export { taskPhases } from "./run";
export type { TaskPhase } from "./run";
export { definitions } from "./definitions";
export { providers } from "./llm";
export type { Provider } from "./llm";
export { conditionsOf } from "./condition";
export type { ConditionsBefore, WantedCondition } from "./condition";
export { apiVersion, group, version } from "./object";
export type { CustomResourceDefinition, ObjectMeta, OwnerReference, Resource } from "./object";
export { OPERATORS } from "./policies";
export { DETAIL_TEXT, LONG_TEXT, NAME_TEXT, STORED_TEXT } from "./schema";
export { durationMs, momentOf, timestamp } from "./time";
export { COMMENT_TEXT, decisions, questionKinds, toolCallPhases, toolCallStatuses } from "./toolcall";
export type { Decided, QuestionKind, ToolCallPhase, ToolCallState } from "./toolcall";

const resource = (kind: string, plural: string): Resource => ({
  apiVersion,
  kind,
  plural,
});

/** How each kind is addressed. */
export const resources = {
  llm: resource("LLM", "llms"),
  agent: resource("Agent", "agents"),
  mcpServer: resource("MCPServer", "mcpservers"),
  contactChannel: resource("ContactChannel", "contactchannels"),
  tool: resource("Tool", "tools"),
  task: resource("Task", "tasks"),
  taskRun: resource("TaskRun", "taskruns"),
  toolCall: resource("ToolCall", "toolcalls"),
} as const;
