import type { Agent, ContactChannel, LLM, MCPServer, Message, Task, TaskSpec, ToolCall } from "../../crds/index";
import { apiVersion, resources } from "../../crds/index";
import type { ModelAnswer, ModelRequest } from "../adapters/models/port";
import type { Problem } from "../runtime/errors";
import type { EventNote } from "../runtime/events";
import { silentLog } from "../runtime/log";
import { keyOf, type ClusterObject, type Draft, type Resource } from "../runtime/objects";
import { Store } from "../runtime/store";
import { FakeClock } from "../testing/fake-clock";
import { FakeCluster } from "../testing/fake-cluster";
import { createTaskController, slimTask } from "./controller";
import { slimResult } from "./known-calls";

const namespace = "default";
const metadata = (name: string): { name: string; namespace: string } => ({ name, namespace });
const call = (id: string, name = "fetch__fetch"): NonNullable<Message["toolCalls"]>[number] => ({
  id,
  type: "function",
  function: { name, arguments: `{"for": "${id}"}` },
});
const usage = { inputTokens: 1, outputTokens: 1, cachedInputTokens: 0 };
const wants = (...toolCalls: NonNullable<Message["toolCalls"]>): ModelAnswer => ({
  kind: "Answer",
  message: { role: "assistant", content: "", toolCalls },
  stop: "ToolCalls",
  usage,
});
const says = (content: string): ModelAnswer => ({
  kind: "Answer",
  message: { role: "assistant", content },
  stop: "Complete",
  usage,
});

const clock = new FakeClock();
let cluster: FakeCluster;

/** An agent with one tool, its server and its LLM, all ready, and the task that asks it. */
beforeEach(async () => {
  cluster = new FakeCluster({ clock });
  const llm: Draft<LLM> = {
    apiVersion,
    kind: "LLM",
    metadata: metadata("gpt-4o"),
    spec: { provider: "openai", parameters: { baseUrl: "http://127.0.0.1:1/v1" } },
  };
  const agent: Draft<Agent> = {
    apiVersion,
    kind: "Agent",
    metadata: metadata("a"),
    spec: { llmRef: { name: "gpt-4o" }, system: "Be brief." },
  };
  const server: Draft<MCPServer> = {
    apiVersion,
    kind: "MCPServer",
    metadata: metadata("fetch"),
    spec: { transport: "stdio", command: "x" },
  };
  const offered = [{ name: "fetch__fetch", kind: "MCP" as const, source: "MCPServer/fetch", tool: "fetch" }];
  await create(resources.llm, llm, { ready: true });
  await create(resources.agent, agent, { ready: true, tools: offered });
  await create(resources.mcpServer, server, { connected: true, tools: [{ name: "fetch", description: "Fetches" }] });
});

async function create<T extends ClusterObject>(resource: Resource, draft: Draft<T>, status?: object): Promise<T> {
  const created = await cluster.create<T>(resource, draft);
  if (!created.ok) throw new Error(`could not create ${draft.kind}`);
  if (status) await cluster.replaceStatus(resource, { ...created.value, status });
  return created.value;
}

const createTask = (spec: Partial<TaskSpec> = {}): Promise<Task> =>
  create<Task>(resources.task, {
    apiVersion,
    kind: "Task",
    metadata: metadata("t"),
    spec: { agentRef: { name: "a" }, userMessage: "Hello?", ...spec },
  });

