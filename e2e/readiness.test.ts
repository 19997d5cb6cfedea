/**
 * LLMs and Agents say whether they can be used, and follow what they depend on: Secrets, servers, edits, each other. In
 * both directions, within seconds, and in silence while nothing changes.
 */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { collectionPath } from "../capabilities/runtime/paths";
import type { Agent, LLM } from "../crds/index";
import { resources } from "../crds/index";
import { logOf } from "../controlplane/state";
import type { Lab } from "./harness";
import { sharedLab, START_LIMIT_MS } from "./harness";
import type { Model } from "./model";
import { startModel } from "./model";
import { agent, llm, ours, secret, task } from "./objects";
import type { Service } from "./people";
import { emailChannel, startService } from "./people";
import type { Scene } from "./scene";
import { EVENTS } from "./scene";

let lab: Lab;
/** A server that wants no key. */
let model: Model;
/** The key that `guarded` takes. */
const KEY = `sk-e2e-right-${randomBytes(12).toString("hex")}`;
const WRONG_KEY = `sk-e2e-wrong-${randomBytes(12).toString("hex")}`;
let guarded: Model;
/** Reaches people, and takes the key that it has. */
let service: Service;
/** An address where nobody listens any more. */
let nobody: string;
beforeAll(async () => {
  [lab, model, guarded, service] = await Promise.all([
    sharedLab(),
    startModel(),
    startModel({ key: () => KEY }),
    startService({ database: ":memory:" }),
  ]);
  const gone = await startModel();
  nobody = gone.url;
  await gone.close();
}, START_LIMIT_MS);
afterAll(async () => {
  lab.close();
  await Promise.all([model.close(), guarded.close(), service.close()]);
});

const keyFrom = { apiKeyFrom: { secretKeyRef: { name: "my-key", key: "KEY" } } };
const text = (holds: RegExp): string => expect.stringMatching(holds) as string;

function unusable(scene: Scene, name: string, why: RegExp): Promise<LLM> {
  return scene.until(
    "LLM",
    name,
    `says ${why}`,
    ({ status }) => status?.ready === false && why.test(status.statusDetail ?? ""),
  );
}

function waiting(scene: Scene, name: string, why: RegExp): Promise<Agent> {
  return scene.until(
    "Agent",
    name,
    `says ${why}`,
    ({ status }) => status?.ready === false && why.test(status.statusDetail ?? ""),
  );
}

function condition(object: LLM | Agent, type: string): unknown {
  return object.status?.conditions?.find((one) => one.type === type);
}

test.concurrent("nothing is written and nothing is told while nothing changes", async () => {
  const scene = await lab.scene("silence", { "kubechain.humanlayer.dev/references": "warn" });
  await scene.team(model);
  await scene.apply(
    llm("keyless", guarded.url, keyFrom),
    llm("unreachable", nobody),
    agent("stranded", "keyless"),
    task("done"),
    task("stranded", { agentRef: { name: "stranded" } }),
    task("orphan", { agentRef: { name: "nobody" } }),
  );
  await scene.ended("done");
  await unusable(scene, "keyless", /does not exist/);
  await unusable(scene, "unreachable", /No connection/);
  await waiting(scene, "stranded", /keyless/);
  for (const name of ["stranded", "orphan"])
    await scene.until("Task", name, "waits", ({ status }) => status?.waitingFor !== undefined);
  await sleep(2_000); // Events are told in the background.
  const picture = async (): Promise<string[]> => {
    const kinds = await Promise.all((["LLM", "Agent", "Task"] as const).map((kind) => scene.list(kind)));
    const found = kinds.flat().map(({ metadata }) => `${metadata.name} ${metadata.resourceVersion}`);
    const { stdout } = await scene.kubectl([
      "get",
      "events",
      "-o",
      "jsonpath={range .items[*]}{.metadata.name} {.reason} {.count}{'\\n'}{end}",
    ]);
    return [...found, ...stdout.trim().split("\n").sort()];
  };
  const before = await picture();
  expect(before.length).toBeGreaterThan(15);
  await sleep(10_000);
  expect(await picture()).toEqual(before);
});

