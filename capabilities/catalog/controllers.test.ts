import type { Agent, ContactChannel, LLM, LLMSpec, MCPServer } from "../../crds/index";
import { apiVersion } from "../../crds/index";
import type { Verification } from "../adapters/models/port";
import type { Cluster } from "../runtime/cluster";
import { failed, ok } from "../runtime/errors";
import type { EventNote } from "../runtime/events";
import { silentLog } from "../runtime/log";
import type { ClusterObject, Ref, Resource } from "../runtime/objects";
import { keyOf } from "../runtime/objects";
import type { Secrets, SecretValue } from "../runtime/secrets";
import { Store } from "../runtime/store";
import { FakeClock } from "../testing/fake-clock";
import { createAgentController } from "./agent/controller";
import { createLLMController } from "./llm/controller";
import { RECHECK_MS } from "./pauses";

type Catalogued = LLM | Agent;
type Answer = Verification | "hangs";

const verified: Verification = { kind: "Verified", modelListed: true };
const blip: Verification = {
  kind: "Failure",
  retryable: true,
  reason: "ProviderError",
  message: "OpenAI answered 503.",
};
const refused: Verification = {
  kind: "Failure",
  retryable: false,
  reason: "AuthenticationFailed",
  message: "OpenAI refused the key.",
};

/** A cluster of LLMs and Agents whose watch delivers at once, one Secret, a provider that says what it is told to, both controllers. */
function stage() {
  const clock = new FakeClock();
  const objects = new Map<string, Catalogued>();
  const events: EventNote[] = [];
  const asked: { apiKey?: string }[] = [];
  const listeners = new Set<(key: string) => void>();
  let version = 0;
  let writes = 0;
  let secret: SecretValue = { kind: "Value", value: "sk-secret", resourceVersion: "1" };
  let answer: Answer = verified;

  const idOf = (kind: string, { namespace, name }: Ref): string => `${kind} ${namespace}/${name}`;
  const cluster = {
    async get({ kind }: Resource, ref: Ref) {
      const found = objects.get(idOf(kind, ref));
      return found ? ok(structuredClone(found)) : failed({ kind: "gone" });
    },
    async replaceStatus({ kind }: Resource, object: ClusterObject & Pick<Catalogued, "status">) {
      const stored = objects.get(idOf(kind, object.metadata));
      if (!stored) return failed({ kind: "gone" });
      if (stored.metadata.resourceVersion !== object.metadata.resourceVersion) return failed({ kind: "conflict" });
      writes++;
      return ok(put({ ...stored, status: object.status } as Catalogued));
    },
  } as unknown as Cluster;

  const secrets: Secrets = {
    start: () => undefined,
    stop: () => undefined,
    read: async () => secret,
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
  const models = {
    ask: () => Promise.reject(new Error("No model is called to check one.")),
    async verify(target: { apiKey?: string }): Promise<Verification> {
      asked.push(target);
      return answer === "hangs" ? new Promise(() => undefined) : answer;
    },
  };
  const operate = () => {
    const known = {
      llms: new Store<LLM>({ clock }),
      agents: new Store<Agent>({ clock }),
      mcpServers: new Store<MCPServer>({ clock }),
      contactChannels: new Store<ContactChannel>({ clock }),
    };
    const recorder = { record: (note: EventNote) => void events.push(note), flush: async () => undefined, backlog: 0 };
    const world = { cluster, secrets, models, clock, recorder, log: silentLog, random: () => 0, ...known };
    const controllers = { llms: createLLMController(world), agents: createAgentController(world) };
    for (const object of objects.values()) deliver(controllers, structuredClone(object), "ADDED");
    controllers.llms.start();
    controllers.agents.start();
    return controllers;
  };
  let operator = operate();

  function deliver(to: typeof operator, object: Catalogued, phase: "ADDED" | "MODIFIED" | "DELETED"): void {
    if (object.kind === "LLM") to.llms.notice(object as LLM, phase);
    else to.agents.notice(object as Agent, phase);
  }
  function put<T extends Catalogued>(object: T): T {
    const id = idOf(object.kind, object.metadata);
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(++version) } };
    const phase = objects.has(id) ? "MODIFIED" : "ADDED";
    objects.set(id, stored);
    deliver(operator, structuredClone(stored), phase);
    return structuredClone(stored);
  }
  const current = <T extends Catalogued>(kind: string, name: string): T => objects.get(`${kind} default/${name}`) as T;

  return {
    clock,
    asked,
    async create(kind: "LLM" | "Agent", name: string, spec: object) {
      const status = {
        ready: false,
        status: "Pending",
        statusDetail: "Waiting for the operator to look at this object.",
      };
      const metadata = { name, namespace: "default", uid: `${name}-${version}`, resourceVersion: "", generation: 1 };
      put({ apiVersion, kind, metadata, spec, status } as unknown as Catalogued);
      await clock.settle();
    },
    async edit(kind: "LLM" | "Agent", name: string, change: object) {
      const { metadata, ...rest } = current(kind, name);
      put({
        ...rest,
        metadata: { ...metadata, generation: (metadata.generation ?? 0) + 1 },
        spec: { ...rest.spec, ...change },
      } as Catalogued);
      await clock.settle();
    },
    async remove(kind: "LLM" | "Agent", name: string) {
      const object = current(kind, name);
      objects.delete(idOf(kind, object.metadata));
      deliver(operator, object, "DELETED");
      await clock.settle();
    },
    async setSecret(value: SecretValue) {
      secret = value;
      for (const listener of listeners) listener("default/openai");
      await clock.settle();
    },
    provider(says: Answer) {
      answer = says;
    },
    async restart() {
      listeners.clear();
      operator = operate();
      await clock.settle();
    },
    column: (kind: "LLM" | "Agent", name: string) =>
      `${current(kind, name).status?.ready} ${current(kind, name).status?.status}`,
    status: (kind: "LLM" | "Agent", name: string) => current(kind, name).status,
    told: (name?: string) =>
      events
        .filter(({ about }) => name === undefined || keyOf(about) === `default/${name}`)
        .map(({ type, reason }) => `${type} ${reason}`),
    sources: () => new Set(events.map(({ about, component }) => `${about.kind} ${component}`)),
    get writes() {
      return writes;
    },
    everythingSaid: () => JSON.stringify([[...objects.values()], events]),
  };
}

