// The whole machine over the fake cluster, with MCP servers that answer as a test says.
import type { MCPServer, Task } from "../../crds/index";
import { resources } from "../../crds/index";
import type { Problem } from "../runtime/errors";
import type { OneProcess } from "./controller.fixture";
import { hello, namespace, World } from "./controller.fixture";

test("a call is carried out with two writes, and what came is stored", async () => {
  const world = new World();
  const { servers } = world.start();
  const server = await world.server();
  servers.connect(server.metadata.uid);
  const task = await world.task();
  await world.call(task);
  await world.clock.advance(100);
  expect(world.status).toMatchObject({ phase: "Running", status: "Executing", attempts: 1, holder: "process-1" });
  expect(servers.requests).toMatchObject([
    { uid: server.metadata.uid, tool: "fetch", arguments: { url: "https://example.com" } },
  ]);
  servers.answer(hello);
  await world.clock.advance(100);
  expect(world.status).toMatchObject({ phase: "Succeeded", status: "Succeeded", result: "Hello", ready: true });
  expect(world.cluster.history.filter(({ resource }) => resource.kind === "ToolCall")).toHaveLength(3); // With the create.
  expect(world.told).toEqual(["Normal ExecutionSucceeded"]);
});

test("the intent is stored before the tool is called", async () => {
  const world = new World();
  const { servers } = world.start();
  servers.connect((await world.server()).metadata.uid);
  const refusal: Problem = { kind: "retryable", message: "busy" };
  world.cluster.onCall = ({ verb, phase }) => (verb === "replaceStatus" && phase === "before" ? refusal : undefined);
  await world.call(await world.task());
  await world.clock.advance(10_000);
  expect(servers.requests).toEqual([]);
  world.cluster.onCall = () => undefined;
  await world.clock.advance(60_000);
  expect(servers.requests).toHaveLength(1);
});

test("an intent whose answer was lost is known not to have been sent", async () => {
  const world = new World();
  const { servers } = world.start();
  servers.connect((await world.server()).metadata.uid);
  let losses = 1;
  const lost: Problem = { kind: "retryable", message: "The API server could not be reached" };
  world.cluster.onCall = ({ verb, phase }) =>
    verb === "replaceStatus" && phase === "after" && losses-- > 0 ? lost : undefined;
  await world.call(await world.task());
  await world.clock.advance(5_000);
  servers.answer(hello);
  await world.clock.advance(100);
  expect(servers.requests).toHaveLength(1);
  expect(world.status).toMatchObject({ status: "Succeeded", attempts: 2 });
});

test("arguments that do not fit end the call without asking the server", async () => {
  const world = new World();
  const { servers } = world.start();
  servers.connect((await world.server()).metadata.uid);
  await world.call(await world.task(), "{}");
  await world.clock.advance(100);
  expect(world.status).toMatchObject({ status: "Error", finishReason: "InvalidArguments" });
  expect(world.status.result).toContain('"url"');
  expect(servers.requests).toEqual([]);
});

test("a call waits for its server and begins when that is connected", async () => {
  const world = new World();
  const { servers } = world.start();
  await world.call(await world.task());
  await world.clock.advance(3_000);
  expect(world.status).toMatchObject({
    phase: "Pending",
    waitingFor: expect.stringContaining("to be created") as string,
  });
  const server = await world.server();
  await world.clock.advance(100);
  expect(world.status.waitingFor).toContain("to be connected");
  servers.connect(server.metadata.uid);
  await world.clock.advance(100);
  expect(world.status.status).toBe("Executing");
});

test("a server that stays away ends the call by its timeout", async () => {
  const world = new World();
  world.start();
  await world.server({ timeout: "10s" });
  await world.call(await world.task());
  await world.clock.advance(9_000);
  expect(world.status.status).toBe("Pending");
  await world.clock.advance(2_000);
  expect(world.status).toMatchObject({ status: "Error", finishReason: "ServerUnavailable" });
});

test("what was surely not sent is sent again", async () => {
  const world = new World();
  const { servers } = world.start();
  servers.connect((await world.server()).metadata.uid);
  await world.call(await world.task());
  await world.clock.advance(100);
  servers.answer({ kind: "NotSent", message: "not connected" });
  await world.clock.advance(100);
  expect(world.status).toMatchObject({ phase: "Running", status: "ErrorBackoff" });
  await world.clock.advance(2_000);
  servers.answer(hello);
  await world.clock.advance(100);
  expect(world.status).toMatchObject({ status: "Succeeded", attempts: 2 });
});

