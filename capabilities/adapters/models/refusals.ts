/**
 * What each provider and model refuses: one function per API, from a parameter's name to the sentence that says why it
 * is not sent. Knowledge about vendors lives here and nowhere else. Pure.
 */
import type { LLM } from "../../../crds/index";
import { assertNever } from "../../runtime/assert-never";
import type { Endpoint } from "./endpoint";
import { providerTitle } from "./endpoint";
import type { ParameterName } from "./parameters";

type LLMSpec = LLM["spec"];

/** The smallest `max_output_tokens` OpenAI's Responses API takes. */
export const RESPONSES_MIN_TOKENS = 16;

/** Since this version Anthropic's API answers 400 to temperature, top_p and top_k. */
const NO_SAMPLING_SINCE = "2026-10-21";

/** Why `parameter`, which is set, is not sent to `endpoint`; undefined when it is sent. */
export function refusal(parameter: ParameterName, spec: LLMSpec, endpoint: Endpoint): string | undefined {
  switch (endpoint.api) {
    case "openai.responses":
      return refusedByResponses(parameter, spec, endpoint);
    case "openai.chat":
      return refusedByChat(parameter, spec, endpoint);
    case "anthropic.messages":
      return refusedByAnthropic(parameter, spec, endpoint);
    default:
      return assertNever(endpoint.api);
  }
}

/** What Chat Completions has and the Responses API does not. */
const CHAT_ONLY: readonly ParameterName[] = ["stop", "seed", "frequencyPenalty", "presencePenalty"];

function refusedByResponses(parameter: ParameterName, spec: LLMSpec, endpoint: Endpoint): string | undefined {
  if (CHAT_ONLY.includes(parameter))
    return `OpenAI's Responses API has no ${parameter}; set spec.openai.api to "chat" to use it, or remove it.`;
  if (parameter === "topK") return "OpenAI's Responses API has no topK; remove it, or use topP.";
  if (!endpoint.own) return undefined;
  return parameter === "maxTokens"
    ? belowMinimum(spec.parameters?.maxTokens)
    : refusedByOpenAIModel(parameter, spec, endpoint.model);
}

function belowMinimum(maxTokens: number | undefined): string | undefined {
  return maxTokens !== undefined && maxTokens < RESPONSES_MIN_TOKENS
    ? `OpenAI's Responses API takes no fewer than ${RESPONSES_MIN_TOKENS} maxTokens; raise it.`
    : undefined;
}

function refusedByChat(parameter: ParameterName, spec: LLMSpec, endpoint: Endpoint): string | undefined {
  if (!endpoint.own) return undefined;
  switch (endpoint.provider) {
    case "google":
      return refusedByGoogle(parameter);
    case "mistral":
      return parameter === "topK" ? "Mistral's API has no topK; remove it, or use topP." : undefined;
    default:
      return refusedByOpenAIChat(parameter, spec, endpoint);
  }
}

/** Google's OpenAI-compatible API answers 400 to names it does not know, and it does not know these. */
function refusedByGoogle(parameter: ParameterName): string | undefined {
  const unknown: readonly ParameterName[] = ["topK", "seed", "frequencyPenalty", "presencePenalty"];
  return unknown.includes(parameter) ? `Google's OpenAI-compatible API has no ${parameter}; remove it.` : undefined;
}

function refusedByOpenAIChat(parameter: ParameterName, spec: LLMSpec, endpoint: Endpoint): string | undefined {
  const { model, provider } = endpoint;
  if (parameter === "topK") return `${providerTitle(provider)} has no topK; remove it, or use topP.`;
  if (parameter === "reasoningEffort" && chatRefusesEffort(model) && spec.parameters?.reasoningEffort !== "none") {
    return `Model "${model}" takes reasoningEffort together with tools only over the Responses API; set spec.openai.api to "responses", or remove it.`;
  }
  return refusedByOpenAIModel(parameter, spec, model);
}

function refusedByOpenAIModel(parameter: ParameterName, spec: LLMSpec, model: string): string | undefined {
  const name = model.replace(/^ft:/, "");
  if (parameter === "reasoningEffort") {
    return /^(gpt-3|gpt-4|chatgpt)/.test(name)
      ? `Model "${model}" does not reason and refuses reasoningEffort; remove it.`
      : undefined;
  }
  const fixed: readonly ParameterName[] = ["temperature", "topP", "frequencyPenalty", "presencePenalty", "stop"];
  if (!fixed.includes(parameter) || !reasons(name)) return undefined;
  if (samplesWithoutEffort(name) && spec.parameters?.reasoningEffort === "none") return undefined;
  return `Model "${model}" is a reasoning model and refuses ${parameter}; remove it.`;
}

