/**
 * What is refused and what is warned about at `kubectl apply`, in the very sentences that people read, and that nothing
 * stands in the way of what should go through.
 */
import type { LLM } from "../crds/index";
import type { Lab } from "./harness";
import { sharedLab, START_LIMIT_MS } from "./harness";
import type { Model } from "./model";
import { startModel } from "./model";
import type { Manifest } from "./objects";
import { agent, llm, ours, task } from "./objects";
import type { Scene } from "./scene";
import { contentOf, messageOf } from "./scene";

/** Who creates everything here. */
const requester = "kubernetes-admin";
let lab: Lab;
let model: Model;
/** Has the LLM "gpt-4o" and the Agent "helper". */
let scene: Scene;
beforeAll(async () => {
  [lab, model] = await Promise.all([sharedLab(), startModel()]);
  scene = await lab.scene("admission");
  await scene.team(model);
}, START_LIMIT_MS);
afterAll(async () => {
  lab.close();
  await model.close();
});

const apply = (manifest: Manifest, ...more: string[]) =>
  scene.kubectl(["apply", "-f", "-", ...more], JSON.stringify(manifest));
const WEBHOOK = 'admission webhook "pepr-kubechain.pepr.dev" denied the request: ';

/** The end of every refusal for a reference. */
const orLabel = (): string =>
  `Where objects arrive in any order, label the namespace, and they wait for one another instead: kubectl label namespace ${scene.namespace} kubechain.humanlayer.dev/references=warn`;