/** A process with empty memory, whose model gives these answers in turn and then none for ever. */
function start(...answers: ModelAnswer[]) {
  const stores = {
    llms: new Store<LLM>({ clock }),
    agents: new Store<Agent>({ clock }),
    mcpServers: new Store<MCPServer>({ clock }),
    contactChannels: new Store<ContactChannel>({ clock }),
    toolCalls: new Store<ToolCall>({ clock, slim: (toolCall) => slimResult(toolCall, stores.tasks) }),
    tasks: new Store<Task>({ clock, slim: slimTask }),
  };
  const requests: ModelRequest[] = [];
  const events: EventNote[] = [];
  const controller = createTaskController({
    ...stores,
    cluster,
    clock,
    log: silentLog,
    random: () => 0,
    stopping: () => false,
    channels: { put: () => undefined, drop: () => undefined, look: () => undefined, subscribe: () => undefined },
    environment: {},
    recorder: { record: (note) => void events.push(note), flush: () => Promise.resolve(), backlog: 0 },
    secrets: {
      start: () => undefined,
      stop: () => undefined,
      onChange: () => () => undefined,
      read: () => Promise.resolve({ kind: "Missing" }),
    },
    models: {
      verify: () => Promise.resolve({ kind: "Verified" }),
      ask: (_target, request) => {
        requests.push(request);
        const answer = answers.shift();
        return answer ? Promise.resolve(answer) : new Promise(() => undefined);
      },
    },
  });
  const { watches } = cluster;
  watches.watch(resources.llm, (object, phase) => void stores.llms.accept(object as LLM, phase));
  watches.watch(resources.agent, (object, phase) => void stores.agents.accept(object as Agent, phase));
  watches.watch(resources.mcpServer, (object, phase) => void stores.mcpServers.accept(object as MCPServer, phase));
  const deafen = watches.watch(
    resources.toolCall,
    (object, phase) => void stores.toolCalls.accept(object as ToolCall, phase),
  );
  watches.watch(resources.task, (object, phase) => controller.notice(object as Task, phase));
  controller.start();
  return {
    stores,
    requests,
    controller,
    /** No change of a ToolCall is heard of any more. */
    deafen,
    reasons: () => events.map(({ reason }) => reason),
    messages: () => events.map(({ message }) => message),
  };
}

const settle = (): Promise<void> => clock.advance(50);
const taskNow = (): Task | undefined => cluster.read<Task>(resources.task, metadata("t"));
const toolCallNow = (name: string): ToolCall | undefined => cluster.read<ToolCall>(resources.toolCall, metadata(name));

/** What the ToolCall machine would write at the end. */
async function finish(name: string, status: ToolCall["status"]): Promise<void> {
  const toolCall = toolCallNow(name);
  if (!toolCall || !status) throw new Error(`there is no ToolCall ${name}`);
  await cluster.replaceStatus<ToolCall>(resources.toolCall, { ...toolCall, status });
  await settle();
}

/** A ToolCall that is there already, of the given owner. */
const occupy = (name: string, owner?: { name: string; uid: string; kind?: string }): Promise<unknown> =>
  cluster.create<ToolCall>(resources.toolCall, {
    apiVersion,
    kind: "ToolCall",
    metadata: {
      ...metadata(name),
      ...(owner && { ownerReferences: [{ apiVersion, kind: "Task", controller: true, ...owner }] }),
    },
    spec: { toolCallId: "old", taskRef: { name: "t" }, toolRef: { name: "old" }, arguments: "{}" },
  });

describe("an answer that the API server will not store", () => {
  const tooLarge: Problem = { kind: "terminal", message: "It has become too large. Ask for shorter answers." };
  const away: Problem = { kind: "retryable", message: "The API server is away" };

  test.each<[sentence: string, writes: (Problem | undefined)[]]>([
    ["ends the task", [undefined, tooLarge]],
    ["ends it also when the API server is away just then", [undefined, tooLarge, away, tooLarge]],
  ])("%s in words that say how large it is and what to do, and is not asked for again", async (_sentence, writes) => {
    await createTask();
    cluster.onCall = ({ verb, phase }) => (verb === "replaceStatus" && phase === "before" ? writes.shift() : undefined);
    const { requests } = start({ ...says("x".repeat(2_000_000)), usage: { ...usage, outputTokens: 500_000 } });
    await clock.advance(60_000);
    expect(writes).toEqual([]);
    expect(taskNow()?.status).toMatchObject({
      phase: "Failed",
      finishReason: "StatusRefused",
      error: expect.stringMatching(/answer of 2\.0 MB.*twice.*Ask for shorter answers/) as string,
      turns: 1,
      usage: { requests: 1, outputTokens: 500_000 },
    });
    expect(requests).toHaveLength(1);
  });
});

