import type { Agent, ContactChannel, LLM, MCPServer } from "../../../crds/index";
import { apiVersion, resources } from "../../../crds/index";
import type { ChannelCheck, ChannelTarget } from "../../adapters/channels/port";
import type { EventNote } from "../../runtime/events";
import { silentLog } from "../../runtime/log";
import type { Resource } from "../../runtime/objects";
import { keyOf } from "../../runtime/objects";
import type { SecretValue } from "../../runtime/secrets";
import { Store } from "../../runtime/store";
import { FakeClock } from "../../testing/fake-clock";
import { FakeCluster } from "../../testing/fake-cluster";
import { createAgentController } from "../agent/controller";
import { CHECK_LIMIT_MS } from "../checks";
import { RECHECK_MS } from "../pauses";
import { createContactChannelController } from "./controller";

const KEY = "hl-s3cr3t";
const value = (resourceVersion = "1", text = KEY): SecretValue => ({ kind: "Value", value: text, resourceVersion });
const apiKeyFrom = { secretKeyRef: { name: "humanlayer", key: "HUMANLAYER_API_KEY" } };
const email = { type: "email", apiKeyFrom, email: { address: "approver@example.com" } };
const usable: ChannelCheck = { kind: "Usable", projectSlug: "my-project", orgSlug: "my-org" };
const refused: ChannelCheck = { kind: "Refused", message: "HumanLayer refused the key." };
const away: ChannelCheck = { kind: "Unreachable", message: "HumanLayer does not answer." };
const ref = (name: string) => ({ namespace: "default", name });

