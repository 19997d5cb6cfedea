/**
 * From an empty namespace to a first answer, with kubectl and the manifests that users read: what is printed, what is
 * told, and what it costs.
 */
import { parseAllDocuments } from "yaml";
import { FAKE_KEY } from "../capabilities/testing/model-server-fake";
import { namespacePath } from "../capabilities/runtime/paths";
import type { Task } from "../crds/index";
import { resources } from "../crds/index";
import type { Lab } from "./harness";
import { sharedLab, START_LIMIT_MS } from "./harness";
import type { Manifest } from "./objects";
import { agent, ours, secret, task } from "./objects";
import { AGE, eventsIn, rowsOf } from "./printed";
import type { Scene } from "./scene";
import { contentOf } from "./scene";

let lab: Lab;
beforeAll(async () => void (lab = await sharedLab()), START_LIMIT_MS);
afterAll(() => lab.close());

const MOON = "What is the capital of the moon?";
const NO_CAPITAL = /^The Moon has no capital/;

const openaiSecret = secret("openai", { OPENAI_API_KEY: "sk-any" });

const llmYaml = `
apiVersion: kubechain.humanlayer.dev/v1alpha1
kind: LLM
metadata:
  name: gpt-4o
spec:
  provider: openai
  apiKeyFrom:
    secretKeyRef:
      name: openai
      key: OPENAI_API_KEY
`;
const agentYaml = `
apiVersion: kubechain.humanlayer.dev/v1alpha1
kind: Agent
metadata:
  name: my-assistant
spec:
  llmRef:
    name: gpt-4o
  system: |
    You are a helpful assistant. Your job is to help the user with their tasks.
`;
const taskYaml = `
apiVersion: kubechain.humanlayer.dev/v1alpha1
kind: Task
metadata:
  name: hello-world-1
spec:
  agentRef:
    name: my-assistant
  userMessage: "${MOON}"
`;

