/**
 * What happens when something dies, done for real: the operator is killed at random moments under load, the API server is
 * killed while answers arrive, a watch goes deaf. What is promised is checked from outside, by what the model was asked and
 * by every version of every task that was ever stored.
 */
import { randomInt } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { namespacePath } from "../capabilities/runtime/paths";
import { dice } from "../capabilities/testing/dice";
import type { Task } from "../crds/index";
import { resources } from "../crds/index";
import { pidOf } from "../controlplane/controlplane";
import { recall } from "../controlplane/state";
import { startCluster } from "../controlplane/testing";
import type { OwnLab } from "./harness";
import { ownLab, START_LIMIT_MS } from "./harness";
import type { Model } from "./model";
import { startModel } from "./model";
import { task } from "./objects";
import type { Operator } from "./operator";
import { expectOperator, startOperator } from "./operator";
import { startProxy } from "./proxy";
import type { Scene } from "./scene";
import { messageOf, until } from "./scene";

/** Run again with this variable to have the same moments. */
const SEED = Number(process.env["KUBECHAIN_E2E_SEED"] ?? randomInt(1_000_000));
const random = dice(SEED);
const between = (least: number, most: number): number => Math.floor(least + random() * (most - least));

const KILLS = 10;
const TASKS = 100;
const TEST_LIMIT_MS = 180_000;

let lab: OwnLab;
let scene: Scene;
let model: Model;
let operator: Operator;
/** Runs beside everything else, for it takes the operator its time to find out. */
let deafWatch: Promise<DeafWatch>;

beforeAll(async () => {
  const latencies = dice(SEED);
  model = await startModel({ latencyMs: () => 1_000 + 1_000 * latencies() });
  deafWatch = goDeaf();
  deafWatch.catch(() => undefined); // Told by the test that asks for it.
  lab = await ownLab();
  await expectOperator(lab);
  operator = startOperator(lab);
  await operator.ready();
  scene = await lab.scene("crash");
  scene.patienceMs = 90_000;
  await scene.team(model);
}, START_LIMIT_MS);

afterAll(async () => {
  await operator.end("SIGKILL");
  await Promise.allSettled([deafWatch.then((deaf) => deaf.end()), lab.end()]);
  await model.close();
}, START_LIMIT_MS);

const isTerminal = (one: Task): boolean => ["FinalAnswer", "Failed", "Cancelled"].includes(one.status?.phase ?? "");
const named = (prefix: string, count: number): string[] => Array.from({ length: count }, (_, i) => `${prefix}-${i}`);
const calls = (names: string[]): number[] => names.map((name) => model.asked(name).length);
const once = (names: string[]): number[] => names.map((): number => 1);

/** While no operator listens, nothing is accepted; people try again, and so does this. */
async function applyPatiently(name: string): Promise<void> {
  await until(`Task ${name} is accepted`, async () => [201, 409].includes((await scene.create(task(name))).status), {
    forMs: 90_000,
  });
}

test(
  `killed ${KILLS} times under load, the operator loses no task and no answer`,
  async () => {
    process.stdout.write(`  KUBECHAIN_E2E_SEED=${SEED}\n`);
    const history = lab.api.watch(`${namespacePath(resources.task, scene.namespace)}?watch=true`);
    const names = named("load", TASKS);
    let allowed = TASKS / KILLS;
    const creating = (async () => {
      for (const [i, name] of names.entries()) {
        await until("more load is wanted", () => i < allowed, { forMs: TEST_LIMIT_MS });
        await applyPatiently(name);
      }
    })();
    for (let kill = 1; kill <= KILLS; kill++) {
      // Half of the time it is killed as it starts, or while it takes up what it finds; else while it works.
      if (kill % 2 === 0) await operator.ready();
      await sleep(between(0, 1_500));
      await operator.end("SIGKILL");
      operator = startOperator(lab);
      allowed = (TASKS / KILLS) * (kill + 1);
    }
    await creating;
    for (const name of names) expectAnswered(await scene.ended(name));
    await until("the watch has brought every end", () => endsIn(history.text(), names) >= TASKS, { forMs: 90_000 });
    history.stop();
    const versions = versionsIn(history.text());
    for (const name of names) expectOneStory(versions.filter(({ metadata }) => metadata.name === name));
  },
  TEST_LIMIT_MS,
);

