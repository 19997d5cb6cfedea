/** Tasks that come, are answered and are deleted, ten thousand times: nothing may pile up, nothing may happen twice. */
import { setTimeout as sleep } from "node:timers/promises";
import { countOf } from "../api-metrics";
import { projectFiles } from "../../controlplane/project";
import { withLab } from "../lab";
import { makeProbe } from "../launch";
import { runLoad } from "../load";
import { observeTasks } from "../observer";
import { LOAD_COLUMNS, STALL_MS, figuresOf, loadCells, measure } from "../measure";
import type { LoadFigures } from "../measure";
import type { Bench, Report, Scenario } from "../scenario";
import { risePerStep } from "../statistics";
import { figure } from "../table";

const STRETCHES = 10;
const AT_ONCE = 32;
/** More than that over all cycles is a leak; less is noise of the collector. */
const FLAT_MIB = 3;
const CONFLICTS_PER_TASK = 1 / 1_000;

export const churn: Scenario = { name: "churn", title: "10,000 times create, finish, delete", run };

interface Weighed {
  tasks: number;
  heapMiB: number;
  rssMiB: number;
}

async function run({ scale, say }: Bench): Promise<Report> {
  const stretch = scale === "full" ? 1_000 : 50;
  return withLab("churn", async (lab) => {
    const probe = await makeProbe(projectFiles().root);
    const worker = await lab.start("product", probe.env);
    const agent = await lab.agent(0);
    const model = await lab.model(0);
    const observer = await observeTasks(lab.api, STALL_MS);
    const weigh = async (tasks: number): Promise<Weighed> => {
      await sleep(1_000);
      return { tasks, heapMiB: await probe.heapMiB(), rssMiB: worker.usage().rssMiB };
    };
    const cycle = (name: string, count: number): ReturnType<typeof runLoad> =>
      runLoad(lab.api, observer, { name, agent, count, atOnce: AT_ONCE, modelMs: 0, deleteAfterwards: true });

    // The first tasks make the code and the buffers that all others use.
    await cycle("warm-up", stretch);
    const callsBefore = (await model.stats()).requests;
    const weighed = [await weigh(0)];
    const stretches: LoadFigures[] = [];
    let conflicts = 0;
    for (let nth = 1; nth <= STRETCHES; nth += 1) {
      const measured = await measure(lab, worker, () => cycle(`stretch-${nth}`, stretch));
      conflicts += countOf(measured.requests, { verb: "PUT", code: "409" });
      stretches.push(figuresOf(measured));
      const now = await weigh(nth * stretch);
      weighed.push(now);
      say(`${now.tasks} tasks, heap ${figure(now.heapMiB)} MiB`);
    }
    await observer.stop();
    const { requests, repeated } = await model.stats();
    return report({ weighed, stretches, conflicts, calls: requests - callsBefore, repeated });
  });
}

interface Findings {
  weighed: Weighed[];
  stretches: LoadFigures[];
  conflicts: number;
  calls: number;
  repeated: number;
}

function report(findings: Findings): Report {
  const { weighed, stretches, conflicts, calls, repeated } = findings;
  const tasks = stretches.reduce((sum, one) => sum + one.tasks, 0);
  const rise = risePerStep(weighed.map(({ heapMiB }) => heapMiB)) * STRETCHES;
  const heaps = weighed.map(({ heapMiB }) => heapMiB);
  return {
    goals: [
      {
        what: `heap after collection over ${tasks} cycles`,
        wanted: `flat (rises by less than ${FLAT_MIB} MiB)`,
        reached: `${figure(heaps[0] ?? 0)} → ${figure(heaps.at(-1) ?? 0)} MiB, rise of the fitted line ${figure(rise)} MiB`,
        isMet: rise < FLAT_MIB,
      },
      {
        what: "conflicts",
        wanted: "at most 1 in 1,000 tasks",
        reached: `${conflicts} in ${tasks}`,
        isMet: conflicts <= tasks * CONFLICTS_PER_TASK,
      },
      {
        what: "model calls made twice",
        wanted: "none",
        reached: `${repeated} (${calls} calls for ${tasks} tasks)`,
        isMet: repeated === 0 && calls === tasks,
      },
    ],
    tables: [
      {
        title: "Memory at rest, after a full collection",
        columns: ["tasks so far", "heap MiB", "RSS MiB"],
        rows: weighed.map(({ tasks: soFar, heapMiB, rssMiB }) => [String(soFar), figure(heapMiB), figure(rssMiB)]),
      },
      { title: `Create, finish, delete, ${AT_ONCE} at once`, columns: LOAD_COLUMNS, rows: stretches.map(loadCells) },
    ],
    figures: findings,
  };
}
