// Who acts when several operators are alive: whom the lease is taken from and when, and what its holder may do while it cannot tell
// whether it still is.
import type { Problem } from "./errors";
import { LOOK_MS, SURE_MS } from "./lease";
import { LEASE_MS, RENEW_MS } from "./lease-calls";
import { Scene } from "./lease.fixture";

const here = { host: "here", pid: 1 };
const alsoHere = { host: "here", pid: 2 };
const elsewhere = { host: "elsewhere", pid: 3 };
const MINUTE_MS = 60_000;
const away: Problem = { kind: "retryable", message: "The API server could not be reached: ECONNREFUSED." };

describe("a process begins at once", () => {
  test("when there is no lease", async () => {
    const scene = new Scene();
    const first = scene.process(here);
    await first.take();
    expect(first.acts).toBe(true);
    expect(scene.stored?.spec).toMatchObject({ holderIdentity: first.holder, leaseDurationSeconds: LEASE_MS / 1_000 });
    expect(scene.stored?.spec?.renewTime).toMatch(/\.\d{6}Z$/);
    expect(first.warnings).toEqual([]);
  });

  test("when the one before it has given the lease back", async () => {
    const scene = new Scene();
    await (await scene.acting(elsewhere)).lease.release();
    const next = scene.process(here);
    await next.take();
    expect(next.acts).toBe(true);
    expect(scene.stored?.spec).toMatchObject({ holderIdentity: next.holder, leaseTransitions: 1 });
  });

  test("when the one before it ran on this host and was killed", async () => {
    const scene = new Scene();
    await (await scene.acting(alsoHere)).kill();
    const next = scene.process(here);
    await next.take();
    expect(next.acts).toBe(true);
    expect(next.warnings).toEqual([]);
  });

  test("and only one of two that begin at the same moment", async () => {
    const scene = new Scene();
    const both = [scene.process(here), scene.process(elsewhere)];
    await Promise.all(both.map((one) => one.take()));
    await scene.clock.advance(MINUTE_MS);
    expect(both.map(({ acts }) => acts).sort()).toEqual([false, true]);
    expect(both.map(({ endings }) => endings)).toEqual([0, 0]);
  });
});

describe("a process waits", () => {
  test("for as long as another one acts, and says once who that is", async () => {
    const scene = new Scene();
    const first = await scene.acting(elsewhere);
    const second = scene.process(here);
    await second.take();
    await scene.clock.advance(10 * MINUTE_MS);
    expect([first.acts, second.acts]).toEqual([true, false]);
    expect(second.warnings).toHaveLength(1);
    expect(second.warnings[0]).toContain(first.holder);
  });

  test("until one that it cannot see has not renewed the lease for its whole time", async () => {
    const scene = new Scene();
    const first = await scene.acting(elsewhere);
    const second = scene.process(here);
    await second.take();
    await first.kill();
    await scene.clock.advance(LEASE_MS - LOOK_MS);
    expect(second.acts).toBe(false);
    await scene.clock.advance(2 * LOOK_MS);
    expect(second.acts).toBe(true);
    expect(second.warnings).toHaveLength(2);
  });

  test.each([
    ["long ago", "2001-01-01T00:00:00.000000Z"],
    ["in the future", "2099-01-01T00:00:00.000000Z"],
  ])("just as long when the other's clock says that the renewal was %s", async (_when, renewTime) => {
    const scene = new Scene();
    await (await scene.acting(elsewhere)).kill();
    await scene.edit({ spec: { renewTime, acquireTime: renewTime } });
    const second = scene.process(here);
    await second.take();
    await scene.clock.advance(LEASE_MS - LOOK_MS);
    expect(second.acts).toBe(false);
    await scene.clock.advance(2 * LOOK_MS);
    expect(second.acts).toBe(true);
  });

  test("for as long as the lease itself says", async () => {
    const scene = new Scene();
    await (await scene.acting(elsewhere)).kill();
    await scene.edit({ spec: { leaseDurationSeconds: 60 } });
    const second = scene.process(here);
    await second.take();
    await scene.clock.advance(MINUTE_MS - LOOK_MS);
    expect(second.acts).toBe(false);
    await scene.clock.advance(2 * LOOK_MS);
    expect(second.acts).toBe(true);
  });

  test("for one on its own host that runs but does nothing", async () => {
    const scene = new Scene();
    (await scene.acting(alsoHere)).stop();
    const second = scene.process(here);
    await second.take();
    await scene.clock.advance(LEASE_MS - LOOK_MS);
    expect(second.acts).toBe(false);
    await scene.clock.advance(2 * LOOK_MS);
    expect(second.acts).toBe(true);
  });

  test("no longer than one look for one on its own host that is killed meanwhile", async () => {
    const scene = new Scene();
    const first = await scene.acting(alsoHere);
    const second = scene.process(here);
    await second.take();
    await scene.clock.advance(MINUTE_MS);
    await first.kill();
    await scene.clock.advance(LOOK_MS);
    expect(second.acts).toBe(true);
  });

  test("anew after the API server was away, for the holder could not renew the lease then", async () => {
    const scene = new Scene();
    const first = await scene.acting(elsewhere);
    const second = scene.process(here);
    await second.take();
    first.trouble = second.trouble = away;
    await scene.clock.advance(MINUTE_MS);
    second.trouble = undefined;
    await scene.clock.advance(2 * LOOK_MS);
    first.trouble = undefined;
    await scene.clock.advance(MINUTE_MS);
    expect([first.acts, second.acts]).toEqual([true, false]);
  });

  test("anew after the machine that both run on has slept", async () => {
    const scene = new Scene();
    const first = await scene.acting(alsoHere);
    const second = scene.process(here);
    await second.take();
    first.stop();
    second.stop();
    await scene.clock.advance(MINUTE_MS);
    await second.continue();
    await first.continue();
    await scene.clock.advance(MINUTE_MS);
    expect([first.acts, second.acts, first.endings]).toEqual([true, false, 0]);
  });

  test("and can be ended: it never acts, and what it waited for stays as it is", async () => {
    const scene = new Scene();
    const first = await scene.acting(elsewhere);
    const second = scene.process(here);
    await second.take();
    await second.lease.release();
    await first.kill();
    await scene.clock.advance(MINUTE_MS);
    expect(second.acts).toBe(false);
    expect(scene.stored?.spec?.holderIdentity).toBe(first.holder);
  });
});

