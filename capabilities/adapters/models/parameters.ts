/**
 * An LLM's parameters in the spelling of the API that gets them, and which of them that provider or model would refuse.
 * Refused ones are not sent: they are a condition and a warning at apply, never a failed task. Pure.
 */
import type { LLM } from "../../../crds/index";
import type { Endpoint } from "./endpoint";
import { refusal } from "./refusals";

type LLMSpec = LLM["spec"];

/** The parameters that shape an answer: all of an LLM's save the model and where it is. */
export type Parameters = Omit<NonNullable<LLMSpec["parameters"]>, "model" | "baseUrl">;
/** The name of one of them. */
export type ParameterName = keyof Parameters;

/** A parameter that is set and not sent, and a sentence that says why and what to do. */
export interface RefusedParameter {
  parameter: ParameterName;
  why: string;
}

/** All parameters, so that none is forgotten: the compiler compares this with the LLM's schema. */
const NAMES: Record<ParameterName, true> = {
  temperature: true,
  maxTokens: true,
  topP: true,
  topK: true,
  frequencyPenalty: true,
  presencePenalty: true,
  stop: true,
  seed: true,
  reasoningEffort: true,
};

/**
 * `max_tokens` for an LLM that sets none; Anthropic's API demands one. Every model that is still served can write this
 * many, and an answer of an agent is seldom longer.
 */
const ANTHROPIC_DEFAULT_MAX_TOKENS = 8_192;

/** The last Anthropic API version that takes sampling parameters. */
const ANTHROPIC_VERSION_WITH_SAMPLING = "2023-06-01";

/** The parameters that are set but would be refused, so that they are not sent. */
export function refusedParameters(spec: LLMSpec, endpoint: Endpoint): RefusedParameter[] {
  return setParameters(spec).flatMap((parameter) => {
    const why = refusal(parameter, spec, endpoint);
    return why === undefined ? [] : [{ parameter, why }];
  });
}

/** What of the parameters goes on the wire, in the neutral spelling. */
export function acceptedParameters(spec: LLMSpec, endpoint: Endpoint): Parameters {
  const refused = new Set(refusedParameters(spec, endpoint).map(({ parameter }) => parameter));
  const accepted = setParameters(spec).filter((name) => !refused.has(name));
  return Object.fromEntries(accepted.map((name) => [name, spec.parameters?.[name]]));
}

/** The body fields for Chat Completions: OpenAI's spelling, or that of the server that imitates it. */
export function chatParameters(spec: LLMSpec, endpoint: Endpoint): Record<string, unknown> {
  const p = acceptedParameters(spec, endpoint);
  // Reasoning models of OpenAI know only the newer word; many compatible servers know only the older one.
  const newer = endpoint.own && (endpoint.provider === "openai" || endpoint.provider === "azure");
  const mistral = endpoint.provider === "mistral";
  return defined({
    temperature: p.temperature,
    [newer ? "max_completion_tokens" : "max_tokens"]: p.maxTokens,
    top_p: p.topP,
    top_k: p.topK,
    frequency_penalty: p.frequencyPenalty,
    presence_penalty: p.presencePenalty,
    stop: p.stop,
    [mistral ? "random_seed" : "seed"]: p.seed,
    reasoning_effort: p.reasoningEffort,
    safe_prompt: mistral ? spec.mistral?.safePrompt : undefined,
  });
}

/** The body fields for OpenAI's Responses API. */
export function responsesParameters(spec: LLMSpec, endpoint: Endpoint): Record<string, unknown> {
  const p = acceptedParameters(spec, endpoint);
  return defined({
    temperature: p.temperature,
    max_output_tokens: p.maxTokens,
    top_p: p.topP,
    reasoning: p.reasoningEffort === undefined ? undefined : { effort: p.reasoningEffort },
  });
}

/** The body fields for Anthropic's Messages API. `output_config` may get a `format` added by the caller. */
export function anthropicParameters(
  spec: LLMSpec,
  endpoint: Endpoint,
): Record<string, unknown> & { max_tokens: number } {
  const p = acceptedParameters(spec, endpoint);
  const thinking = spec.anthropic?.thinking;
  const budget = thinking?.budgetTokens;
  return {
    // A thinking budget must stay below max_tokens, which bounds thinking and answer together.
    max_tokens: p.maxTokens ?? ANTHROPIC_DEFAULT_MAX_TOKENS + (budget ?? 0),
    ...defined({
      temperature: p.temperature,
      top_p: p.topP,
      top_k: p.topK,
      stop_sequences: p.stop,
      thinking: thinking && defined({ type: thinking.type, budget_tokens: budget }),
      output_config: p.reasoningEffort === undefined ? undefined : { effort: p.reasoningEffort },
    }),
  };
}

/**
 * The `anthropic-version` to send, or undefined for the SDK's own: the one the LLM names, else an older one when a
 * sampling parameter is on its way that newer ones refuse.
 */
export function anthropicVersion(spec: LLMSpec, endpoint: Endpoint): string | undefined {
  if (spec.anthropic?.version !== undefined) return spec.anthropic.version;
  const { temperature, topP, topK } = acceptedParameters(spec, endpoint);
  const sampling = [temperature, topP, topK].some((value) => value !== undefined);
  return sampling ? ANTHROPIC_VERSION_WITH_SAMPLING : undefined;
}

function setParameters(spec: LLMSpec): ParameterName[] {
  const names = Object.keys(NAMES) as ParameterName[];
  return names.filter((name) => spec.parameters?.[name] !== undefined);
}

function defined(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
