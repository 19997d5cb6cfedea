/**
 * `npm run generate` writes everything under crds/generated and the diagrams in docs; with `-- --check` it writes
 * nothing and fails, naming each file that is stale. Runs on a contributor's machine and in CI, never in the cluster.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { definitions, sharedTypes } from "../crds/definitions";
import { policies } from "../crds/policies";
import { diagrams } from "./diagrams";
import { COMMAND, FOLDER, render, staleFiles } from "./render";

const read = (root: string, path: string): string | undefined => {
  const file = join(root, path);
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
};

const present = (root: string): string[] => {
  const folder = join(root, FOLDER);
  return existsSync(folder) ? readdirSync(folder).map((name) => `${FOLDER}/${name}`) : [];
};

/** Writes the stale files, or only names them; the result is the exit code. */
async function main(root: string, check: boolean): Promise<number> {
  const rendered = await render({ definitions, policies, sharedTypes });
  const stale = staleFiles(rendered, (path) => read(root, path), present(root));
  if (check) return report([...stale, ...diagrams({ check, root })]);
  mkdirSync(join(root, FOLDER), { recursive: true });
  for (const path of stale) {
    const text = rendered.get(path);
    if (text === undefined) rmSync(join(root, path));
    else writeFileSync(join(root, path), text);
    console.log(`${text === undefined ? "removed" : "wrote"} ${path}`);
  }
  for (const path of diagrams({ check, root })) console.log(`wrote ${path}`);
  return 0;
}

function report(stale: readonly string[]): number {
  for (const path of stale)
    console.error(`${path} does not match what it is generated from: run \`${COMMAND}\` and commit the result.`);
  return stale.length === 0 ? 0 : 1;
}

// npm runs scripts in the root of the project.
void main(process.cwd(), process.argv.includes("--check")).then((code) => {
  process.exitCode = code;
});
