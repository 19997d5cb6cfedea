// The machine over the fake cluster where people are asked, with channels that say of questions what a test says.
import type { ContactChannel, MCPServer } from "../../crds/index";
import { resources } from "../../crds/index";
import type { Heard } from "../adapters/channels/port";
import type { OneProcess } from "./controller.fixture";
import { hello, namespace, World } from "./controller.fixture";

const guarded: Partial<MCPServer["spec"]> = { approvalContactChannel: { name: "people" } };
const heard = (decision: Heard["decision"], comment?: string): Heard => ({
  decision,
  ...(comment !== undefined && { comment }),
  approver: "jane@example.com",
  at: new Date("2026-01-02T03:04:05.000Z"),
});
const asksCity = {
  kind: "InputRequired",
  requestState: "state-1",
  inputRequests: {
    city: {
      method: "elicitation/create",
      params: {
        message: "Which city?",
        requestedSchema: {
          type: "object",
          properties: { city: { type: "string", enum: ["Oslo", "Bergen"] } },
          required: ["city"],
        },
      },
    },
  },
} as const;

interface Stage {
  world: World;
  process: OneProcess;
  /** Another process in place of this one. */
  restart(): Promise<OneProcess>;
}

/** A guarded server that is connected, a channel, a task and its call. */
async function stage(
  channel: Partial<ContactChannel["spec"]> | undefined = {},
  server: Partial<MCPServer["spec"]> = guarded,
): Promise<Stage> {
  const world = new World();
  let process = world.start();
  await world.channel(channel);
  const { uid } = (await world.server(server)).metadata;
  process.servers.connect(uid);
  await world.call(await world.task());
  await world.clock.advance(100);
  return {
    world,
    get process() {
      return process;
    },
    async restart() {
      process.kill();
      process = world.start();
      process.servers.connect(uid);
      await world.clock.advance(100);
      return process;
    },
  };
}

const kubernetes = { type: "kubernetes" } as const;

async function send(world: World, process: OneProcess): Promise<string> {
  const id = world.status.externalCallID ?? "";
  process.channels.be(id, { kind: "Sent", at: world.clock.now() });
  await world.clock.advance(100);
  return id;
}

