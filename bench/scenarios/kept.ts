/**
 * Ten thousand tasks that have ended and a thousand that wait for an agent nobody has made: what they cost while nothing
 * changes, how long a start takes with them, and that those who wait go on when their agent appears.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Lab } from "../lab";
import { withLab } from "../lab";
import type { Running } from "../launch";
import { runLoad } from "../load";
import * as objects from "../objects";
import { observeTasks } from "../observer";
import { STALL_MS, requestTable } from "../measure";
import type { Quiet } from "../quiet";
import { QUIET_WANTED, judgeQuiet, watchQuiet } from "../quiet";
import type { Bench, Report, Scenario } from "../scenario";
import type { Usage } from "../process";
import { figure } from "../table";

const MEMORY_MB = 450;
const READY_SECONDS = 6;
const STARTS = 3;
const AGENT_TO_COME = "agent-to-come";

export const kept: Scenario = { name: "kept", title: "10,000 finished and 1,000 waiting tasks", run };

interface Sizes {
  finished: number;
  waiting: number;
  settleSeconds: number;
  quietSeconds: number;
}

async function run({ scale, say }: Bench): Promise<Report> {
  const sizes: Sizes =
    scale === "full"
      ? { finished: 10_000, waiting: 1_000, settleSeconds: 30, quietSeconds: 90 }
      : { finished: 500, waiting: 100, settleSeconds: 10, quietSeconds: 35 };
  return withLab("kept", async (lab) => {
    const first = await lab.start("product");
    say(`making ${sizes.finished} finished and ${sizes.waiting} waiting tasks`);
    await makeTasks(lab, sizes);
    const making = first.usage();
    await first.stop();
    const starts: { readySeconds: number; usage: Usage }[] = [];
    let running: Running = await lab.start("product");
    for (let nth = 1; ; nth += 1) {
      await sleep(3_000);
      starts.push({ readySeconds: running.readySeconds, usage: running.usage() });
      say(`ready after ${figure(running.readySeconds)} s, ${figure(running.usage().peakMiB)} MiB at most`);
      if (nth === STARTS) break;
      await running.stop();
      running = await lab.start("product");
    }
    say(`nothing happens for ${sizes.settleSeconds + sizes.quietSeconds} s`);
    await sleep(sizes.settleSeconds * 1_000);
    const quiet = await watchQuiet(lab, running, sizes.quietSeconds);
    say("the agent appears");
    const wokenSeconds = await wake(lab, sizes.waiting);
    return report(sizes, { making, starts, quiet, wokenSeconds });
  });
}

async function makeTasks(lab: Lab, { finished, waiting }: Sizes): Promise<void> {
  const agent = await lab.agent(0);
  const observer = await observeTasks(lab.api, STALL_MS);
  await runLoad(lab.api, observer, { name: "finished", agent, count: finished, atOnce: 64, modelMs: 0 });
  await observer.stop();
  for (let nth = 1; nth <= waiting; nth += 1) {
    await lab.api.ask({
      method: "POST",
      path: objects.pathOf("task"),
      body: objects.task(`waiting-${nth}`, AGENT_TO_COME),
    });
  }
  // Until the last of them has been looked at and its event is told.
  await sleep(3_000);
}

/** Makes the agent, and returns after how many seconds the last of those who waited for it had its answer. */
async function wake(lab: Lab, waiting: number): Promise<number> {
  const observer = await observeTasks(lab.api, STALL_MS);
  const begun = performance.now();
  const { url } = await lab.model(0);
  await lab.api.ask({ method: "POST", path: objects.pathOf("llm"), body: objects.llm(AGENT_TO_COME, url) });
  await lab.api.ask({ method: "POST", path: objects.pathOf("agent"), body: objects.agent(AGENT_TO_COME) });
  await Promise.all(Array.from({ length: waiting }, (_, index) => observer.ending(`waiting-${index + 1}`)));
  await observer.stop();
  return (performance.now() - begun) / 1_000;
}

interface Findings {
  making: Usage;
  starts: { readySeconds: number; usage: Usage }[];
  quiet: Quiet;
  wokenSeconds: number;
}

function report(sizes: Sizes, findings: Findings): Report {
  const { making, starts, quiet, wokenSeconds } = findings;
  const slowest = Math.max(...starts.map(({ readySeconds }) => readySeconds));
  const megabytes = (mebibytes: number): number => mebibytes * 1.048576;
  const startedMB = megabytes(Math.max(...starts.map(({ usage }) => usage.peakMiB), quiet.usage.peakMiB));
  const makingMB = megabytes(making.rssMiB);
  const { text, isQuiet } = judgeQuiet(quiet);
  return {
    goals: [
      {
        what: `requests in ${sizes.quietSeconds} quiet seconds`,
        wanted: QUIET_WANTED,
        reached: text,
        isMet: isQuiet,
      },
      {
        what: `operator with ${sizes.finished + sizes.waiting} tasks, resident size`,
        wanted: `under ${MEMORY_MB} MB, at its highest after a start, and in the end of making them`,
        reached: `${figure(startedMB)} MB at its highest after a start, ${figure(makingMB)} MB after making them`,
        isMet: Math.max(startedMB, makingMB) < MEMORY_MB,
      },
      {
        what: "ready after the start, with all of them",
        wanted: `within ${READY_SECONDS} s`,
        reached: starts.map(({ readySeconds }) => `${figure(readySeconds)} s`).join(", "),
        isMet: slowest <= READY_SECONDS,
      },
    ],
    tables: [
      {
        title: `The operator's process with ${sizes.finished} finished and ${sizes.waiting} waiting tasks`,
        columns: ["when", "ready after s", "RSS MiB", "peak MiB", "CPU s"],
        rows: [
          ["after making them", "–", figure(making.rssMiB), figure(making.peakMiB), figure(making.cpuSeconds)],
          ...starts.map(({ readySeconds, usage }, index) => [
            `start ${index + 1}`,
            figure(readySeconds),
            figure(usage.rssMiB),
            figure(usage.peakMiB),
            figure(usage.cpuSeconds),
          ]),
          [
            `at the end of ${sizes.quietSeconds} quiet s`,
            "–",
            figure(quiet.usage.rssMiB),
            figure(quiet.usage.peakMiB),
            `${figure(quiet.cpuSeconds)} in these`,
          ],
        ],
      },
      requestTable(
        `Every request to the API server in ${sizes.quietSeconds} quiet seconds, everybody's`,
        quiet.requests,
        sizes.finished + sizes.waiting,
      ),
      {
        title: "Requests in the same time by client",
        columns: ["client", "requests"],
        rows: Object.entries(quiet.requests.byClient).map(([client, count]) => [client, String(count)]),
      },
      {
        title: "When their agent appears",
        columns: ["tasks", "all answered after s"],
        rows: [[String(sizes.waiting), figure(wokenSeconds)]],
      },
    ],
    figures: { sizes, ...findings },
  };
}