describe("the first steps of the README", () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await lab.scene("readme");
    await scene.mustKubectl(["create", "secret", "generic", "openai", "--from-literal=OPENAI_API_KEY=sk-any"]);
    for (const manifest of [llmYaml, agentYaml, taskYaml]) await scene.mustKubectl(["apply", "-f", "-"], manifest);
    await scene.mustKubectl(["wait", "--for=condition=Ready", "llm/gpt-4o", "agent/my-assistant", "--timeout=60s"]);
    await scene.mustKubectl(["wait", "--for=condition=Completed", "task/hello-world-1", "--timeout=60s"]);
    await scene.untilEvents("Task", "hello-world-1", "all three", ({ length }) => length === 3);
  }, START_LIMIT_MS);

  test.concurrent(
    "kubectl get llm shows provider, readiness and status, and with -o wide why, which model and how old",
    async () => {
      expect(rowsOf(await scene.mustKubectl(["get", "llm"]))).toEqual([
        ["NAME", "PROVIDER", "READY", "STATUS"],
        ["gpt-4o", "openai", "true", "Ready"],
      ]);
      expect(rowsOf(await scene.mustKubectl(["get", "llm", "-o", "wide"]))).toEqual([
        ["NAME", "PROVIDER", "READY", "STATUS", "DETAIL", "MODEL", "AGE"],
        ["gpt-4o", "openai", "true", "Ready", "OpenAI API key validated successfully", "gpt-4o", AGE],
      ]);
    },
  );

  test.concurrent(
    "kubectl get agent shows readiness and status, and with -o wide why, which LLM and how old",
    async () => {
      expect(rowsOf(await scene.mustKubectl(["get", "agent"]))).toEqual([
        ["NAME", "READY", "STATUS"],
        ["my-assistant", "true", "Ready"],
      ]);
      expect(rowsOf(await scene.mustKubectl(["get", "agent", "-o", "wide"]))).toEqual([
        ["NAME", "READY", "STATUS", "DETAIL", "LLM", "AGE"],
        ["my-assistant", "true", "Ready", "All dependencies validated successfully", "gpt-4o", AGE],
      ]);
    },
  );

  test.concurrent("kubectl get task shows the question and the answer, and with -o wide the rest", async () => {
    const answer = expect.stringMatching(NO_CAPITAL) as string;
    expect(rowsOf(await scene.mustKubectl(["get", "task"]))).toEqual([
      ["NAME", "READY", "STATUS", "PHASE", "PREVIEW", "OUTPUT"],
      ["hello-world-1", "true", "Ready", "FinalAnswer", MOON, answer],
    ]);
    expect(rowsOf(await scene.mustKubectl(["get", "task", "-o", "wide"]))).toEqual([
      [
        "NAME",
        "READY",
        "STATUS",
        "PHASE",
        "PREVIEW",
        "OUTPUT",
        "DETAIL",
        "AGENT",
        "ERROR",
        "STARTED",
        "COMPLETED",
        "AGE",
      ],
      [
        "hello-world-1",
        "true",
        "Ready",
        "FinalAnswer",
        MOON,
        answer,
        "LLM final response received",
        "my-assistant",
        "",
        AGE,
        AGE,
        AGE,
      ],
    ]);
  });

  test.concurrent(
    "kubectl describe shows each object with no annotations of ours and its events in order",
    async () => {
      const [llm, anAgent, aTask] = await Promise.all(
        ["llm", "agent", "task"].map((kind) => scene.mustKubectl(["describe", kind])),
      );
      for (const description of [llm, anAgent, aTask]) {
        expect(description).toMatch(/^Labels: +<none>$/m);
        expect(description).toMatch(/^Annotations: +<none>$/m);
      }
      expect(eventsIn(llm ?? "")).toEqual([
        ["Normal", "ValidationSucceeded", "llm-controller", "OpenAI API key validated successfully"],
      ]);
      const agentEvents = eventsIn(anAgent ?? "");
      expect(agentEvents.at(0)).toEqual(["Normal", "Initializing", "agent-controller", "Starting validation"]);
      expect(agentEvents.at(-1)).toEqual([
        "Normal",
        "ValidationSucceeded",
        "agent-controller",
        "All dependencies validated successfully",
      ]);
      expect(eventsIn(aTask ?? "")).toEqual([
        ["Normal", "ValidationSucceeded", "task-controller", "Task validation succeeded"],
        ["Normal", "SendingContextWindowToLLM", "task-controller", "Sending context window to LLM"],
        ["Normal", "LLMFinalAnswer", "task-controller", "LLM response received successfully"],
      ]);
    },
  );

  test.concurrent("kubectl get task -o yaml holds the conversation, the answer and the trace", async () => {
    const stored = JSON.parse(await scene.mustKubectl(["get", "task", "hello-world-1", "-o", "json"])) as Task;
    expect(stored.status).toMatchObject({
      contextWindow: [
        { role: "system", content: "You are a helpful assistant. Your job is to help the user with their tasks.\n" },
        { role: "user", content: MOON },
        { role: "assistant", content: expect.stringMatching(NO_CAPITAL) as string },
      ],
      output: expect.stringMatching(NO_CAPITAL) as string,
      phase: "FinalAnswer",
      ready: true,
      spanContext: {
        spanID: expect.stringMatching(/^[0-9a-f]{16}$/) as string,
        traceID: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
      },
      status: "Ready",
      statusDetail: "LLM final response received",
      messageCount: 3,
      turns: 1,
    });
    expect(await scene.mustKubectl(["get", "task", "-o", "jsonpath={.items[*].status.output}"])).toMatch(NO_CAPITAL);
  });

  test.concurrent("kubectl get kubechain shows objects of every kind", async () => {
    const names = (await scene.mustKubectl(["get", "kubechain", "-o", "name"])).trim().split("\n");
    expect(names.sort()).toEqual([
      "agent.kubechain.humanlayer.dev/my-assistant",
      "llm.kubechain.humanlayer.dev/gpt-4o",
      "task.kubechain.humanlayer.dev/hello-world-1",
    ]);
  });

  test.concurrent("applying the same manifests again changes nothing", async () => {
    for (const manifest of [llmYaml, agentYaml, taskYaml]) {
      expect(await scene.mustKubectl(["apply", "-f", "-"], manifest)).toMatch(/ unchanged\n$/);
    }
  });
});

test.concurrent("a task costs two status writes and three events", async () => {
  const scene = await lab.scene("price");
  await scene.apply(openaiSecret, ...documentsIn(llmYaml + "---" + agentYaml));
  await scene.ready("Agent", "my-assistant");
  const created = (await scene.create(documentsIn(taskYaml)[0] ?? task("none"))).body as Task;
  await scene.ended("hello-world-1");
  await scene.untilEvents("Task", "hello-world-1", "all three", ({ length }) => length >= 3);
  const path = namespacePath(resources.task, scene.namespace);
  const since = `?watch=true&resourceVersion=${created.metadata.resourceVersion}&timeoutSeconds=2`;
  const { body } = await lab.api.call({ method: "GET", path: path + since });
  const changes = String(typeof body === "string" ? body : JSON.stringify(body))
    .trim()
    .split("\n");
  const seen = changes.map((line) => JSON.parse(line) as { type: string; object: Task });
  expect(seen.map(({ type, object }) => `${type} ${object.status?.phase ?? ""}`)).toEqual([
    "MODIFIED ReadyForLLM",
    "MODIFIED FinalAnswer",
  ]);
  expect((await scene.events("Task", "hello-world-1")).map(({ count }) => count)).toEqual([1, 1, 1]);
});

function documentsIn(yaml: string): Manifest[] {
  return parseAllDocuments(yaml).map((document) => document.toJS() as Manifest);
}

