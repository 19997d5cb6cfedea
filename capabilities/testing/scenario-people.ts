/** The words that scenarios with people are made of: what is asked, who answers, and how the calls end. Data only. */
import type { AgentSpec, ContactChannelSpec, MCPServerSpec, TaskSpec } from "../../crds/index";
import type { FakeAnswer, FakeContact } from "./fake-contact-service";
import type { FakeServer, FakeTool, ToolAct } from "./fake-mcp";
import type { Expectation } from "./invariants/index";
import type { Scenario } from "./scenario";
import {
  agent,
  askedBy,
  at,
  channel,
  channelKey,
  email,
  llm,
  mcpServer,
  MINUTE,
  QUESTION,
  SECOND,
  secret,
  task,
} from "./scenario";
import type { Script } from "./scripted-model";
import { inTurn, says, uses } from "./scripted-model";
import { everyTool, tool } from "./scripted-tools";
import type { Person } from "./simulation-people";

/** Who made the task, as admission would have written it down. */
export const REQUESTED_BY = "olivia@example.com";

/** What a tool asks before it goes on. */
const wants = (message: string, requestState: string): ToolAct => ({
  kind: "InputRequired",
  requestState,
  inputRequests: { answer: { method: "elicitation/create", params: { mode: "form", message, requestedSchema: FORM } } },
});
const FORM = { type: "object", properties: { colour: { type: "string", minLength: 3 } }, required: ["colour"] };
const done = (call: Parameters<FakeTool["act"]>[0]): ToolAct => ({
  kind: "Result",
  isError: false,
  content: [{ type: "text", text: `${call.tool} was told ${JSON.stringify(call.inputResponses)} (${call.number})` }],
});

const tools: FakeTool[] = [
  ...everyTool,
  tool("asks", { act: (call) => (call.inputResponses ? done(call) : wants("Which colour?", "step-1")) }),
  tool("asks_twice", {
    act: (call) => {
      if (call.requestState === undefined) return wants("Which colour?", "step-1");
      return call.requestState === "step-1" ? wants("And which else?", "step-2") : done(call);
    },
  }),
  tool("hang_once", { act: (call) => (call.nth === 1 ? "Hangs" : done(call)) }),
];
export const everything: FakeServer = { tools };

export interface Given extends Partial<Scenario> {
  spec?: Partial<TaskSpec>;
  agentSpec?: Partial<AgentSpec>;
  serverSpec?: Partial<MCPServerSpec>;
  channelSpec?: Partial<ContactChannelSpec>;
  /** What is behind the channel. */
  contact?: FakeContact;
}

/** Who looks after calls of which nobody else says what has become: they run it again, and if that is no use, give up. */
const afterwards: Person[] = [1, 2, 3, 4].flatMap((nth) =>
  ["ann@example.com", "bob@example.com"].map((name, i) => ({
    name,
    kind: "Outcome" as const,
    nth,
    afterMs: (40 + 2 * i) * SECOND,
    decision: nth === 1 ? ("Approve" as const) : ("Reject" as const),
    comment: "as agreed",
  })),
);

/** One task "t" whose agent's tools all wait for the people behind the channel "people". */
export function guarded(name: string, script: Script, expected: Expectation, given: Given = {}): Scenario {
  const { spec, agentSpec, serverSpec, channelSpec, contact, acts = [], people = [], ...rest } = given;
  const guard = { approvalContactChannel: { name: "people" } };
  return {
    name,
    acts: [
      ...at(0, secret(), channelKey(), llm(), channel(channelSpec), mcpServer({ ...guard, ...serverSpec })),
      ...at(0, agent({ mcpServers: [{ name: "tools" }], ...agentSpec }), askedBy(REQUESTED_BY, task("t", spec))),
      ...acts,
    ],
    scripts: { [QUESTION]: [inTurn(...script)] },
    servers: { tools: everything },
    contacts: { people: contact ?? {} },
    people: [...people, ...afterwards],
    expected: { t: expected },
    withinMs: 10 * MINUTE,
    ...rest,
  };
}

/** The same, where nothing needs approval, but the agent can ask the people behind the channel. */
export function asking(name: string, script: Script, expected: Expectation, given: Given = {}): Scenario {
  const [{ agentSpec, serverSpec }, guard] = [given, { approvalContactChannel: undefined }];
  return guarded(name, script, expected, {
    ...given,
    serverSpec: { ...(guard as unknown as Partial<MCPServerSpec>), ...serverSpec },
    agentSpec: { humanContactChannels: [{ name: "people" }], ...agentSpec },
  });
}

export const then = (...names: string[]): Script => [uses(...names.map((name) => `tools__${name}`))(), says()];

/** A person with kubectl who looks after the first question of the first call. */
export const jane = (decision: Person["decision"], more: Partial<Person> = {}): Person => ({
  name: "jane@example.com",
  call: "t-tc-01",
  decision,
  ...more,
});
export const joe = (decision: Person["decision"], more: Partial<Person> = {}): Person => ({
  ...jane(decision, more),
  name: "joe@example.com",
});

/** Everybody behind the channel says the same. */
export const everybody = (decision: FakeAnswer["decision"], more: Partial<FakeAnswer> = {}): FakeContact => ({
  people: () => [{ afterMs: 3 * SECOND, decision, ...more }],
});
export const byEmail = (contact: FakeContact): Given => ({ channelSpec: email, contact });
export const byKubectl = (...people: Person[]): Given => ({ people });

/** An answer after one turn of tools that ended so. */
export const answeredWith = (...ends: string[]): Expectation => ({ ends: ["FinalAnswer"], calls: 2, tools: ends });
export const succeeded = answeredWith("Succeeded");
export const rejected: Expectation = { ...answeredWith("ToolCallRejected"), effects: 0 };
