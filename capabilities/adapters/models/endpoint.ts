/**
 * Which API of which server a call goes to, and under what model name: decided from the LLM object and the operator's
 * environment, passed in as a value. Pure: nothing here reads the process, the network or a clock.
 */
import type { LLM } from "../../../crds/index";
import { durationMs } from "../../../crds/index";
import { azurePlace } from "./azure";
import type { ModelFailure } from "./port";

/** The wire formats we speak. */
export type ModelApi = "openai.responses" | "openai.chat" | "anthropic.messages";

/** The providers an LLM may name. */
export type Provider = LLM["spec"]["provider"];

/** What of the operator's environment bears on where calls go. Used only where the LLM itself gives no address. */
export interface ModelEnvironment {
  OPENAI_BASE_URL?: string;
  ANTHROPIC_BASE_URL?: string;
}

/** Where one LLM's calls go. */
export interface Endpoint {
  kind: "Endpoint";
  api: ModelApi;
  provider: Provider;
  /** Without a slash at the end; an Anthropic one without `/v1`, because its paths begin with it. */
  baseUrl: string;
  /** Where the list of models is. */
  modelsUrl: string;
  /** Query parameters of every call (Azure's `api-version`). */
  query: Record<string, string>;
  model: string;
  /** How long one call may take, in milliseconds. */
  timeoutMs: number;
  /** True where the provider's own service answers, false for a server that is only compatible with it. */
  own: boolean;
}

/** A key in a Secret of the LLM's namespace. */
export interface SecretRef {
  name: string;
  key: string;
}

/** `limits.timeout` of an LLM that sets none: both SDKs' own default, 10 minutes. */
const DEFAULT_TIMEOUT_MS = 600_000;

/** Where each provider answers when nobody says otherwise. Azure has no common address. */
const DEFAULT_BASE_URLS: Partial<Record<Provider, string>> = {
  openai: "https://api.openai.com/v1",
  anthropic: "https://api.anthropic.com",
  google: "https://generativelanguage.googleapis.com/v1beta/openai",
  mistral: "https://api.mistral.ai/v1",
};

const TITLES: Record<Provider, string> = {
  openai: "OpenAI",
  anthropic: "Anthropic",
  google: "Google",
  vertex: "Vertex AI",
  mistral: "Mistral",
  azure: "Azure OpenAI",
  bedrock: "Amazon Bedrock",
};

/** What people call the provider. */
export function providerTitle(provider: Provider): string {
  return TITLES[provider];
}

/** Who answers, for a sentence: the provider, or a compatible server and its address. */
export function describeServer(endpoint: Endpoint): string {
  const title = providerTitle(endpoint.provider);
  return endpoint.own ? title : `the ${title}-compatible server at ${endpoint.baseUrl}`;
}

/**
 * The Secret an LLM's key comes from: `spec.apiKeyFrom`, else, while the object itself gives no `baseUrl`, the Secret
 * named after the provider. Undefined: the calls go out without a key.
 */
export function defaultSecretRef(llm: LLM): SecretRef | undefined {
  const { spec } = llm;
  if (spec.apiKeyFrom) return spec.apiKeyFrom.secretKeyRef;
  if (spec.parameters?.baseUrl !== undefined) return undefined;
  return {
    name: spec.provider,
    key: `${spec.provider.toUpperCase()}_API_KEY`,
  };
}

/** Where the calls of `llm` go, or the terminal failure that says what to change about it. */
export function endpointOf(llm: LLM, env: ModelEnvironment): Endpoint | ModelFailure {
  const { spec } = llm;
  if (spec.provider === "vertex" || spec.provider === "bedrock") return unsupported(spec.provider);
  const given = givenBaseUrl(llm, env);
  const fault = given === undefined ? "is missing" : faultOf(given);
  if (given === undefined || fault !== undefined) return badAddress(llm, fault ?? "is missing");
  const own = isOwn(spec.provider, given);
  return {
    kind: "Endpoint",
    api: apiOf(llm, own),
    provider: spec.provider,
    ...placeOf(llm, given),
    model: modelOf(llm),
    timeoutMs: durationMs(spec.limits?.timeout) ?? DEFAULT_TIMEOUT_MS,
    own,
  };
}

