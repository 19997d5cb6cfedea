/**
 * What holds for all eight kinds at once: the manual is complete, everything is bounded, and `kubectl get` shows the
 * promised columns. What the API server makes of the rules is tried against a real one, in e2e.
 */
import { definitions, sharedTypes } from "./definitions";
import type { CustomResourceDefinition } from "./object";
import type { Schema } from "./schema";

interface Place {
  path: string;
  schema: Schema;
  /** A field people can ask `kubectl explain` about; the items of a list are not. */
  isField: boolean;
}

function children({ path, schema }: Place): Place[] {
  const fields = Object.entries(schema.properties ?? {}).map(([name, field]) => ({
    path: `${path}.${name}`,
    schema: field,
    isField: true,
  }));
  const items = schema.items ? [{ path: `${path}[]`, schema: schema.items, isField: false }] : [];
  const values = schema.additionalProperties
    ? [
        {
          path: `${path}.*`,
          schema: schema.additionalProperties,
          isField: false,
        },
      ]
    : [];
  return [...fields, ...items, ...values];
}

const walk = (place: Place): Place[] => [place, ...children(place).flatMap(walk)];

const versionOf = (definition: CustomResourceDefinition) => {
  const [version] = definition.spec.versions;
  if (!version) throw new Error(`${definition.metadata.name} has no version`);
  return version;
};

const everywhere = definitions.flatMap((definition) =>
  walk({
    path: definition.spec.names.kind,
    schema: versionOf(definition).schema.openAPIV3Schema,
    isField: false,
  }),
);

/** Paths of the places that break a rule; a failing test shows them all at once. */
const breaking = (isFine: (place: Place) => boolean): string[] =>
  everywhere.filter((place) => !isFine(place)).map(({ path }) => path);

test("all eight kinds are defined", () => {
  expect(definitions.map(({ spec }) => spec.names.kind)).toEqual([
    "LLM",
    "Agent",
    "MCPServer",
    "ContactChannel",
    "Tool",
    "Task",
    "TaskRun",
    "ToolCall",
  ]);
  expect(everywhere.length).toBeGreaterThan(400);
});

