// Who counts as surely dead: processes of this very place that do not run any more, and nobody else.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { here, isSurelyDead, type Here } from "./same-host";

const MACHINE = "boot-1 ipc:[4026531839] pid:[1]";
const POD = "boot-1 ipc:[77] pid:[1]";
const self: Here = { holder: "here/10-aaaaaa", place: MACHINE, pid: 10, isRunning: (pid) => pid === 11 };
const inPod: Here = { ...self, place: POD };
const other = (holder: string, place = MACHINE) => ({ holder, place });

describe("the holder of a lease", () => {
  test.each([
    ["its process does not run", other("here/12-bbbbbb"), self],
    ["this process has its number", other("here/10-bbbbbb"), self],
    [
      "this process has its number, in a container started again",
      other("here/10-bbbbbb", "boot-1 ipc:[77] pid:[0]"),
      inPod,
    ],
    ["its container was started again in the same pod", other("here/12-bbbbbb", "boot-1 ipc:[77] pid:[0]"), inPod],
    ["its process does not run, where there is no /proc", other("here/12-bbbbbb", ""), { ...self, place: "" }],
  ])("is dead when %s", (_why, holder, me) => {
    expect(isSurelyDead(holder, me)).toBe(true);
  });

  test.each([
    ["its process runs, or another of the same number", other("here/11-bbbbbb"), self],
    ["it is this process", other("here/10-aaaaaa"), self],
    ["its host has another name", other("there/12-bbbbbb"), self],
    [
      "its machine has the same name and is another, or was started again",
      other("here/12-bbbbbb", MACHINE.replace("1", "2")),
      self,
    ],
    ["its pod has the same name as the machine", other("here/12-bbbbbb", POD), self],
    ["its process ids are others, on a machine", other("here/12-bbbbbb", MACHINE.replace("pid:[1]", "pid:[2]")), self],
    ["nobody knows where it ran", other("here/12-bbbbbb", ""), self],
    ["it was not named by an operator", other("somebody"), self],
  ])("may live when %s", (_why, holder, me) => {
    expect(isSurelyDead(holder, me)).toBe(false);
  });
});

describe("a process of this machine", () => {
  const me = here("here/1-aaaaaa");
  const started = (command: string) => spawn("sh", ["-c", command], { stdio: ["ignore", "pipe", "ignore"] });

  test("runs until it has ended", async () => {
    const child = started("exec sleep 100");
    expect(me.isRunning(child.pid ?? 0)).toBe(true);
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(me.isRunning(child.pid ?? 0)).toBe(false);
  });

  // Without /proc nobody can tell it from one that runs.
  if (existsSync("/proc/self/stat")) {
    test("has ended though its parent has not waited for it", async () => {
      const parent = started("sleep 0 & echo $!; exec sleep 100");
      const [line] = (await once(createInterface({ input: parent.stdout }), "line")) as [string];
      while (me.isRunning(Number(line))) await new Promise((resolve) => setImmediate(resolve));
      expect(() => process.kill(Number(line), 0)).not.toThrow();
      parent.kill("SIGKILL");
      await once(parent, "exit");
    });
  }

  test("is where this one is", () => {
    expect(me.place).toBe(here("here/1-bbbbbb").place);
    expect(me.pid).toBe(process.pid);
  });
});
