/**
 * What every `Channels` keeps to, the real ones and the fake of the simulation: run against all, so that the fake cannot
 * lie. A world gives a service that is there, one that never is, and people who answer; time is the world's own.
 */
import type { Asked, ChannelCheck, Channels, ChannelTarget, Heard, Question } from "../adapters/channels/port";

/** What a person says of a question that the service has. */
export type Reply = Pick<Heard, "decision" | "comment">;

export interface ChannelsWorld {
  /** The channels of one process. */
  channels: Channels;
  /** The channels of another process, which knows nothing. The world closes them. */
  restart: () => Channels;
  /** Leads to the service. */
  target: ChannelTarget;
  /** The same with a key that the service does not take. */
  locked: ChannelTarget;
  /** Leads nowhere. */
  absent: ChannelTarget;
  /** How many questions the service has under an id. */
  count: (id: string) => Promise<number>;
  /** A person answers the question of that id. */
  answer: (question: Question, reply: Reply) => Promise<void>;
  /** Somebody else puts a question of his own under that id. */
  squat: (question: Question) => Promise<void>;
  /** Lets a little time go by: some 100 ms for whoever waits for a time. */
  pass: () => Promise<void>;
  /** Ends the world, after `channels` was closed. */
  end: () => Promise<void>;
}

/** As many turns of `pass` as anything here may take: slow polls are waited for. */
const TURNS = 3_000;
/** Longer than a request takes, shorter than a poll. */
const A_WHILE = 20;

const about = { kind: "ToolCall", namespace: "default", name: "t-tc-01", uid: "uid-1" } as const;
const digest = `sha256:${"a".repeat(64)}`;

const approval = (id: string, more: Partial<Extract<Question, { kind: "Approval" }>> = {}): Question => ({
  ...{ kind: "Approval", id, about, tool: "fetch__fetch", arguments: { url: "https://example.com" } },
  argumentsDigest: digest,
  ...more,
});
const input = (id: string, more: Partial<Extract<Question, { kind: "Input" }>> = {}): Question => ({
  ...{ kind: "Input", id, about, message: "Which colour?", argumentsDigest: digest },
  ...more,
});
const notice = (id: string): Question => ({
  ...{ kind: "Notice", id, message: "It is done." },
  about: { ...about, kind: "Task", name: "t" },
});

