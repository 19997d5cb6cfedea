/**
 * Kills the operator and starts the next one at once, at moments thrown by seeded dice: some while it starts, before and
 * while it takes up what it finds, most while it works. It keeps no record but who lived when.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { OwnLab } from "../harness";
import type { Changes, Operator } from "../operator";
import { startOperator } from "../operator";
import type { Life } from "./evidence";

/** The share of operators that are killed without asking whether they are ready. */
const AT_START = 0.25;
/** Within which it is killed after its start, and within which after it is ready, on a machine with time for it. */
const STARTING_MS = 1_500;
const WORKING_MS = 2_500;
/** How long it takes there to be ready. On a machine that is slower so many times, all of this takes so many times longer. */
const USUALLY_READY_MS = 2_000;

export interface Killing {
  lives: Life[];
  /** The one that was not killed. */
  last: Operator;
  /** How many times longer than usual the machine takes for everything, as it was at the last start; at least 1. */
  slowness: number;
}

/** Kills `kills` operators; the last one that it starts lives on. `said` is told after every kill. */
export async function killOften(
  lab: OwnLab,
  { kills, random, changes }: { kills: number; random: () => number; changes: Changes },
  said: (kill: number, life: Life) => void,
): Promise<Killing> {
  const lives: Life[] = [];
  let slowness = 1;
  for (let kill = 1; kill <= kills; kill++) {
    const atStart = random() < AT_START;
    const within = random();
    const { operator, life } = start(lab, changes);
    if (!atStart) {
      await operator.ready();
      life.readyAtMs = Date.now();
      slowness = slownessOf(life.readyAtMs - life.startedAtMs);
    }
    await sleep((atStart ? STARTING_MS : WORKING_MS) * slowness * within);
    if (!operator.isRunning()) throw new Error(`The operator has ended by itself: ${operator.log().slice(-2_000)}`);
    await operator.end("SIGKILL");
    // After the fact: what it began until now, it began before it was gone.
    life.killedAtMs = Date.now();
    lives.push(life);
    said(kill, life);
  }
  const { operator, life } = start(lab, changes);
  await operator.ready();
  life.readyAtMs = Date.now();
  lives.push(life);
  return { lives, last: operator, slowness: slownessOf(life.readyAtMs - life.startedAtMs) };
}

function slownessOf(readyAfterMs: number): number {
  return Math.max(1, readyAfterMs / USUALLY_READY_MS);
}

function start(lab: OwnLab, changes: Changes): { operator: Operator; life: Life } {
  const startedAtMs = Date.now();
  const operator = startOperator(lab, changes);
  return { operator, life: { pid: operator.pid, startedAtMs } };
}
