// Generated from the definitions in crds/ by `npm run generate`. Do not edit.

import type { ObjectMeta } from "../object";
import type { Condition, Limits, Reference } from "./shared";

/**
 * An Agent is a model with a system prompt and with what it may use: tools, people and other agents. You write it with apiVersion kubechain.humanlayer.dev/v1alpha1.
 */
export interface Agent {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  spec: AgentSpec;
  status?: AgentStatus;
}
/**
 * You say here which model the agent is, how it behaves and what it may use. Example: `{llmRef: {name: gpt-4o}, system: You are a helpful assistant.}`.
 */
export interface AgentSpec {
  /**
   * You name the model that does the thinking. Example: `{name: gpt-4o}`.
   */
  llmRef: Reference;
  /**
   * You tell the agent who it is and how to behave. Example: `You are a helpful assistant`.
   */
  system: string;
  /**
   * You tell other agents what this one is good for; they read it when they may delegate to it. In this version agents do not hand tasks on yet, so people alone read it. Example: `Answers questions about invoices`.
   */
  description?: string;
  /**
   * You give the agent the tools of these MCP servers, all of them or only those you list. Example: `[{name: fetch, tools: [fetch]}]`.
   */
  mcpServers?: AgentMCPServer[];
  /**
   * You give the agent these Tool objects. Example: `[{name: add-numbers}]`.
   */
  tools?: Reference[];
  /**
   * You let the agent ask people over these channels; each becomes a tool such as team__human_contact_slack. Example: `[{name: team}]`.
   */
  humanContactChannels?: Reference[];
  /**
   * You let the agent hand work to these agents; each becomes a tool such as delegate_to_agent__researcher. Example: `[{name: researcher}]`.
   */
  subAgents?: Reference[];
  /**
   * You bound every task of this agent; a task can only tighten these. Example: `{maxTurns: 20, timeout: 1h}`.
   */
  limits?: Limits;
}
export interface AgentMCPServer {
  /**
   * You name the MCPServer of this namespace. Example: `fetch`.
   */
  name: string;
  /**
   * You list the server's tools the agent gets, by the names the server has for them; without a list it gets them all. Example: `[fetch]`.
   */
  tools?: string[];
}
/**
 * You read here what the operator found and did; only the operator writes it. Example: `{ready: true, status: Ready}`.
 */
export interface AgentStatus {
  /**
   * You see true here once the object can be used. Example: `true`.
   */
  ready?: boolean;
  /**
   * You get the state in one word. Example: `Ready`.
   */
  status?: string;
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
   * You read here exactly the tools the model would be offered now. Example: `[{name: fetch__fetch, kind: MCP, source: MCPServer/fetch}]`.
   */
  tools?: AgentTool[];
}
export interface AgentTool {
  /**
   * You read the name the model sees. Example: `fetch__fetch`.
   */
  name: string;
  /**
   * You read who carries out a call. Example: `MCP`.
   */
  kind: "MCP" | "Tool" | "HumanContact" | "DelegateToAgent";
  /**
   * You read which object the tool comes from. Example: `MCPServer/fetch`.
   */
  source: string;
  /**
   * You read the tool's name on that object, where it has several. Example: `fetch`.
   */
  tool?: string;
}