test("a task with one tool call: the model is offered the tool, told the result, and the status is written four times", async () => {
  await createTask();
  const { requests, reasons, messages } = start(wants(call("c1")), says("Done"));
  await settle();
  expect(requests[0]?.tools).toEqual([
    { name: "fetch__fetch", description: "Fetches", parameters: { type: "object" } },
  ]);
  expect(taskNow()?.status).toMatchObject({
    phase: "ToolCallsPending",
    statusDetail: "LLM response received, tool calls pending",
    waitingFor: expect.stringMatching(/^ToolCall t-tc-01 to finish, since /) as string,
  });
  expect(toolCallNow("t-tc-01")?.spec).toMatchObject({ toolCallId: "c1", toolType: "MCP", arguments: '{"for": "c1"}' });

  await finish("t-tc-01", { phase: "Succeeded", result: "The page says hello." });
  expect(taskNow()?.status).toMatchObject({ phase: "FinalAnswer", output: "Done", turns: 2 });
  expect(requests[1]?.messages.slice(2)).toEqual([
    { role: "assistant", content: "", toolCalls: [call("c1")] },
    { role: "tool", toolCallId: "c1", content: "The page says hello." },
  ]);
  const writes = cluster.history.filter(({ verb, resource }) => verb === "replaceStatus" && resource.kind === "Task");
  expect(writes).toHaveLength(4);
  expect(reasons()).toEqual([
    "ValidationSucceeded",
    "SendingContextWindowToLLM",
    "ToolCallsPending",
    "ToolCallCreated",
    "AllToolCallsCompleted",
    "SendingContextWindowToLLM",
    "LLMFinalAnswer",
  ]);
  expect(messages()).toContain("Created ToolCall t-tc-01");
});

test("results and failures go back in the order asked, whatever the order in which they came; names go on counting", async () => {
  await createTask();
  const { requests } = start(wants(call("c1"), call("c2", "no_such_tool")), wants(call("c3")));
  await settle();
  expect(toolCallNow("t-tc-02")?.spec).not.toHaveProperty("toolType");
  expect(toolCallNow("t-tc-02")?.spec).not.toHaveProperty("source");
  await finish("t-tc-02", { phase: "Failed", result: "Error: there is no such tool" });
  expect(requests).toHaveLength(1);
  await finish("t-tc-01", { phase: "Failed", error: "The server did not answer" });
  expect(requests[1]?.messages.slice(3)).toEqual([
    { role: "tool", toolCallId: "c1", content: "Error: The server did not answer" },
    { role: "tool", toolCallId: "c2", content: "Error: there is no such tool" },
  ]);
  expect(toolCallNow("t-tc-03")?.spec.toolCallId).toBe("c3");
});

test("no tools are offered where limits forbid every call", async () => {
  await createTask({ limits: { maxToolCalls: 0 } });
  const { requests } = start(wants(call("c1")));
  await settle();
  expect(requests[0]?.tools).toEqual([]);
  expect(taskNow()?.status).toMatchObject({ phase: "Failed", finishReason: "ToolCallLimit" });
  expect(toolCallNow("t-tc-01")).toBeUndefined();
});