describe("the manual", () => {
  test("every field is described in whole sentences that end in a full stop", () => {
    expect(breaking(({ schema, isField }) => !isField || /^[A-Z].*\.$/.test(schema.description ?? ""))).toEqual([]);
  });

  test("every field speaks to its reader and gives an example", () => {
    const speaks = (text: string) => /\byou\b/i.test(text) && / Example: `[^`]+`\.$/.test(text);
    expect(breaking(({ schema, isField }) => !isField || speaks(schema.description ?? ""))).toEqual([]);
  });

  test("every old spelling is described as deprecated and refused where nobody moved it", () => {
    const old = ["LLM.spec.model", "MCPServer.spec.type", "Task.spec.message", "Task.spec.agent", "TaskRun.spec.task"];
    const deprecated = everywhere.filter(({ schema }) => schema.description?.includes("deprecated"));
    expect(deprecated.map(({ path }) => path).sort()).toEqual([...old].sort());
    for (const path of old) {
      const [kind, , field] = path.split(".");
      const spec = everywhere.find((place) => place.path === `${kind}.spec`)?.schema;
      const rules = spec?.["x-kubernetes-validations"]?.map(({ rule }) => rule);
      expect(rules).toContain(`!has(self.${field})`);
    }
  });
});

describe("bounds", () => {
  test("every list has maxItems", () => {
    expect(breaking(({ schema }) => schema.type !== "array" || schema.maxItems !== undefined)).toEqual([]);
  });

  test("every map has maxProperties", () => {
    expect(breaking(({ schema }) => !schema.additionalProperties || schema.maxProperties !== undefined)).toEqual([]);
  });

  test("every string has an enum, a time format or maxLength", () => {
    const isBounded = (schema: Schema) =>
      schema.enum !== undefined || schema.format === "date-time" || schema.maxLength !== undefined;
    expect(breaking(({ schema }) => schema.type !== "string" || isBounded(schema))).toEqual([]);
  });

  test("every list of objects told apart by a key demands that key", () => {
    const demandsKeys = ({ schema }: Place) =>
      (schema["x-kubernetes-list-map-keys"] ?? []).every((key) => schema.items?.required?.includes(key));
    expect(breaking(demandsKeys)).toEqual([]);
  });

  test("every object demands only fields it has", () => {
    const demandsOwn = ({ schema }: Place) => (schema.required ?? []).every((name) => schema.properties?.[name]);
    expect(breaking(demandsOwn)).toEqual([]);
  });

  test("every rule has exactly one message", () => {
    const isSaid = ({ schema }: Place) =>
      (schema["x-kubernetes-validations"] ?? []).every(
        (rule) => (rule.message === undefined) !== (rule.messageExpression === undefined),
      );
    expect(breaking(isSaid)).toEqual([]);
  });
});

describe("types", () => {
  const shape = (schema: Schema): unknown => [
    Object.keys(schema.properties ?? {}).sort(),
    [...(schema.required ?? [])].sort(),
  ];
  const named = everywhere.filter(({ schema }) => schema.title !== undefined);

  test("a name that is used in several places is a shared type", () => {
    const shared = new Set(sharedTypes.map(({ title }) => title));
    const titles = named.map(({ schema }) => schema.title);
    const twice = titles.filter((title, place) => titles.indexOf(title) !== place);
    expect(twice.filter((title) => !shared.has(title))).toEqual([]);
  });

  test("a shared type has the same fields wherever it is used", () => {
    const different = named.filter(({ schema }) => {
      const type = sharedTypes.find(({ title }) => title === schema.title);
      return type !== undefined && JSON.stringify(shape(type)) !== JSON.stringify(shape(schema));
    });
    expect(different.map(({ path }) => path)).toEqual([]);
  });
});

describe.each(definitions.map((definition) => [definition.spec.names.kind, definition] as const))(
  "%s",
  (_kind, definition) => {
    const version = versionOf(definition);

    test("is namespaced, served, stored, in the category, with a status of its own", () => {
      const { group, scope, names } = definition.spec;
      expect(definition.metadata.name).toBe(`${names.plural}.${group}`);
      expect({ group, scope, categories: names.categories }).toEqual({
        group: "kubechain.humanlayer.dev",
        scope: "Namespaced",
        categories: ["kubechain"],
      });
      expect(version).toMatchObject({
        name: "v1alpha1",
        served: true,
        storage: true,
        subresources: { status: {} },
      });
    });

    test("has what every status has, and says something before the operator has looked", () => {
      const status = version.schema.openAPIV3Schema.properties?.["status"];
      expect(Object.keys(status?.properties ?? {})).toEqual(
        expect.arrayContaining(["ready", "status", "statusDetail", "conditions", "observedGeneration"]),
      );
      const before = status?.default as Record<string, unknown>;
      expect(before).toMatchObject({ ready: false, status: "Pending" });
      expect(before["statusDetail"]).toMatch(/\.$/);
    });

    test("demands no field of its status, so that what any version wrote stays readable", () => {
      expect(version.schema.openAPIV3Schema.properties?.["status"]?.required).toBeUndefined();
    });
  },
);

test.each<[kind: string, names: string, shown: string, wide: string]>([
  ["LLM", "llms llm", "PROVIDER READY STATUS", "DETAIL MODEL AGE"],
  ["Agent", "agents agent", "READY STATUS", "DETAIL LLM AGE"],
  ["MCPServer", "mcpservers mcpserver mcp", "READY STATUS", "DETAIL TOOLS AGE"],
  ["ContactChannel", "contactchannels contactchannel channel", "TYPE READY STATUS", "DETAIL AGE"],
  ["Tool", "tools tool", "READY STATUS", "DETAIL TYPE AGE"],
  ["Task", "tasks task", "READY STATUS PHASE PREVIEW OUTPUT", "DETAIL AGENT ERROR STARTED COMPLETED AGE"],
  ["TaskRun", "taskruns taskrun", "READY STATUS PHASE TASK PREVIEW OUTPUT", "DETAIL ERROR STARTED COMPLETED AGE"],
  [
    "ToolCall",
    "toolcalls toolcall taskruntoolcall taskruntoolcalls tc",
    "PHASE TASK TOOL STATUS WAITING",
    "DETAIL STARTED COMPLETED ERROR AGE",
  ],
])("%s answers to %s and prints %s, and with -o wide also %s", (kind, names, shown, wide) => {
  const definition = definitions.find(({ spec }) => spec.names.kind === kind);
  if (!definition) throw new Error(`${kind} is not defined`);
  const { plural, singular, shortNames } = definition.spec.names;
  const columns = versionOf(definition).additionalPrinterColumns;
  const printed = (priority: number) =>
    columns
      .filter((column) => column.priority === priority)
      .map(({ name }) => name.toUpperCase())
      .join(" ");
  expect([plural, singular, ...(shortNames ?? [])].join(" ")).toBe(names);
  expect(printed(0)).toBe(shown);
  expect(printed(1)).toBe(wide);
});

describe("columns", () => {
  /** The paths of the fields a column may print, metadata aside. */
  const fields = new Set(everywhere.filter(({ isField }) => isField).map(({ path }) => path));

  test("each prints a field that exists", () => {
    const missing = definitions.flatMap((definition) =>
      versionOf(definition)
        .additionalPrinterColumns.map(({ jsonPath }) => jsonPath.replace("['taskRef','taskRunRef']", ".taskRef"))
        .filter((path) => !path.startsWith(".metadata.") && !fields.has(definition.spec.names.kind + path)),
    );
    expect(missing).toEqual([]);
  });

  test("an MCPServer is ready when it is connected", () => {
    const server = definitions.find(({ spec }) => spec.names.kind === "MCPServer");
    const ready = server && versionOf(server).additionalPrinterColumns.find(({ name }) => name === "Ready");
    expect(ready?.jsonPath).toBe(".status.connected");
  });
});