function modelOf(llm: LLM): string {
  const deployment = llm.spec.provider === "azure" ? llm.spec.azure?.deployment : undefined;
  return deployment ?? llm.spec.parameters?.model ?? llm.metadata.name;
}

function givenBaseUrl(llm: LLM, env: ModelEnvironment): string | undefined {
  const { provider, parameters, azure } = llm.spec;
  return parameters?.baseUrl ?? azure?.endpoint ?? fromEnvironment(provider, env) ?? DEFAULT_BASE_URLS[provider];
}

function fromEnvironment(provider: Provider, env: ModelEnvironment): string | undefined {
  // An empty variable is how a manifest says "not set".
  if (provider === "openai") return env.OPENAI_BASE_URL || undefined;
  if (provider === "anthropic") return env.ANTHROPIC_BASE_URL || undefined;
  return undefined;
}

/** The addresses of an endpoint. */
export type Place = Pick<Endpoint, "baseUrl" | "modelsUrl" | "query">;

function placeOf(llm: LLM, given: string): Place {
  if (llm.spec.provider === "azure") return azurePlace(given, modelOf(llm), llm.spec.azure?.apiVersion);
  const baseUrl = trimmed(given, llm.spec.provider);
  const models = llm.spec.provider === "anthropic" ? "/v1/models" : "/models";
  return { baseUrl, modelsUrl: `${baseUrl}${models}`, query: {} };
}

function faultOf(url: string): string | undefined {
  if (!URL.canParse(url)) return "is not an address";
  const { protocol, username, password } = new URL(url);
  if (protocol !== "http:" && protocol !== "https:") return "does not begin with http:// or https://";
  return username !== "" || password !== "" ? "holds a user name or password, which belong in a Secret" : undefined;
}

function trimmed(url: string, provider: Provider): string {
  const bare = url.replace(/\/+$/, "");
  return provider === "anthropic" ? bare.replace(/\/v1$/, "") : bare;
}

function isOwn(provider: Provider, baseUrl: string): boolean {
  if (provider === "azure") return true;
  const host = new URL(baseUrl).hostname;
  if (provider === "openai") return host === "api.openai.com" || host.endsWith(".api.openai.com");
  const own = DEFAULT_BASE_URLS[provider];
  return own !== undefined && host === new URL(own).hostname;
}

/**
 * OpenAI itself is asked through Responses, unless a parameter is set that only Chat Completions has. Every other server
 * that is OpenAI-compatible is so through Chat Completions.
 */
function apiOf(llm: LLM, own: boolean): ModelApi {
  const { provider, openai } = llm.spec;
  if (provider === "anthropic") return "anthropic.messages";
  if (provider !== "openai") return "openai.chat";
  if (openai?.api === "responses") return "openai.responses";
  if (openai?.api === "chat" || !own) return "openai.chat";
  return needsChat(llm) ? "openai.chat" : "openai.responses";
}

function needsChat(llm: LLM): boolean {
  const { stop, seed, frequencyPenalty, presencePenalty } = llm.spec.parameters ?? {};
  return [stop, seed, frequencyPenalty, presencePenalty].some((value) => value !== undefined);
}

function unsupported(provider: "vertex" | "bedrock"): ModelFailure {
  const instead =
    provider === "vertex"
      ? 'For Gemini use provider "google" with an API key of Google AI Studio; for Claude use provider "anthropic"'
      : 'For Claude use provider "anthropic"; for open models use provider "openai" with spec.parameters.baseUrl set to Bedrock\'s OpenAI-compatible endpoint and a Bedrock API key';
  return {
    kind: "Failure",
    retryable: false,
    reason: "UnsupportedProvider",
    message: `Provider "${provider}" (${providerTitle(provider)}) is not available in this version. ${instead}.`,
  };
}

function badAddress(llm: LLM, fault: string): ModelFailure {
  const field =
    llm.spec.provider === "azure" && llm.spec.parameters?.baseUrl === undefined
      ? "spec.azure.endpoint"
      : "spec.parameters.baseUrl";
  return {
    kind: "Failure",
    retryable: false,
    reason: "InvalidRequest",
    message: `The base URL of LLM "${llm.metadata.name}" ${fault}. Set ${field} to the address of the server, such as https://example.com/v1.`,
  };
}
