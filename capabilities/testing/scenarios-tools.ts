/** What can happen to a task that uses tools. Every scenario is a sentence. */
import type { AgentSpec, MCPServerSpec, TaskSpec } from "../../crds/index";
import { resources } from "../../crds/index";
import type { FakeServer } from "./fake-mcp";
import type { Expectation } from "./invariants/index";
import type { Act, Scenario } from "./scenario";
import {
  agent,
  apply,
  at,
  cancelled,
  deleted,
  llm,
  mcpServer,
  MINUTE,
  patchTask,
  QUESTION,
  remove,
  SECOND,
  secret,
  secrets,
  task,
} from "./scenario";
import type { Script } from "./scripted-model";
import { inTurn, says, uses } from "./scripted-model";
import { everyTool, tool } from "./scripted-tools";

const everything: FakeServer = { tools: everyTool };

interface Given extends Partial<Scenario> {
  spec?: Partial<TaskSpec>;
  agentSpec?: Partial<AgentSpec>;
  serverSpec?: Partial<MCPServerSpec>;
}

/** One task "t" whose agent has the tools of the server "tools". */
function using(name: string, script: Script, expected: Expectation, given: Given = {}): Scenario {
  const { spec, agentSpec, serverSpec, acts = [], ...rest } = given;
  return {
    name,
    acts: [...at(0, secret(), llm(), mcpServer(serverSpec), agentWithTools(agentSpec), task("t", spec)), ...acts],
    // A crash in a call of the model has it asked again; the answer is the same then.
    scripts: { [QUESTION]: [inTurn(...script)] },
    servers: { tools: everything },
    expected: { t: expected },
    withinMs: 10 * MINUTE,
    ...rest,
  };
}

function agentWithTools(spec: Partial<AgentSpec> = {}): Act {
  return agent({ mcpServers: [{ name: "tools" }], ...spec });
}

const patchServer = (spec: Partial<MCPServerSpec>): Act => ({
  do: "Patch",
  resource: resources.mcpServer,
  name: "tools",
  patch: { spec },
});
const patchAgent = (spec: Partial<AgentSpec>): Act => ({
  do: "Patch",
  resource: resources.agent,
  name: "helper",
  patch: { spec },
});

/** An answer after so many turns of tools, at the price that this should have. */
function answeredAfter(
  tools: string[],
  { turns = 1, effects = tools.length }: { turns?: number; effects?: number } = {},
): Expectation {
  return {
    ends: ["FinalAnswer"],
    calls: turns + 1,
    writes: 2 + 2 * turns,
    tools,
    toolWrites: 2 * tools.length,
    effects,
  };
}

/** An answer, though the call was never sent. */
const answeredWithoutCalling: Expectation = { ...answeredAfter(["Error"], { effects: 0 }), toolWrites: 1 };
const answeredWith = (...tools: string[]): Expectation => ({ ends: ["FinalAnswer"], calls: 2, tools });
const then = (...names: string[]): Script => [uses(...names.map((name) => `tools__${name}`))(), says()];

const calls: Scenario[] = [
  using("a tool call, then an answer", then("write"), answeredAfter(["Succeeded"])),
  using(
    "three tool calls in a row",
    [uses("tools__write")(), uses("tools__write")(), uses("tools__safe")(), says()],
    answeredAfter(["Succeeded", "Succeeded", "Succeeded"], { turns: 3 }),
    { stride: 2 },
  ),
  using(
    "ten tool calls at once",
    then(...Array.from({ length: 10 }, (_, i) => (i % 3 === 0 ? "safe" : "write"))),
    answeredAfter(Array.from({ length: 10 }, () => "Succeeded")),
    { stride: 5 },
  ),
  using("a safe tool", then("safe"), answeredAfter(["Succeeded"])),
  using("a slow tool", then("slow"), answeredAfter(["Succeeded"])),
  using("a slow tool that is safe", then("safe_slow"), answeredAfter(["Succeeded"])),
  using(
    "a slow tool that says it is safe, on a server that is not trusted",
    then("safe_slow"),
    answeredAfter(["Succeeded"]),
    {
      serverSpec: { trustAnnotations: false },
    },
  ),
  using(
    "a tool of a server that runs beside the operator",
    then("write", "far"),
    answeredAfter(["Succeeded", "Succeeded"]),
    {
      serverSpec: { transport: "stdio", command: "tools" },
    },
  ),
  using(
    "a tool that takes nothing, called with nothing",
    [uses({ name: "tools__safe", arguments: "" })(), says()],
    answeredAfter(["Succeeded"]),
  ),
  using(
    "tool call ids that come again",
    [
      uses({ name: "tools__write", id: "call_1" }, { name: "tools__write", id: "call_1" })(),
      uses({ name: "tools__write", id: "call_1" })(),
      says(),
    ],
    answeredAfter(["Succeeded", "Succeeded", "Succeeded"], { turns: 2 }),
    { stride: 3 },
  ),
  {
    ...using("two tasks of the same agent, asking the same", then("write"), answeredAfter(["Succeeded"]), {
      acts: at(0, task("u")),
      stride: 2,
    }),
    expected: { t: { ends: ["FinalAnswer"] }, u: { ends: ["FinalAnswer"] } },
  },
];

