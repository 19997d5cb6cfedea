/**
 * `npm run crash`: the built operator on a real control plane, with a scripted model, real MCP servers whose effects are
 * counted on disk, and people who answer with kubectl and by email, killed at random moments while it works. What was
 * promised is then checked from outside. The exit status is 0 only if every promise was kept.
 */
import { randomInt } from "node:crypto";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { dice } from "../../capabilities/testing/dice";
import { objectsIn } from "../../capabilities/testing/model-server-http";
import { ensureBinaries } from "../../controlplane/binaries";
import { ensureBuilt } from "../../controlplane/bring-up";
import { Failure, runScript } from "../../controlplane/failure";
import type { Progress } from "../../controlplane/progress";
import { showProgress } from "../../controlplane/progress";
import { projectFiles } from "../../controlplane/project";
import type { Scene } from "../scene";
import type { Evidence } from "./evidence";
import { figuresOf, hasHit } from "./figures";
import { killOften } from "./killer";
import { allMails } from "./mailbox";
import type { CrashOptions } from "./options";
import { parseOptions } from "./options";
import { gatherPeople } from "./people";
import type { Place } from "./place";
import { executedIn, mailboxFile, prepare, settle } from "./place";
import { planTask } from "./plan";
import { describe, isClean, lastLine, writeFigures } from "./report";
import { buildSabotaged } from "./sabotage";
import { judge } from "./verdict";
import { startWorkload } from "./workload";

/** How long nothing may end, at the end, before what is left is called lost; a sabotage is found out without that. */
const PATIENCE_MS = 120_000;
const SABOTAGED_PATIENCE_MS = 10_000;
/** How long the last sabotaged operator has to itself before anybody answers, on a machine with time for it. */
const ALONE_MS = 4_000;

async function crash(argv: string[]): Promise<number> {
  const parsed = parseOptions(argv, randomInt(1_000_000));
  switch (parsed.kind) {
    case "Help":
      process.stdout.write(`${parsed.text}\n`);
      return 0;
    case "Refused":
      throw new Failure(parsed.message);
    case "Run":
      return run(parsed.options);
  }
}

/** The bundle as it is now: whoever builds another one meanwhile does not disturb. It stays beside its dependencies. */
function keepBundle(): string {
  const { bundle, root } = projectFiles();
  const kept = join(root, "node_modules", ".cache", "kubechain", `crash-${process.pid}.js`);
  mkdirSync(dirname(kept), { recursive: true });
  copyFileSync(bundle, kept);
  return kept;
}

async function run(options: CrashOptions): Promise<number> {
  const progress = showProgress(process.stdout);
  const { seed, kills, atOnce, sabotage = "none" } = options;
  progress.say(`seed ${seed}: ${kills} kills, ${atOnce} tasks at once, sabotage: ${sabotage}`);
  await ensureBinaries(progress);
  await ensureBuilt(progress);
  const bundle = options.sabotage ? await buildSabotaged(options.sabotage) : keepBundle();
  const folder = mkdtempSync(join(tmpdir(), "kubechain-crash-"));
  const given = { folder, bundle, state: options.state };
  const place = await progress.step("starting a control plane", () => settle(given));
  const leave = async (): Promise<void> => {
    await place.leave();
    rmSync(bundle, { force: true });
  };
  const tidy = (): void => rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  const interrupt = async (): Promise<void> => {
    await leave();
    tidy();
    process.exit(130);
  };
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => void interrupt());
  let isKept = false;
  try {
    isKept = await prove(place, options, progress);
  } finally {
    await leave();
  }
  // A sabotage is red by intention, and nobody needs to look into it.
  if (isKept || options.sabotage) tidy();
  return isKept ? 0 : 1;
}

/** Runs it all, says what came of it, and returns whether every promise was kept. */
async function prove(place: Place, options: CrashOptions, progress: Progress): Promise<boolean> {
  const began = performance.now();
  const scene = await progress.step("making the team", () => prepare(place));
  const evidence = await killUnderLoad(place, scene, options, (line) => progress.say(line));
  const verdict = judge(evidence);
  const figures = figuresOf(evidence, verdict, (performance.now() - began) / 1_000);
  const results = join(projectFiles().root, "e2e", "crash", "results");
  progress.say(`\n${describe(figures, verdict)}`);
  progress.say(`Written: ${writeFigures(results, { options, figures, verdict, at: new Date() })}`);
  if (!isClean(verdict) && !options.sabotage)
    progress.say(`Effects are kept in ${place.folder}, logs in ${place.lab.state.logs}`);
  const isProof = hasHit(figures);
  if (!isProof) progress.say("✗ No kill has hit a call: this run proves nothing. Give it more kills or more tasks.");
  progress.say(lastLine(figures));
  return isProof && isClean(verdict);
}

async function killUnderLoad(
  place: Place,
  scene: Scene,
  { kills, atOnce, seed, sabotage }: CrashOptions,
  say: (line: string) => void,
): Promise<Evidence> {
  const { lab, model, mailbox, changes } = place;
  const [forTasks, forKills] = [dice(seed), dice(seed + 1)];
  // Of few kills none comes before there is something to hit: never while an operator starts, or soon after.
  const random = sabotage ? (): number => 0.4 + 0.6 * forKills() : forKills;
  // A sabotage shows on what is waited for: then nobody answers before the kills are over.
  let isTime = sabotage === undefined;
  const people = gatherPeople({ scene, mailbox, seed, isTime: () => isTime });
  const workload = startWorkload({ scene, atOnce, plan: (name) => planTask(name, forTasks, sabotage) });
  const tell = (kill: number): void => {
    if (kill % 10 === 0 || kill === kills) say(`  ${kill} kills, ${workload.ended.length} tasks ended`);
  };
  const { lives, last, slowness } = await killOften(lab, { kills, random, changes }, tell);
  if (sabotage) await sleep(ALONE_MS * slowness);
  isTime = true;
  await workload.finish(sabotage ? SABOTAGED_PATIENCE_MS : PATIENCE_MS);
  await people.goHome();
  const unfinished = await workload.unfinished();
  await last.end("SIGTERM");
  return {
    ended: workload.ended,
    unfinished,
    asked: model.all().map(({ question, body }) => ({ question, messages: objectsIn(body["messages"]) })),
    effects: executedIn(place),
    lives,
    seen: people.seen,
    said: people.said,
    mails: allMails(mailboxFile(place)),
  };
}

runScript(crash);
