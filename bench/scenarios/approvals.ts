/**
 * One task after another, each with a call that waits for a person's approval: how long it takes from the answer to the
 * execution, whichever way the answer comes, and what the question and the answer cost in writes.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Lab } from "../lab";
import { withLab } from "../lab";
import type { Running } from "../launch";
import type { Load } from "../load";
import { runLoad } from "../load";
import { LOAD_COLUMNS, STALL_MS, allAnswered, figuresOf, loadCells, measure, requestTable } from "../measure";
import type { LoadFigures, Measured } from "../measure";
import type { Observer } from "../observer";
import { observeTasks } from "../observer";
import type { Office, Over } from "../office";
import { asking, openOffice } from "../office";
import type { ParkedCall } from "../parked-calls";
import { approve, approveWithKubectl, observeParked } from "../parked-calls";
import type { Bench, Goal, Report, Scenario } from "../scenario";
import type { Summary } from "../statistics";
import { summarize } from "../statistics";
import { figure } from "../table";
import type { Writes } from "../tool-calls";
import { writesAllowed, writesPerTask, writesTable } from "../tool-calls";
import type { Executed } from "../tool-servers";
import { executedIn } from "../tool-servers";

const ANSWER_MS = 100;
const WARM_UP = 20;
/** A person takes longer than this; after it nothing of the asking is still going on. */
const PERSON_MS = 250;

export const approvals: Scenario = { name: "approvals", title: "Approvals: from the answer to the execution", run };

/** How the answer comes. */
interface Way {
  /** Part of the tasks' names. */
  name: string;
  title: string;
  over: Over;
  /** Returns when whoever took the answer says that it is taken. */
  answer: (call: ParkedCall) => Promise<void>;
}

interface Place {
  lab: Lab;
  worker: Running;
  observer: Observer;
  office: Office;
}

/** What was measured of a way. All in milliseconds. */
interface Run {
  way: Pick<Way, "name" | "title">;
  measured: Measured;
  figures: LoadFigures;
  writes: Writes;
  /** From sending the answer to the beginning of the execution, as the tool's server wrote it down. */
  executionMs: Summary;
  /** From sending the answer to hearing that it is taken. */
  answerMs: Summary;
  executed: Executed;
}

async function run({ scale, say }: Bench): Promise<Report> {
  const count = scale === "full" ? 60 : 15;
  return withLab("approvals", async (lab) => {
    const worker = await lab.start("product");
    const place: Place = {
      lab,
      worker,
      observer: await observeTasks(lab.api, STALL_MS),
      office: await openOffice(lab),
    };
    const ways = waysOf(place);
    for (const way of ways) await answerAll(place, { ...way, name: `warm-up-${way.name}` }, WARM_UP);
    const runs: Run[] = [];
    for (const way of ways) {
      const one = await measureWay(place, way, count);
      runs.push(one);
      say(`${way.title}: p50 ${figure(one.executionMs.p50)} ms, p99 ${figure(one.executionMs.p99)} ms`);
    }
    await place.observer.stop();
    return report(runs, count);
  });
}

function waysOf({ lab, office }: Place): Way[] {
  return [
    {
      name: "request",
      title: "the request of kubectl annotate",
      over: "kubectl",
      answer: (call) => approve(lab.api, call),
    },
    {
      name: "program",
      title: "kubectl annotate, from the start of its process",
      over: "kubectl",
      answer: (call) => approveWithKubectl(lab.kubectl, call),
    },
    {
      name: "service",
      title: "the HumanLayer-compatible server, which tells the operator",
      over: "service",
      answer: office.service.approve,
    },
  ];
}

/** When which answer was sent, milliseconds since the epoch by task, and how long it took to be taken. */
interface Answers {
  sentAt: Map<string, number>;
  tookMs: number[];
}

async function measureWay(place: Place, way: Way, count: number): Promise<Run> {
  const { lab, worker, office } = place;
  let answers: Answers = { sentAt: new Map(), tookMs: [] };
  const measured = await measure(lab, worker, async () => {
    const { result, ...rest } = await answerAll(place, way, count);
    answers = rest;
    return result;
  });
  const { name, title } = way;
  const executed = executedIn(office.record(), answers.sentAt);
  return {
    way: { name, title },
    measured,
    figures: figuresOf(measured),
    writes: writesPerTask(measured.requests, count),
    executionMs: summarize(executed.afterMs),
    answerMs: summarize(answers.tookMs),
    executed,
  };
}