describe("a call that needs approval", () => {
  test("asks before anything runs, and reads as the manual shows it", async () => {
    const { world, process } = await stage();
    const id = await send(world, process);
    expect(id).toMatch(/^ec-[0-9a-f]{16}$/);
    expect(world.status).toMatchObject({
      phase: "Pending",
      status: "AwaitingHumanApproval",
      statusDetail: "Waiting for human approval via contact channel people",
      question: { kind: "Approval", channel: "people" },
    });
    expect(process.channels.puts).toMatchObject([
      {
        target: { name: "people", apiKey: "key" },
        wasSent: false,
        question: {
          id,
          kind: "Approval",
          tool: "fetch__fetch",
          arguments: { url: "https://example.com" },
          about: { kind: "ToolCall", name: "t-tc-01" },
        },
      },
    ]);
    expect(process.servers.requests).toEqual([]);
    expect(world.events.map(({ reason, message }) => `${reason}: ${message}`)).toEqual([
      "AwaitingHumanApproval: Tool execution requires approval via contact channel people",
      "HumanLayerRequestSent: HumanLayer request sent",
    ]);
  });

  test("costs nothing while nobody says anything", async () => {
    const { world, process } = await stage();
    await send(world, process);
    const { calls } = world.cluster;
    const before = { ...calls };
    await world.clock.advance(7 * 24 * 3_600_000);
    expect(world.cluster.calls).toEqual(before);
  });

  test("is carried out once when somebody approves with kubectl", async () => {
    const { world, process } = await stage();
    const id = await send(world, process);
    await world.say("Approve", "looks fine");
    expect(process.servers.requests).toHaveLength(1);
    process.servers.answer(hello);
    await world.clock.advance(100);
    expect(world.status).toMatchObject({ status: "Succeeded", result: "Hello", externalCallID: id });
    expect(world.status.conditions).toContainEqual(
      expect.objectContaining({ type: "Approved", status: "True", message: "Approved by jane: looks fine" }),
    );
    expect(world.told).toEqual([
      "Normal AwaitingHumanApproval",
      "Normal HumanLayerRequestSent",
      "Normal Approved",
      "Normal ExecutionSucceeded",
    ]);
    expect(process.channels.dropped).toEqual([id]);
  });

  test("stores an answer from the channel in the same write as what follows from it", async () => {
    const { world, process } = await stage();
    const id = await send(world, process);
    const before = world.writes;
    process.channels.be(id, { kind: "Answered", answer: heard("Reject", "not today") });
    await world.clock.advance(100);
    expect(world.writes - before).toBe(1);
    expect(world.status).toMatchObject({
      phase: "Failed",
      status: "ToolCallRejected",
      finishReason: "Rejected",
      answers: [{ decision: "Reject", approver: "jane@example.com", question: id, channel: "people" }],
    });
    expect(world.status.result).toContain("not today");
    expect(world.status.result).not.toContain("jane");
    expect(process.servers.requests).toEqual([]);
    expect(world.told).toContain("Warning Rejected");
  });

  test("asks the same question again after a restart, saying that it may have been sent", async () => {
    const set = await stage();
    const { world } = set;
    const id = await send(world, set.process);
    const next = await set.restart();
    expect(next.channels.puts).toMatchObject([{ question: { id }, wasSent: true }]);
    expect(world.told).toEqual(["Normal AwaitingHumanApproval", "Normal HumanLayerRequestSent"]);
    next.channels.be(id, { kind: "Answered", answer: heard("Approve") });
    await world.clock.advance(100);
    expect(next.servers.requests).toHaveLength(1);
  });

  test("needs nothing sent where people answer with kubectl", async () => {
    const { world, process } = await stage(kubernetes);
    expect(world.status.status).toBe("AwaitingHumanApproval");
    expect(process.channels.puts).toEqual([]);
    await world.say("Approve", "");
    expect(process.servers.requests).toHaveLength(1);
  });

  test("waits for as many as have to agree, and says how many have", async () => {
    const { world, process } = await stage({ approvers: { quorum: 2 } });
    await world.say("Approve", "");
    await world.say("Approve", "");
    expect(world.status.waitingFor).toContain("(1 of 2: jane)");
    expect(world.told.filter((told) => told === "Warning ApprovalIgnored")).toHaveLength(1);
    await world.say("Approve", "", { approver: "ann" });
    expect(process.servers.requests).toHaveLength(1);
    expect(world.told).toContain("Normal Approved");
  });

  test("counts an answer over the channel and one with kubectl together", async () => {
    const { world, process } = await stage({ approvers: { quorum: 2 } });
    const id = await send(world, process);
    process.channels.be(id, { kind: "Answered", answer: heard("Approve") });
    await world.clock.advance(100);
    expect(world.status.answers).toHaveLength(1);
    expect(world.status.status).toBe("AwaitingHumanApproval");
    await world.say("Approve", "");
    expect(world.status.answers).toHaveLength(1);
    expect(process.servers.requests).toHaveLength(1);
  });

  test("does not count whoever created the task, where the channel says so, and tells it once", async () => {
    const { world, process } = await stage({ approvers: { mayNotBeRequester: true } });
    await world.say("Approve", "mine", { approver: "eva" });
    const written = world.writes;
    await world.clock.advance(3_600_000);
    expect(world.writes).toBe(written);
    expect(world.told.filter((told) => told === "Warning ApprovalIgnored")).toHaveLength(1);
    expect(process.servers.requests).toEqual([]);
  });

  test("does not tell again what it has told, after a restart and when it is decided", async () => {
    const set = await stage({ approvers: { mayNotBeRequester: true } });
    const { world } = set;
    await world.say("Approve", "mine", { approver: "eva" });
    await set.restart();
    await world.say("Approve", "fine");
    expect(set.process.servers.requests).toHaveLength(1);
    expect(world.told.filter((told) => told === "Warning ApprovalIgnored")).toHaveLength(1);
  });

  test("does not count an approval of other arguments", async () => {
    const { world, process } = await stage();
    await world.say("Approve", "", { argumentsDigest: `sha256:${"0".repeat(64)}` });
    expect(process.servers.requests).toEqual([]);
    expect(world.status.status).toBe("AwaitingHumanApproval");
  });

  test("says that nobody answered in time, and not that somebody refused", async () => {
    const { world, process } = await stage({ timeout: "1h", onTimeout: "Reject" });
    await send(world, process);
    await world.clock.advance(3_500_000);
    expect(world.status.status).toBe("AwaitingHumanApproval");
    await world.clock.advance(100_000);
    expect(world.status).toMatchObject({ status: "ToolCallRejected", finishReason: "NobodyAnswered" });
    expect(world.status.result).toMatch(/nobody refused/i);
    expect(process.channels.dropped).toHaveLength(1);
  });

  test("follows the channel's timeout when that is edited", async () => {
    const { world, process } = await stage();
    await send(world, process);
    const edit = { spec: { timeout: "1m", onTimeout: "Fail" } };
    await world.cluster.mergePatch(resources.contactChannel, { namespace, name: "people" }, edit);
    await world.clock.advance(61_000);
    expect(world.status).toMatchObject({ status: "Error", finishReason: "NobodyAnswered" });
  });

  test("waits for its channel to be created, and runs nothing meanwhile", async () => {
    const world = new World();
    const { servers } = world.start();
    servers.connect((await world.server(guarded)).metadata.uid);
    await world.call(await world.task());
    await world.clock.advance(3_600_000);
    expect(world.status.waitingFor).toContain('ContactChannel "people"');
    await world.channel();
    await world.clock.advance(100);
    expect(world.status.status).toBe("AwaitingHumanApproval");
    expect(servers.requests).toEqual([]);
  });

  test("asks while the server is away, and waits for it when people have agreed", async () => {
    const world = new World();
    const { servers } = world.start();
    await world.channel(kubernetes);
    const { uid } = (await world.server(guarded)).metadata;
    await world.call(await world.task());
    await world.clock.advance(1_000);
    expect(world.status.status).toBe("AwaitingHumanApproval");
    await world.clock.advance(3_600_000);
    await world.say("Approve", "");
    await world.clock.advance(3_000);
    expect(world.status).toMatchObject({ status: "ReadyToExecuteApprovedTool", phase: "Pending" });
    expect(world.status.statusDetail).toMatch(/^Approved by jane; now waiting for MCPServer "fetch" to be connected/);
    servers.connect(uid);
    await world.clock.advance(100);
    expect(servers.requests).toHaveLength(1);
  });

  test("is not asked about when it cannot run", async () => {
    const world = new World();
    const { servers, channels } = world.start();
    await world.channel();
    servers.connect((await world.server(guarded)).metadata.uid);
    await world.call(await world.task(), "{}");
    await world.clock.advance(100);
    expect(world.status).toMatchObject({ status: "Error", finishReason: "InvalidArguments" });
    expect(channels.puts).toEqual([]);
  });

  test("is cancelled with its task, and its question is let go", async () => {
    const { world, process } = await stage();
    const id = await send(world, process);
    await world.cluster.mergePatch(resources.task, { namespace, name: "t" }, { spec: { cancelled: true } });
    await world.clock.advance(100);
    expect(world.status.status).toBe("Cancelled");
    expect(process.channels.dropped).toEqual([id]);
  });
});