describe("a process that dies while the tool works", () => {
  async function dieWhileExecuting(
    server: Partial<MCPServer["spec"]>,
    annotations: object,
  ): Promise<{ world: World; next: OneProcess; first: OneProcess }> {
    const world = new World();
    const first = world.start();
    const { uid } = (await world.server(server, annotations)).metadata;
    first.servers.connect(uid);
    await world.call(await world.task());
    await world.clock.advance(100);
    first.kill();
    const next = world.start();
    next.servers.connect(uid);
    await world.clock.advance(5_000);
    return { world, first, next };
  }

  test("leaves an unsafe call to be called unknown, never repeated", async () => {
    const { world, next } = await dieWhileExecuting({}, { readOnlyHint: true }); // Nobody said to trust the hint.
    expect(world.status).toMatchObject({ phase: "Failed", status: "OutcomeUnknown" });
    expect(next.servers.requests).toEqual([]);
    expect(world.told).toEqual(["Warning OutcomeUnknown"]);
  });

  test("leaves a safe call to be repeated, so that the tool can tell that it is the same", async () => {
    const { world, first, next } = await dieWhileExecuting({ trustAnnotations: true }, { idempotentHint: true });
    expect(world.status).toMatchObject({ status: "Executing", attempts: 2, holder: "process-2" });
    const [once, again] = [...first.servers.requests, ...next.servers.requests];
    expect(again?.idempotencyKey).toBe(once?.idempotencyKey);
    expect(again?.idempotencyKey).toMatch(/^[0-9a-f]{32}$/);
    expect(again?.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  });
});

test("a task that is over takes its calls with it", async () => {
  const world = new World();
  const { servers } = world.start();
  servers.connect((await world.server()).metadata.uid);
  const task = await world.task();
  await world.call(task);
  await world.clock.advance(100);
  await world.cluster.replaceStatus<Task>(resources.task, { ...task, status: { phase: "Failed" } });
  await world.clock.advance(100);
  expect(world.status).toMatchObject({ phase: "Failed", status: "Cancelled" });
  expect(servers.requests[0]?.signal.aborted).toBe(true);
});

test("a suspended task begins no call, and its calls go on with it", async () => {
  const world = new World();
  const { servers } = world.start();
  servers.connect((await world.server()).metadata.uid);
  const task = await world.task();
  await world.cluster.mergePatch(resources.task, task.metadata, { spec: { suspended: true } });
  await world.call(task);
  await world.clock.advance(100_000);
  expect(servers.requests).toEqual([]);
  expect(world.status.waitingFor).toContain("to be resumed");
  await world.cluster.mergePatch(resources.task, task.metadata, { spec: { suspended: false } });
  await world.clock.advance(100);
  expect(servers.requests).toHaveLength(1);
});

test("a call whose task is gone is over, also where a task of the same name is there", async () => {
  const world = new World();
  const { servers } = world.start();
  servers.connect((await world.server()).metadata.uid);
  const task = await world.task();
  await world.call({ ...task, metadata: { ...task.metadata, uid: "another" } });
  await world.clock.advance(100);
  expect(servers.requests).toEqual([]);
  expect(world.status).toMatchObject({ phase: "Failed", status: "Cancelled" });
});

test("a call whose task the watch has not shown yet is carried out all the same", async () => {
  const world = new World();
  const { servers } = world.start();
  servers.connect((await world.server()).metadata.uid);
  world.cluster.watches.deafen(resources.task);
  await world.call(await world.task());
  await world.clock.advance(100);
  expect(servers.requests).toHaveLength(1);
});

test("a deleted call is not waited for any more", async () => {
  const world = new World();
  const { servers } = world.start();
  servers.connect((await world.server()).metadata.uid);
  const { name, uid } = (await world.call(await world.task())).metadata;
  await world.clock.advance(100);
  await world.cluster.remove(resources.toolCall, { namespace, name, uid });
  await world.clock.advance(100);
  expect(servers.requests[0]?.signal.aborted).toBe(true);
});

test("a result that the API server will not take ends the call in words that it will", async () => {
  const world = new World();
  const { servers } = world.start();
  servers.connect((await world.server()).metadata.uid);
  await world.call(await world.task());
  await world.clock.advance(100);
  let refusals = 1;
  const tooLarge: Problem = { kind: "terminal", message: "The object has become too large." };
  world.cluster.onCall = ({ verb, phase }) =>
    verb === "replaceStatus" && phase === "before" && refusals-- > 0 ? tooLarge : undefined;
  servers.answer(hello);
  await world.clock.advance(100);
  expect(world.status).toMatchObject({ status: "Error", finishReason: "StatusRefused" });
  expect(world.status.result).toMatch(/^Error: .*has done its work.*too large/s);
});

describe("an orderly stop", () => {
  test("records what finishes in time", async () => {
    const world = new World();
    const { servers, controller, ...first } = world.start();
    servers.connect((await world.server()).metadata.uid);
    await world.call(await world.task());
    await world.clock.advance(100);
    first.stop();
    const drained = controller.drain(5_000);
    servers.answer(hello);
    await world.clock.advance(5_000);
    await drained;
    expect(world.status.status).toBe("Succeeded");
  });

  test("that comes between the intent and the call leaves no doubt that nothing was sent", async () => {
    const world = new World();
    const first = world.start();
    const { uid } = (await world.server()).metadata;
    first.servers.connect(uid);
    world.cluster.onCall = ({ verb, phase }) => {
      if (verb !== "replaceStatus" || phase !== "before") return undefined;
      first.stop();
      void first.controller.drain(0);
      return undefined;
    };
    await world.call(await world.task());
    await world.clock.advance(100);
    expect(first.servers.requests).toEqual([]);
    expect(world.status).toMatchObject({ status: "ErrorBackoff", attempts: 1 });
    first.kill();
    const next = world.start();
    next.servers.connect(uid);
    await world.clock.advance(5_000);
    expect(next.servers.requests).toHaveLength(1);
  });
});
