/** The simulation's services keep to the contract of the real ones, and remember what they did whoever lives to hear of it. */
import type { Channels, ChannelTarget, Question } from "../adapters/channels/port";
import { channelsContract } from "./channels-contract";
import { createFakeChannels } from "./fake-channels";
import type { FakeContact } from "./fake-contact-service";
import { FakeService } from "./fake-contact-service";
import { FakeClock } from "./fake-clock";

const target = (name: string, apiKey = "key"): ChannelTarget => ({
  ...{ uid: name, namespace: "default", name, type: "email", apiKey },
  email: { address: `${name}@example.com` },
});

const question: Question = {
  ...{ kind: "Approval", id: "ec-1", tool: "fetch", arguments: {}, argumentsDigest: "sha256:0" },
  about: { kind: "ToolCall", namespace: "default", name: "t-tc-01", uid: "uid-1" },
};

/** A service with one channel, and processes that can be killed. */
function makeWorld(contact: FakeContact = {}): {
  clock: FakeClock;
  service: FakeService;
  start: () => { channels: Channels; kill: () => void };
} {
  const clock = new FakeClock();
  const service = new FakeService({ clock, contact: ({ name }) => (name === "mail" ? contact : undefined) });
  let processes = 0;
  const start = (): { channels: Channels; kill: () => void } => {
    const own = clock.process();
    let isAlive = true;
    const pass = async <T>(_what: string, _name: string, act: () => Promise<T>): Promise<T> => {
      const never = new Promise<T>(() => undefined);
      if (!isAlive) return never;
      const result = await act();
      return isAlive ? result : never;
    };
    const channels = createFakeChannels({ service, clock: own, process: ++processes, pass });
    const kill = (): void => {
      isAlive = false;
      own.kill();
    };
    return { channels, kill };
  };
  return { clock, service, start };
}

channelsContract("The fakes", async () => {
  const { clock, service, start } = makeWorld({
    apiKey: "key",
    squats: () => squatted,
  });
  let squatted = false;
  return {
    channels: start().channels,
    restart: () => start().channels,
    target: target("mail"),
    locked: target("mail", "another key"),
    absent: target("nobody"),
    count: async (id) => service.items.filter((item) => item.id === id && !item.isForeign).length,
    answer: async ({ id }, reply) => {
      const item = service.find("mail", id);
      if (!item) throw new Error(`There is no question ${id}.`);
      service.answer(item, reply);
    },
    squat: async () => {
      squatted = true;
    },
    pass: () => clock.advance(100),
    end: async () => undefined,
  };
});

test.each([
  ["before the request has arrived", 2],
  ["before the answer", 50],
])("a process killed %s has asked, and the next one does not ask twice", async (_when, afterMs) => {
  const { clock, service, start } = makeWorld();
  const first = start();
  first.channels.put(target("mail"), question, false);
  await clock.advance(afterMs);
  first.kill();
  await clock.advance(1_000);
  expect(first.channels.look("ec-1")).toEqual({ kind: "Sending" });
  const second = start();
  second.channels.put(target("mail"), question, false);
  await clock.advance(1_000);
  expect(second.channels.look("ec-1")).toMatchObject({ kind: "Sent" });
  expect(service.items).toHaveLength(1);
  expect(service.requests.map(({ outcome }) => outcome)).toEqual(["Done", "Existing"]);
  expect(service.violations).toEqual([]);
});

test("a question whose creation was answered with an error is looked for before it is put again", async () => {
  const { clock, service, start } = makeWorld({ loses: (nth) => nth === 1 });
  const { channels } = start();
  channels.put(target("mail"), question, false);
  await clock.advance(10_000);
  expect(channels.look("ec-1")).toMatchObject({ kind: "Sent" });
  expect(service.requests.map(({ what, outcome }) => `${what} ${outcome}`).slice(0, 2)).toEqual([
    "create AnswerLost",
    "get Done",
  ]);
});

test("people answer whether or not a process lives, and the first answer stays", async () => {
  const { clock, service, start } = makeWorld({
    people: () => [
      { afterMs: 60_000, decision: "Approve" },
      { afterMs: 90_000, decision: "Reject" },
    ],
  });
  const { channels, kill } = start();
  channels.put(target("mail"), question, false);
  await clock.advance(1_000);
  kill();
  await clock.advance(100_000);
  expect(service.items).toMatchObject([{ answer: { decision: "Approve", approver: "mail@example.com" } }]);
});

test("a service that is away is tried again until it is back, and answers are asked for slower and slower", async () => {
  const { clock, service, start } = makeWorld({ away: [{ fromMs: 0, toMs: 30_000 }] });
  const { channels } = start();
  channels.put(target("mail"), question, false);
  await clock.advance(20_000);
  expect(channels.look("ec-1")).toMatchObject({ kind: "Unsent", detail: "The connection was refused" });
  await clock.advance(60_000);
  expect(channels.look("ec-1")).toMatchObject({ kind: "Sent" });
  const before = service.requests.length;
  await clock.advance(3_600_000);
  expect(service.requests.length - before).toBeLessThanOrEqual(63);
});

test("a service tells apart the same question put again and another one under its id", async () => {
  const { clock, service, start } = makeWorld();
  start().channels.put(target("mail"), question, false);
  await clock.advance(1_000);
  start().channels.put(target("mail"), { ...question, arguments: { url: "another" } }, false);
  await clock.advance(1_000);
  expect(service.violations).toEqual([expect.stringContaining("put twice, in different words")]);
});
