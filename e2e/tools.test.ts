/**
 * Agents with tools: the README's walk with the server that it names, and everything that a call, a server or an agent can
 * do while calls are made. What really happened is read from the tool server's own file, and from what the model was shown.
 */
import { mkdtempSync, rmSync } from "node:fs";
import type { Server } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { namespacePath } from "../capabilities/runtime/paths";
import type { Json } from "../capabilities/testing/model-server-http";
import { objectsIn } from "../capabilities/testing/model-server-http";
import type { MCPServer, Task, ToolCall } from "../crds/index";
import { resources } from "../crds/index";
import { ensureUv } from "../controlplane/uv";
import type { Lab } from "./harness";
import { sharedLab, START_LIMIT_MS } from "./harness";
import type { Model } from "./model";
import { call, startModel } from "./model";
import { agent, llm, ours, secret, task } from "./objects";
import { AGE, eventsIn, rowsOf, saying } from "./printed";
import type { Scene } from "./scene";
import { until } from "./scene";
import { begunWith, effectsOf, mcpServer, startToolServer } from "./tool-servers";

let lab: Lab;
let model: Model;
const folder = mkdtempSync(join(tmpdir(), "kubechain-tools-"));
beforeAll(async () => void ([lab, model] = await Promise.all([sharedLab(), startModel()])), START_LIMIT_MS);
afterAll(async () => {
  lab.close();
  await model.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A scene with the MCPServer "tools", whose effects are in `effects`, and an agent that uses it, all Ready. */
async function staff(name: string, more: Partial<MCPServer["spec"]> = {}): Promise<{ scene: Scene; effects: string }> {
  const scene = await lab.scene(name);
  const effects = join(folder, scene.namespace);
  await scene.apply(mcpServer("tools", ["--effects", effects], more));
  await scene.team(model, { agent: { mcpServers: [{ name: "tools" }] } });
  return { scene, effects };
}

/** What the model was shown of the results of a question's calls, last. */
function shown(question: string): string[] {
  const last = model.asked(question).at(-1);
  return (last?.messages ?? []).filter(({ role }) => role === "tool").map(({ content }) => content);
}

const offered = (body: Json | undefined): unknown[] =>
  objectsIn(body?.["tools"]).map(({ function: fn }) => (fn as { name: string }).name);

const inOrder = async (scene: Scene): Promise<ToolCall[]> =>
  (await scene.list("ToolCall")).sort((a, b) => a.metadata.name.localeCompare(b.metadata.name));

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe("adding tools as the README does", () => {
  const DATA = '{"name":"Luke Skywalker","height":"172"}';
  const ANSWER = "It is Luke Skywalker, 172 cm tall.";
  let scene: Scene;
  let page: Server;
  let question = "";

  beforeAll(async () => {
    await ensureUv();
    page = createServer((request, response) => {
      const isPage = request.url === "/api/people/1";
      response.writeHead(isPage ? 200 : 404, { "content-type": "application/json" }).end(isPage ? DATA : "");
    });
    await new Promise<void>((resolve) => page.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(page.address() as AddressInfo).port}/api/people/1`;
    question = `what is the data at ${url}? `;
    const fetching = { id: "call_1", name: "fetch__fetch", arguments: JSON.stringify({ url }) };
    model.on(question, { reply: { calls: [fetching] } }, { reply: { text: ANSWER } });
    scene = await lab.scene("readme-tools");
    scene.patienceMs = 180_000;
    const uvx = {
      transport: "stdio",
      command: "uvx",
      args: ["mcp-server-fetch", "--allow-private-ips"],
      timeout: "120s",
    };
    await scene.apply(llm("gpt-4o", model.url), agent("my-assistant", "gpt-4o"), ours("MCPServer", "fetch", uvx));
    await scene.ready("MCPServer", "fetch");
    await scene.apply(agent("my-assistant", "gpt-4o", { mcpServers: [{ name: "fetch" }] }));
    await scene.until("Agent", "my-assistant", "offers a tool", ({ status }) => status?.tools?.length === 1);
    await scene.apply(task("fetch-task", { agentRef: { name: "my-assistant" }, userMessage: question }));
    await scene.ended("fetch-task");
    await scene.untilEvents("Task", "fetch-task", "all six", ({ length }) => length >= 6);
  }, START_LIMIT_MS);
  afterAll(() => page.close());

  test.concurrent("kubectl get mcpserver shows that it is ready, and with -o wide with how many tools", async () => {
    expect(rowsOf(await scene.mustKubectl(["get", "mcpserver"]))).toEqual([
      ["NAME", "READY", "STATUS"],
      ["fetch", "true", "Ready"],
    ]);
    expect(rowsOf(await scene.mustKubectl(["get", "mcp", "-o", "wide"]))).toEqual([
      ["NAME", "READY", "STATUS", "DETAIL", "TOOLS", "AGE"],
      ["fetch", "true", "Ready", "Connected successfully with 1 tools", "1", AGE],
    ]);
  });

  test.concurrent("kubectl describe mcpserver shows the tools with their schemas, and the event", async () => {
    const description = await scene.mustKubectl(["describe", "mcpserver", "fetch"]);
    expect(description).toMatch(/^ {2}Connected: +true$/m);
    expect(description).toMatch(/Fetches a URL from the internet/);
    expect(description).toMatch(/^ +Name: +fetch$/m);
    expect(eventsIn(description).at(-1)).toEqual([
      "Normal",
      "Connected",
      "mcpserver-controller",
      "MCP server connected successfully",
    ]);
    const { status } = await scene.ready("MCPServer", "fetch");
    expect(status?.tools?.[0]?.inputSchema).toMatchObject({ type: "object", required: ["url"] });
  });

  test.concurrent("kubectl get agent -o yaml shows what the model is offered", async () => {
    const { status } = await scene.ready("Agent", "my-assistant");
    expect(status?.tools).toEqual([{ name: "fetch__fetch", kind: "MCP", source: "MCPServer/fetch", tool: "fetch" }]);
    expect(offered(model.asked(question)[0]?.body)).toEqual(["fetch__fetch"]);
  });

  test.concurrent("the events tell the story in the README's order", async () => {
    const events = await scene.events("Task", "fetch-task");
    expect(events.map(({ type, reason, message, count }) => [type, reason, message, count])).toEqual([
      ["Normal", "ValidationSucceeded", "Task validation succeeded", 1],
      ["Normal", "SendingContextWindowToLLM", "Sending context window to LLM", 2],
      ["Normal", "ToolCallsPending", "LLM response received, tool calls pending", 1],
      ["Normal", "ToolCallCreated", "Created ToolCall fetch-task-tc-01", 1],
      ["Normal", "AllToolCallsCompleted", "All tool calls completed, ready to send tool results to LLM", 1],
      ["Normal", "LLMFinalAnswer", "LLM response received successfully", 1],
    ]);
    const ofCall = await scene.untilEvents("ToolCall", "fetch-task-tc-01", "one", ({ length }) => length > 0);
    expect(ofCall).toEqual([
      {
        type: "Normal",
        reason: "ExecutionSucceeded",
        message: 'MCP tool "fetch__fetch" executed successfully',
        source: "toolcall-controller",
        count: 1,
      },
    ]);
  });

  test.concurrent.each(["toolcall", "tc", "taskruntoolcall"])("kubectl get %s shows the call", async (kind) => {
    expect(rowsOf(await scene.mustKubectl(["get", kind]))).toEqual([
      ["NAME", "PHASE", "TASK", "TOOL", "STATUS", "WAITING"],
      ["fetch-task-tc-01", "Succeeded", "fetch-task", "fetch__fetch", "Succeeded", ""],
    ]);
    const [head, row] = rowsOf(await scene.mustKubectl(["get", kind, "-o", "wide"]));
    expect(head?.slice(6)).toEqual(["DETAIL", "STARTED", "COMPLETED", "ERROR", "AGE"]);
    expect(row?.slice(6)).toEqual(["Tool executed successfully", AGE, AGE, "", AGE]);
  });

  test.concurrent("the conversation is in the README's shape, and the call belongs to the task", async () => {
    const { metadata, status } = await scene.ended("fetch-task");
    expect(status).toMatchObject({
      phase: "FinalAnswer",
      output: ANSWER,
      turns: 2,
      messageCount: 5,
      contextWindow: [
        { role: "system" },
        { role: "user", content: question },
        {
          role: "assistant",
          content: "",
          toolCalls: [{ id: "call_1", type: "function", function: { name: "fetch__fetch", arguments: saying("url") } }],
        },
        { role: "tool", toolCallId: "call_1", content: saying(DATA) },
        { role: "assistant", content: ANSWER },
      ],
    });
    const found = await scene.get("ToolCall", "fetch-task-tc-01");
    expect(found).toMatchObject({
      metadata: {
        labels: {
          "kubechain.humanlayer.dev/task": "fetch-task",
          "kubechain.humanlayer.dev/taskruntoolcall": "fetch-task",
        },
        ownerReferences: [{ kind: "Task", name: "fetch-task", uid: metadata.uid }],
      },
      spec: { toolCallId: "call_1", toolType: "MCP", source: { kind: "MCPServer", name: "fetch", tool: "fetch" } },
      status: { attempts: 1, result: saying(DATA) },
    });
  });
});

describe("calls", () => {
  let scene: Scene;
  let effects: string;
  beforeAll(async () => void ({ scene, effects } = await staff("calls")), START_LIMIT_MS);

  const run = async (name: string, said: string): Promise<NonNullable<Task["status"]>> => {
    await scene.apply(task(name, { userMessage: `${name} ${said}` }));
    return (await scene.ended(name)).status ?? {};
  };
  const calls = async (name: string): Promise<ToolCall[]> =>
    (await inOrder(scene)).filter(({ spec }) => spec.taskRef?.name === name);

  test.concurrent("several calls of one answer run at the same time, and their results keep the order", async () => {
    const texts = ["one", "two", "three"];
    const said = texts.map((text, i) => call("tools__lookup", { text: `together ${text}`, delayMs: 1_500 - 500 * i }));
    expect(await run("together", said.join(""))).toMatchObject({ phase: "FinalAnswer" });
    const moments = effectsOf(effects)
      .filter(({ arguments: args }) => String(args["text"]).startsWith("together"))
      .map(({ moment }) => moment);
    expect(moments).toEqual(["begin", "begin", "begin", "end", "end", "end"]);
    expect(shown(`together ${said.join("")}`)).toEqual(texts.map((text) => saying(`lookup together ${text} `)));
  });

  test.concurrent("calls are counted over the task's turns", async () => {
    const twice = `${call("tools__append", { text: "turn 1" })}[then]${call("tools__append", { text: "turn 2" })}[then][say:Done.]`;
    expect(await run("turns", twice)).toMatchObject({ phase: "FinalAnswer", output: "Done.", turns: 3 });
    expect((await calls("turns")).map(({ metadata }) => metadata.name)).toEqual(["turns-tc-01", "turns-tc-02"]);
    expect(begunWith(effects, "append").filter((text) => text.startsWith("turn "))).toEqual(["turn 1", "turn 2"]);
  });

  test.concurrent("every call comes with a key of its own", async () => {
    await run("keys", `${call("tools__append", { text: "same" })}${call("tools__append", { text: "same" })}`);
    const keys = effectsOf(effects).flatMap(({ arguments: args, moment, key }) =>
      args["text"] === "same" && moment === "begin" ? [key] : [],
    );
    expect(new Set(keys).size).toBe(2);
    expect(keys).not.toContain(undefined);
  });

  test.concurrent("a task with one call costs seven writes at most", async () => {
    const watches = [resources.task, resources.toolCall].map((resource) =>
      lab.api.watch(`${namespacePath(resource, scene.namespace)}?watch=true`),
    );
    await run("price", call("tools__lookup", { text: "price" }));
    const versions = (): Set<string> => {
      const lines = watches.flatMap((watch) => watch.text().trim().split("\n").filter(Boolean));
      const objects = lines.map((line) => (JSON.parse(line) as { object: Task | ToolCall }).object);
      const own = objects.filter(({ metadata }) => metadata.name.startsWith("price"));
      return new Set(own.map(({ metadata, status }) => `${metadata.resourceVersion} ${status?.phase ?? ""}`));
    };
    await until("the watch has brought the end", () =>
      [...versions()].some((version) => version.endsWith("FinalAnswer")),
    );
    for (const watch of watches) watch.stop();
    // The first version of the task is the user's own.
    expect(versions().size - 1).toBeLessThanOrEqual(7);
  });

  test.concurrent.each<[what: string, said: string, phrases: string[], reason: string]>([
    ["fails", call("tools__fail", { text: "so" }), ["I cannot: so"], "ToolFailed"],
    ["is unknown", call("tools__guess", {}), ['no tool named "tools__guess"'], "NoSuchTool"],
    ["gets wrong arguments", call("tools__lookup", { text: 7 }), ["arguments", "text"], "InvalidArguments"],
    ["gets no arguments", call("tools__lookup"), ["arguments", "text"], "InvalidArguments"],
  ])("of a tool that %s the model is told, and goes on", async (what, said, phrases, finishReason) => {
    const name = what.replaceAll(" ", "-");
    expect(await run(name, `${said}[then][say:Sorry.]`)).toMatchObject({ phase: "FinalAnswer", output: "Sorry." });
    const [told] = shown(`${name} ${said}[then][say:Sorry.]`);
    for (const phrase of phrases) expect(told).toContain(phrase);
    const [only] = await calls(name);
    expect(only?.status).toMatchObject({ phase: "Failed", status: "Error", finishReason, result: told });
    const events = await scene.untilEvents("ToolCall", `${name}-tc-01`, "one", ({ length }) => length > 0);
    expect(events[0]).toMatchObject({ type: "Warning", reason: "ExecutionFailed" });
  });

  test.concurrent("arguments that are no JSON are told to the model as such, and reach no server", async () => {
    const broken = { id: "call_x", name: "tools__append", arguments: '{"text": "half' };
    model.on("broken", { reply: { calls: [broken] } }, { reply: { text: "Sorry." } });
    await scene.apply(task("broken"));
    expect((await scene.ended("broken")).status).toMatchObject({ phase: "FinalAnswer", output: "Sorry." });
    expect((await calls("broken"))[0]?.status).toMatchObject({ finishReason: "InvalidArguments" });
    expect(shown("broken")[0]).toMatch(/JSON/);
  });

  test.concurrent("pictures and data reach the model in words, and are kept as they came", async () => {
    const said = `${call("tools__image")}${call("tools__structured", { n: 21 })}`;
    await run("kinds", said);
    expect(shown(`kinds ${said}`)).toEqual([expect.stringMatching(/Here it is:[^]*image/) as string, saying("42")]);
    const [image, structured] = await calls("kinds");
    expect(image?.status?.content).toContainEqual(expect.objectContaining({ type: "image", mimeType: "image/png" }));
    expect(structured?.status?.structuredContent).toEqual({ doubled: 42 });
  });

  const isBegun = (ms: number) =>
    until("the tool is called", () => effectsOf(effects).some(({ arguments: args }) => args["ms"] === ms));
  const isGivenUp = (ms: number) =>
    until("the server hears that nobody waits", () =>
      effectsOf(effects).some(({ arguments: args, moment }) => args["ms"] === ms && moment === "cancelled"),
    );

  test.concurrent("while a tool works, kubectl shows what runs and whom the task waits for", async () => {
    await scene.apply(task("watched", { userMessage: `watched ${call("tools__sleep", { ms: 3_001 })}` }));
    const running = await scene.until("ToolCall", "watched-tc-01", "runs", ({ status }) => status?.phase === "Running");
    expect(running.status).toMatchObject({ status: "Executing", attempts: 1, holder: expect.any(String) as string });
    expect((await scene.get("Task", "watched"))?.status).toMatchObject({
      phase: "ToolCallsPending",
      waitingFor: saying("ToolCall watched-tc-01 to finish, since "),
    });
    expect((await scene.ended("watched")).status?.phase).toBe("FinalAnswer");
  });

  test.concurrent("cancelling a task ends the call that is under way, and the server hears of it", async () => {
    await scene.apply(task("unwanted", { userMessage: `unwanted ${call("tools__sleep", { ms: 60_001 })}` }));
    await isBegun(60_001);
    await scene.patch("Task", "unwanted", { spec: { cancelled: true } });
    expect((await scene.ended("unwanted")).status?.phase).toBe("Cancelled");
    const ended = await scene.until("ToolCall", "unwanted-tc-01", "ends", ({ status }) => status?.phase === "Failed");
    expect(ended.status).toMatchObject({ status: "Cancelled" });
    await isGivenUp(60_001);
  });

  test.concurrent("deleting a task ends the call that is under way, and the call goes too", async () => {
    await scene.apply(task("deleted", { userMessage: `deleted ${call("tools__sleep", { ms: 60_002 })}` }));
    await isBegun(60_002);
    await scene.remove("Task", "deleted");
    await isGivenUp(60_002);
    await scene.untilGone("ToolCall", "deleted-tc-01");
  });

  test.concurrent(
    "a call that is not over cannot be deleted, and says what to do instead; one that is over can",
    async () => {
      await scene.apply(task("kept", { userMessage: `kept ${call("tools__sleep", { ms: 60_003 })}` }));
      await isBegun(60_003);
      const refused = await scene.kubectl(["delete", "toolcall", "kept-tc-01"]);
      expect(refused.stderr).toContain('ToolCall "kept-tc-01" is not over');
      expect(refused.stderr).toContain(`kubectl patch task kept --type=merge -p '{"spec":{"cancelled":true}}'`);
      await scene.patch("Task", "kept", { spec: { cancelled: true } });
      await scene.until("ToolCall", "kept-tc-01", "ends", ({ status }) => status?.phase === "Failed");
      await scene.mustKubectl(["delete", "toolcall", "kept-tc-01"]);
      expect(
        effectsOf(effects).filter(({ arguments: args, moment }) => args["ms"] === 60_003 && moment === "begin"),
      ).toHaveLength(1);
    },
  );
});

describe("servers", () => {
  /** Asks the tool for an environment variable, and says what it said and who. */
  async function ask(scene: Scene, name: string, tool = "tools__env"): Promise<{ value: string; pid: number }> {
    const said = call(tool, { name: "GREETING" });
    const userMessage = `${scene.namespace} ${name} ${said}`;
    await scene.apply(task(name, { userMessage }));
    await scene.ended(name);
    const [, value = "", pid = ""] = /GREETING=(.*) pid=(\d+)/.exec(shown(userMessage)[0] ?? "") ?? [];
    return { value, pid: Number(pid) };
  }
  const isGone = (pid: number) => until(`process ${pid} is gone`, () => !isAlive(pid));
  const greeting = (value: string) => ({ env: [{ name: "GREETING", value }] });

  test.concurrent("an edited server is connected to anew, and the process of before is gone", async () => {
    const { scene } = await staff("edited", greeting("hello"));
    const before = await ask(scene, "before");
    expect(before.value).toBe("hello");
    await scene.patch("MCPServer", "tools", { spec: greeting("goodbye") });
    await scene.ready("MCPServer", "tools");
    const after = await ask(scene, "after");
    expect(after.value).toBe("goodbye");
    await isGone(before.pid);
  });

  test.concurrent("a deleted server's process is gone, and its agent says what is missing", async () => {
    const { scene } = await staff("removed", greeting("hello"));
    const { pid } = await ask(scene, "before");
    expect(isAlive(pid)).toBe(true);
    await scene.remove("MCPServer", "tools");
    await isGone(pid);
    const { status } = await scene.until("Agent", "helper", "is not ready", ({ status: now }) => now?.ready === false);
    expect(status?.statusDetail).toContain('MCPServer "tools"');
  });

  test.concurrent("a changed Secret reaches the server, and appears nowhere else", async () => {
    const scene = await lab.scene("secrets");
    const fromSecret = [{ name: "GREETING", valueFrom: { secretKeyRef: { name: "greeting", key: "text" } } }];
    await scene.apply(secret("greeting", { text: "first-secret" }), mcpServer("tools", [], { env: fromSecret }));
    await scene.team(model, { agent: { mcpServers: [{ name: "tools" }] } });
    const before = await ask(scene, "before");
    expect(before.value).toBe("first-secret");
    await scene.apply(secret("greeting", { text: "second-secret" }));
    await isGone(before.pid);
    await scene.ready("MCPServer", "tools");
    expect((await ask(scene, "after")).value).toBe("second-secret");
    const told = [await scene.get("MCPServer", "tools"), await scene.events("MCPServer", "tools")];
    expect(JSON.stringify(told)).not.toMatch(/first-secret|second-secret/);
  });

  test.concurrent("a server whose Secret is missing says which, and connects once it is there", async () => {
    const scene = await lab.scene("later-secret");
    const fromSecret = [{ name: "GREETING", valueFrom: { secretKeyRef: { name: "greeting", key: "text" } } }];
    await scene.apply(mcpServer("tools", [], { env: fromSecret }));
    const { status } = await scene.until(
      "MCPServer",
      "tools",
      "says why not",
      ({ status: now }) => now?.status === "Error",
    );
    expect(status).toMatchObject({ connected: false, statusDetail: saying('"greeting"') });
    await scene.apply(secret("greeting", { text: "there" }));
    await scene.ready("MCPServer", "tools");
  });

  test.concurrent("two servers of one name in two namespaces have nothing to do with each other", async () => {
    const [one, other] = await Promise.all([staff("one", greeting("one")), staff("other", greeting("other"))]);
    const [here, there] = await Promise.all([ask(one.scene, "t"), ask(other.scene, "t")]);
    expect([here.value, there.value]).toEqual(["one", "other"]);
    await one.scene.remove("MCPServer", "tools");
    await isGone(here.pid);
    expect((await ask(other.scene, "still")).pid).toBe(there.pid);
  });

  test.concurrent("an agent that lists tools offers those and no others", async () => {
    const scene = await lab.scene("chosen");
    await scene.apply(mcpServer("tools"));
    await scene.team(model, { agent: { mcpServers: [{ name: "tools", tools: ["env", "lookup"] }] } });
    expect((await scene.get("Agent", "helper"))?.status?.tools?.map(({ name }) => name).sort()).toEqual([
      "tools__env",
      "tools__lookup",
    ]);
    const userMessage = `chosen ${call("tools__append", { text: "not offered" })}`;
    await scene.apply(task("t", { userMessage }));
    expect((await scene.ended("t")).status?.phase).toBe("FinalAnswer");
    expect(offered(model.asked(userMessage)[0]?.body).sort()).toEqual(["tools__env", "tools__lookup"]);
    expect(shown(userMessage)[0]).toContain('no tool named "tools__append"');
  });

  test.concurrent("an agent waits for a server that comes later, where the namespace allows it", async () => {
    const scene = await lab.scene("early", { "kubechain.humanlayer.dev/references": "warn" });
    await scene.apply(llm("gpt-4o", model.url), agent("helper", "gpt-4o", { mcpServers: [{ name: "tools" }] }));
    const { status } = await scene.until("Agent", "helper", "says what it waits for", ({ status: now }) =>
      (now?.statusDetail ?? "").includes('MCPServer "tools"'),
    );
    expect(status?.ready).toBe(false);
    await scene.apply(mcpServer("tools", [], greeting("at last")));
    await scene.ready("Agent", "helper");
    expect((await ask(scene, "t")).value).toBe("at last");
  });

  test.concurrent("a call waits for a server that is away, and is made once it is back", async () => {
    const scene = await lab.scene("away");
    const effects = join(folder, scene.namespace);
    const first = await startToolServer({ effects });
    await scene.apply(ours("MCPServer", "tools", { transport: "http", url: first.url, timeout: "60s" }));
    await scene.team(model, { agent: { mcpServers: [{ name: "tools" }] } });
    await first.end();
    const userMessage = `away ${call("tools__append", { text: "patience" })}`;
    await scene.apply(task("t", { userMessage }));
    await scene.until("ToolCall", "t-tc-01", "exists", () => true);
    const again = await startToolServer({ effects, port: Number(new URL(first.url).port) });
    const { status } = await scene.ended("t");
    await again.end();
    expect(status?.phase).toBe("FinalAnswer");
    expect(shown(userMessage)).toEqual([saying("append patience ")]);
    expect(begunWith(effects, "append")).toEqual(["patience"]);
  });
});
