/**
 * Two operators of one cluster at once: one acts, the other admits and waits. What is promised is checked from outside, by what
 * the model and a tool that is not safe to repeat have seen; how the second takes over is shown for each way the first can go.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { StoredLease } from "../capabilities/runtime/lease-object";
import { LEASE, LEASES } from "../capabilities/runtime/lease-object";
import { objectPath } from "../capabilities/runtime/paths";
import { keyFiles } from "../controlplane/certificates";
import { READY_LINE } from "../controlplane/operator-process";
import { ask } from "../controlplane/probe";
import { recall } from "../controlplane/state";
import type { OwnLab } from "./harness";
import { ownLab, START_LIMIT_MS } from "./harness";
import type { Model } from "./model";
import { call, startModel } from "./model";
import { task } from "./objects";
import type { Operator } from "./operator";
import { expectOperator, startOperator } from "./operator";
import type { Scene } from "./scene";
import { until } from "./scene";
import { begunWith, mcpServer } from "./tool-servers";

const folder = mkdtempSync(join(tmpdir(), "kubechain-one-operator-"));
const effects = join(folder, "effects");
/** Long enough for another operator to start, and to look around, meanwhile. */
const IN_FLIGHT_MS = 6_000;

let lab: OwnLab;
let model: Model;
let scene: Scene;
const operators: Operator[] = [];

beforeAll(async () => {
  [lab, model] = await Promise.all([ownLab(), startModel()]);
  await expectOperator(lab);
}, START_LIMIT_MS);

afterAll(async () => {
  await Promise.all(operators.filter((one) => one.isRunning()).map((one) => one.end("SIGKILL")));
  await Promise.all([lab.end(), model.close()]);
  rmSync(folder, { recursive: true, force: true });
}, START_LIMIT_MS);

/** Starts an operator that listens where the API server looks for it, or elsewhere. */
async function start({ isRegistered }: { isRegistered: boolean }): Promise<Operator> {
  const env = isRegistered ? {} : { PORT: String(await freePort()), KUBECHAIN_RECEIVER_PORT: "0" };
  const operator = startOperator(lab, { env });
  operators.push(operator);
  return operator;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** What this operator has logged; all of them write into one file. */
const logged = (operator: Operator): string[] =>
  linesOf(operator).filter((line) => line.startsWith("{") && line.includes(`"pid":${operator.pid},`));
const isReady = (operator: Operator): boolean =>
  linesOf(operator).some((line) => line.startsWith(READY_LINE) && line.includes(`pid ${operator.pid},`));
const linesOf = (operator: Operator): string[] => operator.log().split("\n");
const waitsFor = (operator: Operator, other: Operator): boolean =>
  logged(operator).some((line) => line.includes("pepr-system/kubechain-operator") && line.includes(`/${other.pid}-`));

async function waiting(operator: Operator, other: Operator): Promise<void> {
  await until("the second says whom it waits for", () => waitsFor(operator, other), { report: () => operator.log() });
}

async function ready(operator: Operator): Promise<void> {
  await until("it is ready", () => isReady(operator), { report: () => operator.log() });
}

const slowTool = (name: string): string => `${name} ${call("tools__append", { text: name, delayMs: IN_FLIGHT_MS })}`;
const slowModel = (name: string): string => `${name} [latency:${IN_FLIGHT_MS}][say:done]`;
const begun = (name: string): number => begunWith(effects, "append").filter((text) => text === name).length;

describe("a second operator beside one that acts", () => {
  let first: Operator;
  let second: Operator;

  beforeAll(async () => {
    first = await start({ isRegistered: false });
    await ready(first);
    second = await start({ isRegistered: true });
    await waiting(second, first);
    const ca = keyFiles(lab.state, "ca").certificate;
    const port = recall(lab.state).ports.operator ?? 0;
    await until("it answers admission requests", async () => (await ask({ port, path: "/healthz", ca })) === 200);
    scene = await lab.scene("two");
    await scene.apply(mcpServer("tools", ["--effects", effects]));
    await scene.team(model, { agent: { mcpServers: [{ name: "tools" }] } });
  }, START_LIMIT_MS);

  test("admits what is applied, repeats nothing, and lets everything end under the first", async () => {
    await scene.apply(task("slow-model", { userMessage: slowModel("slow-model") }));
    await scene.apply(task("slow-tool", { userMessage: slowTool("slow-tool") }));
    const [thought, used] = await Promise.all(["slow-model", "slow-tool"].map((name) => scene.ended(name)));
    expect([thought, used].map((ended) => ended?.status?.phase)).toEqual(["FinalAnswer", "FinalAnswer"]);
    expect(model.asked(slowModel("slow-model"))).toHaveLength(1);
    expect(model.asked(slowTool("slow-tool"))).toHaveLength(2);
    expect(begun("slow-tool")).toBe(1);
    const tc = await scene.get("ToolCall", "slow-tool-tc-01");
    expect(tc?.status).toMatchObject({ status: "Succeeded", attempts: 1 });
    expect(isReady(second)).toBe(false);
    expect(logged(second)).toHaveLength(1);
  });

  test("acts as soon as the first is killed, and only then decides about what that one left", async () => {
    await scene.apply(task("left", { userMessage: slowTool("left") }));
    await until("the tool has begun", () => begun("left") === 1);
    expect((await scene.get("ToolCall", "left-tc-01"))?.status?.status).toBe("Executing");
    await first.end("SIGKILL");
    await ready(second);
    const tc = await scene.until(
      "ToolCall",
      "left-tc-01",
      "is decided about",
      (now) => now.status?.status !== "Executing",
    );
    expect(tc.status).toMatchObject({ phase: "Failed", status: "OutcomeUnknown" });
    expect(begun("left")).toBe(1);
    await scene.apply(task("after"));
    expect((await scene.ended("after")).status?.phase).toBe("FinalAnswer");
  });
});

describe("the one that acts", () => {
  function acting(): Operator {
    const found = operators.find((one) => one.isRunning() && isReady(one));
    if (!found) throw new Error("no operator acts");
    return found;
  }

  test("gives way at once when it is asked to end, and one that waits ends at once too", async () => {
    const before = acting();
    const next = await start({ isRegistered: false });
    await waiting(next, before);
    const another = await start({ isRegistered: false });
    await waiting(another, before);
    expect(await another.end("SIGTERM")).toBe(0);
    expect(isReady(another)).toBe(false);
    expect(await before.end("SIGTERM")).toBe(0);
    await ready(next);
  });

  test("must not go on after standing still for longer than its lease: it ends with an error", async () => {
    const stopped = acting();
    const next = await start({ isRegistered: true });
    await waiting(next, stopped);
    process.kill(stopped.pid, "SIGSTOP");
    await ready(next);
    process.kill(stopped.pid, "SIGCONT");
    expect(await stopped.gone()).toBe(1);
    expect(logged(stopped).at(-1)).toContain(`/${next.pid}-`);
    await scene.apply(task("in-the-end"));
    expect((await scene.ended("in-the-end")).status?.phase).toBe("FinalAnswer");
    expect(model.asked("in-the-end")).toHaveLength(1);
  });

  test("leaves the lease to nobody when nobody waits", async () => {
    const last = acting();
    const holder = async (): Promise<unknown> =>
      ((await lab.api.call({ method: "GET", path: objectPath(LEASES, LEASE) })).body as StoredLease).spec
        ?.holderIdentity;
    expect(await holder()).toContain(`/${last.pid}-`);
    expect(await last.end("SIGTERM")).toBe(0);
    expect(await holder()).toBe("");
  });
});
