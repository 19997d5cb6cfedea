// The fake clock: the order of timers, and the death of a process's time.
import { pause } from "../runtime/clock";
import { FakeClock } from "./fake-clock";

describe("the fake clock", () => {
  test("runs timers by time, and those of one time in the order they were set", async () => {
    const clock = new FakeClock(new Date(0));
    const ran: string[] = [];
    const set = (ms: number, name: string) =>
      clock.at(new Date(ms), () => ran.push(`${name}@${clock.now().getTime()}`));
    set(20, "c");
    set(10, "a");
    set(10, "b");
    const cancel = set(15, "never");
    cancel();
    await clock.advance(100);
    expect(ran).toEqual(["a@10", "b@10", "c@20"]);
    expect(clock.now().getTime()).toBe(100);
  });

  test("runs timers that timers set, and lets promises settle in between", async () => {
    const clock = new FakeClock(new Date(0));
    const ran: number[] = [];
    const work = async (): Promise<void> => {
      for (let i = 0; i < 3; i++) {
        await pause(clock, 10);
        ran.push(clock.now().getTime());
      }
    };
    void work();
    await clock.advance(25);
    expect(ran).toEqual([10, 20]);
    await clock.step();
    expect(ran).toEqual([10, 20, 30]);
    expect(await clock.step()).toBe(false);
  });

  test("goes on from timer to timer until it is enough", async () => {
    const clock = new FakeClock(new Date(0));
    const ran: number[] = [];
    for (const ms of [30, 10, 20, 20]) clock.at(new Date(ms), () => ran.push(ms));
    await clock.advanceUntil(() => ran.length >= 2);
    expect(ran).toEqual([10, 20, 20]); // All of one moment, and none of a later one.
    await clock.advanceUntil(() => false);
    expect(ran).toEqual([10, 20, 20, 30]);
    expect(clock.now().getTime()).toBe(30);
  });

  test("ends the time of one process and of no other", async () => {
    const clock = new FakeClock(new Date(0));
    const [dead, alive] = [clock.process(), clock.process()];
    const ran: string[] = [];
    dead.at(new Date(5), () => ran.push("dead"));
    alive.at(new Date(5), () => ran.push("alive"));
    dead.kill();
    dead.at(new Date(6), () => ran.push("undead"));
    await clock.advance(10);
    expect(ran).toEqual(["alive"]);
    expect(clock.pending).toBe(0);
  });
});
