/**
 * Five hundred tasks at once, each waiting for a slow tool: all waits go on together, and whoever has nothing to do with
 * that tool is as fast as before. Whether they do wait together, the tool's server says.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { besideTable, runTogether, slowdownGoals } from "../beside";
import type { Comparison, Stretch } from "../beside";
import type { Lab } from "../lab";
import { withLab } from "../lab";
import type { Running } from "../launch";
import type { Load, LoadResult } from "../load";
import { runLoad } from "../load";
import { LOAD_COLUMNS, STALL_MS, allAnswered, figuresOf, loadCells, measure } from "../measure";
import type { LoadFigures } from "../measure";
import type { Observer } from "../observer";
import { observeTasks } from "../observer";
import type { Bench, Goal, Report, Scenario } from "../scenario";
import { figure } from "../table";
import { askingFor, countIn, readCallStates } from "../tool-calls";
import type { Executions } from "../tool-servers";
import { recordFrom, stdioServer } from "../tool-servers";

const LAST_DONE_SECONDS = 30;
const WARM_UP = 50;
/** Before those who wait have their answers, the light loads must be over. */
const MARGIN_MS = 3_000;

interface Sizes {
  waiting: number;
  waitMs: number;
  /** Long enough for all to be waiting and the light loads to run. */
  longWaitMs: number;
  lightMs: number;
}

const FULL: Sizes = { waiting: 500, waitMs: 10_000, longWaitMs: 45_000, lightMs: 10_000 };
const QUICK: Sizes = { waiting: 100, waitMs: 5_000, longWaitMs: 20_000, lightMs: 3_000 };

export const waitingTools: Scenario = {
  name: "waiting-tools",
  title: "500 tasks at once, each waiting 10 s for its tool",
  run,
};

interface Place {
  lab: Lab;
  worker: Running;
  observer: Observer;
  agents: { plain: string; healthy: string; slow: string };
  sizes: Sizes;
  /** Where the slow server writes down its calls. */
  record: string;
}

async function run({ scale, say }: Bench): Promise<Report> {
  const sizes = scale === "full" ? FULL : QUICK;
  return withLab("waiting-tools", async (lab) => {
    const folder = mkdtempSync(join(tmpdir(), "kubechain-bench-"));
    lab.closing(async () => rmSync(folder, { recursive: true }));
    const record = join(folder, "slow-tool.jsonl");
    const worker = await lab.start("product");
    const slow = await lab.mcpServer("slow", { ...stdioServer("--effects", record), timeout: "120s" });
    const healthy = await lab.mcpServer("healthy", stdioServer());
    await slow.connected();
    await healthy.connected();
    const agents = {
      plain: await lab.agent(0),
      healthy: await lab.toolAgent("healthy", ["healthy"]),
      slow: await lab.toolAgent("slow", ["slow"]),
    };
    const observer = await observeTasks(lab.api, STALL_MS + sizes.longWaitMs);
    const place: Place = { lab, worker, observer, agents, sizes, record };
    await runLights(place, "warm-up", { count: WARM_UP });
    say(`${sizes.waiting} tasks at once, a tool of ${sizes.waitMs / 1_000} s`);
    const atOnce = await waitAtOnce(place);
    say("tasks without tools and tasks with a call, alone");
    const before = await runLights(place, "before", { beginWithinMs: sizes.lightMs });
    say(`the same beside ${sizes.waiting} that wait`);
    const { beside, executions } = await runBeside(place);
    await observer.stop();
    return report(sizes, { before, beside }, { atOnce, executions });
  });
}

/** Light loads of tasks without tools and of tasks with one call, one task of each kind after another. */
function runLights(
  place: Place,
  name: string,
  limit: Pick<Load, "beginWithinMs"> & { count?: number },
): Promise<Stretch> {
  const { lab, worker, observer, agents } = place;
  const light = { count: 100_000, atOnce: 1, modelMs: 0, ...limit };
  const messageOf = askingFor([{ server: "healthy", tool: "append", arguments: { text: "a line" } }]);
  return runTogether(worker, {
    "tasks without tools": () => runLoad(lab.api, observer, { ...light, name: `${name}-plain`, agent: agents.plain }),
    "tasks with one call of a healthy server": () =>
      runLoad(lab.api, observer, { ...light, name: `${name}-tool`, agent: agents.healthy, messageOf }),
  });
}

