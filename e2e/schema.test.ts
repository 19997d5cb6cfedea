/**
 * What the schemas of all eight kinds accept and refuse, by the API server itself and with the webhooks in place: a table of
 * good and bad objects, what may change later, and what an object says before anybody has looked at it.
 */
import { createHash } from "node:crypto";
import type { ToolCall } from "../crds/index";
import type { Lab } from "./harness";
import { sharedLab, START_LIMIT_MS } from "./harness";
import type { Manifest } from "./objects";
import { agent, ours, task } from "./objects";
import type { Kind, Scene } from "./scene";
import { messageOf } from "./scene";

let lab: Lab;
/** Has one object of every kind, whom others may refer to. */
let scene: Scene;
beforeAll(async () => {
  lab = await sharedLab();
  scene = await lab.scene("schema");
  await scene.apply(
    ours("LLM", "gpt-4o", { provider: "openai" }),
    ours("MCPServer", "fetch", { transport: "stdio", command: "no-such-program" }),
    ours("ContactChannel", "people", { type: "kubernetes" }),
    ours("Tool", "add", { description: "Adds.", function: { source: "return args.a + args.b" } }),
    agent("helper", "gpt-4o"),
    task("asked", { limits: { maxTurns: 3 } }),
    ours("TaskRun", "again", { taskRef: { name: "asked" }, ttlSecondsAfterFinished: 60 }),
    ours("ToolCall", "asked-tc-01", call()),
  );
}, START_LIMIT_MS);
afterAll(() => lab.close());

const digest = `sha256:${createHash("sha256").update("{}").digest("hex")}`;
const approval = { decision: "Approve", approver: "jane", at: "2026-01-31T09:30:00Z", argumentsDigest: digest };

function call(more: object = {}): object {
  return {
    toolCallId: "call_1",
    taskRef: { name: "asked" },
    toolRef: { name: "fetch__fetch" },
    toolType: "MCP",
    source: { kind: "MCPServer", name: "fetch", tool: "fetch" },
    arguments: "{}",
    ...more,
  };
}

const openai = (spec: object): Manifest => ours("LLM", "x", { provider: "openai", ...spec });
const anthropic = (spec: object): Manifest => ours("LLM", "x", { provider: "anthropic", ...spec });
const helper = (spec: object): Manifest =>
  ours("Agent", "x", { llmRef: { name: "gpt-4o" }, system: "Be brief.", ...spec });
const stdio = (spec: object): Manifest => ours("MCPServer", "x", { transport: "stdio", command: "uvx", ...spec });
const http = (spec: object): Manifest =>
  ours("MCPServer", "x", { transport: "http", url: "https://example.com/mcp", ...spec });
const channel = (spec: object): Manifest => ours("ContactChannel", "x", spec);
const tool = (spec: object): Manifest => ours("Tool", "x", { description: "Does something.", ...spec });
const asks = (spec: object): Manifest => ours("Task", "x", { agentRef: { name: "helper" }, ...spec });
const calls = (more: object): Manifest => ours("ToolCall", "x", call(more));

const user = { role: "user", content: "Hello?" };
const wish = {
  role: "assistant",
  content: "",
  toolCalls: [{ id: "c", type: "function", function: { name: "f", arguments: "{}" } }],
};

