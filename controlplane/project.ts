/** Where the checkout is, and the files of it that these scripts run or read. */
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { delimiter, dirname, join, resolve } from "node:path";
import { Failure } from "./failure";

/** The folder with our package.json: the working directory, or the nearest one above it. */
export function projectRoot(from = process.cwd()): string {
  const isRoot = (folder: string): boolean => existsSync(join(folder, "controlplane", "go.mod"));
  let folder = resolve(from);
  while (!isRoot(folder)) {
    const parent = dirname(folder);
    if (parent === folder) throw new Failure(`${from} is not inside a checkout of KubeChain; start this from there.`);
    folder = parent;
  }
  return folder;
}

/** What `npm run build` makes and what it is made of. */
export function projectFiles(root = projectRoot()): {
  root: string;
  node: string;
  dist: string;
  bundle: string;
  manifest: string;
  builtCrds: string;
  generated: string;
} {
  const ownNode = join(root, "node_modules", "node", "bin", "node");
  const dist = join(root, "dist");
  return {
    root,
    node: existsSync(ownNode) ? ownNode : process.execPath,
    dist,
    bundle: join(dist, "pepr-kubechain.js"),
    manifest: join(dist, "pepr-module-kubechain.yaml"),
    builtCrds: join(dist, "crds.yaml"),
    generated: join(root, "crds", "generated"),
  };
}

/** The environment for Node programs of ours: the Node.js and the tools of node_modules come first. */
export function withOwnTools(env: NodeJS.ProcessEnv, root = projectRoot()): NodeJS.ProcessEnv {
  const bin = join(root, "node_modules", ".bin");
  const path = env["PATH"] ?? "";
  return path.split(delimiter)[0] === bin ? env : { ...env, PATH: `${bin}${delimiter}${path}` };
}

/** Whether `dist/` is missing or older than what it is made of. The CRDs are the last file that a build writes. */
export function isBuildStale(root = projectRoot()): boolean {
  const { bundle, manifest, builtCrds } = projectFiles(root);
  if (![bundle, manifest, builtCrds].every((file) => existsSync(file))) return true;
  const builtAt = statSync(builtCrds).mtimeMs;
  const sources = ["pepr.ts", "package.json", "package-lock.json"].map((file) => join(root, file));
  const folders = ["capabilities", "crds"].flatMap((folder) => sourcesUnder(join(root, folder)));
  return [...sources, ...folders].some((file) => existsSync(file) && statSync(file).mtimeMs > builtAt);
}

/** Tests, fakes and the simulation are no part of the bundle. */
const FAKES = join("capabilities", "testing");
const TESTS = /\.(test|fixture)\.\w+$/;

function sourcesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !TESTS.test(entry.name) && !entry.parentPath.includes(FAKES))
    .map((entry) => join(entry.parentPath, entry.name));
}

/** The version of this project, as package.json has it. */
export function projectVersion(root = projectRoot()): string {
  const parsed = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version?: string };
  return parsed.version ?? "unknown";
}