const spec: LLMSpec = { provider: "openai", parameters: { model: "gpt-4o" } };
const value = (resourceVersion: string): SecretValue => ({ kind: "Value", value: "sk-secret", resourceVersion });

describe("an LLM in a cluster", () => {
  test("becomes ready with one write and one event, and never shows its key", async () => {
    const s = stage();
    await s.create("LLM", "gpt-4o", spec);
    expect(s.status("LLM", "gpt-4o")).toMatchObject({
      ready: true,
      status: "Ready",
      statusDetail: "OpenAI API key validated successfully",
      observedGeneration: 1,
    });
    expect([s.writes, s.told(), s.asked.map(({ apiKey }) => apiKey)]).toEqual([
      1,
      ["Normal ValidationSucceeded"],
      ["sk-secret"],
    ]);
    expect(s.everythingSaid()).not.toContain("sk-secret");
  });

  test("is checked again every ten minutes, without a write or an event while nothing changes", async () => {
    const s = stage();
    await s.create("LLM", "gpt-4o", spec);
    await s.clock.advance(3 * RECHECK_MS);
    expect([s.asked.length, s.writes, s.told().length]).toEqual([4, 1, 1]);
  });

  test("is checked again after a restart, without a write or an event", async () => {
    const s = stage();
    await s.create("LLM", "gpt-4o", spec);
    await s.restart();
    expect([s.asked.length, s.writes, s.told().length]).toEqual([2, 1, 1]);
  });

  test("follows its Secret in both directions, as often as it changes", async () => {
    const s = stage();
    await s.setSecret({ kind: "Missing" });
    await s.create("LLM", "gpt-4o", spec);
    const seen = [s.column("LLM", "gpt-4o")];
    const changes: SecretValue[] = [
      value("2"),
      { kind: "KeyMissing", keys: [] },
      value("3"),
      { kind: "Empty" },
      value("4"),
    ];
    for (const secret of changes) {
      await s.setSecret(secret);
      seen.push(s.column("LLM", "gpt-4o"));
    }
    expect(seen).toEqual(["false Error", "true Ready", "false Error", "true Ready", "false Error", "true Ready"]);
    expect(s.told()).toEqual(
      Array.from({ length: 3 }, () => ["Warning SecretValidationFailed", "Normal ValidationSucceeded"]).flat(),
    );
  });

  test("stays ready while its provider has trouble that may pass, with nothing written", async () => {
    const s = stage();
    await s.create("LLM", "gpt-4o", spec);
    s.provider(blip);
    await s.clock.advance(2 * RECHECK_MS);
    expect([s.column("LLM", "gpt-4o"), s.writes]).toEqual(["true Ready", 1]);
    expect(s.asked.length).toBeGreaterThan(5);
  });

  test("stops being ready when its key is refused, and is ready again when it no longer is", async () => {
    const s = stage();
    await s.create("LLM", "gpt-4o", spec);
    s.provider(refused);
    await s.clock.advance(RECHECK_MS);
    expect(s.status("LLM", "gpt-4o")).toMatchObject({
      ready: false,
      status: "Error",
      statusDetail: "OpenAI refused the key.",
    });
    s.provider(verified);
    await s.clock.advance(RECHECK_MS);
    expect(s.column("LLM", "gpt-4o")).toBe("true Ready");
    expect(s.told()).toEqual(["Normal ValidationSucceeded", "Warning ValidationFailed", "Normal ValidationSucceeded"]);
  });

  test("says the same failure once, however often it is tried again", async () => {
    const s = stage();
    s.provider(blip);
    await s.create("LLM", "gpt-4o", spec);
    await s.clock.advance(RECHECK_MS);
    expect(s.asked.length).toBeGreaterThan(5);
    expect([s.writes, s.told()]).toEqual([1, ["Warning ValidationFailed"]]);
  });

  test("an edit that cannot be verified makes it unready, one that can makes it ready", async () => {
    const s = stage();
    await s.create("LLM", "gpt-4o", spec);
    s.provider(blip);
    await s.edit("LLM", "gpt-4o", { parameters: { model: "gpt-4o", baseUrl: "http://127.0.0.1:1/v1" } });
    expect(s.status("LLM", "gpt-4o")).toMatchObject({ ready: false, observedGeneration: 2 });
    s.provider(verified);
    await s.edit("LLM", "gpt-4o", spec);
    expect(s.status("LLM", "gpt-4o")).toMatchObject({ ready: true, observedGeneration: 3 });
  });

  test("a server that never answers ends the check after its time, and an edit does not wait for that", async () => {
    const s = stage();
    s.provider("hangs");
    await s.create("LLM", "gpt-4o", spec);
    expect(s.column("LLM", "gpt-4o")).toBe("false Pending");
    s.provider(verified);
    await s.edit("LLM", "gpt-4o", { parameters: { model: "other" } });
    expect(s.column("LLM", "gpt-4o")).toBe("true Ready");
    s.provider("hangs");
    await s.edit("LLM", "gpt-4o", spec);
    await s.clock.advance(20_000);
    expect(s.column("LLM", "gpt-4o")).toBe("false Error");
  });

  test("of a provider that this version does not reach says so and is never checked", async () => {
    const s = stage();
    await s.create("LLM", "gemini", { provider: "vertex" });
    expect([s.column("LLM", "gemini"), s.asked.length]).toEqual(["false Error", 0]);
  });
});

