/** What a person at a terminal is told of programs that end. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startProgram, stopProgram } from "./processes";
import { marksOf } from "./programs";
import type { ProgramName } from "./state";
import { createState, logOf, stateAt } from "./state";
import { watchOver } from "./watch-over";

const folder = mkdtempSync(join(tmpdir(), "kubechain watch-over "));
const state = stateAt(join(folder, "state"));
createState(state);
const marks = marksOf(state);
const GRACE_MS = 10_000;
const stop = (name: ProgramName): Promise<boolean> => stopProgram(state, { name, mark: marks[name] }, GRACE_MS);
const start = (name: ProgramName): number =>
  startProgram(state, {
    name,
    command: process.execPath,
    args: ["-e", "setInterval(() => {}, 1000)", "--", marks[name]],
    mark: marks[name],
    env: {},
  });

const running: ProgramName[] = ["etcd", "kube-apiserver", "humanlayer", "operator"];
afterAll(async () => {
  await Promise.all(running.map(stop));
  rmSync(folder, { recursive: true, force: true });
});

test("says once of every program that has ended which one, why and what to do, and nothing of those never started", async () => {
  const said: string[] = [];
  const watching = new AbortController();
  const saidOf = async (count: number): Promise<void> => {
    while (said.length < count) await new Promise((resolve) => setTimeout(resolve, 20));
  };
  running.forEach(start);
  const watch = watchOver(state, (line) => said.push(line), watching.signal, 10);

  await stop("humanlayer");
  await saidOf(1);
  expect(said[0]).toContain("! humanlayer has ended");
  expect(said[0]).toContain(logOf(state, "humanlayer"));
  expect(said[0]).toContain(`npm run up -- --state '${state.dir}'`);
  start("humanlayer");
  await stop("operator");
  await saidOf(2);
  expect(said[1]).toContain("! operator has ended");
  await stop("humanlayer");
  await saidOf(3);
  expect(said[2]).toContain("! humanlayer has ended");

  // A few more looks, in which nothing is said again.
  await new Promise((resolve) => setTimeout(resolve, 100));
  watching.abort();
  await watch;
  expect(said).toHaveLength(3);
});
