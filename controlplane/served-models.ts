/** Asks a model server which models it has, the free call that every one of them offers. */
import type { Provider } from "./example";
import { PROVIDER_KEYS } from "./models";
import type { ModelSource } from "./state";

const ANSWER_WITHIN_MS = 10_000;
const ANTHROPIC_VERSION = "2023-06-01";

/** The names, in the server's order; empty when it does not say. */
export async function servedModels(provider: Provider, source: ModelSource, env: NodeJS.ProcessEnv): Promise<string[]> {
  const key = env[PROVIDER_KEYS[provider]] ?? "not-needed";
  const given = source.kind === "Servers" ? source[provider] : undefined;
  const [url, headers] =
    provider === "openai"
      ? [`${(given ?? "https://api.openai.com/v1").replace(/\/$/, "")}/models`, { authorization: `Bearer ${key}` }]
      : [
          `${(given ?? "https://api.anthropic.com").replace(/\/(v1\/?)?$/, "")}/v1/models`,
          { "x-api-key": key, "anthropic-version": ANTHROPIC_VERSION },
        ];
  try {
    const answer = await fetch(url, { headers, signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
    const { data = [] } = (await answer.json()) as { data?: { id?: string }[] };
    return data.flatMap(({ id }) => (id === undefined ? [] : [id]));
  } catch {
    // Whether the server is any good is for the LLM's own status to say, in full.
    return [];
  }
}