/** OpenAI's reasoning families: o1, o3, o4 and gpt-5 onwards, but not the chat variants of the latter. */
function reasons(model: string): boolean {
  return /^(o\d|gpt-([5-9]|\d\d))/.test(model) && !model.includes("-chat");
}

/** From gpt-5.1 on, a model told not to reason samples like any other. */
function samplesWithoutEffort(model: string): boolean {
  return /^gpt-(5\.\d|[6-9]|\d\d)/.test(model);
}

/** From gpt-5.4 on, Chat Completions answers 400 to tools with a reasoning effort. */
function chatRefusesEffort(model: string): boolean {
  return /^(ft:)?gpt-(5\.([4-9]|\d\d)|[6-9]|\d\d)/.test(model);
}

function refusedByAnthropic(parameter: ParameterName, spec: LLMSpec, endpoint: Endpoint): string | undefined {
  switch (parameter) {
    case "reasoningEffort":
      return refusedEffort(spec.parameters?.reasoningEffort);
    case "temperature":
    case "topP":
    case "topK":
      return refusedSampling(parameter, spec, endpoint.model);
    case "maxTokens":
      return belowBudget(spec);
    case "stop":
      return undefined;
    default:
      return `Anthropic's API has no ${parameter}; remove it.`;
  }
}

function refusedEffort(effort: string | undefined): string | undefined {
  return effort === "none" || effort === "minimal"
    ? `Anthropic knows no reasoningEffort "${effort}"; use "low", "medium", "high", "xhigh" or "max".`
    : undefined;
}

function belowBudget(spec: LLMSpec): string | undefined {
  const budget = spec.anthropic?.thinking?.budgetTokens;
  const maxTokens = spec.parameters?.maxTokens;
  return budget !== undefined && maxTokens !== undefined && maxTokens <= budget
    ? `Anthropic demands more maxTokens than spec.anthropic.thinking.budgetTokens (${budget}); raise maxTokens.`
    : undefined;
}

function refusedSampling(parameter: "temperature" | "topP" | "topK", spec: LLMSpec, model: string): string | undefined {
  const version = spec.anthropic?.version;
  if (version !== undefined && version >= NO_SAMPLING_SINCE)
    return `Anthropic's API version ${version} refuses ${parameter}; remove it, or set spec.anthropic.version to "2023-06-01".`;
  if (samplesItself(model)) return `Model "${model}" chooses its sampling itself and refuses ${parameter}; remove it.`;
  const thinking = spec.anthropic?.thinking;
  if (thinking && thinking.type !== "disabled")
    return `Anthropic refuses ${parameter} while the model thinks; remove it, or spec.anthropic.thinking.`;
  return refusedPairOrRange(parameter, spec, model);
}

function refusedPairOrRange(
  parameter: "temperature" | "topP" | "topK",
  spec: LLMSpec,
  model: string,
): string | undefined {
  const temperature = spec.parameters?.temperature;
  if (parameter === "temperature" && (temperature ?? 0) > 1)
    return "Anthropic takes a temperature from 0 to 1; lower it.";
  if (parameter === "topP" && temperature !== undefined && temperature <= 1 && !takesBothSamplings(model))
    return `Model "${model}" takes either temperature or topP; remove one of them. Until then temperature is sent.`;
  return undefined;
}

/**
 * Claude from Opus 4.7 on answers 400 to any sampling parameter, whatever the API version. Families: opus, fable … then a
 * number.
 */
function samplesItself(model: string): boolean {
  const named = /^claude-[a-z]+-(\d+)(?:-(\d{1,2}))?(?:-|$)/.exec(model) ?? undefined;
  if (named === undefined) return false;
  const major = Number(named[1]);
  const minor = Number(named[2] ?? "0");
  return major > 4 || (major === 4 && minor >= 7);
}

/** Claude up to 4.0 takes temperature and top_p together; from Opus 4.1 on that is a 400. */
function takesBothSamplings(model: string): boolean {
  return /^claude-(instant|[23]|(opus|sonnet)-4(-0|-\d{8}|$))/.test(model);
}
