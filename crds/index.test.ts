import { readFileSync } from "node:fs";
import { join } from "node:path";
import { apiVersion, definitions, group, resources, version } from "./index";

/** What a file of crds imports at run time, and what those files import in turn. */
function loads(file: string, seen = new Set<string>()): Set<string> {
  const source = readFileSync(join("crds", `${file}.ts`), "utf8");
  const imports = source.matchAll(/^(?:import|export) (?!type\b)[^;]*?from "([^"]+)";/gm);
  for (const [, from = ""] of imports) {
    if (seen.has(from)) continue;
    seen.add(from);
    if (from.startsWith("./")) loads(from.slice(2), seen);
  }
  return seen;
}

test("every kind is addressed as it is defined", () => {
  const defined = definitions.map(({ spec }) => ({
    apiVersion: `${spec.group}/${spec.versions[0]?.name}`,
    kind: spec.names.kind,
    plural: spec.names.plural,
  }));
  expect(Object.values(resources)).toEqual(defined);
  expect(apiVersion).toBe(`${group}/${version}`);
});

test("the door to data and types loads nothing but files of crds, and not the classes", () => {
  const loaded = [...loads("index")];
  expect(loaded).toContain("./definitions");
  expect(loaded.filter((from) => !/^\.\/[a-z-]+$/.test(from))).toEqual([]);
  expect([...loads("kinds")]).toContain("./generated/classes");
});
