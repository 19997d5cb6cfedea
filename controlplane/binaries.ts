/**
 * The control plane's programs: ready-made ones from the folder KUBEBUILDER_ASSETS names, else our own build of the Go
 * module beside this file, made once and kept in a cache outside the checkout. It downloads nothing but Go modules.
 */
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { Failure, tailOf } from "./failure";
import { withLock } from "./lock";
import type { Progress, Report } from "./progress";
import { projectRoot } from "./project";

/** Paths of the programs. Ready-made sets have no controller-manager. */
export interface Binaries {
  folder: string;
  etcd: string;
  apiserver: string;
  kubectl: string;
  controllerManager?: string;
}

/** The Kubernetes version of go.mod; without it the server calls itself v0.0.0 and clients complain. */
const VERSION = { major: 1, minor: 36, patch: 3 };
const MODULE_FILES = ["go.mod", "go.sum", "main.go"];
const BUILT = "kubechain-controlplane";
const PROGRAM_NAMES = ["etcd", "kube-apiserver", "kube-controller-manager", "kubectl"];
/** A script that ends takes the compiler with it. */
const ENDINGS: NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP"];
/** A third of what compiling costs is collecting garbage and describing to debuggers what the linker leaves out. */
const UNHURRIED_COLLECTOR = { GOGC: "400", GOMEMLIMIT: "2GiB" };
const WITHOUT_DEBUGGING = ["-gcflags=all=-dwarf=false"];
/** Since this release go fetches the toolchain that go.mod asks for. */
const LEAST_GO = { major: 1, minor: 21 };

/** What is missing when there is no controller-manager, for the user's eyes. */
export const WITHOUT_CONTROLLERS =
  "there is no kube-controller-manager in KUBEBUILDER_ASSETS: objects owned by a deleted one stay (a Task's ToolCalls, a " +
  "Task's TaskRuns), namespaces never finish deleting, and service accounts get no tokens. Unset KUBEBUILDER_ASSETS for the whole control plane.";

/** Finds the programs, building them if that is what it takes. Without any way to get them: a `Failure` with the choices. */
export async function ensureBinaries(progress: Progress, env: NodeJS.ProcessEnv = process.env): Promise<Binaries> {
  const assets = env["KUBEBUILDER_ASSETS"];
  if (assets !== undefined && assets !== "") return readyMade(assets);
  const folder = cacheFolder(projectRoot(), env);
  const binaries = binariesIn(join(folder, "bin"));
  if (existsSync(binaries.etcd)) return binaries;
  requireGo();
  const waiting = (pid: number): void =>
    progress.say(`  process ${pid} is building the control plane already; waiting for it`);
  await withLock(join(folder, "lock"), () => buildUnlessBuilt(folder, progress), waiting);
  return binaries;
}

/** The programs of a KUBEBUILDER_ASSETS folder; what is missing from it is named in a `Failure`. */
function readyMade(folder: string): Binaries {
  const { controllerManager, ...required } = binariesIn(folder);
  const missing = [required.etcd, required.apiserver, required.kubectl].filter((file) => !existsSync(file));
  if (missing.length > 0) {
    throw new Failure(
      `KUBEBUILDER_ASSETS is ${folder}, but there is no ${missing.join(", no ")}. Correct it, or unset it to have the control plane built with Go.`,
    );
  }
  return controllerManager !== undefined && existsSync(controllerManager)
    ? { ...required, controllerManager }
    : required;
}

/** The cache folder of this very module: other sources or another machine type, another folder. */
function cacheFolder(root: string, env: NodeJS.ProcessEnv): string {
  const hash = createHash("sha256").update(JSON.stringify([VERSION, process.platform, process.arch]));
  for (const file of MODULE_FILES) hash.update(readFileSync(join(root, "controlplane", file)));
  return join(cacheRoot(env), `controlplane-${hash.digest("hex").slice(0, 12)}`);
}

/** Where everything is kept that is made once and is no part of the checkout. */
export function cacheRoot(env: NodeJS.ProcessEnv): string {
  return join(env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "kubechain");
}