const good: [what: string, manifest: Manifest][] = [
  ["LLM: a provider is enough", openai({})],
  [
    "LLM: everything at once",
    openai({
      apiKeyFrom: { secretKeyRef: { name: "s", key: "k" } },
      parameters: {
        model: "m",
        baseUrl: "https://example.com/v1",
        temperature: 2,
        maxTokens: 1,
        topP: 1,
        topK: 1,
        frequencyPenalty: -2,
        presencePenalty: 2,
        stop: ["END"],
        seed: -1,
        reasoningEffort: "low",
      },
      openai: { organization: "o", project: "p", api: "chat" },
      limits: { maxConcurrentRequests: 1, requestsPerMinute: 1, tokensPerMinute: 1, timeout: "1h30m" },
      pricing: { inputPerMillionTokens: 0, outputPerMillionTokens: 0.5 },
      verify: "None",
    }),
  ],
  ["LLM: thinking with a budget", anthropic({ anthropic: { thinking: { type: "enabled", budgetTokens: 1024 } } })],
  ["Agent: a model and a prompt are enough", helper({})],
  [
    "Agent: with everything it may use",
    helper({
      mcpServers: [{ name: "fetch", tools: ["fetch"] }],
      tools: [{ name: "add" }],
      humanContactChannels: [{ name: "people" }],
      subAgents: [{ name: "helper" }],
      limits: { maxTurns: 1, maxCost: 0.01, timeout: "72h" },
    }),
  ],
  [
    "MCPServer: a program",
    stdio({
      args: ["--yes"],
      env: [
        { name: "A", value: "" },
        { name: "B", valueFrom: { secretKeyRef: { name: "s", key: "k" } } },
      ],
      resources: { limits: { memory: "256Mi", cpu: 1 } },
    }),
  ],
  [
    "MCPServer: an address, with a policy for approvals",
    http({
      headers: [{ name: "Authorization", value: "x" }],
      approvalContactChannel: { name: "people" },
      approvalPolicy: "tool != 'fetch'",
    }),
  ],
  [
    "ContactChannel: email",
    channel({
      type: "email",
      email: { address: "a@example.com" },
      apiKeyFrom: { secretKeyRef: { name: "s", key: "k" } },
    }),
  ],
  [
    "ContactChannel: slack, for three days",
    channel({
      type: "slack",
      slack: { channelOrUserID: "C01" },
      timeout: "72h",
      onTimeout: "Fail",
      approvers: { quorum: 2, mayNotBeRequester: true },
    }),
  ],
  ["ContactChannel: webhook", channel({ type: "webhook", webhook: { url: "https://example.com/hook" } })],
  [
    "Tool: an API",
    tool({
      api: { method: "GET", url: "https://example.com/{{args.id}}", query: { q: "{{args.q}}" } },
      annotations: { readOnly: true },
    }),
  ],
  ["Tool: a container", tool({ container: { image: "busybox", command: ["date"] }, timeout: "30s" })],
  ["Tool: an agent under another name", tool({ agent: { name: "helper" } })],
  ["Task: a question", asks({ userMessage: "Hello?" })],
  [
    "Task: a conversation with tools in it",
    asks({
      contextWindow: [user, wish, { role: "tool", content: "", toolCallId: "c" }, user],
      outputSchema: { type: "object" },
      limits: { timeout: "5m" },
      ttlSecondsAfterFinished: 0,
    }),
  ],
  ["TaskRun: of a task", ours("TaskRun", "x", { taskRef: { name: "asked" } })],
  ["ToolCall: of a task run", calls({ taskRef: undefined, taskRunRef: { name: "again" } })],
];

