/** A thousand tasks created at once, a model that thinks for ten seconds: nobody waits for anybody. */
import { withLab } from "../lab";
import { runLoad } from "../load";
import { observeTasks } from "../observer";
import { LOAD_COLUMNS, STALL_MS, allAnswered, figuresOf, loadCells, measure } from "../measure";
import type { Bench, Report, Scenario } from "../scenario";
import { figure } from "../table";

const LAST_DONE_SECONDS = 17;
const WARM_UP = 50;

export const thousandAtOnce: Scenario = { name: "thousand-at-once", title: "A thousand at once, model of 10 s", run };

async function run({ scale, say }: Bench): Promise<Report> {
  const [count, latencyMs] = scale === "full" ? [1_000, 10_000] : [200, 5_000];
  return withLab("thousand", async (lab) => {
    const worker = await lab.start("product");
    const [instant, agent] = [await lab.agent(0), await lab.agent(latencyMs)];
    const model = await lab.model(latencyMs);
    const observer = await observeTasks(lab.api, STALL_MS + latencyMs);
    await runLoad(lab.api, observer, { name: "warm-up", agent: instant, count: WARM_UP, modelMs: 0 });
    say(`${count} tasks at once`);
    const measured = await measure(lab, worker, () =>
      runLoad(lab.api, observer, { name: "at-once", agent, count, modelMs: latencyMs }),
    );
    await observer.stop();
    const figures = figuresOf(measured);
    const { maxInFlight, repeated } = await model.stats();
    return {
      goals: [
        {
          what: `${count} tasks at once with a model of ${latencyMs / 1_000} s: calls in flight together`,
          wanted: String(count),
          reached: String(maxInFlight),
          isMet: maxInFlight === count,
        },
        {
          what: "last one done after the first create",
          wanted: `within ${LAST_DONE_SECONDS} s, all answered, no call twice`,
          reached: `${figure(figures.seconds)} s (creating took ${figure(figures.creatingSeconds)} s), ${repeated} calls twice`,
          isMet: figures.seconds <= LAST_DONE_SECONDS && allAnswered(figures) && repeated === 0,
        },
      ],
      tables: [
        {
          title: `${count} at once, model of ${latencyMs / 1_000} s`,
          columns: LOAD_COLUMNS,
          rows: [loadCells(figures)],
        },
      ],
      figures: { ...figures, latencyMs, maxInFlight, repeated },
    };
  });
}