test.concurrent(
  "an LLM is not ready without its Secret, and says how to make it; it is ready once that is there",
  async () => {
    const scene = await lab.scene("no-secret");
    await scene.apply(llm("gpt-4o", guarded.url, keyFrom));
    const { status } = await unusable(scene, "gpt-4o", /does not exist/);
    expect(status).toMatchObject({
      ready: false,
      status: "Error",
      statusDetail: `Secret "my-key" does not exist in namespace "${scene.namespace}". Create it: kubectl create secret generic my-key --from-literal=KEY=YOUR_API_KEY --namespace=${scene.namespace}`,
    });
    await scene.apply(secret("my-key", { KEY }));
    expect((await scene.ready("LLM", "gpt-4o")).status?.statusDetail).toBe("OpenAI API key validated successfully");
    const told = await scene.untilEvents("LLM", "gpt-4o", "both", ({ length }) => length >= 2);
    expect(told.map(({ type, reason, source }) => `${type} ${reason} ${source}`)).toEqual([
      "Warning SecretValidationFailed llm-controller",
      "Normal ValidationSucceeded llm-controller",
    ]);
  },
);

test.concurrent.each([
  [
    "another key in it",
    { OTHER: "x" },
    /has no key "KEY", only "OTHER"\. Add the API key: kubectl patch secret my-key /,
  ],
  ["nothing under its key", { KEY: "" }, /^Key "KEY" of Secret "my-key" .* is empty/],
])("an LLM is not ready with %s, and becomes so with the right key", async (_what, content, why) => {
  const scene = await lab.scene("odd-secret");
  await scene.apply(secret("my-key", content), llm("gpt-4o", guarded.url, keyFrom));
  await unusable(scene, "gpt-4o", why);
  await scene.patch("Secret", "my-key", { stringData: { KEY } });
  await scene.ready("LLM", "gpt-4o");
});

test.concurrent("an LLM follows a key that is wrong, corrected, gone and back, and the agent follows too", async () => {
  const scene = await lab.scene("keys");
  await scene.apply(
    secret("my-key", { KEY: WRONG_KEY }),
    llm("gpt-4o", guarded.url, keyFrom),
    agent("helper", "gpt-4o"),
  );
  const refused = await unusable(scene, "gpt-4o", /refused the API key \(401\)/);
  expect(refused.status?.statusDetail).toMatch(/\[redacted\].* Put a valid key in Secret "my-key", key "KEY"\.$/);
  await waiting(scene, "helper", /^LLM "gpt-4o" is not ready: .*refused the API key/);
  await scene.patch("Secret", "my-key", { stringData: { KEY } });
  await scene.ready("LLM", "gpt-4o");
  await scene.ready("Agent", "helper");
  await scene.remove("Secret", "my-key");
  await unusable(scene, "gpt-4o", /does not exist/);
  await waiting(scene, "helper", /does not exist/);
  await scene.apply(secret("my-key", { KEY }));
  await scene.ready("LLM", "gpt-4o");
  await scene.ready("Agent", "helper");
});

test.concurrent(
  "a key that has stopped working between two checks fails a task in words, not the operator",
  async () => {
    const scene = await lab.scene("revoked");
    await scene.apply(secret("my-key", { KEY }), llm("gpt-4o", guarded.url, keyFrom), agent("helper", "gpt-4o"));
    await scene.ready("Agent", "helper");
    guarded.on("revoked", {
      fault: { kind: "Status", status: 401, body: { error: { message: `Incorrect API key provided: ${KEY}.` } } },
    });
    await scene.apply(task("revoked"));
    const { status } = await scene.ended("revoked");
    expect(status).toMatchObject({ phase: "Failed", error: text(/refused the API key \(401\).*Secret "my-key"/) });
    expect(JSON.stringify(status)).not.toContain(KEY);
  },
);

test.concurrent("an address where nobody listens is an error that names it", async () => {
  const scene = await lab.scene("nobody");
  await scene.apply(llm("gpt-4o", nobody));
  const { status } = await unusable(
    scene,
    "gpt-4o",
    /^No connection to the OpenAI-compatible server at http:\/\/127\.0\.0\.1:\d+\/v1 \(ECONNREFUSED\)/,
  );
  expect(status?.status).toBe("Error");
});

test.concurrent("a server that was broken is found mended without anybody touching the LLM", async () => {
  const own = await startModel();
  const scene = await lab.scene("mended");
  own.failList({ kind: "Status", status: 503 });
  await scene.apply(llm("gpt-4o", own.url));
  await unusable(scene, "gpt-4o", /\(503\)/);
  own.failList(undefined);
  await scene.ready("LLM", "gpt-4o");
  await own.close();
});