function binariesIn(folder: string): Binaries {
  return {
    folder,
    etcd: join(folder, "etcd"),
    apiserver: join(folder, "kube-apiserver"),
    kubectl: join(folder, "kubectl"),
    controllerManager: join(folder, "kube-controller-manager"),
  };
}

function requireGo(): void {
  const asked = spawnSync("go", ["env", "GOVERSION"]);
  const version = asked.error === undefined ? asked.stdout.toString().trim() : undefined;
  if (version !== undefined && isNewEnough(version)) return;
  const found = version === undefined ? "Go is not on the PATH" : `Go is too old (${version || "unknown"})`;
  throw new Failure(
    `A control plane is needed, and ${found}. Either\n` +
      `  - install Go ${LEAST_GO.major}.${LEAST_GO.minor} or newer (https://go.dev/dl) and start this again: it is built once, in about 5 minutes; or\n` +
      "  - set KUBEBUILDER_ASSETS to a folder with etcd, kube-apiserver and kubectl (for example from setup-envtest).\n" +
      "Neither needs Docker, and no cluster of yours is touched.",
  );
}

/** Reads `go env GOVERSION`: "go1.26.8", or "devel …", which is taken for new. */
export function isNewEnough(goversion: string): boolean {
  const [, major, minor] = /^go(\d+)\.(\d+)/.exec(goversion) ?? [];
  if (major === undefined || minor === undefined) return goversion.startsWith("devel");
  return Number(major) > LEAST_GO.major || Number(minor) >= LEAST_GO.minor;
}

async function buildUnlessBuilt(folder: string, progress: Progress): Promise<void> {
  const bin = join(folder, "bin");
  if (existsSync(join(bin, "etcd"))) return;
  const draft = join(folder, "draft");
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true });
  await progress.step("building the control plane (once, about 5 minutes)", (report) =>
    build(join(draft, BUILT), join(folder, "build.log"), report),
  );
  for (const name of PROGRAM_NAMES) symlinkSync(BUILT, join(draft, name));
  // Renamed into place, so that a build that was interrupted is never taken for a whole one.
  rmSync(bin, { recursive: true, force: true });
  renameSync(draft, bin);
}

function build(output: string, log: string, report: Report): Promise<void> {
  const version = `v${VERSION.major}.${VERSION.minor}.${VERSION.patch}`;
  const reported = "k8s.io/component-base/version";
  const values = [
    `${reported}.gitVersion=${version}`,
    `${reported}.gitMajor=${VERSION.major}`,
    `${reported}.gitMinor=${VERSION.minor}`,
    `${reported}.gitTreeState=clean`,
    `k8s.io/client-go/pkg/version.gitVersion=${version}`,
  ];
  const linking = ["-s", "-w", ...values.map((value) => `-X ${value}`)].join(" ");
  const env = { ...UNHURRIED_COLLECTOR, ...process.env, CGO_ENABLED: "0", GOWORK: "off" };
  const cwd = join(projectRoot(), "controlplane");
  return new Promise((resolve, reject) => {
    const go = spawn("go", ["build", "-v", "-trimpath", ...WITHOUT_DEBUGGING, "-ldflags", linking, "-o", output, "."], {
      cwd,
      env,
    });
    let said = "";
    let packages = 0;
    go.stderr.on("data", (chunk: Buffer) => {
      said += chunk.toString();
      packages += chunk
        .toString()
        .split("\n")
        .filter((line) => line !== "" && !line.startsWith("go: ")).length;
      report(packages === 0 ? "downloading" : `${packages} packages compiled`);
    });
    let isInterrupted = false;
    const interrupt = (): void => {
      isInterrupted = true;
      go.kill();
    };
    for (const name of ENDINGS) process.once(name, interrupt);
    go.on("error", reject);
    go.on("close", (code) => {
      for (const name of ENDINGS) process.off(name, interrupt);
      writeFileSync(log, said);
      if (code === 0) resolve();
      else if (isInterrupted) reject(new Failure("interrupted. What is compiled by now is kept for the next time."));
      else reject(new Failure(`building the control plane failed. The last that go said:\n${tailOf(log)}`));
    });
  });
}
