/**
 * A thousand calls that wait for people who look with kubectl, then a thousand more whose people are asked over a service:
 * what that costs while nothing happens, before and after the operator is killed, and that answers are heard afterwards.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { between, readApiMetrics, writesIn } from "../api-metrics";
import type { Lab } from "../lab";
import { withLab } from "../lab";
import type { Running } from "../launch";
import { limitTo, runLoad } from "../load";
import { STALL_MS, requestTable } from "../measure";
import { observeTasks } from "../observer";
import type { Office, Over } from "../office";
import { asking, openOffice, park } from "../office";
import type { ParkedCall } from "../parked-calls";
import { approve, observeParked } from "../parked-calls";
import { isOurs } from "../quiet";
import type { RequestCounts } from "../request-count";
import { countsBetween, countsText } from "../request-count";
import type { Bench, Goal, Report, Scenario } from "../scenario";
import type { Summary } from "../statistics";
import { summarize } from "../statistics";
import { figure } from "../table";
import type { Stretch } from "../stretches";
import { cpuGoal, requestsGoal, serviceGoal, stretchTable, watchStretches } from "../stretches";
import type { CallStates } from "../tool-calls";
import { countIn, readCallStates } from "../tool-calls";
import type { Executions } from "../tool-servers";
import { executionsIn } from "../tool-servers";

const READY_SECONDS = 6;
const WARM_UP = 20;
const AT_ONCE = 8;

export const parked: Scenario = { name: "parked", title: "1,000 calls and 1,000 more that wait for people", run };

interface Sizes {
  /** Of each of the two sorts. */
  calls: number;
  /** What the making leaves behind is collected some time later, once, which takes some tenths of a second: better now. */
  settleSeconds: number;
  quietSeconds: number;
  /** How many are answered in the end, half of each sort. */
  answers: number;
}

const FULL: Sizes = { calls: 1_000, settleSeconds: 45, quietSeconds: 60, answers: 50 };
const QUICK: Sizes = { calls: 100, settleSeconds: 10, quietSeconds: 15, answers: 10 };

/** From the kill until all was quiet again. */
interface Restart {
  readySeconds: number;
  /** Of our kinds, and events. */
  writes: number;
  service: RequestCounts;
}

interface Answered {
  /** From sending the answer until the task had ended, milliseconds. */
  endMs: Record<Over, Summary>;
  executions: Executions;
  states: CallStates;
}

interface Findings {
  stretches: { nothing: Stretch; kubectl: Stretch; service: Stretch; restarted: Stretch };
  /** Questions put to the service from the first to the last moment, by its own count. */
  created: number;
  restart: Restart;
  answered: Answered;
}

async function run({ scale, say }: Bench): Promise<Report> {
  const sizes = scale === "full" ? FULL : QUICK;
  return withLab("parked", async (lab) => {
    const first = await lab.start("product");
    const office = await openOffice(lab);
    await warmUp(lab, office);
    const before = office.record().length;
    const createdBefore = createdIn(await office.service.requests());
    const watch = watchStretches(lab, office.service, sizes);
    say(`nothing is parked: ${sizes.settleSeconds + sizes.quietSeconds} s`);
    const nothing = await watch("nothing parked", first, 0);
    say(`parking ${sizes.calls} calls over a channel of type kubernetes`);
    const byKubectl = await park(lab.api, "kubectl", "kubectl", sizes.calls);
    const kubectl = await watch("parked for kubectl", first, sizes.calls);
    say(`parking ${sizes.calls} more over a channel of type email`);
    const byService = await park(lab.api, "service", "service", sizes.calls);
    const service = await watch("and as many over the service", first, 2 * sizes.calls);
    say("the operator is killed and started again");
    const { running, restart } = await killAndStart(lab, office, {
      running: first,
      settleSeconds: sizes.settleSeconds,
    });
    const restarted = await watch("after a kill and a start", running, 2 * sizes.calls);
    const created = createdIn(await office.service.requests()) - createdBefore;
    say(`${sizes.answers} are answered`);
    const half = sizes.answers / 2;
    const endMs = await answer(lab, office, { kubectl: byKubectl.slice(0, half), service: byService.slice(0, half) });
    const executions = executionsIn(office.record().slice(before));
    const states = { ...(await readCallStates(lab.api, "kubectl")), ...(await readCallStates(lab.api, "service")) };
    return report(sizes, {
      stretches: { nothing, kubectl, service, restarted },
      created,
      restart,
      answered: { endMs, executions, states },
    });
  });
}

/** Before anything is measured, so that it is not the compiler of Node.js that is measured. */
async function warmUp(lab: Lab, office: Office): Promise<void> {
  const observer = await observeTasks(lab.api, STALL_MS);
  for (const over of ["kubectl", "service"] as const) {
    const news = await observeParked(lab.api, over, STALL_MS);
    const person = async (name: string): Promise<number> => {
      await answerOne(lab, office, over)(await news.first(name));
      return 0;
    };
    const load = { ...asking(over), name: `warm-up-${over}`, count: WARM_UP, atOnce: AT_ONCE, modelMs: 0, person };
    await runLoad(lab.api, observer, load);
    await news.stop();
  }
  await observer.stop();
}