const failures: Scenario[] = [
  using("a tool that fails", then("fail"), answeredAfter(["Error"])),
  using("a tool that refuses", then("refuse"), answeredAfter(["Error"], { effects: 0 })),
  using("a tool that needs a person", then("confirm"), answeredAfter(["Error"], { effects: 0 })),
  using("a failing tool beside one that works", then("fail", "write"), answeredAfter(["Error", "Succeeded"]), {
    stride: 2,
  }),
  using(
    "arguments that are not JSON",
    [uses({ name: "tools__write", arguments: '{"text": ' })(), says()],
    answeredWithoutCalling,
  ),
  using(
    "arguments that do not fit",
    [uses({ name: "tools__write", arguments: '{"txt":1}' })(), says()],
    answeredWithoutCalling,
  ),
  using("a tool that the server does not have", then("nothing"), answeredWithoutCalling),
  using("a tool that never answers", then("hang"), answeredAfter(["OutcomeUnknown"]), { stride: 2 }),
  using(
    "a safe tool that does not answer at first",
    then("safe_hang_once"),
    { ...answeredWith("Succeeded"), effects: 2 },
    {
      stride: 3,
    },
  ),
  using("a server that dies in a call", then("die"), { ...answeredWith("OutcomeUnknown"), effects: 1 }),
  using(
    "a server that dies in a call of a safe tool",
    then("safe_die_once"),
    { ...answeredWith("Succeeded"), effects: 2 },
    {
      stride: 2,
    },
  ),
  using("a server that dies in every call of a safe tool", then("safe_die"), answeredWith("Error"), { stride: 4 }),
  using(
    "more tool calls than allowed",
    [uses("tools__write", "tools__write")(), uses("tools__write")(), says()],
    {
      ends: ["Failed:ToolCallLimit"],
      calls: 2,
      tools: ["Succeeded", "Succeeded"],
    },
    { spec: { limits: { maxToolCalls: 2 } }, stride: 2 },
  ),
];

const AWAY_FROM_MS = 1_500;
const asksMeanwhile: Script = [uses("tools__write")(2 * SECOND), says()];
const away = (toMs: number): Partial<Scenario> => ({
  servers: { tools: { ...everything, away: [{ fromMs: AWAY_FROM_MS, toMs }] } },
});

/** A server that takes its token from the Secret. */
const withToken: Partial<MCPServerSpec> = {
  headers: [{ name: "Authorization", valueFrom: { secretKeyRef: { name: "tools", key: "token" } } }],
};
const token = (value: string): Act =>
  apply(secrets, "tools", { type: "Opaque", data: { token: Buffer.from(value).toString("base64") } });

const servers: Scenario[] = [
  using(
    "a server that is away for a while",
    asksMeanwhile,
    { ...answeredWith("Succeeded"), effects: 1 },
    {
      ...away(12 * SECOND),
      stride: 2,
    },
  ),
  using(
    "a server that is away for longer than its timeout",
    asksMeanwhile,
    { ...answeredWith("Error"), effects: 0 },
    {
      ...away(90 * SECOND),
      stride: 3,
    },
  ),
  using(
    "a server that goes away in the middle of a call",
    then("slow"),
    { ...answeredWith("OutcomeUnknown"), effects: 1 },
    {
      ...away(8 * SECOND),
      stride: 2,
    },
  ),
  using(
    "a server that goes away in the middle of a safe call",
    then("safe_slow"),
    { ...answeredWith("Succeeded"), effects: 2 },
    {
      ...away(8 * SECOND),
      stride: 2,
    },
  ),
  using(
    "a server edited in the middle of a call",
    then("slow"),
    { ...answeredWith("Succeeded"), effects: 1 },
    {
      acts: at(2 * SECOND, patchServer({ timeout: "30s" })),
      stride: 2,
    },
  ),
  using(
    "a server whose Secret changes in the middle of a call",
    [uses("tools__slow")(), uses("tools__write")(), says()],
    answeredAfter(["Succeeded", "Succeeded"], { turns: 2 }),
    {
      serverSpec: withToken,
      acts: [...at(0, token("t-1")), ...at(2 * SECOND, token("t-2"))],
      stride: 3,
    },
  ),
  using("a server deleted in the middle of a call, and back", then("slow"), answeredWith("OutcomeUnknown"), {
    acts: [...at(2 * SECOND, remove(resources.mcpServer, "tools")), ...at(30 * SECOND, mcpServer())],
    stride: 2,
  }),
  using("a server deleted before the call, and back", asksMeanwhile, answeredWith("Succeeded"), {
    acts: [...at(2 * SECOND, remove(resources.mcpServer, "tools")), ...at(10 * SECOND, mcpServer())],
    stride: 2,
  }),
  using(
    "a server that has other tools by the time of the call",
    [uses("tools__write", "tools__new")(2 * SECOND), says()],
    answeredWith("Error", "Succeeded"),
    {
      servers: { tools: { ...everything, changes: [{ atMs: AWAY_FROM_MS, tools: [tool("new")] }] } },
      stride: 2,
    },
  ),
  using("a server that waits for its Secret", then("write"), answeredWith("Succeeded"), {
    serverSpec: withToken,
    acts: at(5 * SECOND, token("t-1")),
    stride: 2,
  }),
  {
    ...using("a server that never comes", then("write"), { ends: ["Pending"], calls: 0 }, { withinMs: 2 * MINUTE }),
    acts: at(0, secret(), llm(), agentWithTools(), task("t")),
  },
];

