/**
 * Calls of tools in a bench: what a user says to have the scripted model make them, what they cost in writes, and what
 * became of them. Only `readCallStates` asks anybody.
 */
import type { ToolCall } from "../crds/index";
import { resources } from "../crds/index";
import type { Api } from "./api";
import type { ApiMetrics } from "./api-metrics";
import { writesIn } from "./api-metrics";
import { pathOf } from "./objects";
import type { Table } from "./table";
import { figure } from "./table";

/** One call that the model is to make. */
export interface Call {
  server: string;
  tool: string;
  arguments?: Record<string, unknown>;
}

/**
 * What the user of a task says so that the scripted model makes these calls, all of a turn together, and answers then. The
 * task's name is in it, so that a repeated call of the model can be told.
 */
export function askingFor(...turns: readonly (readonly Call[])[]): (name: string) => string {
  const script = turns.map((calls) => calls.map(directiveOf).join("")).join("[then]");
  return (name) => `${script}[then][say:That was it.] This is ${name}.`;
}

function directiveOf({ server, tool, arguments: args = {} }: Call): string {
  return `[call:${server}__${tool} ${JSON.stringify(args)}]`;
}

/** Writes per task. `others` are all other writes of our kinds; creating the tasks and the events are not among `besidesEvents`. */
export interface Writes {
  taskStatus: number;
  callCreates: number;
  callStatus: number;
  others: number;
  besidesEvents: number;
  events: number;
}

const OUR_PLURALS = new Set<string>(Object.values(resources).map(({ plural }) => plural));

/** The writes among these requests, per task; whatever came of them, so that a refused one counts too. */
export function writesPerTask(requests: ApiMetrics, tasks: number): Writes {
  const writes = writesIn(requests);
  const count = (isMeant: (what: string, resource: string) => boolean): number =>
    writes
      .filter(({ verb, resource }) => isMeant(`${verb} ${resource}`, resource))
      .reduce((sum, one) => sum + one.count, 0) / tasks;
  const ours = count((what, resource) => what !== "POST tasks" && OUR_PLURALS.has(resource.split("/")[0] ?? ""));
  const taskStatus = count((_what, resource) => resource === "tasks/status");
  const callCreates = count((what) => what === "POST toolcalls");
  const callStatus = count((_what, resource) => resource === "toolcalls/status");
  return {
    taskStatus,
    callCreates,
    callStatus,
    others: ours - taskStatus - callCreates - callStatus,
    besidesEvents: ours,
    events: count((_what, resource) => resource === "events"),
  };
}

/** What a task may write at most: twice and then twice more a turn for itself, three times for each call. */
export function writesAllowed({ turns, calls }: { turns: number; calls: number }): number {
  return 2 + 2 * turns + 3 * calls;
}

/** The writes of several loads, one line a load. */
export function writesTable(loads: readonly (readonly [name: string, allowed: number, writes: Writes])[]): Table {
  return {
    title: "Writes per task",
    columns: [
      "load",
      "task status",
      "ToolCall creates",
      "ToolCall status",
      "others",
      "besides events",
      "allowed",
      "events",
    ],
    rows: loads.map(([name, allowed, writes]) => [
      name,
      ...[
        writes.taskStatus,
        writes.callCreates,
        writes.callStatus,
        writes.others,
        writes.besidesEvents,
        allowed,
        writes.events,
      ].map(figure),
    ]),
  };
}

/** What became of calls, by the server they were for: how many are in which state. */
export type CallStates = Record<string, Record<string, number>>;

/** The states of all calls of the tasks of a load. */
export async function readCallStates(api: Api, load: string): Promise<CallStates> {
  const { items } = JSON.parse(await api.ask({ method: "GET", path: pathOf("toolCall") })) as { items: ToolCall[] };
  return statesOf(items.filter(({ spec }) => spec.taskRef?.name.startsWith(`${load}-`)));
}

/** Counts calls by server and state. */
export function statesOf(calls: readonly Pick<ToolCall, "spec" | "status">[]): CallStates {
  const states: CallStates = {};
  for (const { spec, status } of calls) {
    const ofServer = (states[spec.source?.name ?? "(no server)"] ??= {});
    const state = status?.status ?? "(none)";
    ofServer[state] = (ofServer[state] ?? 0) + 1;
  }
  return states;
}

/** How many calls of any server have this state. */
export function countIn(states: CallStates, state: string): number {
  return Object.values(states).reduce((sum, ofServer) => sum + (ofServer[state] ?? 0), 0);
}