const bad: [what: string, manifest: Manifest, complaint: string][] = [
  ["LLM: no provider", ours("LLM", "x", {}), "spec.provider: Required value"],
  ["LLM: an unknown provider", ours("LLM", "x", { provider: "ollama" }), 'spec.provider: Unsupported value: "ollama"'],
  [
    "LLM: the block of another provider",
    openai({ anthropic: { version: "2023-06-01" } }),
    "the block anthropic has no effect with provider openai: remove it, or set provider to anthropic",
  ],
  ["LLM: a temperature above 2", openai({ parameters: { temperature: 2.1 } }), "spec.parameters.temperature"],
  ["LLM: no tokens at all", openai({ parameters: { maxTokens: 0 } }), "spec.parameters.maxTokens"],
  [
    "LLM: an address that is none",
    openai({ parameters: { baseUrl: "example.com/v1" } }),
    "must be an absolute address that starts with http:// or https://",
  ],
  [
    "LLM: an address of another kind",
    openai({ parameters: { baseUrl: "ftp://example.com" } }),
    "must be an absolute address that starts with http:// or https://",
  ],
  [
    "LLM: a Secret without a key",
    openai({ apiKeyFrom: { secretKeyRef: { name: "s" } } }),
    "spec.apiKeyFrom.secretKeyRef.key: Required value",
  ],
  [
    "LLM: a timeout of nothing",
    openai({ limits: { timeout: "0s" } }),
    "write a duration longer than 0s, such as 30s, 5m, 1h30m or 72h",
  ],
  [
    "LLM: a timeout in days",
    openai({ limits: { timeout: "3d" } }),
    "write a duration longer than 0s, such as 30s, 5m, 1h30m or 72h",
  ],
  ["LLM: a negative price", openai({ pricing: { inputPerMillionTokens: -1 } }), "spec.pricing.inputPerMillionTokens"],
  [
    "LLM: thinking without its budget",
    anthropic({ anthropic: { thinking: { type: "enabled" } } }),
    "type enabled needs budgetTokens, and no other type may have it",
  ],
  ["LLM: a version that is no date", anthropic({ anthropic: { version: "latest" } }), "spec.anthropic.version"],
  ["Agent: no prompt", ours("Agent", "x", { llmRef: { name: "gpt-4o" } }), "spec.system: Required value"],
  [
    "Agent: a blank prompt",
    helper({ system: " \n\t" }),
    "the system prompt must say something: it is empty or only blanks",
  ],
  ["Agent: no LLM", ours("Agent", "x", { system: "Be brief." }), "spec.llmRef: Required value"],
  ["Agent: an LLM without a name", helper({ llmRef: { name: "" } }), "spec.llmRef.name"],
  [
    "Agent: one server twice",
    helper({ mcpServers: [{ name: "fetch" }, { name: "fetch" }] }),
    "spec.mcpServers[1]: Duplicate value",
  ],
  ["Agent: no turn", helper({ limits: { maxTurns: 0 } }), "spec.limits.maxTurns"],
  ["Agent: a cost of nothing", helper({ limits: { maxCost: 0 } }), "spec.limits.maxCost"],
  ["MCPServer: no transport", ours("MCPServer", "x", { command: "uvx" }), "spec.transport: Required value"],
  [
    "MCPServer: stdio without a command",
    ours("MCPServer", "x", { transport: "stdio" }),
    "transport stdio needs command: the program to start",
  ],
  [
    "MCPServer: http without an address",
    ours("MCPServer", "x", { transport: "http" }),
    "transport http needs url: the address of the server",
  ],
  [
    "MCPServer: http with a command",
    http({ command: "uvx" }),
    "command is only for transport stdio: remove it or change the transport",
  ],
  [
    "MCPServer: stdio with headers",
    stdio({ headers: [{ name: "A", value: "b" }] }),
    "headers is only for transport http: remove it or change the transport",
  ],
  [
    "MCPServer: a value given twice",
    stdio({ env: [{ name: "A", value: "b", valueFrom: { secretKeyRef: { name: "s", key: "k" } } }] }),
    "give exactly one of value and valueFrom",
  ],
  ["MCPServer: a value not given", stdio({ env: [{ name: "A" }] }), "give exactly one of value and valueFrom"],
  [
    "MCPServer: a policy without a channel",
    stdio({ approvalPolicy: "true" }),
    "approvalPolicy needs approvalContactChannel: somebody has to be asked",
  ],
  ["ContactChannel: an unknown type", channel({ type: "fax" }), 'spec.type: Unsupported value: "fax"'],
  [
    "ContactChannel: email without an address",
    channel({ type: "email" }),
    "type email needs the block email: it says who is reached",
  ],
  [
    "ContactChannel: an address that is none",
    channel({ type: "email", email: { address: "nobody" } }),
    "spec.email.address",
  ],
  [
    "ContactChannel: the block of another type",
    channel({ type: "kubernetes", slack: { channelOrUserID: "C01" } }),
    "the block slack has no effect with type kubernetes: remove it, or set type to slack",
  ],
  [
    "ContactChannel: a key that nobody uses",
    channel({ type: "kubernetes", apiKeyFrom: { secretKeyRef: { name: "s", key: "k" } } }),
    "apiKeyFrom and baseUrl are for types email and slack; type kubernetes needs neither: remove them",
  ],
  [
    "ContactChannel: a timeout without an end",
    channel({ type: "kubernetes", timeout: "72h" }),
    "timeout and onTimeout go together",
  ],
  [
    "Tool: nothing that carries a call out",
    tool({}),
    "give exactly one of function, api, container and agent: it says how a call is carried out",
  ],
  [
    "Tool: two that do",
    tool({ function: { source: "return 1" }, agent: { name: "helper" } }),
    "give exactly one of function, api, container and agent: it says how a call is carried out",
  ],
  ["Tool: no description", ours("Tool", "x", { function: { source: "return 1" } }), "spec.description: Required value"],
  [
    "Tool: a function without a line",
    tool({ function: { source: "  " } }),
    "the source must say something: it is empty or only blanks",
  ],
  [
    "Tool: an address of another kind",
    tool({ api: { method: "GET", url: "file:///etc/passwd" } }),
    "must start with http:// or https://",
  ],
  ["Task: no question", asks({}), "give exactly one of userMessage and contextWindow"],
  [
    "Task: two questions",
    asks({ userMessage: "Hello?", contextWindow: [user] }),
    "give exactly one of userMessage and contextWindow",
  ],
  [
    "Task: a blank question",
    asks({ userMessage: "   " }),
    "userMessage must say something: it is empty or only blanks",
  ],
  [
    "Task: a blank question in the old spelling",
    asks({ message: "   " }),
    "userMessage must say something: it is empty or only blanks",
  ],
  ["Task: no agent", ours("Task", "x", { userMessage: "Hello?" }), "spec.agentRef: Required value"],
  [
    "Task: a conversation that ends with the model",
    asks({ contextWindow: [user, { role: "assistant", content: "Hi." }] }),
    "the last message must have role user: it is the one to be answered",
  ],
  ["Task: an empty conversation", asks({ contextWindow: [] }), "spec.contextWindow"],
  [
    "Task: a conversation that ends in silence",
    asks({ contextWindow: [user, { role: "user", content: " \n" }] }),
    "the last message must say something: it is empty or only blanks",
  ],
  [
    "Task: a tool's answer to nothing",
    asks({ contextWindow: [{ role: "tool", content: "x" }, user] }),
    "a message of role tool needs toolCallId: the id of the tool call it answers",
  ],
  [
    "Task: a user who answers for a tool",
    asks({ contextWindow: [{ ...user, toolCallId: "c" }] }),
    "only a message of role tool may have toolCallId",
  ],
  [
    "Task: a user who calls tools",
    asks({ contextWindow: [{ ...wish, role: "user" }] }),
    "only a message of role assistant may have toolCalls",
  ],
  ["Task: an unknown role", asks({ contextWindow: [{ role: "developer", content: "x" }, user] }), "Unsupported value"],
  [
    "Task: a lifetime below nothing",
    asks({ userMessage: "Hello?", ttlSecondsAfterFinished: -1 }),
    "spec.ttlSecondsAfterFinished",
  ],
  ["TaskRun: of no task", ours("TaskRun", "x", {}), "spec.taskRef: Required value"],
  ["ToolCall: of nobody", calls({ taskRef: undefined }), "give exactly one of taskRef and taskRunRef"],
  ["ToolCall: of two", calls({ taskRunRef: { name: "again" } }), "give exactly one of taskRef and taskRunRef"],
  ["ToolCall: an unknown type", calls({ toolType: "Magic" }), 'spec.toolType: Unsupported value: "Magic"'],
  ["ToolCall: approved before it exists", calls({ approvals: [approval] }), "cannot be created with approvals"],
];

