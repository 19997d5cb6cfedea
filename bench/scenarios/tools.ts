/** One task after another, each with calls of tools: what a call costs by itself, in a row, and with others at once. */
import type { Lab } from "../lab";
import { withLab } from "../lab";
import type { Load } from "../load";
import { runLoad } from "../load";
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
import type { Observer } from "../observer";
import { observeTasks } from "../observer";
import type { Bench, Goal, Report, Scenario } from "../scenario";
import { figure } from "../table";
import type { Call, CallStates, Writes } from "../tool-calls";
import { askingFor, countIn, readCallStates, writesAllowed, writesPerTask, writesTable } from "../tool-calls";
import { startHttpServer, stdioServer } from "../tool-servers";

const OVERHEAD_MS = 80;
const SLOW_TOOL_MS = 200;
const WARM_UP = 30;

export const tools: Scenario = { name: "tools", title: "Tools: one call, three in a row, ten at once", run };

/** Calls of one tool: so many turns with so many calls each. */
export interface Shape {
  /** Part of the tasks' names. */
  name: string;
  title: string;
  turns: number;
  callsATurn: number;
  /** The server, named like the transport it is reached over. */
  server: "stdio" | "http";
  /** What the tool takes; 0 is another tool, which answers at once. */
  toolMs: number;
}

const COUNTS = [
  { name: "one", title: "one call", turns: 1, callsATurn: 1 },
  { name: "row", title: "three in a row", turns: 3, callsATurn: 1 },
  { name: "ten", title: "ten at once", turns: 1, callsATurn: 10 },
];

/** The transport matters to the single call, so only that goes over both. */
export const SHAPES: readonly Shape[] = [0, SLOW_TOOL_MS].flatMap((toolMs) => {
  const speed = toolMs === 0 ? "instant" : `${toolMs} ms`;
  const shapeOf = ({ name, title, ...counts }: (typeof COUNTS)[number], server: Shape["server"]): Shape => ({
    name: `${name}-${server}-${toolMs}`,
    title: `${title}, ${server}, ${speed}`,
    ...counts,
    server,
    toolMs,
  });
  return [
    ...COUNTS.map((one) => shapeOf(one, "stdio")),
    ...COUNTS.filter(({ name }) => name === "one").map((one) => shapeOf(one, "http")),
  ];
});

interface Run {
  shape: Shape;
  measured: Measured;
  figures: LoadFigures;
  writes: Writes;
  states: CallStates;
}

async function run({ scale, say }: Bench): Promise<Report> {
  const count = scale === "full" ? 100 : 20;
  return withLab("tools", async (lab) => {
    const worker = await lab.start("product");
    const agent = await makeToolAgent(lab);
    const observer = await observeTasks(lab.api, STALL_MS);
    await warmUp(lab, observer, agent);
    const runs: Run[] = [];
    for (const shape of SHAPES) {
      const load = { ...loadOf(shape, agent), count };
      const measured = await measure(lab, worker, () => runLoad(lab.api, observer, load));
      const figures = figuresOf(measured);
      const writes = writesPerTask(measured.requests, count);
      runs.push({ shape, measured, figures, writes, states: await readCallStates(lab.api, shape.name) });
      say(`${shape.title}: p50 ${figure(figures.overheadMs.p50)} ms, ${figure(writes.besidesEvents)} writes`);
    }
    await observer.stop();
    return report(runs, count);
  });
}

async function makeToolAgent(lab: Lab): Promise<string> {
  const http = await startHttpServer();
  lab.closing(http.stop);
  const servers = [await lab.mcpServer("stdio", stdioServer()), await lab.mcpServer("http", http.spec)];
  for (const server of servers) await server.connected();
  return lab.toolAgent("with-tools", ["stdio", "http"]);
}

/** Before anything is measured, so that it is not the compiler of Node.js that is measured. */
async function warmUp(lab: Lab, observer: Observer, agent: string): Promise<void> {
  for (const shape of SHAPES.filter(({ toolMs }) => toolMs === 0)) {
    await runLoad(lab.api, observer, { ...loadOf(shape, agent), name: `warm-up-${shape.name}`, count: WARM_UP });
  }
}

