// Generated from the definitions in crds/ by `npm run generate`. Do not edit.

import { GenericKind, RegisterKind } from "kubernetes-fluent-client";
import type { LLMSpec, LLMStatus } from "./llm";
import type { AgentSpec, AgentStatus } from "./agent";
import type { MCPServerSpec, MCPServerStatus } from "./mcpserver";
import type { ContactChannelSpec, ContactChannelStatus } from "./contactchannel";
import type { ToolSpec, ToolStatus } from "./tool";
import type { TaskSpec, TaskStatus } from "./task";
import type { TaskRunSpec, TaskRunStatus } from "./taskrun";
import type { ToolCallSpec, ToolCallStatus } from "./toolcall";

/** An LLM is a model that agents can use: the provider, the key, the parameters and the limits. You write it with apiVersion kubechain.humanlayer.dev/v1alpha1. */
export class LLM extends GenericKind {
  declare spec: LLMSpec;
  declare status?: LLMStatus;
}
RegisterKind(LLM, { group: "kubechain.humanlayer.dev", version: "v1alpha1", kind: "LLM", plural: "llms" });

/** An Agent is a model with a system prompt and with what it may use: tools, people and other agents. You write it with apiVersion kubechain.humanlayer.dev/v1alpha1. */
export class Agent extends GenericKind {
  declare spec: AgentSpec;
  declare status?: AgentStatus;
}
RegisterKind(Agent, { group: "kubechain.humanlayer.dev", version: "v1alpha1", kind: "Agent", plural: "agents" });

/** An MCPServer is a server of the Model Context Protocol whose tools agents can use. You write it with apiVersion kubechain.humanlayer.dev/v1alpha1. */
export class MCPServer extends GenericKind {
  declare spec: MCPServerSpec;
  declare status?: MCPServerStatus;
}
RegisterKind(MCPServer, {
  group: "kubechain.humanlayer.dev",
  version: "v1alpha1",
  kind: "MCPServer",
  plural: "mcpservers",
});

/** A ContactChannel is a way to ask people for approval or an answer, and to tell them results. You write it with apiVersion kubechain.humanlayer.dev/v1alpha1. */
export class ContactChannel extends GenericKind {
  declare spec: ContactChannelSpec;
  declare status?: ContactChannelStatus;
}
RegisterKind(ContactChannel, {
  group: "kubechain.humanlayer.dev",
  version: "v1alpha1",
  kind: "ContactChannel",
  plural: "contactchannels",
});

/** A Tool is something agents can do: a function, a call of an API, a container, or another agent. You write it with apiVersion kubechain.humanlayer.dev/v1alpha1. */
export class Tool extends GenericKind {
  declare spec: ToolSpec;
  declare status?: ToolStatus;
}
RegisterKind(Tool, { group: "kubechain.humanlayer.dev", version: "v1alpha1", kind: "Tool", plural: "tools" });

/** A Task puts a question to an agent and keeps the whole conversation until the final answer. The names of the objects made for it begin with its own name, and its name is also a label of theirs; a name too long for that is shortened there and ends in a short hash. You write it with apiVersion kubechain.humanlayer.dev/v1alpha1. */
export class Task extends GenericKind {
  declare spec: TaskSpec;
  declare status?: TaskStatus;
}
RegisterKind(Task, { group: "kubechain.humanlayer.dev", version: "v1alpha1", kind: "Task", plural: "tasks" });

/** A TaskRun runs an existing task again and keeps its own conversation. It belongs to its task and is deleted with it. You write it with apiVersion kubechain.humanlayer.dev/v1alpha1. */
export class TaskRun extends GenericKind {
  declare spec: TaskRunSpec;
  declare status?: TaskRunStatus;
}
RegisterKind(TaskRun, { group: "kubechain.humanlayer.dev", version: "v1alpha1", kind: "TaskRun", plural: "taskruns" });

/** A ToolCall is one call of a tool that a model asked for; the operator makes it, and people may approve it. You write it with apiVersion kubechain.humanlayer.dev/v1alpha1. */
export class ToolCall extends GenericKind {
  declare spec: ToolCallSpec;
  declare status?: ToolCallStatus;
}
RegisterKind(ToolCall, {
  group: "kubechain.humanlayer.dev",
  version: "v1alpha1",
  kind: "ToolCall",
  plural: "toolcalls",
});
