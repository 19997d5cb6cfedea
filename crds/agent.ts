/**
 * Agent: a model, a system prompt, and what it may use: tools, people, other agents.
 */
import * as columns from "./columns";
import { reference, references, runLimits } from "./common";
import { define } from "./define";
import { statusOf } from "./status";
import type { Schema } from "./schema";
import * as s from "./schema";

/** Who carries out a call of a tool. */
export const toolTypes = ["MCP", "Tool", "HumanContact", "DelegateToAgent"] as const;
/** One of them. */
export type ToolType = (typeof toolTypes)[number];

const mcpServers: Schema = s.list(
  "You give the agent the tools of these MCP servers, all of them or only those you list.",
  "[{name: fetch, tools: [fetch]}]",
  {
    title: "AgentMCPServer",
    type: "object",
    properties: {
      name: s.text("You name the MCPServer of this namespace.", "fetch", {
        minLength: 1,
      }),
      tools: s.list(
        "You list the server's tools the agent gets, by the names the server has for them; without a list it gets them all.",
        "[fetch]",
        { type: "string", minLength: 1, maxLength: 256 },
        { maxItems: 256, "x-kubernetes-list-type": "set" },
      ),
    },
    required: ["name"],
  },
  { maxItems: 64, ...s.byName },
);

const spec: Schema = {
  title: "AgentSpec",
  description:
    "You say here which model the agent is, how it behaves and what it may use. Example: `{llmRef: {name: gpt-4o}, system: You are a helpful assistant.}`.",
  type: "object",
  properties: {
    llmRef: reference("LLM", "You name the model that does the thinking.", "gpt-4o"),
    system: s.spokenText(
      "the system prompt",
      "You tell the agent who it is and how to behave.",
      "You are a helpful assistant",
    ),
    description: s.text(
      "You tell other agents what this one is good for; they read it when they may delegate to it. In this version agents do not hand tasks on yet, so people alone read it.",
      "Answers questions about invoices",
      {
        maxLength: 4_096,
      },
    ),
    mcpServers,
    tools: references("Tool", "You give the agent these Tool objects.", "add-numbers"),
    humanContactChannels: references(
      "ContactChannel",
      "You let the agent ask people over these channels; each becomes a tool such as team__human_contact_slack.",
      "team",
    ),
    subAgents: references(
      "Agent",
      "You let the agent hand work to these agents; each becomes a tool such as delegate_to_agent__researcher.",
      "researcher",
    ),
    limits: runLimits("You bound every task of this agent; a task can only tighten these.", {
      maxTurns: 50,
      maxDelegationDepth: 5,
    }),
  },
  required: ["llmRef", "system"],
};

const offered: Schema = s.list(
  "You read here exactly the tools the model would be offered now.",
  "[{name: fetch__fetch, kind: MCP, source: MCPServer/fetch}]",
  {
    title: "AgentTool",
    type: "object",
    properties: {
      name: s.text("You read the name the model sees.", "fetch__fetch", {
        maxLength: 64,
      }),
      kind: s.choice("You read who carries out a call.", "MCP", toolTypes),
      source: s.text("You read which object the tool comes from.", "MCPServer/fetch", { maxLength: 320 }),
      tool: s.text("You read the tool's name on that object, where it has several.", "fetch", { maxLength: 1_024 }),
    },
    required: ["name", "kind", "source"],
  },
  { maxItems: 4_096 },
);

/** The definition of the kind. */
export const agent = define({
  kind: "Agent",
  plural: "agents",
  description: "An Agent is a model with a system prompt and with what it may use: tools, people and other agents.",
  columns: [
    columns.ready,
    columns.status,
    columns.detail,
    columns.wide("LLM", ".spec.llmRef.name", "The model that does the thinking."),
    columns.age,
  ],
  spec,
  status: { title: "AgentStatus", ...statusOf({ tools: offered }) },
});
