/**
 * What only one provider has: a block each in the spec of an LLM, and the rules that refuse another provider's block.
 */
import type { Schema, ValidationRule } from "./schema";
import * as s from "./schema";

const openai: Schema = s.object(
  "You set here what only OpenAI has.",
  "{api: responses}",
  {
    organization: s.text("You name the organization that is billed.", "org-abc123"),
    project: s.text("You name the project that is billed.", "proj_abc123"),
    api: {
      ...s.choice(
        "You choose between the Responses and the Chat Completions API; auto takes responses at OpenAI itself and chat wherever parameters.baseUrl leads.",
        "chat",
        ["auto", "responses", "chat"],
      ),
      default: "auto",
    },
  },
  { title: "OpenAIOptions" },
);

const azure: Schema = s.object(
  "You set here what only Azure OpenAI has.",
  "{endpoint: https://example.openai.azure.com, deployment: gpt-4o}",
  {
    endpoint: s.address(
      "You give the address of your Azure OpenAI resource; parameters.baseUrl does the same, and is used where both are given.",
      "https://example.openai.azure.com",
    ),
    deployment: s.text("You name the deployment; without it, parameters.model is used.", "gpt-4o"),
    apiVersion: s.text("You choose a dated version of the API; without it, the undated v1 API is used.", "2024-10-21", {
      maxLength: 64,
    }),
  },
  { title: "AzureOptions" },
);

const thinking: Schema = s.object(
  "You choose whether and how the model thinks before it answers.",
  "{type: adaptive}",
  {
    type: s.choice(
      "You choose adaptive to leave it to the model, enabled to give it a budget, disabled to forbid it.",
      "adaptive",
      ["adaptive", "enabled", "disabled"],
    ),
    budgetTokens: s.count("You bound the tokens it may think for; only with type enabled.", "2048", { minimum: 1024 }),
  },
  {
    required: ["type"],
    "x-kubernetes-validations": [
      s.rule(
        "has(self.budgetTokens) == (self.type == 'enabled')",
        "type enabled needs budgetTokens, and no other type may have it",
      ),
    ],
  },
);

const anthropic: Schema = s.object(
  "You set here what only Anthropic has.",
  "{thinking: {type: adaptive}}",
  {
    version: s.text("You choose the dated version of the API.", "2023-06-01", {
      pattern: "^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
      maxLength: 10,
    }),
    betaHeaders: s.list(
      "You switch on features that are still in beta, by the words Anthropic gives for them.",
      '["context-1m-2025-08-07"]',
      { type: "string", minLength: 1, maxLength: 128 },
      { maxItems: 32, "x-kubernetes-list-type": "set" },
    ),
    thinking,
  },
  { title: "AnthropicOptions" },
);

/** What a place means where the key alone says it. */
const KEY_SAYS = {
  project:
    " It has no effect in this version: Gemini is reached with an API key, and the project of the key is billed.",
  location:
    " It has no effect in this version: Gemini is reached with an API key, and Google chooses where it is served.",
};

const place = (
  example: { project: string; location: string },
  more = { project: "", location: "" },
): Record<string, Schema> => ({
  project: s.text(`You name the Google Cloud project that is billed.${more.project}`, example.project),
  location: s.text(`You name the region that serves the model.${more.location}`, example.location, { maxLength: 64 }),
});

const google: Schema = s.object(
  "You set here what only Google's Gemini API has.",
  "{location: europe-west4}",
  place({ project: "my-project", location: "europe-west4" }, KEY_SAYS),
  { title: "GoogleOptions" },
);

const vertex: Schema = s.object(
  "You set here what only Vertex AI has.",
  "{project: my-project, location: global}",
  place({ project: "my-project", location: "global" }),
  { title: "VertexOptions" },
);

const mistral: Schema = s.object(
  "You set here what only Mistral has.",
  "{safePrompt: true}",
  {
    safePrompt: s.flag("You have Mistral put its safety prompt before yours.", "true"),
  },
  { title: "MistralOptions" },
);

const bedrock: Schema = s.object(
  "You set here what only Amazon Bedrock has.",
  "{region: eu-central-1}",
  {
    region: s.text("You name the AWS region that serves the model.", "eu-central-1", { maxLength: 64 }),
  },
  { title: "BedrockOptions" },
);

/** One block a provider, under the provider's name. */
export const providerBlocks: Record<string, Schema> = {
  openai,
  azure,
  anthropic,
  google,
  vertex,
  mistral,
  bedrock,
};

/** A block under another name than the provider's is a mistake that would otherwise be silently without effect. */
export const providerRules: ValidationRule[] = Object.keys(providerBlocks).map((block) =>
  s.ruleSaying(
    `!has(self.${block}) || self.provider == '${block}'`,
    `"the block ${block} has no effect with provider " + self.provider + ": remove it, or set provider to ${block}"`,
  ),
);