/** The load of a shape; how many tasks, its user says. */
export function loadOf(shape: Shape, agent: string): Omit<Load, "count"> {
  const { name, turns, callsATurn, server, toolMs } = shape;
  const call: Call =
    toolMs === 0
      ? { server, tool: "append", arguments: { text: "a line" } }
      : { server, tool: "sleep", arguments: { ms: toolMs } };
  const turn = Array.from({ length: callsATurn }, () => call);
  const messageOf = askingFor(...Array.from({ length: turns }, () => turn));
  return { name, agent, atOnce: 1, modelMs: 0, toolMs: turns * toolMs, messageOf };
}

function report(runs: Run[], count: number): Report {
  const instant = runs.find(({ shape }) => shape.name === "one-stdio-0");
  return {
    goals: [...writesGoals(runs), overheadGoal(runs), outcomeGoal(runs)],
    tables: [
      {
        title: "One task after another; the overhead is the whole task's, without the tool's time",
        columns: ["calls", ...LOAD_COLUMNS],
        rows: runs.map(({ shape, figures }) => [shape.title, ...loadCells(figures)]),
      },
      writesTable(runs.map(({ shape, writes }) => [shape.title, allowedOf(shape), writes])),
      durationTable(runs.map(({ shape, figures }) => [shape.title, figures])),
      ...(instant === undefined
        ? []
        : [
            requestTable(
              `Requests to the API server, everybody's, ${instant.shape.title}`,
              instant.measured.requests,
              count,
            ),
          ]),
    ],
    figures: runs.map(({ shape, measured, figures, writes, states }) => ({
      ...{ shape, figures, writes, states },
      requests: measured.requests,
    })),
  };
}

const isOneCall = ({ shape }: Pick<Run, "shape">): boolean => shape.turns * shape.callsATurn === 1;
const allowedOf = ({ turns, callsATurn }: Shape): number => writesAllowed({ turns, calls: turns * callsATurn });
const each = (runs: Run[], text: (one: Run) => string): string =>
  runs.map((one) => `${one.shape.title}: ${text(one)}`).join("; ");

function writesGoals(runs: Run[]): Goal[] {
  const goalOf = (what: string, chosen: Run[]): Goal => ({
    what,
    wanted: `at most ${[...new Set(chosen.map(({ shape }) => allowedOf(shape)))].join(" and ")}`,
    reached: each(chosen, ({ writes }) => figure(writes.besidesEvents)),
    isMet: chosen.every(({ shape, writes }) => writes.besidesEvents <= allowedOf(shape)),
  });
  return [
    goalOf("writes of a task with one tool call, the ToolCall's among them, besides events", runs.filter(isOneCall)),
    goalOf(
      "writes of a task with three calls in a row, with ten at once, besides events",
      runs.filter((one) => !isOneCall(one)),
    ),
  ];
}

function overheadGoal(runs: Run[]): Goal {
  const chosen = runs.filter(isOneCall);
  return {
    what: "overhead of a lone task with one tool call, p50",
    wanted: `under ${OVERHEAD_MS} ms`,
    reached: each(chosen, ({ figures }) => `${figure(figures.overheadMs.p50)} ms`),
    isMet: chosen.every(({ figures }) => figures.overheadMs.p50 < OVERHEAD_MS),
  };
}

function outcomeGoal(runs: Run[]): Goal {
  const wanted = runs.reduce((sum, { shape, figures }) => sum + figures.tasks * shape.turns * shape.callsATurn, 0);
  const succeeded = runs.reduce((sum, { states }) => sum + countIn(states, "Succeeded"), 0);
  return {
    what: "calls that succeeded",
    wanted: `all ${wanted}, and all tasks answered`,
    reached: `${succeeded}${runs.every(({ figures }) => allAnswered(figures)) ? "" : ", not all tasks answered"}`,
    isMet: succeeded === wanted && runs.every(({ figures }) => allAnswered(figures)),
  };
}