/** All tasks with the slow tool at once. */
function runWaiting({ lab, observer, agents, sizes }: Place, name: string, toolMs: number): Promise<LoadResult> {
  const messageOf = askingFor([{ server: "slow", tool: "sleep", arguments: { ms: toolMs } }]);
  return runLoad(lab.api, observer, { name, agent: agents.slow, count: sizes.waiting, modelMs: 0, toolMs, messageOf });
}

/** The light loads while all the others wait. */
async function runBeside(place: Place): Promise<{ beside: Stretch; executions: Executions }> {
  const { sizes, record } = place;
  const waitsEndAt = performance.now() + sizes.longWaitMs;
  const executions = recordFrom(record);
  const waiting = runWaiting(place, "long", sizes.longWaitMs);
  // Whatever goes wrong below, somebody listens to this one.
  void waiting.catch(() => undefined);
  await allBegun(executions, sizes.waiting, waitsEndAt - MARGIN_MS - sizes.lightMs);
  const beside = await runLights(place, "beside", { beginWithinMs: sizes.lightMs });
  if (performance.now() > waitsEndAt) throw new Error("The light loads outlasted those who waited.");
  await waiting;
  return { beside, executions: executions() };
}

/** Returns when so many calls have reached the server, and the events of that are written. */
async function allBegun(executions: () => Executions, count: number, until: number): Promise<void> {
  for (let { begun } = executions(); begun < count; { begun } = executions()) {
    if (performance.now() > until) throw new Error(`Only ${begun} of ${count} calls have reached the slow tool.`);
    await sleep(100);
  }
  await sleep(500);
}

interface AtOnce {
  figures: LoadFigures;
  executions: Executions;
  succeeded: number;
}

async function waitAtOnce(place: Place): Promise<AtOnce> {
  const { lab, worker, record, sizes } = place;
  const executions = recordFrom(record);
  const measured = await measure(lab, worker, () => runWaiting(place, "short", sizes.waitMs));
  const succeeded = countIn(await readCallStates(lab.api, "short"), "Succeeded");
  return { figures: figuresOf(measured), executions: executions(), succeeded };
}

interface Findings {
  atOnce: AtOnce;
  /** What the slow server saw while the light loads ran. */
  executions: Executions;
}

function report(sizes: Sizes, comparison: Comparison, { atOnce, executions }: Findings): Report {
  const { waiting, waitMs, longWaitMs } = sizes;
  const beside = `${waiting} tasks that wait for a tool`;
  const all = `${waiting} tasks at once, each waiting ${waitMs / 1_000} s for its tool`;
  return {
    goals: [
      {
        what: `${waiting} tasks, each waiting ${longWaitMs / 1_000} s for its tool: calls under way together, as the tool's server saw them`,
        wanted: String(waiting),
        reached: String(executions.most),
        isMet: executions.most === waiting,
      },
      lastDoneGoal(all, waiting, atOnce),
      ...slowdownGoals(comparison, beside),
    ],
    tables: [
      besideTable(`Tasks of others beside ${beside}`, comparison),
      { title: all, columns: LOAD_COLUMNS, rows: [loadCells(atOnce.figures)] },
    ],
    figures: { sizes, ...comparison, executions, atOnce },
  };
}

function lastDoneGoal(all: string, waiting: number, { figures, executions, succeeded }: AtOnce): Goal {
  const { seconds, creatingSeconds } = figures;
  const isWhole = allAnswered(figures) && succeeded === waiting && executions.repeated === 0;
  return {
    what: `${all}: last one done after the first create`,
    wanted: `within ${LAST_DONE_SECONDS} s, all calls succeeded, none twice`,
    reached: `${figure(seconds)} s (creating took ${figure(creatingSeconds)} s, ${executions.most} waited together), ${succeeded} succeeded, ${executions.repeated} twice`,
    isMet: seconds <= LAST_DONE_SECONDS && isWhole,
  };
}
