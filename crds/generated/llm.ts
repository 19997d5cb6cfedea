// Generated from the definitions in crds/ by `npm run generate`. Do not edit.

import type { ObjectMeta } from "../object";
import type { Condition, SecretSource } from "./shared";

/**
 * An LLM is a model that agents can use: the provider, the key, the parameters and the limits. You write it with apiVersion kubechain.humanlayer.dev/v1alpha1.
 */
export interface LLM {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  spec: LLMSpec;
  status?: LLMStatus;
}
/**
 * You say here which model is called, where and how. Example: `{provider: openai, parameters: {model: gpt-4o}}`.
 */
export interface LLMSpec {
  /**
   * You say whose API is spoken; for everything compatible with OpenAI's you write openai and set parameters.baseUrl. Example: `openai`.
   */
  provider: "openai" | "anthropic" | "google" | "vertex" | "mistral" | "azure" | "bedrock";
  /**
   * You say where the API key is; without it, and without a parameters.baseUrl, it is the Secret named after the provider, key <PROVIDER>_API_KEY. Example: `{secretKeyRef: {name: openai, key: OPENAI_API_KEY}}`.
   */
  apiKeyFrom?: SecretSource;
  parameters?: LLMParameters;
  openai?: OpenAIOptions;
  azure?: AzureOptions;
  anthropic?: AnthropicOptions;
  google?: GoogleOptions;
  vertex?: VertexOptions;
  mistral?: MistralOptions;
  bedrock?: BedrockOptions;
  limits?: LLMLimits;
  pricing?: LLMPricing;
  /**
   * You say how the key and the address are checked: Models asks for the list of models and costs nothing, Completion buys one token, None checks nothing. Example: `Completion`.
   */
  verify?: "Models" | "Completion" | "None";
  /**
   * This field is deprecated; you write parameters.model instead. Example: `gpt-4o`.
   */
  model?: string;
}
/**
 * You choose the model and how it is called; each of these reaches the provider on every call. Example: `{model: gpt-4o, temperature: 0.2}`.
 */
export interface LLMParameters {
  /**
   * You give the model's name as the provider knows it; without it, the name of this LLM is used. Example: `gpt-4o`.
   */
  model?: string;
  /**
   * You give the address of the API when it is not the provider's own, such as that of Ollama or vLLM. Example: `http://ollama.models.svc:11434/v1`.
   */
  baseUrl?: string;
  /**
   * You choose how freely the model picks its words, from 0 to 2. Example: `0.7`.
   */
  temperature?: number;
  /**
   * You bound the length of one answer, in tokens. Example: `4096`.
   */
  maxTokens?: number;
  /**
   * You let the model pick only from the likeliest words that together have this probability. Example: `0.9`.
   */
  topP?: number;
  /**
   * You let the model pick only from this many of the likeliest words. Example: `40`.
   */
  topK?: number;
  /**
   * You discourage words the more often they have occurred, from -2 to 2. Example: `0.5`.
   */
  frequencyPenalty?: number;
  /**
   * You discourage words that have occurred at all, from -2 to 2. Example: `0.5`.
   */
  presencePenalty?: number;
  /**
   * You end the answer where the model would write one of these. Example: `["END"]`.
   */
  stop?: string[];
  /**
   * You ask for the same answer to the same question, where the provider can do that. Example: `42`.
   */
  seed?: number;
  /**
   * You choose how long a reasoning model thinks before it answers; not every model knows every word. Example: `low`.
   */
  reasoningEffort?: "none" | "minimal" | "low" | "medium" | "high" | "xhigh" | "max";
}
/**
 * You set here what only OpenAI has. Example: `{api: responses}`.
 */
export interface OpenAIOptions {
  /**
   * You name the organization that is billed. Example: `org-abc123`.
   */
  organization?: string;
  /**
   * You name the project that is billed. Example: `proj_abc123`.
   */
  project?: string;
  /**
   * You choose between the Responses and the Chat Completions API; auto takes responses at OpenAI itself and chat wherever parameters.baseUrl leads. Example: `chat`.
   */
  api?: "auto" | "responses" | "chat";
}
/**
 * You set here what only Azure OpenAI has. Example: `{endpoint: https://example.openai.azure.com, deployment: gpt-4o}`.
 */
