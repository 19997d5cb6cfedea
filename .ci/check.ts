/**
 * The checks of this repository, each shown as it ends, with a true count at the end: `verify` is everything that needs
 * no control plane, `test` adds e2e/. Two run at a time; a failed check does not hide the others, save that there is no
 * e2e without a build. The last line is "N passed, N failed" over all tests and the checks themselves.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

interface Count {
  passed: number;
  failed: number;
}

interface Check {
  name: string;
  command: string[];
  /** A Jest project: its tests are counted instead of the check. */
  jest?: boolean;
}

const verify: Check[] = [
  {
    name: "unit",
    command: ["node", "node_modules/jest/bin/jest.js", "--selectProjects", "unit", "--maxWorkers=2"],
    jest: true,
  },
  { name: "lint", command: ["eslint", "."] },
  { name: "types", command: ["tsc", "--noEmit", "--project", "tsconfig.all.json"] },
  { name: "build", command: ["tsx", "codegen/build.ts", "--skip-types"] },
  { name: "generate --check", command: ["tsx", "codegen/generate.ts", "--check"] },
  { name: "format", command: ["prettier", "--check", "--log-level", "warn", "."] },
];

const e2e: Check[] = [
  {
    name: "e2e",
    command: ["node", "node_modules/jest/bin/jest.js", "--selectProjects", "e2e", "--maxWorkers=2"],
    jest: true,
  },
];

/** Checks that run at the same time: what a small machine has in cores. */
const LANES = 2;

/** Jest loads Pepr as an ES module only with this flag; the warning about it says nothing new every time. */
const environment = { ...process.env, NODE_OPTIONS: "--experimental-vm-modules --disable-warning=ExperimentalWarning" };

async function run({ name, command, jest }: Check): Promise<Count> {
  const began = performance.now();
  const folder = mkdtempSync(join(tmpdir(), "kubechain-check-"));
  const results = join(folder, "results.json");
  const [program = "", ...args] = [...command, ...(jest ? ["--json", `--outputFile=${results}`] : [])];
  const { status, output } = await outputOf(program, args);
  const count = jest ? countTests(results, status) : { passed: status === 0 ? 1 : 0, failed: status === 0 ? 0 : 1 };
  rmSync(folder, { recursive: true });
  const seconds = ((performance.now() - began) / 1_000).toFixed(0);
  if (count.failed > 0) console.log(output);
  console.log(
    `${count.failed === 0 ? "✓" : "✗"} ${name}: ${count.passed} passed, ${count.failed} failed (${seconds} s)`,
  );
  return count;
}

/** Jest reports on standard error; with --json its results go to standard output too, which nobody wants to read. */
function outputOf(program: string, args: string[]): Promise<{ status: number | null; output: string }> {
  return new Promise((resolve) => {
    const isJest = args.includes("--json");
    const child = spawn(program, args, { env: environment, stdio: ["ignore", isJest ? "ignore" : "pipe", "pipe"] });
    let output = "";
    const keep = (chunk: Buffer): void => void (output += chunk.toString());
    child.stdout?.on("data", keep);
    child.stderr?.on("data", keep);
    child.on("error", (error) => resolve({ status: null, output: error.message }));
    child.on("close", (status) => resolve({ status, output }));
  });
}

function countTests(file: string, status: number | null): Count {
  try {
    const results = JSON.parse(readFileSync(file, "utf8")) as Record<string, number>;
    // A suite that could not run has no failed test in it and is a failure all the same; so is a skipped test.
    const bad = ["numFailedTests", "numRuntimeErrorTestSuites", "numPendingTests", "numTodoTests"];
    const failed = bad.reduce((sum, name) => sum + (results[name] ?? 0), 0);
    return { passed: results["numPassedTests"] ?? 0, failed: failed === 0 && status !== 0 ? 1 : failed };
  } catch {
    return { passed: 0, failed: 1 };
  }
}

async function main(): Promise<void> {
  const total: Count = { passed: 0, failed: 0 };
  const broken: string[] = [];
  const settle = (check: Check, count: Count): void => {
    total.passed += count.passed;
    total.failed += count.failed;
    if (count.failed > 0) broken.push(check.name);
  };
  const runAll = async (waiting: Check[]): Promise<void> => {
    const lane = async (): Promise<void> => {
      for (let check = waiting.shift(); check; check = waiting.shift()) settle(check, await run(check));
    };
    await Promise.all(Array.from({ length: LANES }, lane));
  };
  await runAll([...verify]);
  if (process.argv[2] === "test") {
    if (!broken.includes("build")) await runAll([...e2e]);
    else {
      console.log("✗ e2e cannot run: the build failed");
      for (const check of e2e) settle(check, { passed: 0, failed: 1 });
    }
  }
  if (broken.length > 0) console.log(`\nFailed: ${broken.join(", ")}`);
  console.log(`\n${total.passed} passed, ${total.failed} failed`);
  process.exitCode = total.failed === 0 ? 0 : 1;
}

void main();