/** The task as a process leaves it that dies before it has created its ToolCalls. */
async function leave(task: Task, more: Partial<Task["status"]> = {}): Promise<void> {
  const asked: Message = { role: "assistant", content: "", toolCalls: [call("c1"), call("c2")] };
  const contextWindow: Message[] = [{ role: "system", content: "" }, { role: "user", content: "Hello?" }, asked];
  const startTime = clock.now().toISOString();
  const waitingFor = "ToolCalls t-tc-01 and t-tc-02 to finish, since 2026-01-01T00:00:00Z";
  const status = { phase: "ToolCallsPending" as const, startTime, contextWindow, waitingFor, ...more };
  await cluster.replaceStatus<Task>(resources.task, { ...task, status });
}

test("a process that comes after one that died creates what is missing, once, and says so of its own only", async () => {
  const task = await createTask();
  await occupy("t-tc-01", { name: "t", uid: task.metadata.uid });
  await leave(task);
  const next = start();
  next.deafen(); // Its list of ToolCalls is late.
  await settle();
  expect(next.messages()).toContain("Created ToolCall t-tc-02");
  expect(next.messages()).not.toContain("Created ToolCall t-tc-01");
  expect(toolCallNow("t-tc-01")?.spec.toolCallId).toBe("old"); // Untouched.
  expect(cluster.history.filter(({ verb }) => verb === "create").map(({ object }) => object.metadata.name)).toEqual([
    ...["gpt-4o", "a", "fetch", "t", "t-tc-01", "t-tc-02"],
  ]);
  expect(next.stores.toolCalls.size).toBe(2);
  expect(next.controller.load).toMatchObject({ ready: 0, running: 0 });
});

test("a task that was taken over with its tools still watches its own time", async () => {
  await leave(await createTask({ limits: { timeout: "5m" } }));
  start();
  await clock.advance(299_000);
  expect(taskNow()?.status?.phase).toBe("ToolCallsPending");
  await clock.advance(2_000);
  expect(taskNow()?.status).toMatchObject({ phase: "Failed", finishReason: "TimedOut" });
});

test("ToolCalls that have gone with their task are not made again, also when their end is heard of first", async () => {
  const task = await createTask();
  const { stores } = start(wants(call("c1")));
  await settle();
  cluster.watches.deafen(resources.task);
  await cluster.remove(resources.task, { ...metadata("t"), uid: task.metadata.uid });
  const { uid = "" } = stores.toolCalls.get("default/t-tc-01")?.metadata ?? {};
  stores.toolCalls.forget("default/t-tc-01", uid);
  await settle();
  expect(cluster.calls.create).toBe(5); // What was there before, and the one ToolCall.
  expect(toolCallNow("t-tc-01")).toBeUndefined();
  expect(stores.tasks.get("default/t")).toBeUndefined();
});

test("a ToolCall that somebody has deleted is not made again: it may have happened, and the model is told so", async () => {
  await createTask();
  const { stores, requests } = start(wants(call("c1"), call("c2")), says("I see."));
  await settle();
  await finish("t-tc-02", { phase: "Succeeded", status: "Succeeded", result: "two" });
  for (const object of stores.toolCalls.values()) {
    await cluster.remove(resources.toolCall, object.metadata);
    stores.toolCalls.forget(keyOf(object), object.metadata.uid);
  }
  await settle();
  expect(toolCallNow("t-tc-01")).toBeUndefined();
  const told = requests.at(1)?.messages.filter(({ role }) => role === "tool");
  expect(told?.map(({ content }) => content)).toEqual([expect.stringContaining("not known whether"), "two"]);
});

const inSight = (name: string): string | undefined => toolCallNow(name)?.metadata.name;
const created = (): string[] =>
  cluster.history.flatMap(({ verb, resource, object }) =>
    verb === "create" && resource.kind === "ToolCall" ? [object.metadata.name] : [],
  );

