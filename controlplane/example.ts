/**
 * The example that quickstart applies, fitted to the model there is: which provider and model its LLM names, and the
 * Secret with the key. Everything else of the file is applied as it stands. Pure.
 */
import { PROVIDER_KEYS } from "./models";
import type { ModelSource } from "./state";
import type { Manifest } from "./webhooks";

/** A provider that a key can be given for. */
export type Provider = keyof typeof PROVIDER_KEYS;

/** The model to ask: whose API it speaks, its name if not the example's own, and the key if there is one. */
export interface Choice {
  provider: Provider;
  model?: string;
  key?: string;
}

/** Which provider a question goes to. With keys of both, OpenAI's. */
export function chooseProvider(source: ModelSource, env: NodeJS.ProcessEnv): Provider {
  switch (source.kind) {
    case "Scripted":
      return "openai";
    case "Servers":
      return source.openai === undefined ? "anthropic" : "openai";
    case "Providers":
      return !env[PROVIDER_KEYS.openai] && env[PROVIDER_KEYS.anthropic] ? "anthropic" : "openai";
  }
}

/** The name of the model that the example's LLM asks for. */
export function modelOf(manifests: readonly Manifest[]): string | undefined {
  const llm = manifests.find(({ kind }) => kind === "LLM");
  if (llm === undefined) return undefined;
  const { model } = parametersOf(llm);
  return typeof model === "string" ? model : llm.metadata.name;
}

/** The example's manifests for this choice. */
export function fit(manifests: readonly Manifest[], { provider, model }: Choice): Manifest[] {
  return manifests.map((manifest) => {
    if (manifest.kind !== "LLM") return manifest;
    const spec = record(manifest["spec"]);
    const { apiKeyFrom, openai, ...rest } = spec;
    const kept = spec["provider"] === provider ? { ...rest, apiKeyFrom, openai } : rest;
    const parameters = { ...parametersOf(manifest), ...(model === undefined ? {} : { model }) };
    return { ...manifest, spec: withoutUndefined({ ...kept, provider, parameters }) };
  });
}

/** The Secret where an LLM of this provider looks for its key. Servers that want none get a word in its place. */
export function keySecret({ provider, key }: Choice, namespace: string): Manifest {
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: provider, namespace },
    type: "Opaque",
    stringData: { [PROVIDER_KEYS[provider]]: key ?? "not-needed" },
  };
}

/** The last Task or TaskRun of a file, which is the one whose answer is waited for. */
export function questionIn(manifests: readonly Manifest[]): Manifest | undefined {
  return manifests.findLast(({ kind }) => kind === "Task" || kind === "TaskRun");
}

function parametersOf(llm: Manifest): Record<string, unknown> {
  return record(record(llm["spec"])["parameters"]);
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function withoutUndefined(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