const people: Scenario[] = [
  using("an agent that loses a tool after the model was asked", asksMeanwhile, answeredWith("Error"), {
    acts: at(SECOND, patchAgent({ mcpServers: [] })),
    stride: 2,
  }),
  using("an agent edited in the middle of a tool call", then("slow"), answeredAfter(["Succeeded"]), {
    acts: at(2 * SECOND, patchAgent({ system: "Be long.", mcpServers: [] })),
    stride: 2,
  }),
  using(
    "cancelled in the middle of a safe tool call",
    then("safe_slow"),
    { ...cancelled, tools: ["Cancelled"], effects: 1 },
    {
      acts: at(2 * SECOND, patchTask("t", { cancelled: true })),
    },
  ),
  using(
    "cancelled in the middle of a tool call, or after a crash in one",
    then("slow"),
    { ends: ["Cancelled", "FinalAnswer"], calls: 1, tools: ["Cancelled"], effects: 1 },
    { acts: at(2 * SECOND, patchTask("t", { cancelled: true })), stride: 2 },
  ),
  using(
    "cancelled while the tool's server is away",
    asksMeanwhile,
    { ...cancelled, tools: ["Cancelled"], effects: 0 },
    {
      ...away(60 * MINUTE),
      acts: at(5 * SECOND, patchTask("t", { cancelled: true })),
      stride: 2,
    },
  ),
  using("deleted in the middle of a tool call", then("slow"), deleted, {
    acts: at(2 * SECOND, remove(resources.task, "t")),
  }),
  using(
    "deleted in the middle of a tool call, and created again",
    then("slow", "safe_slow"),
    { ends: ["FinalAnswer"] },
    {
      acts: [...at(2 * SECOND, remove(resources.task, "t")), ...at(2_500, task("t"))],
      stride: 2,
    },
  ),
  using("suspended in the middle of a tool call, and resumed", then("slow"), answeredWith("Succeeded"), {
    acts: [
      ...at(2 * SECOND, patchTask("t", { suspended: true })),
      ...at(30 * SECOND, patchTask("t", { suspended: false })),
    ],
    stride: 2,
  }),
  using("suspended while the model asks for tools, and resumed later", asksMeanwhile, answeredWith("Succeeded"), {
    acts: [
      ...at(SECOND, patchTask("t", { suspended: true })),
      ...at(30 * SECOND, patchTask("t", { suspended: false })),
    ],
    stride: 2,
  }),
  using("suspended while a tool's server is away, and resumed", asksMeanwhile, answeredWith("Succeeded"), {
    ...away(12 * SECOND),
    acts: [
      ...at(5 * SECOND, patchTask("t", { suspended: true })),
      ...at(40 * SECOND, patchTask("t", { suspended: false })),
    ],
    stride: 2,
  }),
  using(
    "out of time in the middle of a tool call",
    then("safe_slow"),
    { ends: ["Failed:TimedOut"], tools: ["Cancelled"] },
    {
      spec: { limits: { timeout: "3s" } },
    },
  ),
];

const processes: Scenario[] = [
  using("an orderly stop that waits for the tool", then("slow"), answeredAfter(["Succeeded"]), {
    acts: at(2 * SECOND, { do: "Stop", graceMs: 10 * SECOND }),
    stride: 2,
  }),
  using("an orderly stop that cannot wait for the tool", then("slow"), answeredAfter(["OutcomeUnknown"]), {
    acts: at(2 * SECOND, { do: "Stop", graceMs: SECOND }),
    stride: 2,
  }),
  using(
    "an orderly stop that cannot wait for a safe tool",
    then("safe_slow"),
    { ...answeredWith("Succeeded"), effects: 2 },
    {
      acts: at(2 * SECOND, { do: "Stop", graceMs: SECOND }),
      stride: 2,
    },
  ),
  using("an orderly stop while the model asks for a tool", asksMeanwhile, answeredWith("Succeeded"), {
    acts: at(SECOND, { do: "Stop", graceMs: 10 * SECOND }),
    stride: 2,
  }),
];

/** Every scenario in which somebody uses a tool that an agent offers. */
export const toolScenarios: Scenario[] = [...calls, ...failures, ...servers, ...people, ...processes];