/** The right answer, the whole conversation, and no call that was not counted. */
function expectAnswered({ metadata, spec, status }: Task): void {
  const question = spec.userMessage ?? "";
  expect(status).toMatchObject({
    phase: "FinalAnswer",
    output: expect.stringContaining(`You wrote: "${metadata.name}"`) as string,
    contextWindow: [
      { role: "system", content: "Be brief." },
      { role: "user", content: question },
      { role: "assistant", content: status?.output },
    ],
  });
  const asked = model.asked(question).length;
  expect(asked).toBeGreaterThanOrEqual(1);
  expect(asked).toBeLessThanOrEqual(1 + KILLS);
  expect(status?.usage?.requests).toBeGreaterThanOrEqual(asked);
}

/** All that was ever stored of one task: it ends once, nothing follows, words are only added and calls only counted up. */
function expectOneStory(versions: Task[]): void {
  expect(versions.filter(isTerminal).map(({ metadata }) => metadata.name)).toEqual([versions[0]?.metadata.name]);
  expect(versions.findIndex(isTerminal)).toBe(versions.length - 1);
  const told = versions.map(({ status }) => ({
    words: status?.contextWindow ?? [],
    requests: status?.usage?.requests ?? 0,
  }));
  for (const [i, { words, requests }] of told.slice(1).entries()) {
    const before = told[i] ?? { words: [], requests: 0 };
    expect(words.slice(0, before.words.length)).toEqual(before.words);
    expect(requests).toBeGreaterThanOrEqual(before.requests);
  }
}

function versionsIn(watched: string): Task[] {
  const lines = watched.slice(0, watched.lastIndexOf("\n")).split("\n").filter(Boolean);
  return lines.map((line) => (JSON.parse(line) as { object: Task }).object);
}

function endsIn(watched: string, names: string[]): number {
  const ended = versionsIn(watched).filter((one) => isTerminal(one) && names.includes(one.metadata.name));
  return new Set(ended.map(({ metadata }) => metadata.name)).size;
}

test(
  "answers that arrive while the API server is dead are all recorded, and nobody is asked again",
  async () => {
    const names = named("dead-api", 20);
    await operator.ready();
    await Promise.all(names.map(applyPatiently));
    await until("all are asked", () => calls(names).every((count) => count === 1));
    killApiServer();
    await until("all are answered", () => model.load().inFlight === 0);
    await startApiServer();
    const ends = await Promise.all(names.map((name) => scene.ended(name)));
    const told = ends.map(({ metadata, status }) => ({
      name: metadata.name,
      phase: status?.phase,
      error: status?.error,
      requests: status?.usage?.requests,
    }));
    expect(told).toEqual(names.map((name) => ({ name, phase: "FinalAnswer", error: undefined, requests: 1 })));
    expect(calls(names)).toEqual(once(names));
  },
  TEST_LIMIT_MS,
);

test("asked to stop, the operator records the answers that come within its grace, asks nobody else, and exits with 0", async () => {
  const names = named("stopping", 10);
  model.on("stuck", { fault: { kind: "Hang" } }, { reply: { text: "Free at last." } });
  await Promise.all([...names, "stuck"].map(applyPatiently));
  await until("all are asked", () => calls([...names, "stuck"]).every((count) => count === 1));
  expect(await operator.end("SIGTERM")).toBe(0);
  for (const name of names) expect((await scene.get("Task", name))?.status?.phase).toBe("FinalAnswer");
  expect((await scene.get("Task", "stuck"))?.status).toMatchObject({ phase: "ReadyForLLM", usage: { requests: 1 } });
});

