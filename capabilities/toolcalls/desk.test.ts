// The desk over the fake cluster: an answer is stored before anybody is told that it is.
import type { ContactChannel } from "../../crds/index";
import { resources } from "../../crds/index";
import type { Heard } from "../adapters/channels/port";
import type { Problem } from "../runtime/errors";
import type { OneProcess } from "./controller.fixture";
import { namespace, World } from "./controller.fixture";
import { digestOf } from "./question";

const webhook: Partial<ContactChannel["spec"]> = {
  type: "webhook",
  webhook: {
    url: "https://example.com/approvals",
    secretFrom: { secretKeyRef: { name: "humanlayer", key: "WEBHOOK" } },
  },
};
const answer: Heard = {
  decision: "Approve",
  comment: "fine",
  approver: "jane",
  at: new Date("2026-01-02T03:04:05.000Z"),
};

interface Stage {
  world: World;
  process: OneProcess;
  id: string;
}

async function stage(channel: Partial<ContactChannel["spec"]> = {}): Promise<Stage> {
  const world = new World();
  const process = world.start();
  await world.channel({ ...webhook, ...channel });
  const { uid } = (await world.server({ approvalContactChannel: { name: "people" } })).metadata;
  process.servers.connect(uid);
  await world.call(await world.task());
  await world.clock.advance(100);
  return { world, process, id: world.status.externalCallID ?? "" };
}

/** What an answer came to, with the time that it took. */
async function take({ world, process, id }: Stage, given: Heard = answer, ms = 100): Promise<string> {
  const taken = process.controller.desk.take(id, given);
  await world.clock.advance(ms);
  return (await taken).kind;
}

describe("finding a question", () => {
  test("says over which channel it is asked and what about", async () => {
    const { world, process, id } = await stage();
    expect(await process.controller.desk.find(id)).toMatchObject({
      target: { name: "people", webhook: { url: "https://example.com/approvals", secret: "key" } },
      about: { kind: "ToolCall", name: "t-tc-01", uid: world.stored?.metadata.uid },
      kind: "Approval",
      argumentsDigest: digestOf('{"url": "https://example.com"}'),
    });
  });

  test("knows nothing of another one", async () => {
    const { process } = await stage();
    expect(await process.controller.desk.find("ec-0000000000000000")).toBeUndefined();
  });

  test("knows it still when it was answered, so that it can be said", async () => {
    const at = await stage();
    await take(at);
    expect(await at.process.controller.desk.find(at.id)).toMatchObject({ about: { name: "t-tc-01" } });
  });
});

describe("taking an answer", () => {
  test("stores it before it says so, and the call goes on", async () => {
    const at = await stage();
    let stored: unknown;
    const taken = at.process.controller.desk.take(at.id, answer).then((one) => {
      stored = at.world.status.answers;
      return one;
    });
    await at.world.clock.advance(100);
    expect(await taken).toEqual({ kind: "Stored" });
    expect(stored).toMatchObject([{ decision: "Approve", comment: "fine", approver: "jane", question: at.id }]);
    expect(at.process.servers.requests).toHaveLength(1);
  });

  test("that is told again is the same one", async () => {
    const at = await stage();
    await take(at);
    expect(await take(at, { ...answer, at: new Date(0) })).toBe("Stored");
    expect(at.world.status.answers).toHaveLength(1);
  });

  test("that comes when another one has decided is too late", async () => {
    const at = await stage();
    await at.world.say("Reject", "no");
    expect(await take(at)).toBe("TooLate");
    expect(at.world.status.answers).toBeUndefined();
  });

  test("that is overtaken by another one is too late", async () => {
    const at = await stage();
    at.world.cluster.onCall = ({ verb, phase }) =>
      verb === "replaceStatus" && phase === "before" ? { kind: "retryable", message: "busy" } : undefined;
    const taken = at.process.controller.desk.take(at.id, answer);
    const { task } = resources;
    await at.world.cluster.mergePatch(task, { namespace, name: "t" }, { spec: { cancelled: true } });
    await at.world.clock.advance(1_000);
    at.process.kill(); // Another process of the operator cancels the call, and this one sees it.
    const end = { ...at.world.stored?.status, status: "Cancelled", phase: "Failed" } as const;
    at.world.cluster.onCall = () => undefined;
    const stored = at.world.stored;
    if (!stored) throw new Error("There is no call.");
    const written = await at.world.cluster.replaceStatus(resources.toolCall, { ...stored, status: end });
    if (written.ok) at.process.controller.notice(written.value, "MODIFIED");
    expect((await taken).kind).toBe("TooLate");
  });

  test("that cannot be stored is not said to be, and may be sent again", async () => {
    const at = await stage();
    const busy: Problem = { kind: "retryable", message: "busy" };
    at.world.cluster.onCall = ({ verb, phase }) => (verb === "replaceStatus" && phase === "before" ? busy : undefined);
    expect(await take(at, answer, 8_100)).toBe("NotNow");
    at.world.cluster.onCall = () => undefined;
    expect(await take(at, answer, 60_000)).toBe("Stored");
    expect(at.process.servers.requests).toHaveLength(1);
  });

  test("to a question that nobody asks is not taken", async () => {
    const at = await stage();
    expect(await take({ ...at, id: "ec-0000000000000000" })).toBe("NotNow");
  });

  test("of several people counts each of them", async () => {
    const at = await stage({ approvers: { quorum: 2 } });
    expect(await take(at)).toBe("Stored");
    expect(at.process.servers.requests).toEqual([]);
    expect(await take(at, { ...answer, approver: "ann" })).toBe("Stored");
    expect(at.world.status.answers).toHaveLength(2);
    expect(at.process.servers.requests).toHaveLength(1);
  });

  test("makes what comes from outside fit the schema", async () => {
    const at = await stage();
    const long = "x".repeat(100_000);
    expect(await take(at, { ...answer, approver: "  ", comment: long, at: new Date(NaN) })).toBe("Stored");
    expect(at.world.status.answers).toMatchObject([{ approver: "people", at: "9999-12-31T23:59:59.999Z" }]);
    expect(at.world.status.answers?.[0]?.comment?.length).toBe(16_384);
  });
});

test("a hint is passed on", async () => {
  const { process, id } = await stage();
  process.controller.desk.hint(id);
  expect(process.channels.hints).toEqual([id]);
});

describe("what was refused", () => {
  const refusals = (world: World): string[] =>
    world.events
      .filter(({ reason }) => reason === "AnswerRefused")
      .map(({ about, message }) => `${about.kind}: ${message}`);

  test("is told of the call", async () => {
    const { world, process, id } = await stage();
    process.controller.desk.refused(id, { namespace, name: "people" }, "The signature is wrong.");
    expect(refusals(world)).toEqual(["ToolCall: The signature is wrong."]);
  });

  test("is told of the channel where the call is not known", async () => {
    const { world, process } = await stage();
    process.controller.desk.refused("ec-0", { namespace, name: "people" }, "There is no such question.");
    process.controller.desk.refused(undefined, undefined, "Nobody knows what this is.");
    expect(refusals(world)).toEqual(["ContactChannel: There is no such question."]);
  });
});