describe("approvalPolicy", () => {
  const policy = (approvalPolicy: string): Partial<MCPServer["spec"]> => ({ ...guarded, approvalPolicy });

  test.each<[string, string]>([
    ["asks where it holds", "tool == 'fetch' && args.url.startsWith('https://example')"],
    ["asks where it holds for the task", "task.requester == 'eva' && task.agent == 'a' && task.namespace == 'default'"],
    ["asks where it cannot be evaluated", "args.nothing.of.the.kind"],
    ["asks where it is no expression", "((("],
  ])("%s", async (_sentence, text) => {
    const { world, process } = await stage({}, policy(text));
    expect(world.status.status).toBe("AwaitingHumanApproval");
    expect(process.servers.requests).toEqual([]);
  });

  test("lets a call run that it does not mean", async () => {
    const { world, process } = await stage({}, policy("args.url.startsWith('https://intranet.')"));
    expect(world.status.status).toBe("Executing");
    expect(process.servers.requests).toHaveLength(1);
  });

  test("that cannot be evaluated is told of", async () => {
    const { world } = await stage({}, policy("((("));
    expect(world.status.statusDetail).toContain("cannot be evaluated");
    expect(world.told).toContain("Warning ApprovalPolicyFaulty");
  });
});

describe("a question that does not get to people", () => {
  test("is told of once, and kubectl works all the same", async () => {
    const { world, process } = await stage();
    const id = world.status.externalCallID ?? "";
    const unsent = { kind: "Unsent", detail: "The key is wrong (401)" } as const;
    for (const seconds of [1, 2, 3]) {
      process.channels.be(id, { ...unsent, retryAt: new Date(world.clock.now().getTime() + seconds * 1_000) });
      await world.clock.advance(1_000);
    }
    expect(world.status.statusDetail).toContain("The key is wrong (401)");
    expect(world.writes).toBe(2);
    expect(world.told).toEqual(["Normal AwaitingHumanApproval", "Warning RequestNotSent"]);
    await world.say("Approve", "");
    expect(process.servers.requests).toHaveLength(1);
  });

  test("of troubles that take turns tells each once", async () => {
    const { world, process } = await stage();
    const id = world.status.externalCallID ?? "";
    for (const detail of ["401", "503", "401", "503", "401"]) {
      process.channels.be(id, { kind: "Unsent", detail, retryAt: new Date(world.clock.now().getTime() + 1_000) });
      await world.clock.advance(1_000);
    }
    expect(world.told).toEqual(["Normal AwaitingHumanApproval", "Warning RequestNotSent", "Warning RequestNotSent"]);
    expect(world.writes).toBe(3);
  });

  test("is put when the Secret is there", async () => {
    const world = new World();
    world.secret = { kind: "Missing" };
    const { channels, servers } = world.start();
    await world.channel();
    servers.connect((await world.server(guarded)).metadata.uid);
    await world.call(await world.task());
    await world.clock.advance(100);
    expect(channels.puts).toEqual([]);
    expect(world.status.error).toContain("humanlayer");
    expect(world.told).toEqual(["Normal AwaitingHumanApproval", "Warning RequestNotSent"]);
    await world.setSecret({ kind: "Value", value: "key", resourceVersion: "2" });
    expect(channels.puts).toHaveLength(1);
    await send(world, { channels } as OneProcess);
    expect(world.status.error).toBeUndefined();
    expect(world.status.statusDetail).toBe("Waiting for human approval via contact channel people");
  });

  test("is looked for again by itself", async () => {
    const world = new World();
    world.secret = { kind: "Unreadable", message: "busy" };
    const { channels, servers } = world.start();
    await world.channel();
    servers.connect((await world.server(guarded)).metadata.uid);
    await world.call(await world.task());
    await world.clock.advance(100);
    world.secret = { kind: "Value", value: "key", resourceVersion: "2" };
    await world.clock.advance(30_000);
    expect(channels.puts).toHaveLength(1);
  });

  test("is put anew when its channel is applied anew", async () => {
    const { world, process } = await stage();
    const edit = { spec: { email: { address: "ann@example.com" } } };
    await world.cluster.mergePatch(resources.contactChannel, { namespace, name: "people" }, edit);
    await world.clock.advance(100);
    expect(process.channels.puts.map(({ target }) => target.email?.address)).toEqual([
      "jane@example.com",
      "ann@example.com",
    ]);
  });

  test("that is another one at the service is told of, and does not count", async () => {
    const { world, process } = await stage();
    process.channels.be(world.status.externalCallID ?? "", { kind: "Foreign", detail: "It is about another call" });
    await world.clock.advance(100);
    expect(world.told).toContain("Warning AnswerRefused");
    expect(world.status.status).toBe("AwaitingHumanApproval");
  });
});

