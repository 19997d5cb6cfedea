/**
 * An operator process of a test: a child of the test's own, so that its end and its exit code are seen at once. The command,
 * the environment and the registered webhooks are those of every other operator.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { logEnd } from "../controlplane/controlplane";
import {
  environmentFor,
  logSince,
  operatorCommand,
  prepareOperator,
  READY_LINE,
  registerOperator,
} from "../controlplane/operator-process";
import { logOf } from "../controlplane/state";
import type { OwnLab } from "./harness";
import { projectFiles } from "../controlplane/project";
import { until } from "./scene";

export interface Operator {
  pid: number;
  /** Resolves when it says that it is ready; rejects with what it said when it dies before. */
  ready(): Promise<void>;
  /** Sends a signal and resolves with the exit code when it is gone; null when the signal has killed it. */
  end(signal: "SIGTERM" | "SIGKILL"): Promise<number | null>;
  /** Resolves with the exit code when it has ended by itself. */
  gone(): Promise<number | null>;
  isRunning(): boolean;
  /** What it has written so far. */
  log(): string;
}

/** Points the API server at the operator that will run; once for a control plane. */
export async function expectOperator({ state, kubectl }: OwnLab): Promise<void> {
  await prepareOperator(state);
  await registerOperator(state, kubectl);
}

/** What is different about an operator: another bundle, more in its environment. */
export interface Changes {
  bundle?: string;
  env?: Record<string, string>;
}

export function startOperator({ state }: OwnLab, { bundle, env: more = {} }: Changes = {}): Operator {
  const usual = operatorCommand(state, process.env);
  const [own, ...args] = usual.args;
  const command = { ...usual, args: [bundle ?? own ?? "", ...args] };
  const file = logOf(state, "operator");
  const from = logEnd(state, "operator");
  const output = openSync(file, "a", 0o600);
  const env = { ...environmentFor(command, process.env), ...more };
  // In the checkout `npx` finds the servers of the examples among our own packages, and no registry is asked.
  const cwd = projectFiles().root;
  const child = spawn(command.command, command.args, { cwd, env, stdio: ["ignore", output, output] });
  closeSync(output);
  const gone = once(child, "exit") as Promise<[number | null]>;
  const isRunning = (): boolean => child.exitCode === null && child.signalCode === null;
  const log = (): string => logSince(file, from);
  return {
    pid: child.pid ?? 0,
    isRunning,
    log,
    ready: () =>
      until(
        "the operator is ready",
        () => {
          if (!isRunning()) throw new Error(`The operator has ended before it was ready: ${log().slice(-2_000)}`);
          return log().includes(READY_LINE);
        },
        { report: log },
      ),
    end: async (signal) => {
      child.kill(signal);
      return (await gone)[0];
    },
    gone: async () => (await gone)[0],
  };
}