test("while no operator runs, nothing of ours is accepted unchecked; what is there can be read and deleted; then it comes back", async () => {
  expect(operator.isRunning()).toBe(false);
  const refused = await scene.create(task("unchecked"));
  expect({ status: refused.status, message: messageOf(refused) }).toEqual({
    status: 500,
    message: expect.stringMatching(/failed calling webhook "pepr-kubechain\.pepr\.dev"/) as string,
  });
  expect((await scene.get("Task", "stopping-0"))?.status?.phase).toBe("FinalAnswer");
  await scene.remove("Task", "stopping-0");
  await scene.untilGone("Task", "stopping-0");
  operator = startOperator(lab);
  await operator.ready();
  await scene.apply(task("checked"));
  expect((await scene.ended("checked")).status?.phase).toBe("FinalAnswer");
  const lost = await scene.create(task("unchecked", { agentRef: { name: "nobody" } }));
  expect(messageOf(lost)).toContain('refers to Agent "nobody", which does not exist');
});

test("the next operator asks again what the last one left without an answer, and nothing else", async () => {
  expect((await scene.ended("stuck")).status).toMatchObject({
    phase: "FinalAnswer",
    output: "Free at last.",
    usage: { requests: 2 },
  });
  expect(calls(["stuck", ...named("stopping", 10)])).toEqual([2, ...once(named("stopping", 10))]);
});

test(
  "an operator that starts while the API server is dead waits, and works once that is back",
  async () => {
    await operator.end("SIGKILL");
    killApiServer();
    operator = startOperator(lab);
    await sleep(2_000);
    expect({ isRunning: operator.isRunning(), log: operator.log() }).toEqual({
      isRunning: true,
      log: expect.not.stringContaining("is ready") as string,
    });
    await startApiServer();
    await operator.ready();
    await applyPatiently("after-the-night");
    expect((await scene.ended("after-the-night")).status?.phase).toBe("FinalAnswer");
  },
  TEST_LIMIT_MS,
);

test(
  "a watch that goes deaf without a word is noticed: a new task is answered all the same",
  async () => {
    const { frozen, answered, log } = await deafWatch;
    // One for each kind that is watched; more when another watch had a bookmark just then.
    expect(frozen).toBeGreaterThanOrEqual(3);
    expect(answered.status).toMatchObject({ phase: "FinalAnswer", usage: { requests: 1 } });
    expect(log).toContain("The watch may be deaf");
  },
  TEST_LIMIT_MS,
);

function killApiServer(): void {
  const pid = pidOf(lab.state, "kube-apiserver");
  if (pid === undefined) throw new Error("The API server is dead already.");
  process.kill(pid, "SIGKILL");
}

async function startApiServer(): Promise<void> {
  const { started } = await startCluster({ stateDir: lab.state.dir, noFsync: true });
  expect(started).toEqual(["kube-apiserver"]);
}

interface DeafWatch {
  /** How many connections listened to a watch, and went silent. */
  frozen: number;
  /** The task that was created afterwards. */
  answered: Task;
  /** What the operator said until then. */
  log: string;
  end(): Promise<void>;
}

/** A control plane of its own whose operator reaches the API server through a network that then forgets its connections. */
async function goDeaf(): Promise<DeafWatch> {
  const own = await ownLab();
  const proxy = await startProxy(recall(own.state).ports.apiserver ?? 0);
  const direct = readFileSync(own.state.operatorKubeconfig, "utf8");
  writeFileSync(own.state.operatorKubeconfig, direct.replace(/127\.0\.0\.1:\d+/, `127.0.0.1:${proxy.port}`));
  await expectOperator(own);
  const listener = startOperator(own);
  const end = async (): Promise<void> => {
    await listener.end("SIGKILL");
    await proxy.close();
    await own.end();
  };
  await listener.ready();
  const place = await own.scene("deaf");
  await place.team(model);
  await place.apply(task("before"));
  await place.ended("before");
  proxy.listen();
  await sleep(1_000); // What was asked until now is answered, so that only watches speak without being asked.
  proxy.listen();
  for (const kind of ["LLM", "Agent", "Task"] as const) {
    const { metadata } = (await place.list(kind))[0] ?? { metadata: { name: "" } };
    await place.patch(kind, metadata.name, { metadata: { labels: { heard: "yes" } } });
  }
  await sleep(1_000);
  const frozen = proxy.freezeListeners();
  await place.apply(task("after"));
  // The count every 30 s, a second look, and one with patience.
  place.patienceMs = 120_000;
  const answered = await place.ended("after");
  return { frozen, answered, log: listener.log(), end };
}
