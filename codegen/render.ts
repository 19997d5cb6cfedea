/**
 * Renders everything under crds/generated from the definitions: the YAML the API server is given, one file of types a
 * kind, and the classes Pepr needs. Pure but for formatting: same definitions, same texts. Never touches the disk.
 */
import { compile } from "json-schema-to-typescript";
import { join } from "node:path";
import { format, resolveConfig } from "prettier";
import { stringify } from "yaml";
import type { CustomResourceDefinition } from "../crds/object";
import type { Manifest } from "../crds/policies";
import type { Schema } from "../crds/schema";
import type { TypeSchema } from "./normalise";
import { normalise, sharedNames } from "./normalise";

/** What is rendered: the kinds, the policies, and the titled pieces that several kinds use. */
export interface Source {
  definitions: readonly CustomResourceDefinition[];
  policies: readonly Manifest[];
  sharedTypes: readonly Schema[];
}

/** Where the rendered files are, from the root of the project. */
export const FOLDER = "crds/generated";
/** What to run when a file is stale. */
export const COMMAND = "npm run generate";

const HEADER = `Generated from the definitions in crds/ by \`${COMMAND}\`. Do not edit.`;

/** Path from the root of the project → text, for every generated file. */
export async function render(source: Source): Promise<Map<string, string>> {
  const shared = new Set(source.sharedTypes.map((piece) => piece.title ?? ""));
  const files = new Map<string, string>();
  const add = async (name: string, text: string, parser: "yaml" | "typescript"): Promise<void> => {
    const style = await resolveConfig(join(process.cwd(), FOLDER, name));
    files.set(`${FOLDER}/${name}`, await format(text, { ...style, parser }));
  };
  await add("crds.yaml", yamlOf(source.definitions), "yaml");
  await add("policies.yaml", yamlOf(source.policies), "yaml");
  await add("shared.ts", await sharedFile(source.sharedTypes, shared), "typescript");
  for (const definition of source.definitions) {
    await add(`${definition.spec.names.singular}.ts`, await kindFile(definition, shared), "typescript");
  }
  await add("classes.ts", classesFile(source.definitions), "typescript");
  return files;
}

/**
 * Compares rendered files with what is on disk, which is read through `read` (undefined: there is no such file);
 * `present` lists the files of the folder, so that one nobody renders any more is found too.
 */
export function staleFiles(
  rendered: ReadonlyMap<string, string>,
  read: (path: string) => string | undefined,
  present: readonly string[],
): string[] {
  const differing = [...rendered].filter(([path, text]) => read(path) !== text).map(([path]) => path);
  const orphaned = present.filter((path) => !rendered.has(path));
  return [...differing, ...orphaned].sort();
}

function yamlOf(manifests: readonly object[]): string {
  const documents = manifests.map((manifest) => stringify(manifest, { lineWidth: 0, aliasDuplicateObjects: false }));
  return `# ${HEADER}\n---\n${documents.join("---\n")}`;
}

async function sharedFile(pieces: readonly Schema[], shared: ReadonlySet<string>): Promise<string> {
  const types = [];
  for (const piece of pieces) types.push(await typesOf(normalise(piece, shared)));
  return [`// ${HEADER}`, ...types].join("\n\n");
}

async function kindFile(definition: CustomResourceDefinition, shared: ReadonlySet<string>): Promise<string> {
  const { kind } = definition.spec.names;
  const schema = withMetadata(kind, normalise(schemaOf(definition), shared));
  const used = [...sharedNames(schema, shared)].sort();
  const imports = [
    'import type { ObjectMeta } from "../object";',
    ...(used.length > 0 ? [`import type { ${used.join(", ")} } from "./shared";`] : []),
  ];
  return [`// ${HEADER}`, imports.join("\n"), await typesOf(schema)].join("\n\n");
}

function withMetadata(kind: string, schema: TypeSchema): TypeSchema {
  return {
    ...schema,
    title: kind,
    properties: {
      apiVersion: { type: "string" },
      kind: { type: "string" },
      metadata: { tsType: "ObjectMeta" },
      ...schema.properties,
    },
    required: ["apiVersion", "kind", "metadata", ...(schema.required ?? [])],
  };
}

async function typesOf(schema: TypeSchema): Promise<string> {
  return compile(structuredClone(schema) as Parameters<typeof compile>[0], schema.title ?? "", {
    bannerComment: "",
    additionalProperties: false,
    unknownAny: true,
    ignoreMinAndMaxItems: true,
    format: false,
    // Nothing here refers to another file, and nothing is ever to be fetched.
    $refOptions: { resolve: { external: false, http: false, file: false } },
  });
}

function classesFile(definitions: readonly CustomResourceDefinition[]): string {
  const imports = definitions.map(({ spec: { names } }) => {
    const { kind, singular } = names;
    return `import type { ${kind}Spec, ${kind}Status } from "./${singular}";`;
  });
  return [
    `// ${HEADER}`,
    ['import { GenericKind, RegisterKind } from "kubernetes-fluent-client";', ...imports].join("\n"),
    ...definitions.map(classOf),
  ].join("\n\n");
}

function classOf(definition: CustomResourceDefinition): string {
  const { group, names, versions } = definition.spec;
  const description = schemaOf(definition).description ?? names.kind;
  return `/** ${description} */
export class ${names.kind} extends GenericKind {
  declare spec: ${names.kind}Spec;
  declare status?: ${names.kind}Status;
}
RegisterKind(${names.kind}, ${JSON.stringify({ group, version: versions[0]?.name, kind: names.kind, plural: names.plural })});`;
}

function schemaOf(definition: CustomResourceDefinition): Schema {
  const [only] = definition.spec.versions;
  if (!only) throw new Error(`${definition.metadata.name} has no version`);
  return only.schema.openAPIV3Schema;
}