describe("an Agent in a cluster", () => {
  const agentSpec = { llmRef: { name: "gpt-4o" }, system: "Help." };

  test("becomes ready after its LLM, in the events that the manual shows", async () => {
    const s = stage();
    await s.create("LLM", "gpt-4o", spec);
    await s.create("Agent", "my-assistant", agentSpec);
    expect(s.status("Agent", "my-assistant")).toMatchObject({
      ready: true,
      status: "Ready",
      statusDetail: "All dependencies validated successfully",
      tools: [],
    });
    expect(s.told("my-assistant")).toEqual(["Normal Initializing", "Normal ValidationSucceeded"]);
    expect(s.sources()).toEqual(new Set(["LLM llm-controller", "Agent agent-controller"]));
  });

  test("applied before its LLM was looked at, it warns of nothing", async () => {
    const s = stage();
    s.provider("hangs");
    await s.create("LLM", "gpt-4o", spec);
    await s.create("Agent", "my-assistant", agentSpec);
    expect(s.column("Agent", "my-assistant")).toBe("false Pending");
    s.provider(verified);
    await s.edit("LLM", "gpt-4o", { limits: { timeout: "1m" } });
    expect(s.column("Agent", "my-assistant")).toBe("true Ready");
    expect(s.told("my-assistant")).toEqual(["Normal Initializing", "Normal ValidationSucceeded"]);
  });

  test("follows its LLM in both directions: missing, there, unready, ready, gone, back", async () => {
    const s = stage();
    const seen: string[] = [];
    const look = () => seen.push(s.column("Agent", "my-assistant"));
    await s.create("Agent", "my-assistant", agentSpec);
    look();
    await s.create("LLM", "gpt-4o", spec);
    look();
    await s.setSecret({ kind: "Missing" });
    look();
    await s.setSecret(value("2"));
    look();
    await s.remove("LLM", "gpt-4o");
    look();
    await s.create("LLM", "gpt-4o", spec);
    look();
    expect(seen).toEqual(["false Pending", "true Ready", "false Pending", "true Ready", "false Pending", "true Ready"]);
  });

  test("an edit to another LLM is followed", async () => {
    const s = stage();
    await s.create("LLM", "gpt-4o", spec);
    await s.create("Agent", "my-assistant", { ...agentSpec, llmRef: { name: "other" } });
    expect(s.column("Agent", "my-assistant")).toBe("false Pending");
    await s.edit("Agent", "my-assistant", { llmRef: { name: "gpt-4o" } });
    expect(s.column("Agent", "my-assistant")).toBe("true Ready");
  });

  test("is not written again by a restart or by time", async () => {
    const s = stage();
    await s.create("LLM", "gpt-4o", spec);
    await s.create("Agent", "my-assistant", agentSpec);
    const before = [s.writes, s.told().length];
    await s.restart();
    await s.clock.advance(RECHECK_MS);
    expect([s.writes, s.told().length]).toEqual(before);
  });
});