describe("a tool that asks a person", () => {
  async function asked(message?: string, channel: Partial<ContactChannel["spec"]> = {}) {
    const world = new World();
    const process = world.start();
    await world.channel(channel);
    await world.question(await world.task(), message);
    await world.clock.advance(100);
    return { world, process };
  }

  test("puts the model's question, and gives back the words", async () => {
    const { world, process } = await asked();
    const id = world.status.externalCallID ?? "";
    expect(id).toMatch(/^hc-[0-9a-f]{16}$/);
    expect(world.status).toMatchObject({
      status: "AwaitingHumanInput",
      phase: "Pending",
      statusDetail: "Waiting for an answer via contact channel people",
      question: { kind: "Input", message: "Which city?" },
    });
    expect(process.channels.puts).toMatchObject([{ question: { id, kind: "Input", message: "Which city?" } }]);
    process.channels.be(id, { kind: "Answered", answer: heard("Respond", "Oslo, of course.") });
    await world.clock.advance(100);
    expect(world.status).toMatchObject({ status: "Succeeded", result: "Oslo, of course.", phase: "Succeeded" });
  });

  test("that is rejected says so, with the comment", async () => {
    const { world } = await asked();
    await world.say("Reject", "ask somebody else");
    expect(world.status).toMatchObject({ status: "ToolCallRejected", finishReason: "Rejected" });
    expect(world.status.result).toContain("ask somebody else");
  });

  test("has to say something", async () => {
    const { world, process } = await asked("  ");
    expect(world.status).toMatchObject({ status: "Error", finishReason: "InvalidArguments" });
    expect(process.channels.puts).toEqual([]);
  });
});

