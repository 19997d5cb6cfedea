// Two processes at once, which is no way to run the operator and happens all the same: when a node is cut off, or by mistake.
import type { OneProcess } from "./controller.fixture";
import { hello, World } from "./controller.fixture";

let world: World;
let one: OneProcess;
let other: OneProcess;

/** One of them has a call in flight that is not safe to repeat, and the other takes its holder for dead. */
async function stage(isAsked: boolean): Promise<void> {
  world = new World();
  one = world.start();
  await world.channel({ type: "kubernetes" });
  const people = { approvalContactChannel: { name: "people" }, approvalPolicy: "false" };
  const { uid } = (await world.server(isAsked ? people : {})).metadata;
  one.servers.connect(uid);
  await world.call(await world.task());
  await world.clock.advance(100);
  expect(one.servers.requests).toHaveLength(1);
  other = world.start();
  other.servers.connect(uid);
  await world.clock.advance(100);
  expect(world.status.status).toBe("OutcomeUnknown");
}

test("what comes of a call that was given up too early is stored by whoever began it, and nobody is asked any more", async () => {
  await stage(true);
  expect(world.status.phase).toBe("Pending");
  one.servers.answer(hello);
  await world.clock.advance(1_000);
  expect(world.status).toMatchObject({ phase: "Succeeded", status: "Succeeded", result: "Hello", attempts: 1 });
  expect([...one.servers.requests, ...other.servers.requests]).toHaveLength(1);
});

test("where nobody can be asked, what has been said stays said, and nothing is done twice", async () => {
  await stage(false);
  expect(world.status.phase).toBe("Failed");
  one.servers.answer(hello);
  await world.clock.advance(1_000);
  expect(world.status).toMatchObject({ phase: "Failed", status: "OutcomeUnknown" });
  expect([...one.servers.requests, ...other.servers.requests]).toHaveLength(1);
});