describe("the holder", () => {
  test("writes once every five seconds, reads nothing and says nothing", async () => {
    const scene = new Scene();
    const one = await scene.acting(here);
    const reads = scene.cluster.calls.get;
    await scene.clock.advance(MINUTE_MS);
    expect(scene.writes - 1).toBe(MINUTE_MS / RENEW_MS);
    expect(scene.cluster.calls.get).toBe(reads);
    expect(one.lease.isSure()).toBe(true);
    expect(one.warnings).toEqual([]);
  });

  test.each([
    ["somebody labels the lease", (scene: Scene) => scene.edit({ metadata: { labels: { a: "b" } } })],
    ["somebody deletes it", (scene: Scene) => scene.delete()],
    ["somebody empties it", (scene: Scene) => scene.edit({ spec: { holderIdentity: null } })],
  ])("goes on when %s", async (_what, happen) => {
    const scene = new Scene();
    const one = await scene.acting(here);
    await happen(scene);
    await scene.clock.advance(MINUTE_MS);
    expect(one.lease.isSure()).toBe(true);
    expect(scene.stored?.spec?.holderIdentity).toBe(one.holder);
    expect([one.endings, one.warnings]).toEqual([0, []]);
  });

  test("goes on when the answer to a renewal was lost", async () => {
    const scene = new Scene();
    const one = await scene.acting(here);
    let lost = 0;
    scene.cluster.onCall = ({ verb, phase }) =>
      verb === "mergePatch" && phase === "after" && lost++ === 0 ? away : undefined;
    await scene.clock.advance(MINUTE_MS);
    expect([one.lease.isSure(), one.endings]).toEqual([true, 0]);
  });

  test("is not sure of it while the API server is away, keeps trying, and goes on when it is back", async () => {
    const scene = new Scene();
    const one = await scene.acting(here);
    one.trouble = away;
    await scene.clock.advance(SURE_MS);
    expect(one.lease.isSure()).toBe(false);
    expect(await one.lease.isHeld()).toBe(false);
    await scene.clock.advance(10 * MINUTE_MS);
    expect(one.endings).toBe(0);
    expect(one.warnings).toEqual([expect.stringContaining("ECONNREFUSED")]);
    one.trouble = undefined;
    expect(await one.lease.isHeld()).toBe(true);
    await scene.clock.advance(MINUTE_MS);
    expect(one.lease.isSure()).toBe(true);
    expect(one.warnings).toHaveLength(2);
  });

  test("counts from when it asked, not from when the answer came", async () => {
    const scene = new Scene();
    const one = await scene.acting(here);
    scene.cluster.onCall = ({ phase }) =>
      phase === "after"
        ? new Promise((resolve) => scene.clock.at(later(scene, SURE_MS), () => resolve(undefined)))
        : undefined;
    await scene.clock.advance(RENEW_MS + SURE_MS);
    expect(one.lease.isSure()).toBe(false);
  });

  test("looks before it goes on when its wall clock has jumped, and finds nothing wrong", async () => {
    const scene = new Scene();
    const one = await scene.acting(here);
    one.aheadMs = MINUTE_MS;
    expect(one.lease.isSure()).toBe(false);
    expect(await one.lease.isHeld()).toBe(true);
    expect(one.lease.isSure()).toBe(true);
  });

  test("answers all who ask at the same time with one look", async () => {
    const scene = new Scene();
    const one = await scene.acting(here);
    one.stop();
    await scene.clock.advance(MINUTE_MS);
    const before = scene.cluster.calls.mergePatch;
    expect(await Promise.all([one.lease.isHeld(), one.lease.isHeld(), one.lease.untilKnown()])).toEqual([
      true,
      true,
      true,
    ]);
    expect(scene.cluster.calls.mergePatch - before).toBe(1);
  });
});