test("while a person is waited for, it is stored that all calls have been made, and nothing more is written", async () => {
  await createTask();
  start(wants(call("c1"), call("c2")));
  await settle();
  expect(taskNow()?.status?.toolCallsCreated).toBeUndefined();
  await finish("t-tc-02", { phase: "Pending", status: "AwaitingHumanApproval" });
  expect(taskNow()?.status?.toolCallsCreated).toBeUndefined();
  await finish("t-tc-01", { phase: "Succeeded", status: "Succeeded", result: "one" });
  expect(taskNow()?.status).toMatchObject({ phase: "ToolCallsPending", toolCallsCreated: true });
  const version = taskNow()?.metadata.resourceVersion;
  await clock.advance(60_000);
  expect(taskNow()?.metadata.resourceVersion).toBe(version);
});

test("it is stored too as soon as somebody deletes one of several calls, and gone with the next turn", async () => {
  await createTask();
  const { stores } = start(wants(call("c1"), call("c2")), wants(call("c3")));
  await settle();
  const [first] = stores.toolCalls.values();
  if (!first) throw new Error("there is no ToolCall");
  await cluster.remove(resources.toolCall, first.metadata);
  stores.toolCalls.forget(keyOf(first), first.metadata.uid);
  await settle();
  expect(taskNow()?.status).toMatchObject({ phase: "ToolCallsPending", toolCallsCreated: true });
  await finish("t-tc-02", { phase: "Succeeded", status: "Succeeded", result: "two" });
  expect(inSight("t-tc-03")).toBe("t-tc-03");
  expect(taskNow()?.status?.toolCallsCreated).toBeUndefined();
});

test("a call that was deleted while no process looked is not made again, and one that is only late to be seen is waited for", async () => {
  const task = await createTask();
  await occupy("t-tc-02", { name: "t", uid: task.metadata.uid });
  await leave(task, { toolCallsCreated: true });
  const { deafen, requests } = start(says("I see."));
  deafen(); // Its list of ToolCalls is late.
  await settle();
  expect(created()).toEqual(["t-tc-02"]);
  expect(requests).toEqual([]);
  const late = toolCallNow("t-tc-02");
  if (!late) throw new Error("there is no ToolCall t-tc-02");
  await cluster.replaceStatus<ToolCall>(resources.toolCall, { ...late, status: { phase: "Succeeded", result: "two" } });
  const { requests: asked } = start(says("I see."));
  await settle();
  const told = asked[0]?.messages.filter(({ role }) => role === "tool");
  expect(told?.map(({ content }) => content)).toEqual([expect.stringContaining("its ToolCall was deleted"), "two"]);
  expect(created()).toEqual(["t-tc-02"]);
});

test("an agent that becomes unready between the decision to ask and the asking is asked all the same", async () => {
  await createTask();
  cluster.onCall = ({ verb, resource, phase }) => {
    if (verb === "replaceStatus" && resource.kind === "Task" && phase === "after") {
      const agent = stores.agents.get("default/a");
      if (agent?.status)
        stores.agents.learn({
          ...agent,
          status: { ...agent.status, ready: false },
          metadata: { ...agent.metadata, resourceVersion: "9999" },
        });
    }
    return undefined;
  };
  const { stores, requests } = start(says("Done"));
  await settle();
  expect(requests).toHaveLength(1);
  expect(taskNow()?.status).toMatchObject({ phase: "FinalAnswer", usage: { requests: 1 } });
});

