/**
 * Where the operator's model calls go when an LLM names no `baseUrl`: decided from the command line, the environment and
 * what was decided before. API keys are only ever looked at for whether they are there. Pure.
 */
import type { ModelSource } from "./state";

/** The keys that make a real provider usable, and their Secrets' names. */
export const PROVIDER_KEYS = { openai: "OPENAI_API_KEY", anthropic: "ANTHROPIC_API_KEY" } as const;

/**
 * In this order: `--base-url`; OPENAI_BASE_URL and ANTHROPIC_BASE_URL; a server remembered from before; a provider whose key
 * is in the environment, now or before; the scripted model. An empty `--base-url` forgets what is remembered.
 */
export function chooseModels(
  baseUrl: string | undefined,
  env: NodeJS.ProcessEnv,
  remembered?: ModelSource,
): ModelSource {
  const before = baseUrl === "" ? undefined : remembered;
  const given = servers(baseUrl || env["OPENAI_BASE_URL"], env["ANTHROPIC_BASE_URL"]);
  if (given !== undefined) return given;
  if (before?.kind === "Servers") return before;
  const hasKey = Object.values(PROVIDER_KEYS).some((name) => Boolean(env[name]));
  return hasKey || before?.kind === "Providers" ? { kind: "Providers" } : { kind: "Scripted" };
}

function servers(openai: string | undefined, anthropic: string | undefined): ModelSource | undefined {
  if (!openai && !anthropic) return undefined;
  return { kind: "Servers", ...(openai ? { openai } : {}), ...(anthropic ? { anthropic } : {}) };
}

/** The variables that tell the operator, for a scripted model on this port. */
export function modelVariables(source: ModelSource, scriptedPort: number | undefined): Record<string, string> {
  switch (source.kind) {
    case "Scripted":
      return scriptedPort === undefined ? {} : scriptedVariables(`http://127.0.0.1:${scriptedPort}`);
    case "Providers":
      return {};
    case "Servers":
      return {
        ...(source.openai === undefined ? {} : { OPENAI_BASE_URL: source.openai }),
        ...(source.anthropic === undefined ? {} : { ANTHROPIC_BASE_URL: source.anthropic }),
      };
  }
}

/** One line for the user. */
export function describeModels(source: ModelSource): string {
  switch (source.kind) {
    case "Scripted":
      return "a scripted stand-in on this machine, no real model (set OPENAI_API_KEY or ANTHROPIC_API_KEY, or give --base-url)";
    case "Providers":
      return "the providers themselves, with the keys of your Secrets";
    case "Servers":
      return [
        ...(source.openai === undefined ? [] : [`openai at ${source.openai}`]),
        ...(source.anthropic === undefined ? [] : [`anthropic at ${source.anthropic}`]),
      ].join(", ");
  }
}

/** It speaks both providers' formats; Anthropic's client adds the version to the path by itself. */
function scriptedVariables(server: string): Record<string, string> {
  return { OPENAI_BASE_URL: `${server}/v1`, ANTHROPIC_BASE_URL: server };
}