/** A cluster without lag, one Secret, a service that says what it is told to, an LLM that is ready, and the two controllers. */
async function stage() {
  const clock = new FakeClock();
  const cluster = new FakeCluster({ clock });
  const events: EventNote[] = [];
  const checked: ChannelTarget[] = [];
  const listeners = new Set<(key: string) => void>();
  let secret = value();
  let answer: ChannelCheck | "hangs" = usable;
  const secrets = {
    read: async () => secret,
    onChange(listener: (key: string) => void) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
  const channels = {
    async check(target: ChannelTarget): Promise<ChannelCheck> {
      checked.push(target);
      return answer === "hangs" ? new Promise(() => undefined) : answer;
    },
  };
  const operate = () => {
    const recorder = { record: (note: EventNote) => void events.push(note), flush: async () => undefined, backlog: 0 };
    const stores = {
      llms: new Store<LLM>({ clock }),
      agents: new Store<Agent>({ clock }),
      mcpServers: new Store<MCPServer>({ clock }),
      contactChannels: new Store<ContactChannel>({ clock }),
    };
    const environment = { HUMANLAYER_API_BASE: "http://127.0.0.1:1" };
    const neighbours = { cluster, secrets, channels, clock, recorder, log: silentLog, random: () => 0, environment };
    const world = { ...neighbours, ...stores };
    const controllers = [createContactChannelController(world), createAgentController(world)] as const;
    const stops = [
      cluster.watches.watch(resources.llm, (object) => void stores.llms.learn(object as LLM)),
      cluster.watches.watch(resources.contactChannel, (object, phase) =>
        controllers[0].notice(object as ContactChannel, phase),
      ),
      cluster.watches.watch(resources.agent, (object, phase) => controllers[1].notice(object as Agent, phase)),
    ];
    for (const controller of controllers) controller.start();
    return { stops, controllers };
  };
  let operator = operate();

  const create = async (resource: Resource, name: string, spec: object) => {
    await cluster.create(resource, { apiVersion, kind: resource.kind, metadata: ref(name), spec } as never);
    await clock.advance(100);
  };
  await create(resources.llm, "gpt-4o", { provider: "openai" });
  const llm = cluster.read<LLM>(resources.llm, ref("gpt-4o"));
  await cluster.replaceStatus(resources.llm, { ...llm, status: { ready: true, observedGeneration: 1 } } as LLM);
  await clock.advance(100);
  const channel = () => cluster.read<ContactChannel>(resources.contactChannel, ref("team"));

  return {
    clock,
    checked,
    create: (spec: object = email) => create(resources.contactChannel, "team", spec),
    createAgent: () =>
      create(resources.agent, "helper", {
        llmRef: { name: "gpt-4o" },
        system: "Help.",
        humanContactChannels: [{ name: "team" }],
      }),
    async edit(spec: object) {
      await cluster.mergePatch(resources.contactChannel, ref("team"), { spec });
      await clock.advance(100);
    },
    async remove() {
      await cluster.remove(resources.contactChannel, { ...ref("team"), uid: channel()?.metadata.uid ?? "" });
      await clock.advance(100);
    },
    async setSecret(next: SecretValue) {
      secret = next;
      for (const listener of listeners) listener("default/humanlayer");
      await clock.advance(100);
    },
    service(says: ChannelCheck | "hangs") {
      answer = says;
    },
    async restart() {
      listeners.clear();
      for (const stop of operator.stops) stop();
      await Promise.all(operator.controllers.map((controller) => controller.stop()));
      operator = operate();
      await clock.advance(100);
    },
    status: () => channel()?.status,
    column: () => `${channel()?.status?.ready} ${channel()?.status?.status}`,
    agent: () => cluster.read<Agent>(resources.agent, ref("helper"))?.status,
    told: (kind = "ContactChannel") =>
      events.filter(({ about }) => about.kind === kind).map(({ type, reason }) => `${type} ${reason}`),
    sources: () => new Set(events.map(({ about, component }) => `${about.kind} ${component} ${keyOf(about)}`)),
    writes: () =>
      cluster.history.filter(({ verb, resource }) => verb === "replaceStatus" && resource.kind === "ContactChannel")
        .length,
    everythingSaid: () => JSON.stringify([cluster.history, events]),
  };
}

describe("a ContactChannel in a cluster", () => {
  test("of type email is ready with one write and one event, and never shows its key", async () => {
    const s = await stage();
    await s.create();
    expect(s.status()).toMatchObject({
      ready: true,
      status: "Ready",
      statusDetail: "HumanLayer email channel validated successfully",
      projectSlug: "my-project",
      orgSlug: "my-org",
      observedGeneration: 1,
    });
    expect([s.writes(), s.told()]).toEqual([1, ["Normal ValidationSucceeded"]]);
    expect(s.checked).toEqual([
      expect.objectContaining({ name: "team", apiKey: KEY, baseUrl: expect.stringContaining("127.0.0.1:1") as string }),
    ]);
    expect(s.sources()).toEqual(new Set(["ContactChannel contactchannel-controller default/team"]));
    expect(s.everythingSaid()).not.toContain(KEY);
  });

  test("of type kubernetes is ready, and no service is asked", async () => {
    const s = await stage();
    await s.create({ type: "kubernetes" });
    await s.clock.advance(2 * RECHECK_MS);
    expect([s.column(), s.checked.length, s.writes()]).toEqual(["true Ready", 0, 1]);
  });

  test("of type webhook needs a Secret to sign with", async () => {
    const s = await stage();
    await s.create({ type: "webhook", webhook: { url: "https://example.com" } });
    expect(s.column()).toBe("false Error");
    expect(s.status()?.statusDetail).toContain("spec.webhook.secretFrom");
    await s.edit({ webhook: { secretFrom: { secretKeyRef: { name: "humanlayer", key: "KEY" } } } });
    expect(s.status()).toMatchObject({ ready: true, statusDetail: "Webhook channel validated successfully" });
    expect(s.told()).toEqual(["Warning SecretValidationFailed", "Normal ValidationSucceeded"]);
  });

  test("of type email without a key says which field is missing", async () => {
    const s = await stage();
    await s.create({ type: "email", email: email.email });
    expect(s.status()?.statusDetail).toContain("spec.apiKeyFrom");
  });

  test("follows its Secret in both directions, and checks a new key", async () => {
    const s = await stage();
    await s.setSecret({ kind: "Missing" });
    await s.create();
    const columns = [s.column()];
    expect(s.status()?.statusDetail).toContain("kubectl create secret generic humanlayer");
    for (const next of [value("2"), { kind: "Empty" }, value("3", "other")] satisfies SecretValue[]) {
      await s.setSecret(next);
      columns.push(s.column());
    }
    expect(columns).toEqual(["false Error", "true Ready", "false Error", "true Ready"]);
    expect(s.checked.map(({ apiKey }) => apiKey)).toEqual([KEY, "other"]);
    expect(s.told()).toEqual([
      ...["Warning SecretValidationFailed", "Normal ValidationSucceeded"],
      ...["Warning SecretValidationFailed", "Normal ValidationSucceeded"],
    ]);
  });

  test("stops being ready when its key is refused, forgets whose it was, and recovers by itself", async () => {
    const s = await stage();
    await s.create();
    s.service(refused);
    await s.clock.advance(RECHECK_MS);
    expect(s.status()).toMatchObject({ ready: false, status: "Error", statusDetail: "HumanLayer refused the key." });
    expect(s.status()).not.toHaveProperty("projectSlug");
    s.service(usable);
    await s.clock.advance(RECHECK_MS);
    expect(s.status()).toMatchObject({ ready: true, projectSlug: "my-project" });
    expect(s.told()).toEqual([
      ...["Normal ValidationSucceeded", "Warning ValidationFailed", "Normal ValidationSucceeded"],
    ]);
  });

  test("stays ready while its service is away, and says it once when it never was", async () => {
    const s = await stage();
    await s.create();
    s.service(away);
    await s.clock.advance(2 * RECHECK_MS);
    expect([s.column(), s.writes()]).toEqual(["true Ready", 1]);
    expect(s.checked.length).toBeGreaterThan(5);
    await s.edit({ email: { address: "other@example.com" } });
    await s.clock.advance(RECHECK_MS);
    expect([s.column(), s.writes()]).toEqual(["false Error", 2]);
  });

  test("a service that never answers ends the check after its time", async () => {
    const s = await stage();
    s.service("hangs");
    await s.create();
    expect(s.status()).toBeUndefined();
    await s.clock.advance(CHECK_LIMIT_MS);
    expect(s.column()).toBe("false Error");
  });

  test("is checked again after a restart and every ten minutes, without a write or an event", async () => {
    const s = await stage();
    await s.create();
    await s.restart();
    await s.clock.advance(2 * RECHECK_MS);
    expect([s.checked.length, s.writes(), s.told().length]).toEqual([4, 1, 1]);
  });

  test("a change of how long answers are waited for keeps it ready", async () => {
    const s = await stage();
    await s.create();
    await s.edit({ timeout: "1h", onTimeout: "Reject" });
    expect(s.status()).toMatchObject({ ready: true, observedGeneration: 2 });
  });
});

describe("an Agent that asks people", () => {
  test("offers each channel as a tool, and follows it in both directions", async () => {
    const s = await stage();
    await s.createAgent();
    expect(s.agent()?.statusDetail).toContain('ContactChannel "team" does not exist');
    await s.create();
    expect(s.agent()).toMatchObject({
      ready: true,
      tools: [{ name: "team__human_contact_email", kind: "HumanContact", source: "ContactChannel/team" }],
    });
    await s.setSecret({ kind: "Missing" });
    expect(s.agent()?.ready).toBe(false);
    expect(s.agent()?.statusDetail).toContain('ContactChannel "team" is not ready: Secret "humanlayer"');
    await s.setSecret(value("2"));
    expect(s.agent()?.ready).toBe(true);
    await s.remove();
    expect(s.agent()).toMatchObject({ ready: false, tools: [] });
  });

  test("applied before its channel was validated, it warns of nothing", async () => {
    const s = await stage();
    s.service("hangs");
    await s.create();
    await s.createAgent();
    expect(s.agent()).toMatchObject({ ready: false, status: "Pending" });
    s.service(usable);
    await s.edit({ timeout: "1h", onTimeout: "Fail" });
    expect(s.agent()?.ready).toBe(true);
    expect(s.told("Agent")).toEqual(["Normal Initializing", "Normal ValidationSucceeded"]);
  });
});