test.concurrent.each(good)("accepts %s", async (_what, manifest) => {
  const reply = await scene.create(manifest, "dryRun=All&fieldValidation=Strict");
  expect({ status: reply.status, message: reply.status === 201 ? "" : messageOf(reply) }).toEqual({
    status: 201,
    message: "",
  });
});

test.concurrent.each(bad)("refuses %s", async (_what, manifest, complaint) => {
  const reply = await scene.create(manifest, "dryRun=All&fieldValidation=Strict");
  expect({ status: reply.status, message: messageOf(reply) }).toEqual({
    status: 422,
    message: expect.stringContaining(complaint) as string,
  });
});

describe("later changes", () => {
  const TASK =
    "a task cannot be changed once it exists, except cancelled and suspended: delete it or create another one";
  const RUN =
    "a task run cannot be changed once it exists, except cancelled and suspended: delete it or create another one";
  const CALL = "a tool call cannot be changed once it exists, except that approvals can be added";

  test.concurrent.each<[what: string, Kind, name: string, spec: object, complaint: string]>([
    ["the question of a task", "Task", "asked", { userMessage: "Another?" }, TASK],
    ["the agent of a task", "Task", "asked", { agentRef: { name: "other" } }, TASK],
    ["the limits of a task", "Task", "asked", { limits: { maxTurns: 9 } }, TASK],
    ["the lifetime of a task", "Task", "asked", { ttlSecondsAfterFinished: 5 }, TASK],
    ["the output schema of a task", "Task", "asked", { outputSchema: { type: "object" } }, TASK],
    ["the task of a task run", "TaskRun", "again", { taskRef: { name: "other" } }, RUN],
    ["the lifetime of a task run", "TaskRun", "again", { ttlSecondsAfterFinished: null }, RUN],
    ["the arguments of a tool call", "ToolCall", "asked-tc-01", { arguments: '{"a":1}' }, CALL],
    ["the tool of a tool call", "ToolCall", "asked-tc-01", { toolRef: { name: "other" } }, CALL],
    ["the task of a tool call", "ToolCall", "asked-tc-01", { taskRef: { name: "other" } }, CALL],
  ])("%s stays as it was", async (...[, kind, name, spec, complaint]) => {
    const reply = await scene.tryPatch(kind, name, { spec });
    expect({ status: reply.status, message: messageOf(reply) }).toEqual({
      status: 422,
      message: expect.stringContaining(complaint) as string,
    });
  });

  test.concurrent.each<[Kind, string]>([
    ["Task", "asked"],
    ["TaskRun", "again"],
  ])("the switches of a %s can be set and taken back", async (kind, name) => {
    await scene.patch(kind, name, { spec: { suspended: true, cancelled: false } });
    await scene.patch(kind, name, { spec: { suspended: null, cancelled: null } });
  });

  // Those of a call that waits are tried in approvals-admission.test.ts.
  test.concurrent("nothing can be added to the approvals of a call that waits for nobody", async () => {
    const reply = await scene.tryPatch("ToolCall", "asked-tc-01", { spec: { approvals: [{ decision: "Approve" }] } });
    expect({ status: reply.status, message: messageOf(reply) }).toEqual({
      status: 422,
      message: expect.stringContaining("does not wait for anybody") as string,
    });
  });
});

