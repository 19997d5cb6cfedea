/**
 * One healthy server of tools beside servers that hang when they are connected, asked or called, that die in a call, that
 * flood their log: tasks on the healthy one are as fast as without them.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { projectFiles } from "../../controlplane/project";
import type { MCPServer } from "../../crds/index";
import { besideTable, runTogether, slowdownGoals } from "../beside";
import type { Comparison, Stretch } from "../beside";
import type { Lab } from "../lab";
import { withLab } from "../lab";
import type { Running } from "../launch";
import type { Load, LoadResult } from "../load";
import { runLoad } from "../load";
import * as objects from "../objects";
import type { Observer } from "../observer";
import { observeTasks } from "../observer";
import { STALL_MS } from "../measure";
import type { Bench, Goal, Report, Scenario } from "../scenario";
import type { Table } from "../table";
import type { CallStates } from "../tool-calls";
import { askingFor, readCallStates } from "../tool-calls";
import { stdioServer } from "../tool-servers";

const WARM_UP = 50;
/** How long a stretch lasts, and what the bad servers are given: short enough for several failures in one stretch. */
const FULL = { stretchMs: 25_000, timeoutMs: 5_000 };
const QUICK = { stretchMs: 4_000, timeoutMs: 2_000 };
const DETAIL_LENGTH = 100;

export const hostileServers: Scenario = {
  name: "hostile-servers",
  title: "Bad neighbours: servers of tools that hang, die and flood",
  run,
};

/** How a server misbehaves, and which of its tools is called by how many tasks all the time. */
interface Neighbour {
  name: string;
  args: string[];
  /** Left out where nobody ever gets so far. */
  called?: { tool: string; arguments: Record<string, unknown>; atOnce: number };
}

/** What is called takes its time, or it would be the number of these tasks that slows the others. */
const NEIGHBOURS: readonly Neighbour[] = [
  { name: "hangs-on-connect", args: ["--hang", "connect"] },
  { name: "hangs-on-list", args: ["--hang", "list"] },
  { name: "hangs-on-call", args: [], called: { tool: "hang", arguments: {}, atOnce: 3 } },
  { name: "dies-in-a-call", args: [], called: { tool: "die", arguments: {}, atOnce: 1 } },
  { name: "floods", args: ["--flood"], called: { tool: "sleep", arguments: { ms: 1_000 }, atOnce: 1 } },
];

interface Place {
  lab: Lab;
  worker: Running;
  observer: Observer;
  healthy: string;
}

async function run({ scale, say }: Bench): Promise<Report> {
  const { stretchMs, timeoutMs } = scale === "full" ? FULL : QUICK;
  return withLab("hostile-servers", async (lab) => {
    const worker = await lab.start("product");
    const server = await lab.mcpServer("healthy", stdioServer());
    await server.connected();
    const healthy = await lab.toolAgent("healthy", ["healthy"]);
    const observer = await observeTasks(lab.api, STALL_MS);
    const place: Place = { lab, worker, observer, healthy };
    await runHealthy(place, "warm-up", { count: WARM_UP });
    say("tasks with one call, alone");
    const before = await runHealthy(place, "before", { beginWithinMs: stretchMs });
    say(`the same beside ${NEIGHBOURS.length} bad servers`);
    await makeNeighbours(lab, timeoutMs);
    const trouble = makeTrouble(place, stretchMs + 2 * timeoutMs);
    // Whatever goes wrong below, somebody listens to this one.
    void trouble.catch(() => undefined);
    await sleep(timeoutMs);
    const beside = await runHealthy(place, "beside", { beginWithinMs: stretchMs });
    const servers = await readServers(lab);
    const troubles = await trouble;
    await observer.stop();
    const states = { healthy: await readCallStates(lab.api, "beside"), bad: await readCallStates(lab.api, "bad") };
    return report({ before, beside }, { servers, states, troubles });
  });
}

