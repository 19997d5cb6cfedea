/** Overhead against load: so many tasks open all the time, for models of several latencies. Makes the picture. */
import { withLab } from "../lab";
import { runLoad } from "../load";
import { observeTasks } from "../observer";
import { plotOverhead } from "../plot";
import { LOAD_COLUMNS, STALL_MS, figuresOf, loadCells, measure } from "../measure";
import type { LoadFigures } from "../measure";
import type { Bench, Report, Scenario } from "../scenario";
import { thisMachine } from "../process";

const LATENCIES_MS = [0, 500, 2_000];
const AT_ONCE = [1, 4, 16, 64, 250, 1_000];
const WARM_UP = 200;
/** How long a point is measured if the operator keeps up, and how many tasks a second that can be at most. */
const SECONDS = 6;
const MOST_PER_SECOND = 110;
/** A point of fewer tasks says nothing about the tail. */
const FEWEST = 40;

export const grid: Scenario = {
  name: "grid",
  title: "Overhead against tasks at once, for several model latencies",
  run,
};

interface Point extends LoadFigures {
  latencyMs: number;
  atOnce: number;
}

async function run({ scale, say, date }: Bench): Promise<Report> {
  const latencies = scale === "full" ? LATENCIES_MS : [0, 500];
  const counts = scale === "full" ? AT_ONCE : [1, 16, 64];
  return withLab("grid", async (lab) => {
    const worker = await lab.start("product");
    for (const latencyMs of latencies) await lab.agent(latencyMs);
    const observer = await observeTasks(lab.api, STALL_MS);
    await runLoad(lab.api, observer, {
      name: "warm-up",
      agent: await lab.agent(0),
      count: WARM_UP,
      atOnce: 16,
      modelMs: 0,
    });
    const points: Point[] = [];
    for (const latencyMs of latencies) {
      const agent = await lab.agent(latencyMs);
      for (const atOnce of counts) {
        const count = tasksFor(latencyMs, atOnce);
        if (count < FEWEST) continue;
        const name = `at-once-${latencyMs}-${atOnce}`;
        const load = { name, agent, count, atOnce, modelMs: latencyMs, beginWithinMs: 2 * SECONDS * 1_000 };
        const measured = await measure(lab, worker, () => runLoad(lab.api, observer, load));
        points.push({ latencyMs, atOnce, ...figuresOf(measured) });
        say(`model of ${latencyMs} ms, ${atOnce} at once: p50 ${Math.round(points.at(-1)?.overheadMs.p50 ?? 0)} ms`);
      }
      // Or the next ones would be measured with all of these in memory.
      await lab.clear();
    }
    await observer.stop();
    return report(points, date);
  });
}

/** So many that the point lasts long enough, and that everyone has a second turn. */
export function tasksFor(latencyMs: number, atOnce: number): number {
  const fastest = Math.min(MOST_PER_SECOND, (atOnce * 1_000) / (latencyMs + 15));
  return fastest * SECONDS < FEWEST ? 0 : Math.max(Math.ceil(fastest * SECONDS), atOnce * 2);
}

function nameOf(latencyMs: number): string {
  return latencyMs === 0 ? "instant model" : `model of ${latencyMs / 1_000} s`;
}

function report(points: Point[], date: string): Report {
  const { cores, processor } = thisMachine("");
  const latencies = [...new Set(points.map(({ latencyMs }) => latencyMs))];
  const series = latencies.map((latencyMs) => ({
    label: nameOf(latencyMs),
    points: points
      .filter((one) => one.latencyMs === latencyMs)
      .map(({ atOnce, overheadMs }) => ({ concurrency: atOnce, p50: overheadMs.p50, p99: overheadMs.p99 })),
  }));
  return {
    goals: [],
    tables: [
      {
        title: "So many tasks open all the time",
        columns: ["model", "at once", ...LOAD_COLUMNS],
        rows: points.map((one) => [nameOf(one.latencyMs), String(one.atOnce), ...loadCells(one)]),
      },
    ],
    figures: points,
    picture: plotOverhead({
      title: `KubeChain: overhead of a task against load, ${date}`,
      subtitle: `${cores} cores (${processor}) shared by everything; webhooks on; etcd syncs every commit`,
      series,
    }),
  };
}