describe("what kubectl prints when something is refused", () => {
  test.concurrent("an agent of an LLM that does not exist", async () => {
    const { code, stderr } = await apply(agent("lost", "claude"));
    expect(code).toBe(1);
    expect(stderr).toBe(
      `Error from server: error when creating "STDIN": ${WEBHOOK}Agent "lost" in namespace "${scene.namespace}" refers to LLM "claude", which does not exist. Create it first, or correct spec.llmRef.name. ${orLabel()}\n`,
    );
  });

  test.concurrent("a task of an agent whose name is nearly right", async () => {
    const { code, stderr } = await apply(task("lost", { agentRef: { name: "helpr" } }));
    expect(code).toBe(1);
    expect(stderr).toBe(
      `Error from server: error when creating "STDIN": ${WEBHOOK}Task "lost" in namespace "${scene.namespace}" refers to Agent "helpr", which does not exist. Create it first, or correct spec.agentRef.name. Did you mean Agent "helper"? ${orLabel()}\n`,
    );
  });

  test.concurrent("an agent that refers to several objects that do not exist, all of them at once", async () => {
    const { code, stderr } = await apply(
      agent("lost", "gpt-4o", {
        mcpServers: [{ name: "fetch" }],
        tools: [{ name: "add" }],
        humanContactChannels: [{ name: "people" }],
        subAgents: [{ name: "other" }, { name: "helper" }],
      }),
    );
    expect(code).toBe(1);
    expect(stderr).toBe(
      `Error from server: error when creating "STDIN": ${WEBHOOK}Agent "lost" in namespace "${scene.namespace}" refers to MCPServer "fetch", Tool "add", ContactChannel "people" and Agent "other", which do not exist. Create them first, or correct spec.mcpServers, spec.tools, spec.humanContactChannels and spec.subAgents. ${orLabel()}\n`,
    );
  });

  test.concurrent("an edit that turns an agent to an LLM that does not exist", async () => {
    const { code, stderr } = await scene.kubectl([
      "patch",
      "agent",
      "helper",
      "--type=merge",
      "--patch",
      '{"spec":{"llmRef":{"name":"gone"}}}',
    ]);
    expect(code).toBe(1);
    expect(stderr).toBe(
      `Error from server: ${WEBHOOK}Agent "helper" in namespace "${scene.namespace}" refers to LLM "gone", which does not exist. Create it first, or correct spec.llmRef.name. ${orLabel()}\n`,
    );
    expect((await scene.get("Agent", "helper"))?.spec.llmRef.name).toBe("gpt-4o");
  });

  test.concurrent("two spellings of one field with different values", async () => {
    const { code, stderr } = await apply(
      ours("Task", "torn", { agentRef: { name: "helper" }, userMessage: "One?", message: "Another?" }),
    );
    expect(code).toBe(1);
    expect(stderr).toBe(
      `Error from server: error when creating "STDIN": ${WEBHOOK}Task "torn" in namespace "${scene.namespace}" says one thing in spec.message and another in spec.userMessage. spec.message is only the old name of spec.userMessage: remove spec.message.\n`,
    );
  });

  test.concurrent("an output schema with which no answer could be checked", async () => {
    const { code, stderr } = await apply(task("misfit", { outputSchema: { type: "objekt" } }));
    expect(code).toBe(1);
    expect(stderr).toBe(
      `Error from server: error when creating "STDIN": ${WEBHOOK}Task "misfit" in namespace "${scene.namespace}" has an output schema that no answer could be checked with: spec.outputSchema.type must be one of null, boolean, object, array, number, string, integer, or a list of them.\n`,
    );
  });

  test.concurrent("a server-side dry run refuses and warns as the real thing does, and stores nothing", async () => {
    const refused = await apply(agent("dry", "claude"), "--dry-run=server");
    expect(refused.stderr).toContain(
      `${WEBHOOK}Agent "dry" in namespace "${scene.namespace}" refers to LLM "claude", which does not exist.`,
    );
    const accepted = await apply(
      ours("Task", "dry", { agent: "helper", message: "dry" }),
      "--dry-run=server",
      "-o",
      "jsonpath={.spec}",
    );
    expect(JSON.parse(accepted.stdout)).toEqual({ agentRef: { name: "helper" }, userMessage: "dry", requester });
    expect(await scene.get("Task", "dry")).toBeUndefined();
    expect(model.asked("dry")).toEqual([]);
  });

  test.concurrent("a warning for every parameter that will not be sent", async () => {
    const { code, stdout, stderr } = await apply(
      ours("LLM", "claude-3-5-sonnet", { provider: "anthropic", parameters: { seed: 7, temperature: 2 } }),
      "--dry-run=server",
    );
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: "llm.kubechain.humanlayer.dev/claude-3-5-sonnet created (server dry run)\n",
    });
    expect(stderr.trim().split("\n").sort()).toEqual([
      "Warning: spec.parameters.seed will not be sent: Anthropic's API has no seed; remove it.",
      "Warning: spec.parameters.temperature will not be sent: Anthropic takes a temperature from 0 to 1; lower it.",
    ]);
  });

  test.concurrent("a warning for a field that has no effect in this version", async () => {
    const { code, stderr } = await apply(
      ours("MCPServer", "bounded", { transport: "stdio", command: "x", resources: { limits: { memory: "256Mi" } } }),
      "--dry-run=server",
    );
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringMatching(/^Warning: spec\.resources has no effect in this version: .*\n$/) as string,
    });
  });

  test.concurrent("where the namespace says so, a warning for each reference instead of a refusal", async () => {
    const own = await lab.scene("any-order", { "kubechain.humanlayer.dev/references": "warn" });
    const manifest = JSON.stringify(agent("early", "claude", { tools: [{ name: "add" }] }));
    const { code, stdout, stderr } = await own.kubectl(["apply", "-f", "-"], manifest);
    expect({ code, stdout }).toEqual({ code: 0, stdout: "agent.kubechain.humanlayer.dev/early created\n" });
    expect(stderr).toBe(
      `Warning: Agent "early" waits until LLM "claude" (spec.llmRef.name) exists in namespace "${own.namespace}".\n` +
        `Warning: Agent "early" waits until Tool "add" (spec.tools) exists in namespace "${own.namespace}".\n`,
    );
  });
});

