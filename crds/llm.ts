/**
 * LLM: a model, where it is served, and with what key and parameters it is called. Nothing secret is ever in it.
 */
import * as columns from "./columns";
import { fromSecret } from "./common";
import { define, moved } from "./define";
import { statusOf } from "./status";
import { providerBlocks, providerRules } from "./llm-providers";
import type { Schema } from "./schema";
import * as s from "./schema";

/** Whose API is spoken. Everything OpenAI-compatible is `openai` with a `baseUrl`. */
export const providers = ["openai", "anthropic", "google", "vertex", "mistral", "azure", "bedrock"] as const;
/** One of them. */
export type Provider = (typeof providers)[number];

const sampling: Record<string, Schema> = {
  temperature: s.quantity("You choose how freely the model picks its words, from 0 to 2.", "0.7", {
    minimum: 0,
    maximum: 2,
  }),
  maxTokens: s.count("You bound the length of one answer, in tokens.", "4096", {
    minimum: 1,
  }),
  topP: s.quantity("You let the model pick only from the likeliest words that together have this probability.", "0.9", {
    minimum: 0,
    maximum: 1,
  }),
  topK: s.count("You let the model pick only from this many of the likeliest words.", "40", { minimum: 1 }),
  frequencyPenalty: s.quantity("You discourage words the more often they have occurred, from -2 to 2.", "0.5", {
    minimum: -2,
    maximum: 2,
  }),
  presencePenalty: s.quantity("You discourage words that have occurred at all, from -2 to 2.", "0.5", {
    minimum: -2,
    maximum: 2,
  }),
  stop: s.list(
    "You end the answer where the model would write one of these.",
    '["END"]',
    { type: "string", minLength: 1, maxLength: 256 },
    { maxItems: 16 },
  ),
  seed: {
    description: "You ask for the same answer to the same question, where the provider can do that. Example: `42`.",
    type: "integer",
    format: "int64",
  },
  reasoningEffort: s.choice(
    "You choose how long a reasoning model thinks before it answers; not every model knows every word.",
    "low",
    ["none", "minimal", "low", "medium", "high", "xhigh", "max"],
  ),
};

const parameters: Schema = s.object(
  "You choose the model and how it is called; each of these reaches the provider on every call.",
  "{model: gpt-4o, temperature: 0.2}",
  {
    model: s.text(
      "You give the model's name as the provider knows it; without it, the name of this LLM is used.",
      "gpt-4o",
      {
        minLength: 1,
      },
    ),
    baseUrl: s.address(
      "You give the address of the API when it is not the provider's own, such as that of Ollama or vLLM.",
      "http://ollama.models.svc:11434/v1",
    ),
    ...sampling,
  },
  { title: "LLMParameters" },
);

const limits: Schema = s.object(
  "You protect your provider account and your cluster with these.",
  "{maxConcurrentRequests: 20, requestsPerMinute: 500}",
  {
    maxConcurrentRequests: s.count("You bound how many calls run at the same time.", "20", { minimum: 1 }),
    requestsPerMinute: s.count("You bound how many calls begin in a minute.", "500", { minimum: 1 }),
    tokensPerMinute: s.count("You bound how many tokens are sent and received in a minute.", "200000", { minimum: 1 }),
    timeout: s.duration("You say how long one call may take; 10 minutes when you say nothing.", "2m", {
      default: "10m",
    }),
  },
  { title: "LLMLimits" },
);

const price = (about: string, example: string): Schema => s.quantity(about, example, { minimum: 0 });

const pricing: Schema = s.object(
  "You give the provider's prices, in the currency of your choice, and find the cost in the status of every task.",
  "{inputPerMillionTokens: 2.5, outputPerMillionTokens: 10}",
  {
    inputPerMillionTokens: price("You give the price of a million tokens sent.", "2.5"),
    outputPerMillionTokens: price("You give the price of a million tokens written.", "10"),
    cachedInputPerMillionTokens: price(
      "You give the price of a million tokens sent that the provider had cached; without it, they cost what others cost.",
      "1.25",
    ),
  },
  { title: "LLMPricing" },
);

const spec: Schema = {
  title: "LLMSpec",
  description:
    "You say here which model is called, where and how. Example: `{provider: openai, parameters: {model: gpt-4o}}`.",
  type: "object",
  properties: {
    provider: s.choice(
      "You say whose API is spoken; for everything compatible with OpenAI's you write openai and set parameters.baseUrl.",
      "openai",
      providers,
    ),
    apiKeyFrom: fromSecret(
      "You say where the API key is; without it, and without a parameters.baseUrl, it is the Secret named after the provider, key <PROVIDER>_API_KEY.",
      "openai",
      "OPENAI_API_KEY",
    ),
    parameters,
    ...providerBlocks,
    limits,
    pricing,
    verify: {
      ...s.choice(
        "You say how the key and the address are checked: Models asks for the list of models and costs nothing, Completion buys one token, None checks nothing.",
        "Completion",
        ["Models", "Completion", "None"],
      ),
      default: "Models",
    },
    model: s.text("This field is deprecated; you write parameters.model instead.", "gpt-4o"),
  },
  required: ["provider"],
  "x-kubernetes-validations": [moved("model", "parameters.model"), ...providerRules],
};

/** The definition of the kind. */
export const llm = define({
  kind: "LLM",
  plural: "llms",
  description: "An LLM is a model that agents can use: the provider, the key, the parameters and the limits.",
  columns: [
    columns.shown("Provider", ".spec.provider", "Whose API is spoken."),
    columns.ready,
    columns.status,
    columns.detail,
    columns.wide("Model", ".spec.parameters.model", "The model's name at the provider."),
    columns.age,
  ],
  spec,
  status: { title: "LLMStatus", ...statusOf({}) },
});