test.concurrent(
  "a server that lists no models is an error that says what else can be tried: one token, or nothing",
  async () => {
    const own = await startModel();
    const scene = await lab.scene("no-list");
    own.failList({ kind: "Status", status: 404 });
    await scene.apply(llm("gpt-4o", own.url));
    await unusable(
      scene,
      "gpt-4o",
      /There is no list of models at .*set spec\.verify of LLM "gpt-4o" to "Completion".* or to "None"/,
    );
    await scene.patch("LLM", "gpt-4o", { spec: { verify: "Completion" } });
    await scene.ready("LLM", "gpt-4o");
    expect(own.all().map(({ body }) => body["max_tokens"])).toEqual([1]);
    await scene.apply(llm("unverified", own.url, { verify: "None" }));
    expect((await scene.ready("LLM", "unverified")).status?.statusDetail).toMatch(
      /Nothing was tried, because spec\.verify is None/,
    );
    expect(own.all()).toHaveLength(1);
    await own.close();
  },
);

test.concurrent(
  "another model is another model: the next task is asked of it, and one that is not listed is a condition, no refusal",
  async () => {
    const scene = await lab.scene("other-model");
    await scene.team(model);
    expect(condition(await scene.ready("LLM", "gpt-4o"), "ModelListed")).toMatchObject({ status: "True" });
    await scene.patch("LLM", "gpt-4o", { spec: { parameters: { model: "gpt-4o-mini" } } });
    await scene.ready("LLM", "gpt-4o");
    await scene.apply(task("other-model"));
    await scene.ended("other-model");
    expect(model.asked("other-model").map(({ body }) => body["model"])).toEqual(["gpt-4o-mini"]);
    await scene.patch("LLM", "gpt-4o", { spec: { parameters: { model: "gpt-6-secret" } } });
    const unlisted = await scene.until(
      "LLM",
      "gpt-4o",
      "says that the model is not listed",
      (found) => (condition(found, "ModelListed") as { status?: string })?.status === "False",
    );
    expect(unlisted.status?.ready).toBe(true);
    expect(condition(unlisted, "ModelListed")).toMatchObject({
      reason: "NotListed",
      message: text(/does not list model "gpt-6-secret"/),
    });
  },
);

test.concurrent.each([
  ["vertex", /Provider "vertex" \(Vertex AI\) is not available in this version\. For Gemini use provider "google"/],
  [
    "bedrock",
    /Provider "bedrock" \(Amazon Bedrock\) is not available in this version\. For Claude use provider "anthropic"/,
  ],
] as const)(
  "provider %s says that it is not there yet and what is, at apply and in the status",
  async (provider, why) => {
    const scene = await lab.scene(provider);
    const [reply] = await scene.apply(ours("LLM", "later", { provider }));
    expect(reply?.warnings).toEqual([text(why)]);
    await unusable(scene, "later", why);
  },
);

test.concurrent(
  "a parameter that the provider refuses is a condition and a warning, and the LLM is usable without it",
  async () => {
    const scene = await lab.scene("refused-parameter");
    const [, reply] = await scene.apply(
      secret("anthropic", { ANTHROPIC_API_KEY: "sk-fake-0123456789" }),
      ours("LLM", "claude-3-5-sonnet", { provider: "anthropic", parameters: { seed: 7 } }),
    );
    expect(reply?.warnings).toEqual(["spec.parameters.seed will not be sent: Anthropic's API has no seed; remove it."]);
    const ready = await scene.ready("LLM", "claude-3-5-sonnet");
    expect(condition(ready, "ParametersAccepted")).toMatchObject({
      status: "False",
      reason: "Refused",
      message: text(/seed is not sent/),
    });
  },
);