describe("references of every kind are checked", () => {
  test.concurrent.each<[string, Manifest, string, string]>([
    [
      "a task's contact channel",
      task("t", { contactChannelRef: { name: "nowhere" } }),
      'ContactChannel "nowhere"',
      "spec.contactChannelRef.name",
    ],
    [
      "a task run's task",
      ours("TaskRun", "r", { taskRef: { name: "nowhere" } }),
      'Task "nowhere"',
      "spec.taskRef.name",
    ],
    [
      "a task run's task in the old spelling",
      ours("TaskRun", "r", { task: "nowhere" }),
      'Task "nowhere"',
      "spec.taskRef.name",
    ],
    [
      "an MCP server's contact channel",
      ours("MCPServer", "m", { transport: "stdio", command: "x", approvalContactChannel: { name: "nowhere" } }),
      'ContactChannel "nowhere"',
      "spec.approvalContactChannel.name",
    ],
    [
      "a tool's contact channel",
      ours("Tool", "x", {
        description: "x",
        function: { source: "return 1" },
        approvalContactChannel: { name: "nowhere" },
      }),
      'ContactChannel "nowhere"',
      "spec.approvalContactChannel.name",
    ],
    [
      "a tool's agent",
      ours("Tool", "x", { description: "x", agent: { name: "nowhere" } }),
      'Agent "nowhere"',
      "spec.agent.name",
    ],
  ])("%s", async (_what, manifest, missing, field) => {
    const reply = await scene.create(manifest, "dryRun=All");
    expect(reply.status).toBe(422);
    expect(messageOf(reply)).toContain(
      `refers to ${missing}, which does not exist. Create it first, or correct ${field}.`,
    );
  });

  test.concurrent("an agent may name itself among its own sub-agents", async () => {
    expect((await scene.create(agent("narcissus", "gpt-4o", { subAgents: [{ name: "narcissus" }] }))).status).toBe(201);
  });

  test.concurrent("an object of another namespace is none", async () => {
    const own = await lab.scene("elsewhere");
    const reply = await own.create(task("t"));
    expect({ status: reply.status, message: messageOf(reply) }).toEqual({
      status: 422,
      message: expect.stringContaining(`Agent "helper"`) as string,
    });
  });

  test.concurrent("what was created a moment ago is found, however far behind a cache may be", async () => {
    const own = await lab.scene("at-once");
    for (let i = 0; i < 5; i++) {
      await own.apply(
        llm(`llm-${i}`, model.url),
        agent(`agent-${i}`, `llm-${i}`),
        task(`task-${i}`, { agentRef: { name: `agent-${i}` } }),
      );
    }
    for (let i = 0; i < 5; i++) expect((await own.ended(`task-${i}`)).status?.phase).toBe("FinalAnswer");
  });
});

describe("old spellings", () => {
  test.concurrent.each<[string, Manifest, object]>([
    [
      "Task message",
      ours("Task", "t", { agentRef: { name: "helper" }, message: "Hi?" }),
      { agentRef: { name: "helper" }, userMessage: "Hi?", requester },
    ],
    [
      "Task agent",
      ours("Task", "t", { agent: "helper", userMessage: "Hi?" }),
      { agentRef: { name: "helper" }, userMessage: "Hi?", requester },
    ],
    [
      "LLM model",
      ours("LLM", "l", { provider: "openai", model: "gpt-4o" }),
      { provider: "openai", parameters: { model: "gpt-4o" }, verify: "Models" },
    ],
    [
      "MCPServer type",
      ours("MCPServer", "m", { type: "stdio", command: "x" }),
      { transport: "stdio", command: "x", trustAnnotations: false, timeout: "60s" },
    ],
    [
      "both spellings with the same value",
      ours("Task", "t", { agent: "helper", agentRef: { name: "helper" }, userMessage: "Hi?" }),
      { agentRef: { name: "helper" }, userMessage: "Hi?", requester },
    ],
  ])("%s is moved to where it belongs", async (_what, manifest, spec) => {
    const { status, body } = await scene.create(manifest, "dryRun=All");
    expect({ status, spec: (body as { spec?: unknown }).spec }).toEqual({ status: 201, spec });
  });

  test.concurrent.each<[string, Manifest, string]>([
    [
      "Task agent",
      ours("Task", "t", { agent: "a", agentRef: { name: "b" }, userMessage: "Hi?" }),
      "spec.agent and another in spec.agentRef.name",
    ],
    [
      "TaskRun task",
      ours("TaskRun", "r", { task: "a", taskRef: { name: "b" } }),
      "spec.task and another in spec.taskRef.name",
    ],
    [
      "MCPServer type",
      ours("MCPServer", "m", { type: "stdio", transport: "http", command: "x" }),
      "spec.type and another in spec.transport",
    ],
    [
      "LLM model",
      ours("LLM", "l", { provider: "openai", model: "a", parameters: { model: "b" } }),
      "spec.model and another in spec.parameters.model",
    ],
  ])("%s that contradicts the new field is refused", async (_what, manifest, phrase) => {
    const reply = await scene.create(manifest, "dryRun=All");
    expect({ status: reply.status, message: messageOf(reply) }).toEqual({
      status: 422,
      message: expect.stringContaining(`says one thing in ${phrase}`) as string,
    });
  });

  test.concurrent(
    "an LLM in the old spelling can be edited and applied again, by the client and by the server",
    async () => {
      const own = await lab.scene("respelled");
      const old = (name: string): Manifest =>
        ours("LLM", "small", { provider: "openai", model: name, parameters: { baseUrl: model.url } });
      const modelOf = async (): Promise<unknown> => (await own.get("LLM", "small"))?.spec.parameters?.model;
      for (const name of ["gpt-4o", "gpt-4o-mini"]) {
        await own.mustKubectl(["apply", "-f", "-"], JSON.stringify(old(name)));
        expect(await modelOf()).toBe(name);
      }
      for (const name of ["gpt-4o", "gpt-4o-mini"]) {
        await own.apply(old(name));
        expect(await modelOf()).toBe(name);
      }
      const before = await own.ready("LLM", "small");
      await own.apply(old("gpt-4o-mini"));
      expect(contentOf(await own.get("LLM", "small"))).toEqual(contentOf(before));
    },
  );
});

