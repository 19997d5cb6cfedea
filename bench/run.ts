/**
 * `npm run bench`: runs the scenarios one after another, each on a control plane of its own, prints what came of them and
 * writes it to bench/results/. The exit status says whether everything ran, not whether every goal was met: machines differ.
 */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { ensureBinaries } from "../controlplane/binaries";
import { ensureBuilt } from "../controlplane/bring-up";
import { Failure, runScript } from "../controlplane/failure";
import { showProgress } from "../controlplane/progress";
import { projectFiles, projectVersion } from "../controlplane/project";
import type { Options } from "./options";
import { parseOptions } from "./options";
import { thisMachine } from "./process";
import type { Circumstances, Outcome } from "./results";
import { describeCircumstances, goalTable, writeResults } from "./results";
import type { Bench } from "./scenario";
import { approvals } from "./scenarios/approvals";
import { burst } from "./scenarios/burst";
import { churn } from "./scenarios/churn";
import { grid } from "./scenarios/grid";
import { hostileServers } from "./scenarios/hostile-servers";
import { kept } from "./scenarios/kept";
import { lightLoad } from "./scenarios/light-load";
import { parked } from "./scenarios/parked";
import { thousandAtOnce } from "./scenarios/thousand-at-once";
import { tools } from "./scenarios/tools";
import { waitingTools } from "./scenarios/waiting-tools";
import { toMarkdown } from "./table";

const SCENARIOS = [
  lightLoad,
  tools,
  approvals,
  burst,
  thousandAtOnce,
  waitingTools,
  hostileServers,
  kept,
  parked,
  churn,
  grid,
];

async function bench(argv: string[]): Promise<number> {
  const parsed = parseOptions(argv, SCENARIOS);
  switch (parsed.kind) {
    case "Help":
      console.log(parsed.text);
      return 0;
    case "Refused":
      throw new Failure(parsed.message);
    case "Run":
      await runAll(parsed.options);
      return 0;
  }
}

async function runAll({ scale, names }: Options): Promise<void> {
  const progress = showProgress(process.stdout);
  const { kubectl } = await ensureBinaries(progress);
  await ensureBuilt(progress);
  const circumstances = lookAround(scale, kubectl);
  const { date } = circumstances;
  progress.say(describeCircumstances(circumstances));
  const toRun: Bench = { scale, date, say: (line) => progress.say(`  ${line}`) };
  const outcomes: Outcome[] = [];
  for (const scenario of SCENARIOS.filter(({ name }) => names.includes(name))) {
    progress.say(`\n▸ ${scenario.title}`);
    const begun = performance.now();
    const report = await scenario.run(toRun);
    outcomes.push({ scenario, report, seconds: (performance.now() - begun) / 1_000 });
    for (const table of report.tables) progress.say(`\n${toMarkdown(table)}`);
  }
  progress.say(`\n${toMarkdown(goalTable(outcomes))}\n`);
  const files = writeResults(join(projectFiles().root, "bench", "results"), labelFor({ date, scale, names }), {
    circumstances,
    outcomes,
  });
  progress.say(`Written: ${files.join(", ")}`);
}

function lookAround(scale: Options["scale"], kubectl: string): Circumstances {
  const { node } = projectFiles();
  const versionOf = (command: string, args: string[]): string =>
    execFileSync(command, args, { encoding: "utf8" }).trim();
  const kubernetes = JSON.parse(versionOf(kubectl, ["version", "--client", "--output=json"])) as {
    clientVersion: { gitVersion: string };
  };
  return {
    date: new Date().toISOString().slice(0, 10),
    scale,
    machine: thisMachine(versionOf(node, ["--version"])),
    versions: { kubechain: projectVersion(), kubernetes: kubernetes.clientVersion.gitVersion },
  };
}

/** A whole run is the day's; anything less says what it is. */
function labelFor({ date, scale, names }: Options & { date: string }): string {
  const parts = names.length === SCENARIOS.length ? [] : names;
  return [date, ...parts, ...(scale === "quick" ? ["quick"] : [])].join("-");
}

runScript(bench);
