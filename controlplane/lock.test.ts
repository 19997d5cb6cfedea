import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { withLock } from "./lock";

const folder = mkdtempSync(join(tmpdir(), "kubechain-lock-"));
const lock = join(folder, "lock");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ignore = (): void => undefined;

describe("a lock", () => {
  test("names its owner, and is given back", async () => {
    const inside = await withLock(lock, async () => readFileSync(lock, "utf8"), ignore);
    expect(Number.parseInt(inside, 10)).toBe(process.pid);
    expect(existsSync(lock)).toBe(false);
  });

  test("makes two pieces of work in one process take turns", async () => {
    const log: string[] = [];
    const work = (name: string) => async (): Promise<void> => {
      log.push(`${name} begins`);
      await new Promise((resolve) => setTimeout(resolve, 5));
      log.push(`${name} ends`);
    };
    const waits: number[] = [];
    const second = (pid: number): void => void waits.push(pid);
    await Promise.all([withLock(lock, work("first"), ignore), withLock(lock, work("second"), second)]);
    expect(log).toEqual(["first begins", "first ends", "second begins", "second ends"]);
    expect(waits).toEqual([process.pid]);
  });

  test("is waited for while its owner lives", async () => {
    writeFileSync(lock, String(process.ppid));
    const waits: number[] = [];
    const leave = (pid: number): void => {
      waits.push(pid);
      rmSync(lock);
    };
    expect(await withLock(lock, async () => "done", leave)).toBe("done");
    expect(waits).toEqual([process.ppid]);
  });

  test("is given back when the work has failed", async () => {
    await expect(withLock(lock, () => Promise.reject(new Error("no")), ignore)).rejects.toThrow("no");
    expect(existsSync(lock)).toBe(false);
  });

  test.each([
    ["an earlier process that had our process id", `${process.pid} 1`],
    // Above what Linux and macOS give out.
    ["a process that is gone", "99999999 1"],
    ["nobody", ""],
  ])("of %s is taken over", async (_owner, content) => {
    writeFileSync(lock, content);
    expect(await withLock(lock, async () => "done", ignore)).toBe("done");
  });
});
