import type {
  Agent,
  ContactChannel,
  ContactChannelSpec,
  LLM,
  MCPServer,
  Task,
  TaskSpec,
  ToolCall,
} from "../../crds/index";
import { apiVersion, resources } from "../../crds/index";
import type { Asked, ChannelTarget, Question } from "../adapters/channels/port";
import type { EventNote } from "../runtime/events";
import { silentLog } from "../runtime/log";
import type { ClusterObject, Draft, Resource } from "../runtime/objects";
import type { SecretValue } from "../runtime/secrets";
import { Store } from "../runtime/store";
import { FakeClock } from "../testing/fake-clock";
import { FakeCluster } from "../testing/fake-cluster";
import { createTaskController, slimTask } from "./controller";
import { finalAnswerId } from "./tell";

const namespace = "default";
const ref = (name: string): { name: string; namespace: string } => ({ name, namespace });
const email: ContactChannelSpec = {
  type: "email",
  email: { address: "a@example.com" },
  apiKeyFrom: { secretKeyRef: { name: "humanlayer", key: "KEY" } },
};
const sentAt = new Date("2026-01-01T00:01:00Z");
const sent: Asked = { kind: "Sent", at: sentAt };
const unsent = (detail: string): Asked => ({ kind: "Unsent", detail, retryAt: sentAt });

/** What one process has of the services: each question is as the test says. */
class ScriptedChannels {
  readonly questions = new Map<string, Asked>();
  readonly puts: { target: ChannelTarget; question: Question; wasSent: boolean }[] = [];
  readonly drops: string[] = [];
  readonly #listeners: ((id: string) => void)[] = [];

