/**
 * Makes one file of the sketch, as `pepr build` does of the operator (pepr 1.1.4, `cli/build/buildModule.ts`: CommonJS,
 * minified, Pepr and its dependencies left outside).
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

/** Writes the bundle below node_modules, where it finds its dependencies, and returns its path. */
export async function bundleSketch(root: string): Promise<string> {
  const pepr = JSON.parse(readFileSync(join(root, "node_modules", "pepr", "package.json"), "utf8")) as {
    dependencies: Record<string, string>;
  };
  const outfile = join(root, "node_modules", ".cache", "kubechain-bench", "sketch.js");
  await build({
    entryPoints: [join(root, "bench", "sketch", "module.ts")],
    outfile,
    bundle: true,
    external: [...Object.keys(pepr.dependencies), "pepr", "@kubernetes/client-node"],
    format: "cjs",
    keepNames: true,
    legalComments: "external",
    minify: true,
    platform: "node",
    sourcemap: true,
    treeShaking: true,
    logLevel: "warning",
  });
  return outfile;
}