describe("what must go through", () => {
  test.concurrent("the same manifest twice is unchanged", async () => {
    const manifest = ours("LLM", "twice", { provider: "openai", parameters: { baseUrl: model.url } });
    expect((await apply(manifest)).stdout).toBe("llm.kubechain.humanlayer.dev/twice created\n");
    await scene.ready("LLM", "twice");
    expect((await apply(manifest)).stdout).toBe("llm.kubechain.humanlayer.dev/twice unchanged\n");
  });

  test.concurrent("an LLM without a model is called after its own name", async () => {
    const { body } = await scene.create(ours("LLM", "gpt-4o-mini", { provider: "openai" }), "dryRun=All");
    expect((body as LLM).spec.parameters?.model).toBe("gpt-4o-mini");
  });

  test.concurrent("an object whose name the API server makes", async () => {
    const manifest = { ...task("x"), metadata: { generateName: "made-", name: "" } };
    const { status, body } = await scene.create(manifest);
    expect(status).toBe(201);
    const { name } = (body as { metadata: { name: string } }).metadata;
    expect(name).toMatch(/^made-/);
    expect((await scene.ended(name)).status?.phase).toBe("FinalAnswer");
  });

  test.concurrent(
    "labels, annotations and finalizers of an object whose reference is gone, and its deletion",
    async () => {
      const own = await lab.scene("gone");
      await own.team(model);
      await own.apply(task("t"));
      await own.ended("t");
      await own.patch("Agent", "helper", { metadata: { finalizers: ["example.com/wait"] } });
      await own.remove("LLM", "gpt-4o");
      await own.untilGone("LLM", "gpt-4o");
      await own.mustKubectl(["label", "agent", "helper", "team=blue"]);
      await own.mustKubectl(["annotate", "agent", "helper", "note=later"]);
      await own.patch("Agent", "helper", { spec: { description: "Still editable." } });
      await own.remove("Agent", "helper");
      await own.patch("Agent", "helper", { metadata: { finalizers: null } });
      await own.untilGone("Agent", "helper");
      await own.patch("Task", "t", { metadata: { labels: { team: "blue" } } });
      await own.patch("Task", "t", { spec: { suspended: true } });
      await own.remove("Task", "t");
      await own.untilGone("Task", "t");
    },
  );

  test.concurrent("objects applied on the server's side, without anybody else owning their fields", async () => {
    const own = await lab.scene("server-side");
    const files = [llm("gpt-4o", model.url), agent("helper", "gpt-4o"), task("hello")]
      .map((object) => JSON.stringify(object))
      .join("\n---\n");
    const how = ["apply", "--server-side", "-f", "-"];
    await own.mustKubectl(how, files);
    expect((await own.ended("hello")).status?.phase).toBe("FinalAnswer");
    const contents = async (): Promise<unknown[]> =>
      [await own.get("LLM", "gpt-4o"), await own.get("Agent", "helper"), await own.get("Task", "hello")].map(contentOf);
    const before = await contents();
    await own.mustKubectl(how, files);
    expect(await contents()).toEqual(before);
  });

  test.concurrent("a namespace, with everything in it", async () => {
    const own = await lab.scene("ends");
    await own.team(model);
    await own.apply(task("hello"));
    await own.ended("hello");
    expect((await lab.kubectl(["delete", "namespace", own.namespace, "--timeout=60s"])).code).toBe(0);
  });
});