/** Registers the tests. */
export function channelsContract(name: string, makeWorld: () => Promise<ChannelsWorld>): void {
  describe(`${name} keep to the contract of Channels`, () => {
    let world: ChannelsWorld;
    beforeEach(async () => {
      world = await makeWorld();
    });
    afterEach(async () => {
      await finished(world, world.channels.close(1_000));
      await world.end();
    });

    const put = (question: Question, wasSent = false): void => world.channels.put(world.target, question, wasSent);
    const look = (id: string): Asked | undefined => world.channels.look(id);
    const comesTo = (id: string, kind: Asked["kind"], channels = world.channels): Promise<void> =>
      until(world, () => channels.look(id)?.kind === kind);
    const answerOf = (id: string): Heard | undefined => {
      const asked = look(id);
      return asked?.kind === "Answered" ? asked.answer : undefined;
    };

    test("say of a channel whether it can be used, and what is wrong with it", async () => {
      const check = (target: ChannelTarget): Promise<ChannelCheck> =>
        finished(world, world.channels.check(target, new AbortController().signal));
      expect(await check(world.target)).toMatchObject({ kind: "Usable" });
      for (const [target, kind] of [
        [world.locked, "Refused"],
        [world.absent, "Unreachable"],
      ] as const) {
        const found = await check(target);
        expect(found.kind).toBe(kind);
        expect("message" in found && found.message).toMatch(/./);
      }
    });

    test("know nothing of a question that nobody put", async () => {
      expect(look("ec-0000000000000000")).toBeUndefined();
      world.channels.hint("ec-0000000000000000");
      world.channels.drop("ec-0000000000000000");
      expect(look("ec-0000000000000000")).toBeUndefined();
    });

    test("put a question, say so, and tell of it", async () => {
      const told: string[] = [];
      world.channels.subscribe((id) => told.push(id));
      put(approval("ec-1000000000000001"));
      expect(look("ec-1000000000000001")).toEqual({ kind: "Sending" });
      await comesTo("ec-1000000000000001", "Sent");
      expect(await world.count("ec-1000000000000001")).toBe(1);
      expect(told).toContain("ec-1000000000000001");
    });

    test("do not change anything when a question is put again", async () => {
      const question = approval("ec-1000000000000002");
      put(question);
      put(structuredClone(question));
      await comesTo(question.id, "Sent");
      const before = look(question.id);
      put(structuredClone(question), true);
      await aWhile(world);
      expect(look(question.id)).toEqual(before);
      expect(await world.count(question.id)).toBe(1);
    });

    test.each([true, false])(
      "put no second question when another process has put it before (and knew so: %s)",
      async (wasSent) => {
        const question = approval("ec-1000000000000003");
        put(question);
        await comesTo(question.id, "Sent");
        const next = world.restart();
        next.put(world.target, structuredClone(question), wasSent);
        await comesTo(question.id, "Sent", next);
        expect(await world.count(question.id)).toBe(1);
      },
    );

    test("put a question that was sent, as an earlier process says, and that is not there", async () => {
      put(approval("ec-1000000000000004"), true);
      await comesTo("ec-1000000000000004", "Sent");
      expect(await world.count("ec-1000000000000004")).toBe(1);
    });

    test.each([
      ["Approve", "looks fine"],
      ["Approve", undefined],
      ["Reject", "not this one"],
    ] as const)("hear %s with the comment %s when they are told to look", async (decision, comment) => {
      const question = approval("ec-1000000000000005");
      put(question);
      await comesTo(question.id, "Sent");
      await world.answer(question, { decision, ...(comment !== undefined && { comment }) });
      world.channels.hint(question.id);
      await comesTo(question.id, "Answered");
      const answer = answerOf(question.id);
      expect(answer?.decision).toBe(decision);
      expect(answer?.comment ?? "").toBe(comment ?? "");
      expect(answer?.approver).toMatch(/./);
      expect(answer?.at.getTime()).toBeGreaterThan(0);
    });

    test("hear an answer that nobody hints at, by and by", async () => {
      const question = approval("ec-1000000000000006");
      put(question);
      await comesTo(question.id, "Sent");
      await world.answer(question, { decision: "Approve", comment: "fine" });
      await comesTo(question.id, "Answered");
      expect(answerOf(question.id)).toMatchObject({ decision: "Approve", comment: "fine" });
    });

    test("hear in another process what was answered while there was none", async () => {
      const question = approval("ec-1000000000000007");
      put(question);
      await comesTo(question.id, "Sent");
      await world.answer(question, { decision: "Reject", comment: "no" });
      const next = world.restart();
      next.put(world.target, structuredClone(question), true);
      await comesTo(question.id, "Answered", next);
      expect(next.look(question.id)).toMatchObject({ answer: { decision: "Reject", comment: "no" } });
    });

    test("bring back the words that answer a question", async () => {
      const question = input("hc-1000000000000008");
      put(question);
      await comesTo(question.id, "Sent");
      await world.answer(question, { decision: "Respond", comment: "blue" });
      world.channels.hint(question.id);
      await comesTo(question.id, "Answered");
      expect(answerOf(question.id)).toMatchObject({ decision: "Respond", comment: "blue" });
    });

    test.each([
      ["Approve", undefined],
      ["Respond", "it gave 42"],
      ["Reject", undefined],
    ] as const)("tell by the option that was chosen that it means %s, with the words %s", async (decision, comment) => {
      const options = [
        { name: "run_again", title: "Run it again", decision: "Approve" as const, needsWords: false },
        { name: "result", title: "Here is the result", decision: "Respond" as const, needsWords: true },
        { name: "give_up", title: "Give up", decision: "Reject" as const, needsWords: false },
      ];
      const question = input("ec-1000000000000009", { options });
      put(question);
      await comesTo(question.id, "Sent");
      await world.answer(question, { decision, ...(comment !== undefined && { comment }) });
      world.channels.hint(question.id);
      await comesTo(question.id, "Answered");
      expect(answerOf(question.id)).toMatchObject({ decision, ...(comment !== undefined && { comment }) });
    });

    test("tell a notice once, and wait for nothing", async () => {
      const question = notice("hc-100000000000000a");
      put(question);
      await comesTo(question.id, "Sent");
      await aWhile(world);
      expect(look(question.id)).toMatchObject({ kind: "Sent" });
      expect(await world.count(question.id)).toBe(1);
    });

    test("let a question go: nothing is known of it, and its answer is not heard", async () => {
      const question = approval("ec-100000000000000b");
      put(question);
      await comesTo(question.id, "Sent");
      world.channels.drop(question.id);
      expect(look(question.id)).toBeUndefined();
      await world.answer(question, { decision: "Approve" });
      world.channels.hint(question.id);
      await aWhile(world);
      expect(look(question.id)).toBeUndefined();
    });

    test("keep trying a service that is not there, slower and slower, and say why and when", async () => {
      const question = approval("ec-100000000000000c");
      world.channels.put(world.absent, question, false);
      await comesTo(question.id, "Unsent");
      const first = look(question.id);
      if (first?.kind !== "Unsent") throw new Error("It is not sent.");
      expect(first.detail).toMatch(/./);
      await until(world, () => {
        const now = look(question.id);
        return now?.kind === "Unsent" && now.retryAt.getTime() > first.retryAt.getTime();
      });
    });

    test("put a question with another key when the first was refused", async () => {
      const question = approval("ec-100000000000000d");
      world.channels.put(world.locked, question, false);
      await comesTo(question.id, "Unsent");
      expect(await world.count(question.id)).toBe(0);
      put(question);
      await comesTo(question.id, "Sent");
      expect(await world.count(question.id)).toBe(1);
    });

    test("do not take another question's answer, though it stands under the same id", async () => {
      const question = approval("ec-100000000000000e");
      await world.squat(question);
      put(question);
      await comesTo(question.id, "Foreign");
      await world.answer(question, { decision: "Approve" });
      world.channels.hint(question.id);
      await aWhile(world);
      const asked = look(question.id);
      expect(asked?.kind === "Foreign" && asked.detail).toMatch(/./);
    });

    test("keep the questions of one service and of another apart", async () => {
      const stuck = approval("ec-1000000000000010");
      const question = approval("ec-1000000000000011");
      world.channels.put(world.absent, stuck, false);
      put(question);
      await comesTo(question.id, "Sent");
      await world.answer(question, { decision: "Approve" });
      world.channels.hint(question.id);
      await comesTo(question.id, "Answered");
      expect(look(stuck.id)?.kind).not.toBe("Answered");
    });

    test("close: nothing is known any more", async () => {
      const question = approval("ec-1000000000000012");
      put(question);
      await comesTo(question.id, "Sent");
      await finished(world, world.channels.close(1_000));
      expect(look(question.id)).toBeUndefined();
      put(approval("ec-1000000000000013"));
      await aWhile(world);
      expect(await world.count("ec-1000000000000013")).toBe(0);
    });
  });
}

/** Turns time until `condition` holds. */
async function until(world: Pick<ChannelsWorld, "pass">, condition: () => boolean): Promise<void> {
  for (let turn = 0; turn < TURNS; turn++) {
    if (condition()) return;
    await world.pass();
  }
  throw new Error("It never came to that.");
}

async function aWhile(world: Pick<ChannelsWorld, "pass">): Promise<void> {
  for (let turn = 0; turn < A_WHILE; turn++) await world.pass();
}

/** Turns time until the work is done. */
async function finished<T>(world: Pick<ChannelsWorld, "pass">, work: Promise<T>): Promise<T> {
  let isDone = false;
  const done = work.finally(() => (isDone = true));
  await Promise.resolve();
  await until(world, () => isDone);
  return done;
}
