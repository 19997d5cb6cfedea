// What becomes of a question when the MCPServer is edited while people are asked whether its tool may run.
import { resources } from "../../crds/index";
import type { OneProcess } from "./controller.fixture";
import { namespace, World } from "./controller.fixture";

let world: World;
let process: OneProcess;

/** A call that waits for the people behind "finance". */
beforeEach(async () => {
  world = new World();
  process = world.start();
  await world.channel({}, "finance");
  const { uid } = (await world.server({ approvalContactChannel: { name: "finance" } })).metadata;
  process.servers.connect(uid);
  await world.call(await world.task());
  await world.clock.advance(100);
});

async function edit(spec: object): Promise<void> {
  await world.cluster.mergePatch(resources.mcpServer, { namespace, name: "fetch" }, { spec });
  await world.clock.advance(100);
}

const over = (name: string): object => ({ approvalContactChannel: { name } });
const waiting = (name: string): object => ({
  status: "AwaitingHumanApproval",
  question: { kind: "Approval", channel: name },
  waitingFor: expect.stringContaining(`human approval via contact channel ${name}, since `) as string,
});

test("a question goes over the channel that the server names now, as one of its own, under that channel's rules", async () => {
  await world.channel({ approvers: { quorum: 2 } }, "directors");
  const first = world.status.externalCallID ?? "";
  await edit(over("directors"));
  const second = world.status.externalCallID ?? "";
  expect(world.status).toMatchObject(waiting("directors"));
  expect(second).not.toBe(first);
  expect(process.channels.dropped).toEqual([first]);
  expect(process.channels.puts.map(({ target, question: { id } }) => [target.name, id])).toEqual([
    ["finance", first],
    ["directors", second],
  ]);
  expect(world.events.map(({ message }) => message)).toEqual([
    "Tool execution requires approval via contact channel finance",
    "Tool execution requires approval via contact channel directors",
  ]);
  await world.say("Approve", "", { question: first, approver: "joe" });
  await world.say("Approve", "");
  expect(world.status).toMatchObject({ status: "AwaitingHumanApproval" });
  await world.say("Approve", "", { approver: "ann" });
  expect(process.servers.requests).toHaveLength(1);
});

test("what was enough before the edit was noticed is enough", async () => {
  await world.channel({}, "directors");
  await world.cluster.mergePatch(resources.mcpServer, { namespace, name: "fetch" }, { spec: over("directors") });
  await world.say("Approve", "");
  expect(process.servers.requests).toHaveLength(1);
});

test("a channel that is gone is no dead end: the question goes over another as soon as the server names one", async () => {
  await world.cluster.remove(resources.contactChannel, { namespace, name: "finance", uid: channelUid("finance") });
  await world.clock.advance(100);
  expect(world.status).toMatchObject({
    ...waiting("finance"),
    error: expect.stringContaining("does not exist") as string,
  });
  await edit(over("directors"));
  expect(world.status).toMatchObject(waiting("finance")); // Which does not exist either.
  await world.channel({}, "directors");
  await world.clock.advance(100);
  expect(world.status).toMatchObject(waiting("directors"));
  expect(world.status.error).toBeUndefined();
});

test("taking the approval away takes nothing back that has been asked", async () => {
  const { externalCallID } = world.status;
  await edit({ approvalContactChannel: null });
  await world.clock.advance(3_600_000);
  expect(world.status).toMatchObject({ ...waiting("finance"), externalCallID });
  expect(process.servers.requests).toEqual([]);
});

function channelUid(name: string): string {
  return world.cluster.read(resources.contactChannel, { namespace, name })?.metadata.uid ?? "";
}
