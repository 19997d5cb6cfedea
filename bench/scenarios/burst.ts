/**
 * Thousands of tasks created as fast as the API server takes them, with an instant model: the operator and the sketch in
 * turns on one control plane, so that the machine's moods hit both, and the ceiling of bare writes at the end.
 */
import type { Ceiling } from "../ceiling";
import { measureCeiling } from "../ceiling";
import type { Lab, Worker } from "../lab";
import { withLab } from "../lab";
import { runLoad } from "../load";
import { observeTasks } from "../observer";
import {
  LOAD_COLUMNS,
  STALL_MS,
  allAnswered,
  durationTable,
  figuresOf,
  loadCells,
  measure,
  requestTable,
} from "../measure";
import type { LoadFigures, Measured } from "../measure";
import type { Bench, Report, Scenario } from "../scenario";
import { median } from "../statistics";
import { figure, percent } from "../table";

const TASKS_PER_SECOND = 100;
const SHARE_OF_SKETCH = 0.85;
/** Enough for Node.js to have compiled what matters, in the operator and in the sketch. */
const WARM_UP = 300;
const CEILING_SECONDS = 6;

/** Neither always goes first. */
const ROUNDS: Worker[][] = [
  ["product", "sketch"],
  ["sketch", "product"],
  ["product", "sketch"],
];

export const burst: Scenario = {
  name: "burst",
  title: "Burst: all at once, instant model, operator and sketch in turns",
  run,
};

interface Run extends LoadFigures {
  worker: Worker;
}

async function run({ scale, say }: Bench): Promise<Report> {
  const count = scale === "full" ? 2_000 : 200;
  const rounds = scale === "full" ? ROUNDS : ROUNDS.slice(0, 2);
  return withLab("burst", async (lab) => {
    const runs: Run[] = [];
    let last: Measured | undefined;
    for (const worker of rounds.flat()) {
      const measured = await runOnce(lab, { worker, count, name: `${worker}-${runs.length}` });
      const figures = { worker, ...figuresOf(measured) };
      say(`${worker}: ${figure(figures.tasksPerSecond)} tasks/s`);
      runs.push(figures);
      if (worker === "product") last = measured;
    }
    const ceiling = await measureCeilingOf(lab);
    say(`bare status writes: ${figure(ceiling.writesPerSecond)}/s`);
    return report(runs, ceiling, last);
  });
}

async function runOnce(
  lab: Lab,
  { worker, count, name }: { worker: Worker; count: number; name: string },
): Promise<Measured> {
  const running = await lab.start(worker);
  // The sketch has no LLMs and no agents; it asks the model it was started with.
  const agent = worker === "product" ? await lab.agent(0) : "sketch";
  const observer = await observeTasks(lab.api, STALL_MS);
  await runLoad(lab.api, observer, { name: `${name}-warm-up`, agent, count: WARM_UP, modelMs: 0 });
  const measured = await measure(lab, running, () => runLoad(lab.api, observer, { name, agent, count, modelMs: 0 }));
  await observer.stop();
  await lab.clear();
  await running.stop();
  return measured;
}

/** Needs some tasks that have ended, and nobody who would look at them. */
async function measureCeilingOf(lab: Lab): Promise<Ceiling> {
  const running = await lab.start("product");
  const observer = await observeTasks(lab.api, STALL_MS);
  await runLoad(lab.api, observer, { name: "ceiling", agent: await lab.agent(0), count: WARM_UP, modelMs: 0 });
  await observer.stop();
  await running.stop();
  return measureCeiling(lab, CEILING_SECONDS);
}

function report(runs: Run[], ceiling: Ceiling, last: Measured | undefined): Report {
  const rateOf = (worker: Worker): number =>
    median(runs.filter((one) => one.worker === worker).map(({ tasksPerSecond }) => tasksPerSecond));
  const shares = sharesOf(runs);
  const share = median(shares);
  const isAnswered = runs.every(allAnswered);
  const count = runs[0]?.tasks ?? 0;
  return {
    goals: [
      {
        what: `${count} tasks at once, instant model, webhooks on`,
        wanted: `at least ${TASKS_PER_SECOND} tasks/s, all answered`,
        reached: `${figure(rateOf("product"))} tasks/s (median of ${runs.length / 2})${isAnswered ? "" : ", not all answered"}`,
        isMet: rateOf("product") >= TASKS_PER_SECOND && isAnswered,
      },
      {
        what: "share of what the sketch reaches in the same run",
        wanted: `at least ${percent(SHARE_OF_SKETCH)}`,
        reached: `${percent(share)} (rounds: ${shares.map(percent).join(", ")}), the sketch ${figure(rateOf("sketch"))} tasks/s`,
        isMet: share >= SHARE_OF_SKETCH,
      },
    ],
    tables: [
      {
        title: "All at once, in the order of the runs",
        columns: ["who", ...LOAD_COLUMNS],
        rows: runs.map((one) => [one.worker, ...loadCells(one)]),
      },
      durationTable(runs.map((one) => [one.worker, one])),
      {
        title: "The ceiling: bare status writes with the operator's client, and what the operator gets done",
        columns: ["what", "writes/s"],
        rows: [
          ["bare status writes, nothing else", figure(ceiling.writesPerSecond)],
          ["status writes of the operator in the burst", figure(rateOf("product") * 2)],
          ["its writes with the creates and events", figure(rateOf("product") * 6)],
        ],
      },
      ...(last === undefined
        ? []
        : [requestTable("Requests to the API server, everybody's, last run of the operator", last.requests, count)]),
    ],
    figures: { runs, ceiling, shares, requests: last?.requests },
  };
}

/** The operator's rate as a share of the sketch's, round by round: the two of a round ran right after one another. */
export function sharesOf(runs: readonly Pick<Run, "worker" | "tasksPerSecond">[]): number[] {
  const of = (worker: Worker): number[] =>
    runs.filter((one) => one.worker === worker).map(({ tasksPerSecond }) => tasksPerSecond);
  const sketch = of("sketch");
  return of("product").map((rate, round) => rate / (sketch[round] ?? Number.NaN));
}