export interface AzureOptions {
  /**
   * You give the address of your Azure OpenAI resource; parameters.baseUrl does the same, and is used where both are given. Example: `https://example.openai.azure.com`.
   */
  endpoint?: string;
  /**
   * You name the deployment; without it, parameters.model is used. Example: `gpt-4o`.
   */
  deployment?: string;
  /**
   * You choose a dated version of the API; without it, the undated v1 API is used. Example: `2024-10-21`.
   */
  apiVersion?: string;
}
/**
 * You set here what only Anthropic has. Example: `{thinking: {type: adaptive}}`.
 */
export interface AnthropicOptions {
  /**
   * You choose the dated version of the API. Example: `2023-06-01`.
   */
  version?: string;
  /**
   * You switch on features that are still in beta, by the words Anthropic gives for them. Example: `["context-1m-2025-08-07"]`.
   */
  betaHeaders?: string[];
  /**
   * You choose whether and how the model thinks before it answers. Example: `{type: adaptive}`.
   */
  thinking?: {
    /**
     * You choose adaptive to leave it to the model, enabled to give it a budget, disabled to forbid it. Example: `adaptive`.
     */
    type: "adaptive" | "enabled" | "disabled";
    /**
     * You bound the tokens it may think for; only with type enabled. Example: `2048`.
     */
    budgetTokens?: number;
  };
}
/**
 * You set here what only Google's Gemini API has. Example: `{location: europe-west4}`.
 */
export interface GoogleOptions {
  /**
   * You name the Google Cloud project that is billed. It has no effect in this version: Gemini is reached with an API key, and the project of the key is billed. Example: `my-project`.
   */
  project?: string;
  /**
   * You name the region that serves the model. It has no effect in this version: Gemini is reached with an API key, and Google chooses where it is served. Example: `europe-west4`.
   */
  location?: string;
}
/**
 * You set here what only Vertex AI has. Example: `{project: my-project, location: global}`.
 */
export interface VertexOptions {
  /**
   * You name the Google Cloud project that is billed. Example: `my-project`.
   */
  project?: string;
  /**
   * You name the region that serves the model. Example: `global`.
   */
  location?: string;
}
/**
 * You set here what only Mistral has. Example: `{safePrompt: true}`.
 */
export interface MistralOptions {
  /**
   * You have Mistral put its safety prompt before yours. Example: `true`.
   */
  safePrompt?: boolean;
}
/**
 * You set here what only Amazon Bedrock has. Example: `{region: eu-central-1}`.
 */
export interface BedrockOptions {
  /**
   * You name the AWS region that serves the model. Example: `eu-central-1`.
   */
  region?: string;
}
/**
 * You protect your provider account and your cluster with these. Example: `{maxConcurrentRequests: 20, requestsPerMinute: 500}`.
 */
export interface LLMLimits {
  /**
   * You bound how many calls run at the same time. Example: `20`.
   */
  maxConcurrentRequests?: number;
  /**
   * You bound how many calls begin in a minute. Example: `500`.
   */
  requestsPerMinute?: number;
  /**
   * You bound how many tokens are sent and received in a minute. Example: `200000`.
   */
  tokensPerMinute?: number;
  /**
   * You say how long one call may take; 10 minutes when you say nothing. Example: `2m`.
   */
  timeout?: string;
}
/**
 * You give the provider's prices, in the currency of your choice, and find the cost in the status of every task. Example: `{inputPerMillionTokens: 2.5, outputPerMillionTokens: 10}`.
 */
export interface LLMPricing {
  /**
   * You give the price of a million tokens sent. Example: `2.5`.
   */
  inputPerMillionTokens?: number;
  /**
   * You give the price of a million tokens written. Example: `10`.
   */
  outputPerMillionTokens?: number;
  /**
   * You give the price of a million tokens sent that the provider had cached; without it, they cost what others cost. Example: `1.25`.
   */
  cachedInputPerMillionTokens?: number;
}
/**
 * You read here what the operator found and did; only the operator writes it. Example: `{ready: true, status: Ready}`.
 */
export interface LLMStatus {
  /**
   * You see true here once the object can be used. Example: `true`.
   */
  ready?: boolean;
  /**
   * You get the state in one word. Example: `Ready`.
   */
  status?: string;
  /**
   * You get the state in a sentence, with what to do when something is missing. Example: `Waiting for the operator to look at this object.`.
   */
  statusDetail?: string;
  /**
   * You can wait for these with kubectl wait. Example: `[{type: Ready, status: True}]`.
   */
  conditions?: Condition[];
  /**
   * You can tell from this which generation of the spec the status speaks of. Example: `3`.
   */
  observedGeneration?: number;
}
