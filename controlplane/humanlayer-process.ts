/**
 * The process of our HumanLayer-compatible server. Its questions and answers are kept in the state folder over restarts, and so
 * is its key, which it makes itself.
 */
import { join } from "node:path";
import { logEnd, pidOf, stop } from "./controlplane";
import { HUMANLAYER_KEY, receiverOf } from "./humanlayer";
import { choosePort, isListening } from "./ports";
import { waitUntil } from "./probe";
import { isOurs, startProgram } from "./processes";
import { marksOf } from "./programs";
import { projectFiles } from "./project";
import type { ProgramName, State } from "./state";
import { logOf, recall } from "./state";

const READY_WITHIN_MS = 20_000;

/** Makes the server run, on the port and with the key it had; names it if it had to be started. */
export async function ensureHumanLayer(state: State): Promise<ProgramName[]> {
  await ensureReceiverPort(state);
  // Answers are told to the operator, which may have moved to another port since.
  const hint = `--webhook=${receiverOf(recall(state)) ?? ""}/humanlayer`;
  const running = pidOf(state, "humanlayer");
  if (running !== undefined && isOurs(running, hint)) return [];
  await stop(state, "humanlayer");
  const port = await choosePort(state, "humanlayer");
  const { node, root } = projectFiles();
  const mark = marksOf(state).humanlayer;
  const args = [
    ...["--import", join(root, "node_modules", "tsx", "dist", "loader.mjs")],
    join(root, "humanlayer", "run.ts"),
    ...[`--port=${port}`, "--host=127.0.0.1", mark, `--key-file=${state.humanLayerKey}`, hint],
  ];
  const logFrom = logEnd(state, "humanlayer");
  // A key in the environment would be taken for the server's own.
  const { [HUMANLAYER_KEY]: _key, ...env } = process.env;
  const pid = startProgram(state, { name: "humanlayer", command: node, args, mark, env, cwd: root });
  await waitUntil({
    what: "the HumanLayer-compatible server",
    isThere: () => isListening(port),
    isAlive: () => isOurs(pid, mark),
    forMs: READY_WITHIN_MS,
    log: logOf(state, "humanlayer"),
    logFrom,
  });
  return ["humanlayer"];
}

/** Chooses the port of the operator's receiver. One that runs has its own and keeps it. */
export async function ensureReceiverPort(state: State): Promise<void> {
  const isTaken = pidOf(state, "operator") !== undefined && recall(state).ports.receiver !== undefined;
  if (!isTaken) await choosePort(state, "receiver");
}