  put(target: ChannelTarget, question: Question, wasSent: boolean): void {
    this.puts.push({ target, question, wasSent });
    if (!this.questions.has(question.id)) this.be(question.id, { kind: "Sending" });
  }
  drop(id: string): void {
    this.drops.push(id);
    this.questions.delete(id);
  }
  look(id: string): Asked | undefined {
    return this.questions.get(id);
  }
  subscribe(listener: (id: string) => void): void {
    this.#listeners.push(listener);
  }
  be(id: string, asked: Asked): void {
    this.questions.set(id, asked);
    for (const listener of this.#listeners) listener(id);
  }
}

interface Scene {
  spec?: Partial<TaskSpec>;
  channel?: ContactChannelSpec;
  /** Whether the task names the channel. */
  tells?: boolean;
}

/** A task whose model has one answer, a channel, and one process after the other. */
async function stage({ spec = {}, channel, tells = true }: Scene = {}) {
  const clock = new FakeClock();
  const cluster = new FakeCluster({ clock });
  const events: EventNote[] = [];
  let secret: SecretValue = { kind: "Value", value: "k1", resourceVersion: "1" };
  let stopping = false;

  async function create<T extends ClusterObject>(resource: Resource, draft: Omit<Draft<T>, "apiVersion" | "kind">) {
    const { kind } = resource;
    const created = await cluster.create<T>(resource, { apiVersion, kind, ...draft } as unknown as Draft<T>);
    if (!created.ok) throw new Error(`could not create ${kind}`);
    return created.value;
  }
  const say = async <T extends ClusterObject>(resource: Resource, name: string, status: object) => {
    const object = cluster.read<T>(resource, ref(name));
    if (object) await cluster.replaceStatus(resource, { ...object, status });
    await clock.advance(50);
  };
  const createChannel = (given: ContactChannelSpec): Promise<ContactChannel> =>
    create<ContactChannel>(resources.contactChannel, { metadata: ref("team"), spec: given });
  const ready = (isReady = true) =>
    say(resources.contactChannel, "team", { ready: isReady, observedGeneration: 1, statusDetail: "so" });

  const operate = () => {
    const stores = {
      llms: new Store<LLM>({ clock }),
      agents: new Store<Agent>({ clock }),
      mcpServers: new Store<MCPServer>({ clock }),
      contactChannels: new Store<ContactChannel>({ clock }),
      toolCalls: new Store<ToolCall>({ clock }),
      tasks: new Store<Task>({ clock, slim: slimTask }),
    };
    const channels = new ScriptedChannels();
    const controller = createTaskController({
      ...stores,
      cluster,
      clock,
      channels,
      environment: {},
      log: silentLog,
      random: () => 0,
      stopping: () => stopping,
      recorder: { record: (note) => void events.push(note), flush: () => Promise.resolve(), backlog: 0 },
      secrets: {
        start: () => undefined,
        stop: () => undefined,
        onChange: () => () => undefined,
        read: () => Promise.resolve(secret),
      },
      models: {
        verify: () => Promise.resolve({ kind: "Verified" }),
        ask: () =>
          Promise.resolve({
            kind: "Answer",
            message: { role: "assistant", content: "Forty-two" },
            stop: "Complete",
            usage: { inputTokens: 1, outputTokens: 1, cachedInputTokens: 0 },
          }),
      },
    });
    const { watches } = cluster;
    const stops = [
      watches.watch(resources.llm, (object) => void stores.llms.learn(object as LLM)),
      watches.watch(resources.agent, (object) => void stores.agents.learn(object as Agent)),
      watches.watch(resources.contactChannel, (object, phase) =>
        phase === "DELETED"
          ? void stores.contactChannels.forget("default/team", object.metadata.uid)
          : void stores.contactChannels.learn(object as ContactChannel),
      ),
      watches.watch(resources.task, (object, phase) => controller.notice(object as Task, phase)),
    ];
    controller.start();
    return { channels, controller, stops };
  };

  await create<LLM>(resources.llm, { metadata: ref("m"), spec: { provider: "openai", parameters: { baseUrl: "x" } } });
  await create<Agent>(resources.agent, { metadata: ref("a"), spec: { llmRef: { name: "m" }, system: "Be brief." } });
  await say(resources.llm, "m", { ready: true });
  await say(resources.agent, "a", { ready: true });
  if (channel) await createChannel(channel);
  if (channel) await ready();
  const { uid } = (
    await create<Task>(resources.task, {
      metadata: ref("t"),
      spec: {
        agentRef: { name: "a" },
        userMessage: "What is it?",
        ...(tells && { contactChannelRef: { name: "team" } }),
        ...spec,
      },
    })
  ).metadata;
  let process = operate();
  await clock.advance(50);
  const id = finalAnswerId(uid);
  const task = () => cluster.read<Task>(resources.task, ref("t"));

  return {
    id,
    uid,
    clock,
    cluster,
    ready,
    createChannel,
    get channels() {
      return process.channels;
    },
    async be(asked: Asked) {
      process.channels.be(id, asked);
      await clock.advance(50);
    },
    async restart() {
      for (const stop of process.stops) stop();
      await process.controller.stop();
      process = operate();
      await clock.advance(50);
    },
    setSecret: (next: SecretValue) => void (secret = next),
    stop: () => void (stopping = true),
    async remove() {
      await cluster.remove(resources.task, { ...ref("t"), uid });
      await clock.advance(50);
    },
    async removeChannel() {
      const found = cluster.read<ContactChannel>(resources.contactChannel, ref("team"));
      await cluster.remove(resources.contactChannel, { ...ref("team"), uid: found?.metadata.uid ?? "" });
      await clock.advance(50);
    },
    status: () => task()?.status,
    /** The condition AnswerSent in a few words. */
    condition() {
      const found = task()?.status?.conditions?.find(({ type }) => type === "AnswerSent");
      return found && `${found.status} ${found.reason}`;
    },
    told: () => events.map(({ type, reason }) => `${type} ${reason}`).slice(3),
    messages: () => events.map(({ message }) => message),
    writes: () =>
      cluster.history.filter(({ verb, resource }) => verb === "replaceStatus" && resource.kind === "Task").length,
  };
}

describe("a final answer", () => {
  test("is handed to the channel once it is stored, and that is written down with nothing lost", async () => {
    const s = await stage({ channel: email });
    expect(s.status()).toMatchObject({ phase: "FinalAnswer", statusDetail: "LLM final response received" });
    expect(s.channels.puts).toEqual([
      {
        target: expect.objectContaining({ name: "team", apiKey: "k1" }) as ChannelTarget,
        question: {
          id: s.id,
          kind: "Notice",
          about: { kind: "Task", namespace, name: "t", uid: s.uid },
          message: "Forty-two",
        },
        wasSent: false,
      },
    ]);
    expect(s.id).toMatch(/^hc-[0-9a-f]{16}$/);
    const before = s.status();
    await s.be(sent);
    expect(s.status()).toEqual({
      ...before,
      answerSentTime: sentAt.toISOString(),
      conditions: [
        ...(before?.conditions ?? []),
        expect.objectContaining({ type: "AnswerSent", status: "True", reason: "Sent" }),
      ],
    });
    expect(s.status()?.contextWindow).toHaveLength(3);
    expect([s.writes(), s.told()]).toEqual([3, ["Normal AnswerSent"]]);
    expect(s.messages()).toContain("Final answer sent via contact channel team");
    expect(s.channels.drops).toEqual([s.id]);
  });

  test("is not told again by a restart, once it was told", async () => {
    const s = await stage({ channel: email });
    await s.be(sent);
    await s.restart();
    await s.clock.advance(600_000);
    expect([s.channels.puts.length, s.writes()]).toEqual([0, 3]);
  });

  test("is put again under the same id by a process that comes after one that died", async () => {
    const s = await stage({ channel: email });
    await s.restart();
    expect(s.channels.puts.map(({ question, wasSent }) => [question.id, wasSent])).toEqual([[s.id, false]]);
    await s.be(sent);
    expect([s.condition(), s.writes()]).toEqual(["True Sent", 3]);
  });

  test("costs nothing on a channel that needs no service", async () => {
    const s = await stage({ channel: { type: "kubernetes" } });
    await s.restart();
    expect([s.writes(), s.channels.puts.length, s.cluster.calls.get]).toEqual([2, 0, 0]);
  });

  test("costs nothing when nobody is to be told", async () => {
    const s = await stage({ tells: false, channel: email });
    await s.restart();
    expect([s.writes(), s.channels.puts.length, s.cluster.calls.get]).toEqual([2, 0, 0]);
  });

  test("that cannot be sent yet says so once for each trouble, and is still sent", async () => {
    const s = await stage({ channel: email });
    for (const detail of ["HumanLayer does not answer", "HumanLayer does not answer", "The key is refused"])
      await s.be(unsent(detail));
    expect([s.condition(), s.writes()]).toEqual(["False SendingFailed", 4]);
    expect(s.told()).toEqual(["Warning AnswerNotSent", "Warning AnswerNotSent"]);
    expect(s.status()).toMatchObject({ ready: true, status: "Ready", statusDetail: "LLM final response received" });
    s.setSecret({ kind: "Value", value: "k2", resourceVersion: "2" });
    await s.be(unsent("The key is refused"));
    expect(s.channels.puts.at(-1)?.target.apiKey).toBe("k2");
    expect(s.writes()).toBe(4);
    await s.be(sent);
    expect([s.condition(), s.told().at(-1), s.writes()]).toEqual(["True Sent", "Normal AnswerSent", 5]);
  });

  test("in words that the API server would change is written once too", async () => {
    const s = await stage({ channel: email });
    const odd = `${"x".repeat(999)}🚀${"y".repeat(9_000)}`;
    const before = s.cluster.calls.replaceStatus;
    await s.be(unsent(odd));
    await s.be(unsent(odd));
    expect(s.cluster.calls.replaceStatus).toBe(before + 1);
    const { message = "" } = s.status()?.conditions?.at(-1) ?? {};
    expect(Buffer.from(message, "utf8").toString("utf8")).toBe(message);
  });

  test("whose id the service has for something else is given up, also by the next process", async () => {
    const s = await stage({ channel: email });
    await s.be({ kind: "Foreign", detail: "The service has another text under this id" });
    expect([s.condition(), s.writes(), s.channels.drops]).toEqual(["False NotThisAnswer", 3, [s.id]]);
    await s.restart();
    expect([s.channels.puts.length, s.writes()]).toEqual([0, 3]);
  });

  test("waits for its channel, and goes out when it is ready", async () => {
    const s = await stage();
    expect([s.condition(), s.channels.puts.length]).toEqual(["False ChannelMissing", 0]);
    await s.createChannel(email);
    await s.ready(false);
    expect([s.condition(), s.channels.puts.length]).toEqual(["False ChannelNotReady", 0]);
    await s.ready();
    expect(s.channels.puts.length).toBe(1);
    await s.be(sent);
    expect(s.condition()).toBe("True Sent");
  });

  test("is recorded as sent also when its channel has gone meanwhile", async () => {
    const s = await stage({ channel: email });
    await s.removeChannel();
    await s.be(sent);
    expect(s.condition()).toBe("True Sent");
  });

  test("whose channel cannot be read is tried again", async () => {
    const s = await stage({ spec: { suspended: true }, channel: email });
    s.setSecret({ kind: "Unreadable", message: "busy" });
    await s.cluster.mergePatch(resources.task, ref("t"), { spec: { suspended: false } });
    await s.clock.advance(1_000);
    expect([s.status()?.phase, s.channels.puts.length]).toEqual(["FinalAnswer", 0]);
    s.setSecret({ kind: "Value", value: "k1", resourceVersion: "2" });
    await s.clock.advance(300_000);
    expect(s.channels.puts.length).toBe(1);
  });

  test("is not begun by a process that is stopping, and recorded by it all the same", async () => {
    const s = await stage();
    s.stop();
    await s.createChannel(email);
    await s.ready();
    expect(s.channels.puts.length).toBe(0);
    await s.be(sent);
    expect(s.condition()).toBe("True Sent");
  });

  test("of a task that is edited at the same moment is recorded over the edit", async () => {
    const s = await stage({ channel: email });
    s.cluster.watches.deafen(resources.task);
    await s.cluster.mergePatch(resources.task, ref("t"), { metadata: { labels: { team: "blue" } } });
    await s.be(sent);
    await s.clock.advance(1_000);
    const task = s.cluster.read<Task>(resources.task, ref("t"));
    expect([s.condition(), task?.metadata.labels]).toEqual(["True Sent", { team: "blue" }]);
    expect(task?.status?.contextWindow).toHaveLength(3);
  });
});

describe("a task that tells its answer", () => {
  test("does not delete itself before that", async () => {
    const s = await stage({ spec: { ttlSecondsAfterFinished: 60 }, channel: email });
    await s.clock.advance(600_000);
    expect(s.status()?.phase).toBe("FinalAnswer");
    await s.be(sent);
    expect(s.status()).toBeUndefined();
  });

  test("deletes itself when it has given that up", async () => {
    const s = await stage({ spec: { ttlSecondsAfterFinished: 60 }, channel: email });
    await s.be({ kind: "Foreign", detail: "Something else" });
    await s.clock.advance(60_000);
    expect(s.status()).toBeUndefined();
  });

  test("that is deleted by hand lets its answer go", async () => {
    const s = await stage({ channel: email });
    await s.remove();
    expect(s.channels.drops).toEqual([s.id]);
  });

  test("tells nothing when it is cancelled before it has one", async () => {
    const s = await stage({ spec: { cancelled: true }, channel: email });
    expect([s.status()?.phase, s.channels.puts.length]).toEqual(["Cancelled", 0]);
  });
});
