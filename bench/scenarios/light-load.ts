/** One task after another: what a task costs when nothing else is going on. */
import { observeTasks } from "../observer";
import { runLoad } from "../load";
import { withLab } from "../lab";
import { LOAD_COLUMNS, STALL_MS, durationTable, figuresOf, loadCells, measure, requestTable } from "../measure";
import type { Bench, Report, Scenario } from "../scenario";
import { figure } from "../table";

const LATENCY_MS = 200;
const OVERHEAD_MS = 25;

/** Before anything is measured, so that it is not the compiler of Node.js that is measured. */
const WARM_UP = 50;

export const lightLoad: Scenario = { name: "light-load", title: "Light load: one task after another", run };

async function run({ scale, say }: Bench): Promise<Report> {
  const count = scale === "full" ? 300 : 60;
  return withLab("light-load", async (lab) => {
    const worker = await lab.start("product");
    const [instant, slow] = [await lab.agent(0), await lab.agent(LATENCY_MS)];
    const observer = await observeTasks(lab.api, STALL_MS);
    await runLoad(lab.api, observer, { name: "warm-up", agent: instant, count: WARM_UP, atOnce: 1, modelMs: 0 });
    say(`${count} tasks, instant model`);
    const alone = await measure(lab, worker, () =>
      runLoad(lab.api, observer, { name: "alone", agent: instant, count, atOnce: 1, modelMs: 0 }),
    );
    say(`${count / 3} tasks, model of ${LATENCY_MS} ms`);
    const waiting = await measure(lab, worker, () =>
      runLoad(lab.api, observer, { name: "waiting", agent: slow, count: count / 3, atOnce: 1, modelMs: LATENCY_MS }),
    );
    await observer.stop();
    const figures = { instant: figuresOf(alone), slow: figuresOf(waiting) };
    const { statusWritesPerTask, eventsPerTask, overheadMs } = figures.instant;
    return {
      goals: [
        {
          what: "writes of a task without tools",
          wanted: "2 status writes, 3 events",
          reached: `${figure(statusWritesPerTask)} status writes, ${figure(eventsPerTask)} events`,
          isMet: statusWritesPerTask === 2 && eventsPerTask === 3,
        },
        {
          what: "overhead of a lone task, p50",
          wanted: `under ${OVERHEAD_MS} ms`,
          reached: `${figure(overheadMs.p50)} ms with an instant model, ${figure(figures.slow.overheadMs.p50)} ms with one of ${LATENCY_MS} ms`,
          isMet: overheadMs.p50 < OVERHEAD_MS && figures.slow.overheadMs.p50 < OVERHEAD_MS,
        },
      ],
      tables: [
        {
          title: "One task after another",
          columns: ["model", ...LOAD_COLUMNS],
          rows: [
            ["instant", ...loadCells(figures.instant)],
            [`${LATENCY_MS} ms`, ...loadCells(figures.slow)],
          ],
        },
        durationTable([
          ["instant", figures.instant],
          [`${LATENCY_MS} ms`, figures.slow],
        ]),
        requestTable("Requests to the API server, everybody's, instant model", alone.requests, count),
      ],
      figures: { ...figures, requests: alone.requests },
    };
  });
}
