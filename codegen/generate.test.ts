/** What is committed under crds/generated matches the definitions, and a change of either is noticed by name. */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { definitions, sharedTypes } from "../crds/definitions";
import { policies } from "../crds/policies";
import type { CustomResourceDefinition } from "../crds/object";
import type { Schema } from "../crds/schema";
import { normalise } from "./normalise";
import { FOLDER, render, staleFiles } from "./render";

const onDisk = (path: string): string | undefined => (existsSync(path) ? readFileSync(path, "utf8") : undefined);
const present = readdirSync(FOLDER).map((name) => `${FOLDER}/${name}`);

/** The definitions with one more field in the spec of one kind. */
function withField(kind: string, name: string, field: Schema): CustomResourceDefinition[] {
  const copies = structuredClone([...definitions]);
  const schema = copies.find(({ spec }) => spec.names.kind === kind)?.spec.versions[0]?.schema.openAPIV3Schema;
  const properties = schema?.properties?.["spec"]?.properties;
  if (!properties) throw new Error(`${kind} has no spec`);
  properties[name] = field;
  return copies;
}

test("every generated file is fresh", async () => {
  const rendered = await render({ definitions, policies, sharedTypes });
  expect(staleFiles(rendered, onDisk, present)).toEqual([]);
});

test("a new field makes the YAML and the types of its kind stale, and nothing else", async () => {
  const changed = withField("Task", "priority", {
    type: "integer",
    description: "You choose.",
  });
  const rendered = await render({ definitions: changed, policies, sharedTypes });
  expect(staleFiles(rendered, onDisk, present)).toEqual([`${FOLDER}/crds.yaml`, `${FOLDER}/task.ts`]);
  expect(rendered.get(`${FOLDER}/task.ts`)).toContain("priority?: number;");
});

test("a bound only the API server knows makes the YAML stale alone", async () => {
  const changed = withField("Task", "cancelled", {
    ...definitions.find(({ spec }) => spec.names.kind === "Task")?.spec.versions[0]?.schema.openAPIV3Schema
      .properties?.["spec"]?.properties?.["cancelled"],
    default: true,
  });
  const rendered = await render({ definitions: changed, policies, sharedTypes });
  expect(staleFiles(rendered, onDisk, present)).toEqual([`${FOLDER}/crds.yaml`]);
});

test("a file nobody renders any more, an edited one and a missing one are all named", async () => {
  const rendered = new Map([
    ["edited.ts", "as rendered"],
    ["missing.ts", "as rendered"],
    ["fresh.ts", "as rendered"],
  ]);
  const disk: Record<string, string> = {
    "edited.ts": "by hand",
    "fresh.ts": "as rendered",
    "orphan.ts": "old",
  };
  expect(staleFiles(rendered, (path) => disk[path], Object.keys(disk))).toEqual([
    "edited.ts",
    "missing.ts",
    "orphan.ts",
  ]);
});

test("rendering leaves the definitions as they were", async () => {
  const before = JSON.stringify(definitions);
  await render({ definitions, policies, sharedTypes });
  expect(JSON.stringify(definitions)).toBe(before);
});

describe("a type", () => {
  test.each<[sentence: string, Schema, unknown]>([
    [
      "is any JSON where the API server keeps what it does not know",
      { "x-kubernetes-preserve-unknown-fields": true },
      { tsType: "unknown" },
    ],
    [
      "is an object of unknown content where it must be an object",
      { type: "object", "x-kubernetes-preserve-unknown-fields": true },
      { tsType: "Record<string, unknown>" },
    ],
    [
      "is a number or a text for an int-or-string",
      { "x-kubernetes-int-or-string": true },
      { tsType: "number | string" },
    ],
    ["may be null where the schema says so", { type: "integer", nullable: true }, { type: ["integer", "null"] }],
    ["is the words of an enum", { type: "string", enum: ["a", "b"] }, { type: "string", enum: ["a", "b"] }],
    [
      "has no bounds or rules",
      {
        type: "string",
        maxLength: 3,
        "x-kubernetes-validations": [{ rule: "true", message: "x" }],
      },
      { type: "string" },
    ],
    [
      "is referred to by name where it is shared",
      { type: "array", items: { title: "Reference", type: "object" } },
      { type: "array", items: { tsType: "Reference" } },
    ],
  ])("%s", (_sentence, schema, expected) => {
    expect(normalise(schema, new Set(["Reference"]))).toEqual(expected);
  });
});