/** Tasks with one call of the healthy server, one after another. */
function runHealthy(
  place: Place,
  name: string,
  limit: Pick<Load, "beginWithinMs"> & { count?: number },
): Promise<Stretch> {
  const { lab, worker, observer, healthy } = place;
  const messageOf = askingFor([{ server: "healthy", tool: "append", arguments: { text: "a line" } }]);
  const load: Load = { count: 100_000, name, agent: healthy, atOnce: 1, modelMs: 0, messageOf, ...limit };
  return runTogether(worker, { "tasks with one call of a healthy server": () => runLoad(lab.api, observer, load) });
}

/** Makes the bad servers, and agents for those that at least connect. */
async function makeNeighbours(lab: Lab, timeoutMs: number): Promise<void> {
  for (const { name, args, called } of NEIGHBOURS) {
    const server = await lab.mcpServer(name, { ...stdioServer(...args), timeout: `${timeoutMs / 1_000}s` });
    if (called === undefined) continue;
    await server.connected();
    await lab.toolAgent(name, [name]);
  }
}

/** Tasks that call the bad servers all the time; to the end of the last. */
function makeTrouble({ lab, observer }: Place, beginWithinMs: number): Promise<LoadResult[]> {
  return Promise.all(
    NEIGHBOURS.flatMap(({ name, called }) => {
      if (called === undefined) return [];
      const messageOf = askingFor([{ server: name, tool: called.tool, arguments: called.arguments }]);
      const load = { name: `bad-${name}`, agent: name, count: 100_000, modelMs: 0, beginWithinMs, messageOf };
      return [runLoad(lab.api, observer, { ...load, atOnce: called.atOnce })];
    }),
  );
}

/** What the operator says of every server. */
type Said = Record<string, { isConnected: boolean; detail: string }>;

async function readServers(lab: Lab): Promise<Said> {
  const list = await lab.api.ask({ method: "GET", path: objects.pathOf("mcpServer") });
  const { items } = JSON.parse(list) as { items: MCPServer[] };
  const { node } = projectFiles();
  return Object.fromEntries(
    items.map(({ metadata, status }) => [
      metadata.name,
      {
        isConnected: status?.connected ?? false,
        // Where the program is on this machine says nothing to anybody else.
        detail: (status?.statusDetail ?? "").replaceAll(node, "node").replaceAll(/\s+/g, " ").slice(0, DETAIL_LENGTH),
      },
    ]),
  );
}

interface Findings {
  servers: Said;
  states: { healthy: CallStates; bad: CallStates };
  troubles: LoadResult[];
}

function report(comparison: Comparison, { servers, states, troubles }: Findings): Report {
  return {
    goals: [...slowdownGoals(comparison, `${NEIGHBOURS.length} bad servers`), healthyGoal(comparison, states.healthy)],
    tables: [
      besideTable("Tasks of a healthy server, before and beside the bad ones", comparison),
      serverTable(servers, { ...states.bad, ...states.healthy }),
    ],
    figures: { ...comparison, servers, states, phases: troubles.map(({ phases }) => phases) },
  };
}

function healthyGoal({ beside }: Comparison, states: CallStates): Goal {
  const tasks = Object.values(beside.overheadMs).reduce((sum, { count }) => sum + count, 0);
  const succeeded = states["healthy"]?.["Succeeded"] ?? 0;
  return {
    what: "calls of the healthy server that succeeded beside them",
    wanted: `all ${tasks}`,
    reached: String(succeeded),
    isMet: succeeded === tasks,
  };
}

function serverTable(servers: Said, states: CallStates): Table {
  return {
    title: "The servers in the end of it, and what became of the calls in that time",
    columns: ["server", "connected", "what the operator says", "calls"],
    rows: Object.entries(servers).map(([name, { isConnected, detail }]) => [
      name,
      isConnected ? "yes" : "no",
      detail,
      Object.entries(states[name] ?? {})
        .map(([state, count]) => `${count} ${state}`)
        .join(", ") || "none",
    ]),
  };
}