test.concurrent("an Agent follows its LLM: deleted, made again, broken, mended, exchanged", async () => {
  const scene = await lab.scene("follows");
  await scene.team(model);
  await scene.remove("LLM", "gpt-4o");
  const { status } = await waiting(scene, "helper", /does not exist/);
  expect(status).toMatchObject({
    status: "Pending",
    statusDetail: `LLM "gpt-4o" does not exist in namespace "${scene.namespace}". Create it, or change spec.llmRef.name.`,
  });
  await scene.apply(llm("gpt-4o", model.url));
  await scene.ready("Agent", "helper");
  await scene.patch("LLM", "gpt-4o", { spec: { parameters: { baseUrl: nobody } } });
  await waiting(scene, "helper", /^LLM "gpt-4o" is not ready: No connection to /);
  await scene.apply(llm("spare", model.url));
  await scene.ready("LLM", "spare");
  await scene.patch("Agent", "helper", { spec: { llmRef: { name: "spare" } } });
  await scene.ready("Agent", "helper");
  await scene.patch("Agent", "helper", { spec: { llmRef: { name: "gpt-4o" } } });
  await waiting(scene, "helper", /^LLM "gpt-4o" is not ready/);
  await scene.patch("LLM", "gpt-4o", { spec: { parameters: { baseUrl: model.url } } });
  await scene.ready("Agent", "helper");
});

test.concurrent("an Agent that names other agents waits in words, and is usable once they are removed", async () => {
  const scene = await lab.scene("tools");
  await scene.apply(llm("gpt-4o", model.url), agent("researcher", "gpt-4o"));
  await scene.apply(agent("helper", "gpt-4o", { subAgents: [{ name: "researcher" }] }));
  await scene.ready("LLM", "gpt-4o");
  const { status } = await waiting(scene, "helper", /Remove spec/);
  expect(status).toMatchObject({
    status: "Pending",
    tools: [],
    statusDetail:
      'Waiting for Agent "researcher": this version of KubeChain does not offer such tools to agents yet. ' +
      "Remove spec.subAgents to use the agent without them.",
  });
  await scene.patch("Agent", "helper", { spec: { subAgents: null } });
  await scene.ready("Agent", "helper");
});

test.concurrent(
  "a ContactChannel without a service is Ready at once, and an Agent that names it offers a tool",
  async () => {
    const scene = await lab.scene("people");
    await scene.apply(
      llm("gpt-4o", model.url),
      ours("ContactChannel", "people", { type: "kubernetes" }),
      agent("helper", "gpt-4o", { humanContactChannels: [{ name: "people" }] }),
    );
    await scene.until("ContactChannel", "people", "is Ready", ({ status }) => status?.ready === true);
    expect((await scene.ready("Agent", "helper")).status?.tools).toEqual([
      { name: "people__human_contact", kind: "HumanContact", source: "ContactChannel/people" },
    ]);
  },
);

test.concurrent(
  "a ContactChannel with a refused key says so, and so does its Agent, until the key is replaced",
  async () => {
    const scene = await lab.scene("channel-key");
    const [, channel] = emailChannel("boss", service);
    if (!channel) throw new Error("there is no channel");
    await scene.apply(
      secret("humanlayer", { HUMANLAYER_API_KEY: WRONG_KEY }),
      channel,
      llm("gpt-4o", model.url),
      agent("helper", "gpt-4o", { humanContactChannels: [{ name: "boss" }] }),
    );
    await scene.until("ContactChannel", "boss", "says what is wrong", ({ status }) =>
      (status?.statusDetail ?? "").includes("API key is not valid"),
    );
    await waiting(scene, "helper", /ContactChannel "boss"/);
    await scene.apply(secret("humanlayer", { HUMANLAYER_API_KEY: service.key }));
    const ready = await scene.until("ContactChannel", "boss", "is Ready", ({ status }) => status?.ready === true);
    expect(ready.status).toMatchObject({ projectSlug: "kubechain", orgSlug: "local" });
    await scene.ready("Agent", "helper");
  },
);

/** Runs after everything above has had its chance to let a key out. */
test("no key is ever in an object other than its Secret, in an event or in the operator's log", async () => {
  const everywhere = [...Object.values(resources), EVENTS].map((resource) =>
    lab.api.call({ method: "GET", path: collectionPath(resource) }),
  );
  const objects = JSON.stringify((await Promise.all(everywhere)).map(({ body }) => body));
  const log = readFileSync(logOf(lab.state, "operator"), "utf8");
  expect(objects).toContain("refused the API key");
  for (const key of [KEY, WRONG_KEY, service.key]) {
    for (const form of [key, Buffer.from(key).toString("base64"), key.slice(0, -4)]) {
      expect({ inObjects: objects.includes(form), inLog: log.includes(form) }).toEqual({
        inObjects: false,
        inLog: false,
      });
    }
  }
});