describe("before anybody has looked", () => {
  test.concurrent.each<[Kind, string, object]>([
    ["Tool", "add", { ready: false, status: "Pending", statusDetail: /keeps tools but does not run them yet/ }],
    [
      "TaskRun",
      "again",
      { ready: false, status: "Pending", phase: "Pending", statusDetail: /keeps task runs but does not run them yet/ },
    ],
  ])("a %s says that this version leaves it waiting", async (kind, name, says) => {
    const stored = (await scene.get(kind, name)) as { status?: Record<string, unknown> } | undefined;
    const { statusDetail, ...rest } = says as { statusDetail: RegExp };
    expect(stored?.status).toEqual({ ...rest, statusDetail: expect.stringMatching(statusDetail) as string });
  });

  test.concurrent("kubectl lists every kind by its names, with the words of its status", async () => {
    const columns: [names: string[], row: string[]][] = [
      [
        ["mcpservers", "mcpserver", "mcp"],
        ["fetch", "false", "Error"],
      ],
      [
        ["contactchannels", "channel"],
        ["people", "kubernetes", "true", "Ready"],
      ],
      [["tools"], ["add", "false", "Pending"]],
      [["taskruns"], ["again", "false", "Pending", "Pending", "asked"]],
      [
        ["toolcalls", "tc", "taskruntoolcall", "taskruntoolcalls"],
        ["asked-tc-01", "Failed", "asked", "fetch__fetch", "Cancelled"],
      ],
    ];
    await scene.until("ContactChannel", "people", "was looked at", ({ status }) => status?.ready === true);
    await scene.until("MCPServer", "fetch", "was looked at", ({ status }) => status?.status === "Error");
    await scene.until("ToolCall", "asked-tc-01", "was looked at", ({ status }) => status?.status === "Cancelled");
    for (const [names, row] of columns) {
      for (const name of names) {
        const line = (await scene.mustKubectl(["get", name, "--no-headers"])).split("\n")[0] ?? "";
        expect([name, line.trim().split(/ {2,}/)]).toEqual([name, row]);
      }
    }
  });

  test.concurrent("status is not part of what people write", async () => {
    const stored = (await scene.get("ToolCall", "asked-tc-01")) as ToolCall;
    await scene.patch("ToolCall", "asked-tc-01", { status: { phase: "Succeeded" } });
    expect((await scene.get("ToolCall", "asked-tc-01"))?.status).toEqual(stored.status);
  });
});