describe("a tool that wants to know something before it goes on", () => {
  async function waiting() {
    const set = await stage();
    await set.world.say("Approve", "");
    set.process.servers.answer(asksCity);
    await set.world.clock.advance(100);
    return set;
  }

  test("is answered over the channel, checked against its schema", async () => {
    const { world, process } = await waiting();
    expect(world.status).toMatchObject({
      status: "AwaitingHumanInput",
      phase: "Pending",
      requestState: "state-1",
      question: { kind: "Input", schema: { required: ["city"] } },
    });
    expect(world.status.externalCallID).toMatch(/^hc-/);
    await world.say("Respond", "Paris");
    expect(world.told).toContain("Warning AnswerUnfit");
    expect(world.status.status).toBe("AwaitingHumanInput");
    await world.say("Respond", '{"city": "Oslo"}');
    expect(process.servers.requests.at(-1)).toMatchObject({
      requestState: "state-1",
      inputResponses: { city: { action: "accept", content: { city: "Oslo" } } },
      arguments: { url: "https://example.com" },
    });
    process.servers.answer(hello);
    await world.clock.advance(100);
    expect(world.status).toMatchObject({ status: "Succeeded", attempts: 2 });
    expect(world.status.requestState).toBeUndefined();
  });

  test("is answered days later by another process", async () => {
    const set = await waiting();
    const { world } = set;
    await world.clock.advance(3 * 24 * 3_600_000);
    const next = await set.restart();
    await world.say("Respond", "Oslo");
    expect(next.servers.requests).toMatchObject([
      { requestState: "state-1", inputResponses: { city: { action: "accept", content: { city: "Oslo" } } } },
    ]);
  });

  test("is told when a person declines", async () => {
    const { world, process } = await waiting();
    await world.say("Reject", "none of its business");
    expect(process.servers.requests.at(-1)).toMatchObject({ inputResponses: { city: { action: "decline" } } });
  });

  test("that is not reached at first is told the same again", async () => {
    const { world, process } = await waiting();
    await world.say("Respond", "Oslo");
    process.servers.answer({ kind: "NotSent", message: "not connected" });
    await world.clock.advance(2_000);
    const [, once, again] = process.servers.requests;
    expect(again?.inputResponses).toEqual(once?.inputResponses);
    expect(again?.requestState).toBe("state-1");
  });

  test("may ask again, and that is another question", async () => {
    const { world, process } = await waiting();
    const first = world.status.externalCallID;
    await world.say("Respond", "Oslo");
    process.servers.answer({ ...asksCity, requestState: "state-2" });
    await world.clock.advance(100);
    expect(world.status).toMatchObject({ status: "AwaitingHumanInput", requestState: "state-2" });
    expect(world.status.externalCallID).not.toBe(first);
    expect(world.told).not.toContain("Warning ApprovalIgnored");
    await world.say("Respond", "Bergen");
    expect(process.servers.requests.at(-1)).toMatchObject({
      requestState: "state-2",
      inputResponses: { city: { content: { city: "Bergen" } } },
    });
  });
});