describe("other spellings", () => {
  test.concurrent(
    "the Anthropic sample of the README, with the model at the top and no Secret named, answers a task",
    async () => {
      const scene = await lab.scene("anthropic");
      await scene.mustKubectl([
        "create",
        "secret",
        "generic",
        "anthropic",
        `--from-literal=ANTHROPIC_API_KEY=${FAKE_KEY}`,
      ]);
      const sample = ours("LLM", "claude-3-5-sonnet", { provider: "anthropic", model: "claude-3-5-sonnet" });
      await scene.mustKubectl(["apply", "-f", "-"], JSON.stringify(sample));
      await scene.apply(agent("helper", "claude-3-5-sonnet"), task("hello"));
      const { spec, status } = await scene.ready("LLM", "claude-3-5-sonnet");
      expect(spec).toEqual(expect.objectContaining({ parameters: { model: "claude-3-5-sonnet" } }));
      expect(spec).not.toHaveProperty("model");
      expect(status?.statusDetail).toBe("Anthropic API key validated successfully");
      expect((await scene.ended("hello")).status).toMatchObject({
        phase: "FinalAnswer",
        output: "Hello from the fake.",
      });
      expect(rowsOf(await scene.mustKubectl(["get", "llm", "claude-3-5-sonnet"]))[1]).toEqual([
        "claude-3-5-sonnet",
        "anthropic",
        "true",
        "Ready",
      ]);
    },
  );

  test.concurrent(
    "message and agent, as older manifests have them, become userMessage and agentRef, and applying them again changes nothing",
    async () => {
      const scene = await lab.scene("older");
      await scene.apply(openaiSecret, ...documentsIn(llmYaml + "---" + agentYaml));
      const older = [
        ours("Task", "with-message", { agentRef: { name: "my-assistant" }, message: MOON }),
        ours("Task", "with-agent", { agent: "my-assistant", message: MOON }),
      ].map((object) => JSON.stringify(object));
      for (const manifest of older)
        expect(await scene.mustKubectl(["apply", "-f", "-"], manifest)).toMatch(/ created\n$/);
      for (const name of ["with-message", "with-agent"]) {
        const { spec, status } = await scene.ended(name);
        expect(spec).toEqual({ agentRef: { name: "my-assistant" }, userMessage: MOON, requester: "kubernetes-admin" });
        expect(status).toMatchObject({ phase: "FinalAnswer", output: expect.stringMatching(NO_CAPITAL) as string });
      }
      const contents = async (): Promise<unknown[]> => (await scene.list("Task")).map(contentOf);
      const before = await contents();
      for (const manifest of older) await scene.mustKubectl(["apply", "-f", "-"], manifest);
      expect(await contents()).toEqual(before);
    },
  );
});

describe("kubectl explain", () => {
  interface Described {
    description?: string;
    type?: string;
    properties?: Record<string, Described>;
    items?: Described;
    additionalProperties?: Described;
    allOf?: object[];
  }

  /** Fields that the API server itself describes for every kind. */
  const notOurs = ["metadata"];

  function undescribed(schema: Described, path: string): string[] {
    const fields = Object.entries(schema.properties ?? {}).filter(([name]) => !notOurs.includes(name));
    const own = fields.flatMap(([name, field]) => [
      ...((field.description ?? "").trim() === "" ? [`${path}.${name}`] : []),
      ...undescribed(field, `${path}.${name}`),
    ]);
    return [...own, ...(schema.items ? undescribed(schema.items, `${path}[]`) : [])];
  }

  test.concurrent("has something to say about every field of every kind", async () => {
    const { body } = await lab.api.call({ method: "GET", path: "/openapi/v3/apis/kubechain.humanlayer.dev/v1alpha1" });
    const { schemas } = (body as { components: { schemas: Record<string, Described> } }).components;
    const kinds = Object.values(resources).map(({ kind }) => kind);
    for (const kind of kinds) {
      const [name, schema] = Object.entries(schemas).find(([id]) => id.endsWith(`.v1alpha1.${kind}`)) ?? [];
      expect({ kind, described: Boolean(schema?.description) }).toEqual({ kind, described: true });
      expect(undescribed(schema ?? {}, name ?? kind)).toEqual([]);
    }
  });

  test.concurrent.each(Object.values(resources).map(({ kind }) => kind))(
    "%s.spec reads as a manual, without a gap",
    async (kind) => {
      const text = await scene().mustKubectl(["explain", `${kind.toLowerCase()}.spec`]);
      expect(text).toContain("Example: ");
      expect(text).not.toMatch(/<(no description|empty)>/i);
    },
  );

  /** Explaining needs no namespace of its own. */
  const scene = (): { mustKubectl: (args: string[]) => Promise<string> } => ({
    mustKubectl: async (args) => (await lab.kubectl(args)).stdout,
  });
});
