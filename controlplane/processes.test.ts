import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findRunning, isOurs, startProgram, stopProgram } from "./processes";
import { createState, logOf, pidFileOf, stateAt } from "./state";

const folder = mkdtempSync(join(tmpdir(), "kubechain processes "));
const state = stateAt(join(folder, "state"));
createState(state);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const mark = `--model-of=${state.dir}`;
const GRACE_MS = 10_000;
const program = (script: string): Parameters<typeof startProgram>[1] => ({
  name: "model",
  command: process.execPath,
  args: ["-e", script, "--", mark],
  mark,
  env: {},
});
const forEver = "console.log('up'); setInterval(() => {}, 1000)";

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 20));
}

describe("a program of a state", () => {
  afterEach(() => stopProgram(state, { name: "model", mark }, GRACE_MS));

  test("is found again, by its pid file or without it, and writes to its log", async () => {
    const pid = startProgram(state, program(forEver));
    expect(findRunning(state, { name: "model", mark })).toBe(pid);
    rmSync(pidFileOf(state, "model"));
    expect(findRunning(state, { name: "model", mark })).toBe(pid);
    expect(readFileSync(pidFileOf(state, "model"), "utf8")).toBe(`${pid}\n`);
    await until(() => readFileSync(logOf(state, "model"), "utf8").includes("up"));
  });

  test("is stopped, and stopping it again does nothing", async () => {
    const pid = startProgram(state, program(forEver));
    expect(await stopProgram(state, { name: "model", mark }, GRACE_MS)).toBe(true);
    expect(isOurs(pid, mark)).toBe(false);
    expect(await stopProgram(state, { name: "model", mark }, GRACE_MS)).toBe(false);
  });

  test("is killed when it does not listen to SIGTERM", async () => {
    const pid = startProgram(state, program(`process.on('SIGTERM', () => {}); console.log('deaf'); ${forEver}`));
    await until(() => readFileSync(logOf(state, "model"), "utf8").includes("deaf"));
    await stopProgram(state, { name: "model", mark }, 200);
    await until(() => !isOurs(pid, mark));
  });

  test("is never confused with another process that got its process id", async () => {
    writeFileSync(pidFileOf(state, "model"), `${process.pid}\n`);
    expect(findRunning(state, { name: "model", mark })).toBeUndefined();
    expect(await stopProgram(state, { name: "model", mark }, GRACE_MS)).toBe(false);
  });
});
