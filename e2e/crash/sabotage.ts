/**
 * Bundles of the operator that break one promise on purpose, to show that the proof can turn red. Modules of a machine are
 * replaced while the bundle is made; the product has no switch for it, and its own bundle nothing of it.
 */
import { join } from "node:path";
import type { Plugin } from "esbuild";
import { build } from "esbuild";
import { projectFiles } from "../../controlplane/project";
import type { Sabotage } from "./options";

/** Which modules give way, for all but those that take their places, and those. */
const REPLACED: Record<Sabotage, Record<string, string>> = {
  "act-before-write": { "capabilities/toolcalls/perform": "perform.ts" },
  "repeat-lost-work": { "capabilities/toolcalls/decide": "decide.ts" },
  "trust-incomplete-list": {
    "capabilities/tasks/decide": "decide.ts",
    "capabilities/tasks/create-tool-calls": "create-tool-calls.ts",
  },
  "act-without-approval": { "capabilities/toolcalls/decide": "decide.ts" },
  "ask-twice": { "capabilities/adapters/channels/humanlayer": "humanlayer.ts" },
};

/** Builds the bundle, beside the dependencies that it loads, and returns its path. */
export async function buildSabotaged(sabotage: Sabotage): Promise<string> {
  const { root } = projectFiles();
  const outfile = join(root, "node_modules", ".cache", "kubechain", `sabotaged-${sabotage}-${process.pid}.js`);
  const folder = join(root, "e2e", "crash", "sabotages", sabotage);
  const replacements = new Map(
    Object.entries(REPLACED[sabotage]).map(([module, file]) => [join(root, module), join(folder, file)]),
  );
  const replaced = new Set<string>();
  const replace: Plugin = {
    name: "replace",
    setup: (making) =>
      making.onResolve({ filter: /^\./ }, ({ path, resolveDir }) => {
        const module = join(resolveDir, path);
        const replacement = resolveDir === folder ? undefined : replacements.get(module);
        if (replacement !== undefined) replaced.add(module);
        return replacement === undefined ? undefined : { path: replacement };
      }),
  };
  await build({
    absWorkingDir: root,
    entryPoints: ["pepr.ts"],
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node20",
    // As in the real bundle: there must be one of each.
    external: ["pepr", "@kubernetes/client-node", "kubernetes-fluent-client"],
    outfile,
    plugins: [replace],
    logLevel: "error",
  });
  const unused = [...replacements.keys()].filter((module) => !replaced.has(module));
  if (unused.length > 0)
    throw new Error(`Nobody imports ${unused.join(" or ")} any more: the sabotage ${sabotage} changes too little.`);
  return outfile;
}