/** One task after another, each with a person who answers it. */
async function answerAll(
  { lab, observer }: Place,
  way: Way,
  count: number,
): Promise<Answers & { result: Measured["result"] }> {
  const answers: Answers = { sentAt: new Map(), tookMs: [] };
  const news = await observeParked(lab.api, way.over, STALL_MS);
  async function person(name: string): Promise<number> {
    const call = await news.first(name);
    const heardAt = performance.now();
    await sleep(PERSON_MS);
    const answeredAt = performance.now();
    // Not `performance`: the tool's server has the same clock, but began to count at another time.
    answers.sentAt.set(name, Date.now());
    await way.answer(call);
    answers.tookMs.push(performance.now() - answeredAt);
    return answeredAt - heardAt;
  }
  const load: Load = { ...asking(way.over), name: way.name, count, atOnce: 1, modelMs: 0, person };
  const result = await runLoad(lab.api, observer, load).finally(() => void news.stop());
  return { ...answers, result };
}

/** A call with one more question and its answer is stored twice more; over a service, that it has the question is noted, and with kubectl the answer is a write. */
const ALLOWED = writesAllowed({ turns: 1, calls: 1 }) + 3;

function report(runs: Run[], count: number): Report {
  return {
    goals: [...runs.filter(({ way }) => way.name !== "program").map(answerGoal), writesGoal(runs), outcomeGoal(runs)],
    tables: [
      {
        title: `From the answer to the execution, one task after another; ${PERSON_MS} ms from the question to the answer`,
        columns: ["answered by", "calls", "to the execution p50 ms", "p99", "max", "until taken p50 ms", "p99"],
        rows: runs.map(({ way, executionMs, answerMs }) => [
          way.title,
          ...[executionMs.count, executionMs.p50, executionMs.p99, executionMs.max, answerMs.p50, answerMs.p99].map(
            figure,
          ),
        ]),
      },
      {
        title: "The tasks; the overhead is the whole task's, without the person's time",
        columns: ["answered by", ...LOAD_COLUMNS],
        rows: runs.map(({ way, figures }) => [way.title, ...loadCells(figures)]),
      },
      writesTable(runs.map(({ way, writes }) => [way.title, ALLOWED, writes])),
      ...runs
        .filter(({ way }) => way.name !== "program")
        .map(({ way, measured }) =>
          requestTable(`Requests to the API server, everybody's, answered by ${way.title}`, measured.requests, count),
        ),
    ],
    figures: runs.map(({ way, measured, figures, writes, executionMs, answerMs, executed }) => ({
      ...{ way, figures, writes, executionMs, answerMs, executed },
      requests: measured.requests,
    })),
  };
}

function answerGoal({ way, executionMs }: Run): Goal {
  return {
    what: `from the answer to the execution, answered by ${way.title}, p50`,
    wanted: `under ${ANSWER_MS} ms`,
    reached: `${figure(executionMs.p50)} ms, p99 ${figure(executionMs.p99)} ms`,
    isMet: executionMs.p50 < ANSWER_MS,
  };
}

function writesGoal(runs: Run[]): Goal {
  return {
    what: "writes of a task with one approved call, the person's among them, besides events",
    wanted: `at most ${ALLOWED}`,
    reached: runs.map(({ way, writes }) => `${way.title}: ${figure(writes.besidesEvents)}`).join("; "),
    isMet: runs.every(({ writes }) => writes.besidesEvents <= ALLOWED),
  };
}

function outcomeGoal(runs: Run[]): Goal {
  const sum = (value: (one: Run) => number): number => runs.reduce((total, one) => total + value(one), 0);
  const wanted = sum(({ figures }) => figures.tasks);
  const [executed, early] = [sum((one) => one.executed.afterMs.length), sum((one) => one.executed.early)];
  // Each reading is of the whole record so far.
  const repeated = runs.at(-1)?.executed.repeated ?? 0;
  const areAnswered = runs.every(({ figures }) => allAnswered(figures));
  return {
    what: "approved calls that were executed",
    wanted: `all ${wanted} once, none before its answer, and all tasks answered`,
    reached: `${executed}, ${repeated} twice, ${early} before the answer${areAnswered ? "" : ", not all tasks answered"}`,
    isMet: executed === wanted && repeated === 0 && early === 0 && areAnswered,
  };
}