const PUT = "POST /function_calls";

function createdIn(counts: RequestCounts): number {
  return counts[PUT] ?? 0;
}

async function killAndStart(
  lab: Lab,
  { service }: Office,
  { running, settleSeconds }: { running: Running; settleSeconds: number },
): Promise<{ running: Running; restart: Restart }> {
  const [metrics, asked] = [await readApiMetrics(lab.api.metrics), await service.requests()];
  await running.kill();
  const next = await lab.start("product");
  await sleep(settleSeconds * 1_000);
  const writes = writesIn(between(metrics, await readApiMetrics(lab.api.metrics)));
  return {
    running: next,
    restart: {
      readySeconds: next.readySeconds,
      writes: writes.filter(({ resource }) => isOurs(resource)).reduce((sum, { count }) => sum + count, 0),
      service: countsBetween(asked, await service.requests()),
    },
  };
}

function answerOne({ api }: Lab, { service }: Office, over: Over): (call: ParkedCall) => Promise<void> {
  return over === "kubectl" ? (call) => approve(api, call) : service.approve;
}

/** Answers these calls, several at a time, and waits for the ends of their tasks. */
async function answer(lab: Lab, office: Office, calls: Record<Over, ParkedCall[]>): Promise<Answered["endMs"]> {
  const withTurn = limitTo(AT_ONCE);
  const observer = await observeTasks(lab.api, STALL_MS);
  const answerAll = (over: Over): Promise<number[]> =>
    Promise.all(
      calls[over].map(async (call) => {
        const sentAt = await withTurn(async () => {
          const before = performance.now();
          await answerOne(lab, office, over)(call);
          return before;
        });
        return (await observer.ending(call.name)).seenAt - sentAt;
      }),
    );
  const both = Promise.all([answerAll("kubectl"), answerAll("service")]);
  const [kubectl, service] = await both.finally(() => void observer.stop());
  return { kubectl: summarize(kubectl), service: summarize(service) };
}

function report(sizes: Sizes, findings: Findings): Report {
  const { stretches, restart, answered } = findings;
  const { nothing, ...withCalls } = stretches;
  const all = Object.values(withCalls);
  return {
    goals: [
      requestsGoal(all, nothing),
      cpuGoal(all, nothing),
      serviceGoal(sizes.calls, [stretches.service, stretches.restarted]),
      {
        what: `ready after kill -9, with ${2 * sizes.calls} calls parked`,
        wanted: `within ${READY_SECONDS} s`,
        reached: `${figure(restart.readySeconds)} s`,
        isMet: restart.readySeconds <= READY_SECONDS,
      },
      createdGoal(sizes, findings),
      answeredGoal(sizes, answered),
    ],
    tables: [
      stretchTable(Object.values(stretches)),
      {
        title: `From kill -9 until ${sizes.settleSeconds} s after the start`,
        columns: ["ready after s", "writes of our kinds, and events", "requests to the service"],
        rows: [[figure(restart.readySeconds), String(restart.writes), countsText(restart.service)]],
      },
      {
        title: `${sizes.answers} answered at once, with all the others still waiting`,
        columns: ["answered", "calls", "to the end of the task p50 ms", "p99", "max"],
        rows: [
          ["with the request of kubectl annotate", ...cellsOf(answered.endMs.kubectl)],
          ["over the HumanLayer-compatible server", ...cellsOf(answered.endMs.service)],
        ],
      },
      requestTable(
        `Every request to the API server in ${sizes.quietSeconds} quiet seconds with all parked, everybody's`,
        stretches.service.quiet.requests,
        2 * sizes.calls,
      ),
    ],
    figures: { sizes, ...findings },
  };
}

function createdGoal({ calls }: Sizes, { created, restart }: Findings): Goal {
  return {
    what: "questions put to the HumanLayer-compatible server, the kill included",
    wanted: `${calls}, none again`,
    reached: `${created}, ${createdIn(restart.service)} of them after the kill`,
    isMet: created === calls,
  };
}

function answeredGoal({ calls, answers }: Sizes, { executions, states }: Answered): Goal {
  const [succeeded, waiting] = [countIn(states, "Succeeded"), countIn(states, "AwaitingHumanApproval")];
  return {
    what: `${answers} of them answered after that, half with kubectl's request and half over the service`,
    wanted: `these executed once and succeeded, the other ${2 * calls - answers} still waiting`,
    reached: `${executions.begun} executed, ${executions.repeated} twice, ${succeeded} succeeded; ${waiting} still waiting`,
    isMet:
      succeeded === answers &&
      executions.begun === answers &&
      executions.repeated === 0 &&
      waiting === 2 * calls - answers,
  };
}

function cellsOf({ count, p50, p99, max }: Summary): string[] {
  return [count, p50, p99, max].map(figure);
}