describe("a name that is taken", () => {
  test("by an earlier task of the same name, which is gone, is freed", async () => {
    await createTask();
    await occupy("t-tc-01", { name: "t", uid: "11111111-0000-4000-8000-000000000000" });
    const { messages } = start(wants(call("c1")));
    await clock.advance(1_000);
    expect(toolCallNow("t-tc-01")?.spec.toolCallId).toBe("c1");
    expect(messages()).toContain("Created ToolCall t-tc-01");
  });

  test("by a Task of another name that is gone is freed too", async () => {
    await createTask();
    await occupy("t-tc-01", { name: "gone", uid: "11111111-0000-4000-8000-000000000000" });
    start(wants(call("c1")));
    await clock.advance(1_000);
    expect(toolCallNow("t-tc-01")?.spec.toolCallId).toBe("c1");
  });

  test.each([
    ["a person", undefined],
    ["something that is no Task", { name: "t", uid: "11111111-0000-4000-8000-000000000000", kind: "TaskRun" }],
  ])("by %s is left alone, and people are told", async (_who, owner) => {
    await createTask();
    await occupy("t-tc-01", owner);
    const { reasons, messages } = start(wants(call("c1")));
    await clock.advance(1_000);
    expect(toolCallNow("t-tc-01")?.spec.toolCallId).toBe("old");
    expect(reasons()).toContain("ToolCallNameTaken");
    expect(messages().join()).toContain("kubectl delete toolcall t-tc-01");
    expect(cluster.calls.remove).toBe(0);
  });

  test("by a later task of the same name is left alone: the earlier one is over and does not know yet", async () => {
    const earlier = await createTask();
    const { stores } = start(wants(call("c1")));
    cluster.watches.deafen(resources.task);
    // It is replaced while its model is being asked.
    let isReplaced = false;
    cluster.onCall = async ({ verb, resource, phase }) => {
      if (isReplaced || verb !== "create" || resource.kind !== "ToolCall" || phase !== "before") return undefined;
      isReplaced = true;
      await cluster.remove(resources.task, { ...metadata("t"), uid: earlier.metadata.uid });
      const later = await createTask();
      await occupy("t-tc-01", { name: "t", uid: later.metadata.uid });
      return undefined;
    };
    await settle();
    expect(isReplaced).toBe(true);
    expect(toolCallNow("t-tc-01")?.spec.toolCallId).toBe("old");
    expect(cluster.calls.remove).toBe(1); // The test's own.
    expect(stores.tasks.get("default/t")?.metadata.uid).not.toBe(earlier.metadata.uid);
  });
});

test("a ToolCall that could not be created is created when the API server is well again", async () => {
  await createTask();
  let refusals = 2;
  cluster.onCall = ({ verb, resource, phase }) =>
    verb === "create" && resource.kind === "ToolCall" && phase === "before" && refusals-- > 0
      ? { kind: "retryable", message: "busy" }
      : undefined;
  start(wants(call("c1")));
  await clock.advance(10_000);
  expect(toolCallNow("t-tc-01")?.spec.toolCallId).toBe("c1");
});

describe("memory", () => {
  const finished = {
    phase: "Succeeded" as const,
    result: "Hi",
    content: [{ type: "text" }],
    structuredContent: { a: 1 },
  };

  test("results are dropped once their task has ended, and not before", async () => {
    await createTask();
    const { stores } = start(wants(call("c1"), call("c2")), says("Done"));
    await settle();
    await finish("t-tc-01", finished);
    expect(stores.toolCalls.get("default/t-tc-01")?.status).toMatchObject(finished);
    await finish("t-tc-02", finished);
    expect(taskNow()?.status?.phase).toBe("FinalAnswer");
    for (const name of ["t-tc-01", "t-tc-02"]) {
      const kept = stores.toolCalls.get(`default/${name}`);
      expect(kept?.status).toEqual({ phase: "Succeeded" });
      expect(kept?.spec).not.toHaveProperty("arguments");
      expect(toolCallNow(name)?.status).toMatchObject(finished); // The cluster has it still.
    }
  });

  test("a call that is not over keeps everything; what is learnt of it later is small", async () => {
    await createTask();
    const { stores } = start(wants(call("c1")));
    await settle();
    await cluster.mergePatch(resources.task, metadata("t"), { spec: { cancelled: true } });
    await settle();
    expect(taskNow()?.status?.phase).toBe("Cancelled");
    expect(stores.toolCalls.get("default/t-tc-01")?.spec.arguments).toBe('{"for": "c1"}');
    await finish("t-tc-01", finished);
    expect(stores.toolCalls.get("default/t-tc-01")?.status).toEqual({ phase: "Succeeded" });
  });
});
