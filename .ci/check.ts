/**
 * The checks of this repository in order, each shown as it ends, with a true count at the end: `verify` is everything
 * that needs no control plane, `test` adds e2e/. A failed check does not hide the ones after it, save that there is no e2e
 * without a build. The last line is "N passed, N failed" over all tests and the checks themselves.
 */
import { spawnSync } from "node:child_process";
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
  /** Skipped, and counted as failed, when this check has failed. */
  needs?: string;
}

const verify: Check[] = [
  { name: "format", command: ["prettier", "--check", "--log-level", "warn", "."] },
  { name: "types", command: ["tsc", "--noEmit", "--project", "tsconfig.all.json"] },
  { name: "lint", command: ["eslint", "."] },
  { name: "generate --check", command: ["tsx", "codegen/generate.ts", "--check"] },
  { name: "unit", command: ["node", "node_modules/jest/bin/jest.js", "--selectProjects", "unit"], jest: true },
  { name: "build", command: ["tsx", "codegen/build.ts", "--skip-types"] },
];

const e2e: Check = {
  name: "e2e",
  command: ["node", "node_modules/jest/bin/jest.js", "--selectProjects", "e2e", "--runInBand"],
  jest: true,
  needs: "build",
};

/** Jest loads Pepr as an ES module only with this flag; the warning about it says nothing new every time. */
const environment = { ...process.env, NODE_OPTIONS: "--experimental-vm-modules --disable-warning=ExperimentalWarning" };

function run({ name, command, jest }: Check): Count {
  const began = performance.now();
  console.log(`\n▸ ${name}`);
  const results = mkdtempSync(join(tmpdir(), "kubechain-check-"));
  const [program = "", ...args] = command;
  const extra = jest ? ["--json", `--outputFile=${join(results, "results.json")}`] : [];
  // Jest reports on standard error, and with --json its results on standard output too, which nobody wants to read.
  const { status } = spawnSync(program, [...args, ...extra], { env: environment, stdio: ["ignore", jest ? "ignore" : "inherit", "inherit"] });
  const count = jest ? countTests(join(results, "results.json"), status) : { passed: status === 0 ? 1 : 0, failed: status === 0 ? 0 : 1 };
  rmSync(results, { recursive: true });
  const seconds = ((performance.now() - began) / 1_000).toFixed(0);
  console.log(`${count.failed === 0 ? "✓" : "✗"} ${name} (${seconds} s)`);
  return count;
}

function countTests(file: string, status: number | null): Count {
  try {
    const results = JSON.parse(readFileSync(file, "utf8")) as Record<string, number>;
    // A suite that could not run has no failed test in it, and is a failure all the same.
    const failed = (results["numFailedTests"] ?? 0) + (results["numRuntimeErrorTestSuites"] ?? 0) + (results["numPendingTests"] ?? 0);
    return { passed: results["numPassedTests"] ?? 0, failed: failed === 0 && status !== 0 ? 1 : failed };
  } catch {
    return { passed: 0, failed: 1 };
  }
}

function main(): void {
  const checks = process.argv[2] === "test" ? [...verify, e2e] : verify;
  const total: Count = { passed: 0, failed: 0 };
  const broken = new Set<string>();
  for (const check of checks) {
    const impossible = check.needs !== undefined && broken.has(check.needs);
    if (impossible) console.log(`\n✗ ${check.name} cannot run: ${check.needs} failed`);
    const count = impossible ? { passed: 0, failed: 1 } : run(check);
    if (count.failed > 0) broken.add(check.name);
    total.passed += count.passed;
    total.failed += count.failed;
  }
  if (broken.size > 0) console.log(`\nFailed: ${[...broken].join(", ")}`);
  console.log(`\n${total.passed} passed, ${total.failed} failed`);
  process.exitCode = total.failed === 0 ? 0 : 1;
}

main();