function later({ clock }: Scene, ms: number): Date {
  return new Date(clock.now().getTime() + ms);
}

describe("one that stood still for longer than the lease", () => {
  test("goes on when nobody else wanted it", async () => {
    const scene = new Scene();
    const one = await scene.acting(here);
    one.stop();
    await scene.clock.advance(10 * MINUTE_MS);
    expect(one.lease.isSure()).toBe(false);
    await one.continue();
    expect([one.lease.isSure(), one.acts, one.endings]).toEqual([true, true, 0]);
  });

  test("ends, and says why, when another has taken its place: before it may write anything", async () => {
    const scene = new Scene();
    const [first, second] = await relieved(scene);
    expect(first.lease.isSure()).toBe(false);
    expect(await first.lease.isHeld()).toBe(false);
    expect(await first.lease.untilKnown()).toBe(false);
    expect(first.endings).toBe(1);
    expect(first.errors).toEqual([expect.stringContaining(second.holder)]);
    await first.continue();
    await scene.clock.advance(MINUTE_MS);
    expect([first.endings, second.acts, second.endings]).toEqual([1, true, 0]);
  });

  test("ends when another has taken its place and given that back", async () => {
    const scene = new Scene();
    const [first, second] = await relieved(scene);
    await second.lease.release();
    await first.continue();
    expect([first.acts, first.endings]).toEqual([false, 1]);
    expect(scene.stored?.spec?.holderIdentity).toBe("");
  });

  test("is told so even when it waits to know, and the API server is away", async () => {
    const scene = new Scene();
    const [first] = await relieved(scene);
    first.trouble = away;
    const known = first.lease.untilKnown();
    await first.continue();
    await scene.clock.advance(MINUTE_MS);
    expect(first.endings).toBe(0);
    first.trouble = undefined;
    await scene.clock.advance(LOOK_MS);
    expect(await known).toBe(false);
    expect(first.endings).toBe(1);
  });

  /** Two, of which the first was stopped and the second has taken its place. */
  async function relieved(scene: Scene) {
    const first = await scene.acting(here);
    const second = scene.process(elsewhere);
    await second.take();
    first.stop();
    await scene.clock.advance(LEASE_MS + 2 * LOOK_MS);
    expect(second.acts).toBe(true);
    return [first, second] as const;
  }
});

describe("giving it back", () => {
  test("lets the one who waits begin with its next look", async () => {
    const scene = new Scene();
    const first = await scene.acting(elsewhere);
    const second = scene.process(here);
    await second.take();
    await first.lease.release();
    expect(scene.stored?.spec?.holderIdentity).toBe("");
    expect(await first.lease.isHeld()).toBe(false);
    await scene.clock.advance(LOOK_MS);
    expect(second.acts).toBe(true);
    await scene.clock.advance(MINUTE_MS);
    expect(scene.stored?.spec?.holderIdentity).toBe(second.holder);
  });

  test("gives nothing back that is another's by now", async () => {
    const scene = new Scene();
    const first = await scene.acting(here);
    const second = scene.process(elsewhere);
    await second.take();
    first.stop();
    await scene.clock.advance(LEASE_MS + 2 * LOOK_MS);
    await first.lease.release();
    expect(scene.stored?.spec?.holderIdentity).toBe(second.holder);
  });

  test("includes what was being taken just then", async () => {
    const scene = new Scene();
    const one = scene.process(here);
    const taking = one.take();
    await one.lease.release();
    await taking;
    expect(one.acts).toBe(false);
    expect(scene.stored?.spec?.holderIdentity).toBe("");
  });

  test("does not hold up the end of a process when nobody answers", async () => {
    const scene = new Scene();
    const one = await scene.acting(here);
    scene.cluster.onCall = () => new Promise(() => undefined);
    const released = one.lease.release();
    await scene.clock.advance(500);
    await expect(released).resolves.toBeUndefined();
  });
});

describe("without the right to it", () => {
  test.each<[problem: Problem, word: string]>([
    [{ kind: "retryable", message: 'cannot get resource "leases"' }, 'cannot get resource "leases"'],
    [{ kind: "terminal", message: "no such thing" }, "no such thing"],
  ])("nothing is done, and said once is what is missing; with it, all begins: %p", async (problem, word) => {
    const scene = new Scene();
    const one = scene.process(here);
    one.trouble = problem;
    await one.take();
    await scene.clock.advance(MINUTE_MS);
    expect(one.acts).toBe(false);
    expect(one.warnings).toEqual([expect.stringContaining(word)]);
    one.trouble = undefined;
    await scene.clock.advance(LOOK_MS);
    expect(one.acts).toBe(true);
  });

  test("nothing is done when its namespace is missing", async () => {
    const scene = new Scene();
    const one = scene.process(here);
    one.trouble = { kind: "gone" };
    await one.take();
    await scene.clock.advance(MINUTE_MS);
    expect(one.acts).toBe(false);
    expect(one.warnings).toEqual([expect.stringContaining("namespace pepr-system")]);
  });
});
