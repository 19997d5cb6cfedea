/**
 * `npm run crash` in its short form: it is green for the operator as it is, and red for every operator that breaks one of
 * its promises on purpose. So the zeros that it prints are worth something.
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { SILENT } from "../controlplane/progress";
import { projectFiles } from "../controlplane/project";
import { stateAt } from "../controlplane/state";
import { takeDown } from "../controlplane/take-down";
import { SABOTAGES } from "./crash/options";
import { START_LIMIT_MS } from "./harness";
import { surroundings } from "./surroundings";

/** It only bounds how long a run that hangs takes. */
const LIMIT_MS = 1_200_000;

/**
 * The control plane on which the runs take turns: an API server costs more to start than a whole run costs it, and each run
 * begins with nothing of an earlier one. One at a time, for the other worker keeps the other core busy.
 */
const STATE = join(surroundings().folder, "crash");

afterAll(() => takeDown(stateAt(STATE), SILENT), START_LIMIT_MS);

interface Ran {
  code: number | null;
  output: string;
  lastLine: string;
}

function crash(...args: string[]): Promise<Ran> {
  const { root, node } = projectFiles();
  const loader = join(root, "node_modules", "tsx", "dist", "loader.mjs");
  return new Promise((resolve) => {
    // Jest's own flags for modules are not for programs.
    const env = { ...process.env, NODE_OPTIONS: "" };
    const child = spawn(node, ["--import", loader, join("e2e", "crash", "run.ts"), ...args, "--state", STATE], {
      cwd: root,
      env,
    });
    let output = "";
    const keep = (chunk: Buffer): void => void (output += chunk.toString());
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    child.on("close", (code) => resolve({ code, output, lastLine: output.trimEnd().split("\n").at(-1) ?? "" }));
  });
}

test(
  "killed 20 times under load, the operator loses nothing, repeats nothing unsafe and breaks no conversation",
  async () => {
    const { code, output, lastLine } = await crash("--quick");
    process.stdout.write(`${output}\n`);
    expect(lastLine).toMatch(
      /^20 kills: 0 lost, 0 unsafe executions twice, 0 broken conversations, 0 unexplained unknown outcomes \(\d+ explained by a kill\), 0 of [1-9]\d* approvals asked twice, 0 approvals lost, 0 executed without approval, 0 executed although rejected, 0 final answers told twice or not told$/,
    );
    expect(code).toBe(0);
  },
  LIMIT_MS,
);

/** What each sabotage must be convicted of. */
const FAULTS: Record<(typeof SABOTAGES)[number], RegExp> = {
  "act-before-write": / [1-9]\d* unsafe executions twice/,
  "repeat-lost-work": / [1-9]\d* unsafe executions twice/,
  "trust-incomplete-list": / [1-9]\d* broken conversations/,
  "act-without-approval": / [1-9]\d* executed without approval/,
  "ask-twice": / [1-9]\d* of \d+ approvals asked twice/,
};

test.each(SABOTAGES)(
  "an operator with the fault %s is found out",
  async (sabotage) => {
    const { code, lastLine } = await crash("--sabotage", sabotage);
    expect(lastLine).toMatch(FAULTS[sabotage]);
    expect(code).toBe(1);
  },
  LIMIT_MS,
);