describe("an outcome that nobody knows", () => {
  async function unknown(channel: Partial<ContactChannel["spec"]> = {}) {
    const set = await stage(channel);
    await set.world.say("Approve", "");
    const approved = set.world.status.externalCallID;
    const next = await set.restart();
    await set.world.clock.advance(100);
    return { ...set, next, approved };
  }

  test("is asked about, and the call is not over", async () => {
    const { world, next, approved } = await unknown();
    expect(world.status).toMatchObject({ status: "OutcomeUnknown", phase: "Pending", question: { kind: "Outcome" } });
    expect(world.status.completionTime).toBeUndefined();
    expect(world.status.externalCallID).toMatch(/^ec-/);
    expect(world.status.externalCallID).not.toBe(approved);
    expect(next.channels.puts.at(-1)?.question).toMatchObject({
      kind: "Input",
      options: [{ decision: "Approve" }, { decision: "Respond" }, { decision: "Reject" }],
    });
    expect(next.servers.requests).toEqual([]);
  });

  test("is run again when a person says so, without asking for approval once more", async () => {
    const { world, next } = await unknown();
    await world.say("Approve", "it did nothing");
    expect(next.servers.requests).toHaveLength(1);
    next.servers.answer(hello);
    await world.clock.advance(100);
    expect(world.status).toMatchObject({ status: "Succeeded", attempts: 2, result: "Hello" });
    expect(world.told).toContain("Normal RunAgain");
  });

  test("becomes the result that a person gives", async () => {
    const { world, next } = await unknown();
    await world.say("Respond", "The invoice is number 7.");
    expect(world.status).toMatchObject({ status: "Succeeded", phase: "Succeeded" });
    expect(world.status.result).toMatch(/person.*The invoice is number 7\./s);
    expect(next.servers.requests).toEqual([]);
  });

  test("ends when a person gives it up", async () => {
    const { world } = await unknown();
    await world.say("Reject", "never mind");
    expect(world.status).toMatchObject({ status: "Error", finishReason: "OutcomeUnknown", phase: "Failed" });
    expect(world.status.result).toContain("They say: never mind. It may have happened or not");
  });

  test("ends when nobody answers in time", async () => {
    const { world } = await unknown({ timeout: "1h", onTimeout: "Fail" });
    await world.clock.advance(3_700_000);
    expect(world.status).toMatchObject({ status: "Error", finishReason: "NobodyAnswered" });
  });

  test("does not take the approval of the arguments for an answer", async () => {
    const { world, next, approved } = await unknown();
    await world.say("Approve", "", { question: approved ?? "" });
    expect(next.servers.requests).toEqual([]);
    expect(world.status.status).toBe("OutcomeUnknown");
  });
});
