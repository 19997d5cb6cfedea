/**
 * `npm run build`: types, then `pepr build`, then the CRDs beside and inside what it has written. It exists because
 * pepr 1.1.4 ends with 0 when the types or the module are wrong: this fails unless everything was really written now.
 * `--skip-types` leaves the types of tests and scripts unchecked; `pepr build` checks the operator's own in any case.
 */
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { delimiter, join } from "node:path";

/** Where `pepr build` is broken off: a timer or a connection that is opened on import keeps it from ever ending. */
const BUILD_LIMIT_MS = 5 * 60_000;

// npm runs scripts in the root of the project.
const ROOT = process.cwd();
const DIST = join(ROOT, "dist");
const GENERATED = join(ROOT, "crds", "generated");
const WRITTEN = ["pepr-kubechain.js", "pepr-module-kubechain.yaml"];
const CHART = join(DIST, "kubechain-chart");

interface Step {
  ok: boolean;
  output: string;
}

function run(script: string, args: string[]): Step {
  const bin = join(ROOT, "node_modules", ".bin");
  const path = `${bin}${delimiter}${process.env["PATH"] ?? ""}`;
  const env = { ...process.env, PATH: path, KUBECHAIN_LINTED_ELSEWHERE: "1" };
  const ran = spawnSync(process.execPath, [join(ROOT, "node_modules", script), ...args], {
    cwd: ROOT,
    env,
    timeout: BUILD_LIMIT_MS,
    maxBuffer: 64 * 1024 * 1024,
  });
  return { ok: ran.status === 0, output: `${ran.stdout.toString()}${ran.stderr.toString()}`.trim() };
}

function fail(message: string, output: string): number {
  console.error(output);
  console.error(`✗ ${message}`);
  return 1;
}

/** The files that should have been written since `begun` and were not. */
function unwritten(begun: number): string[] {
  return WRITTEN.map((name) => join(DIST, name)).filter((file) => !existsSync(file) || statSync(file).mtimeMs < begun);
}

/** The CRDs come with the module, and are installed by Helm before anything else; policies are ordinary objects of the chart. */
function addCrds(): void {
  mkdirSync(join(CHART, "crds"), { recursive: true });
  for (const name of readdirSync(GENERATED).filter((file) => file.endsWith(".yaml"))) {
    const folder = name === "crds.yaml" ? "crds" : "templates";
    copyFileSync(join(GENERATED, name), join(CHART, folder, name));
    if (name !== "crds.yaml") copyFileSync(join(GENERATED, name), join(DIST, name));
  }
  // The last file of a build: `up` compares its age with the sources'.
  copyFileSync(join(GENERATED, "crds.yaml"), join(DIST, "crds.yaml"));
}

function build(skipTypes: boolean): number {
  if (!skipTypes) {
    const types = run("typescript/bin/tsc", ["--noEmit", "--project", "tsconfig.all.json"]);
    if (!types.ok) return fail("the types are wrong, so nothing was built.", types.output);
  }
  if (!existsSync(join(GENERATED, "crds.yaml")))
    return fail("there is no crds/generated/crds.yaml: run `npm run generate`.", "");
  const begun = Date.now();
  rmSync(DIST, { recursive: true, force: true });
  const pepr = run("pepr/dist/cli.js", ["build"]);
  if (!pepr.ok) return fail("`pepr build` failed; what it said is above.", pepr.output);
  const missing = unwritten(begun);
  if (missing.length > 0)
    return fail(`\`pepr build\` has not written ${missing.join(" and ")}; what it said is above.`, pepr.output);
  addCrds();
  console.log(`✓ built dist/ in ${Math.round((Date.now() - begun) / 1000)} s`);
  return 0;
}

process.exitCode = build(process.argv.includes("--skip-types"));
