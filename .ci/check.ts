/**
 * The checks of this repository, each shown as it ends, with a true count at the end: `verify` is everything that needs
 * no control plane, `test` adds e2e/. Two run at a time; a failed check does not hide the others, save that there is no
 * e2e without what it runs on. The last line is "N passed, N failed" over all tests and the checks themselves.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { showProgress } from "../controlplane/progress";

interface Count {
  passed: number;
  failed: number;
}

interface Check {
  name: string;
  command: string[];
  /** A Jest project: its tests are counted instead of the check. */
  jest?: boolean;
  /** Tells on standard output how far it is, for a person to see at once. */
  tells?: boolean;
}

/** What the compiler remembers of the last time. */
const KNOWN_TYPES = "node_modules/.cache/kubechain/types.tsbuildinfo";

const verify: Check[] = [
  {
    name: "unit",
    command: ["node", "node_modules/jest/bin/jest.js", "--selectProjects", "unit", "--maxWorkers=2"],
    jest: true,
  },
  { name: "lint", command: ["eslint", "."] },
  {
    name: "types",
    command: ["tsc", "--noEmit", "--project", "tsconfig.all.json", "--incremental", "--tsBuildInfoFile", KNOWN_TYPES],
  },
  { name: "build", command: ["tsx", "codegen/build.ts", "--skip-types"] },
  { name: "generate --check", command: ["tsx", "codegen/generate.ts", "--check"] },
  {
    name: "format",
    // What it remembers of a file counts for the very same content, settings and version only.
    command: ["prettier", "--check", "--log-level", "warn", "--cache", "--cache-strategy", "content", "."],
  },
];

/**
 * The control plane and what else is made once for a machine; over at once where that was done. Else it has a lane to itself,
 * so that its last steps, which keep one core busy, have company.
 */
const machine: Check = { name: "machine", command: ["tsx", ".ci/prepare.ts"], tells: true };

const e2e: Check = {
  name: "e2e",
  command: ["node", "node_modules/jest/bin/jest.js", "--selectProjects", "e2e", "--maxWorkers=2"],
  jest: true,
};

/** What e2e/ runs on. */
const GROUNDS = ["build", machine.name];

/** Checks that run at the same time: what a small machine has in cores. */
const LANES = 2;

const environment = {
  // What Node.js has compiled of a file it need not compile again: hundreds of operators and tools are started here.
  NODE_COMPILE_CACHE: resolve("node_modules/.cache/kubechain/compiled"),
  // API servers, etcd and kubectl: an API server starts with a fifth less work when it collects garbage less often.
  GOGC: "400",
  GOMEMLIMIT: "2GiB",
  ...process.env,
  // Jest loads Pepr as an ES module only with this flag; the warning about it says nothing new every time.
  NODE_OPTIONS: "--experimental-vm-modules --disable-warning=ExperimentalWarning",
};

const progress = showProgress(process.stdout);

async function run({ name, command, jest, tells }: Check): Promise<Count> {
  const began = performance.now();
  const folder = mkdtempSync(join(tmpdir(), "kubechain-check-"));
  const results = join(folder, "results.json");
  const [program = "", ...args] = [...command, ...(jest ? ["--json", `--outputFile=${results}`] : [])];
  const out = jest ? "ignore" : tells ? "inherit" : "pipe";
  const { status, output } = await outputOf(program, args, out);
  const count = jest ? countTests(results, status) : { passed: status === 0 ? 1 : 0, failed: status === 0 ? 0 : 1 };
  rmSync(folder, { recursive: true });
  const seconds = ((performance.now() - began) / 1_000).toFixed(0);
  if (count.failed > 0) progress.say(output);
  progress.say(
    `${count.failed === 0 ? "✓" : "✗"} ${name}: ${count.passed} passed, ${count.failed} failed (${seconds} s)`,
  );
  return count;
}

/** Jest reports on standard error; with --json its results go to standard output too, which nobody wants to read. */
function outputOf(
  program: string,
  args: string[],
  out: "ignore" | "inherit" | "pipe",
): Promise<{ status: number | null; output: string }> {
  return new Promise((settle) => {
    const child = spawn(program, args, { env: environment, stdio: ["ignore", out, "pipe"] });
    let output = "";
    const keep = (chunk: Buffer): void => void (output += chunk.toString());
    child.stdout?.on("data", keep);
    child.stderr?.on("data", keep);
    child.on("error", (error) => settle({ status: null, output: error.message }));
    child.on("close", (status) => settle({ status, output }));
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
  const isTest = process.argv[2] === "test";
  await runAll([...(isTest ? [machine] : []), ...verify]);
  if (isTest) {
    const missing = GROUNDS.filter((name) => broken.includes(name));
    if (missing.length === 0) await runAll([e2e]);
    else {
      progress.say(`✗ e2e cannot run without: ${missing.join(", ")}`);
      settle(e2e, { passed: 0, failed: 1 });
    }
  }
  if (broken.length > 0) progress.say(`\nFailed: ${broken.join(", ")}`);
  progress.say(`\n${total.passed} passed, ${total.failed} failed`);
  process.exitCode = total.failed === 0 ? 0 : 1;
}

void main();
