/** What each provider and model takes and refuses, and how it is spelt: tables. */
import { llmOf } from "../../testing/model-server-contract";
import type { Spec } from "../../testing/model-server-contract";
import type { Endpoint } from "./endpoint";
import { endpointOf } from "./endpoint";
import {
  acceptedParameters,
  anthropicParameters,
  anthropicVersion,
  chatParameters,
  refusedParameters,
  responsesParameters,
} from "./parameters";

const all = {
  temperature: 0.3,
  maxTokens: 100,
  topP: 0.9,
  topK: 5,
  frequencyPenalty: 0.1,
  presencePenalty: 0.2,
  stop: ["END"],
  seed: 7,
  reasoningEffort: "low" as const,
};
const compatible = "http://vllm:8000/v1";

function endpoint(spec: Spec): Endpoint {
  const found = endpointOf(llmOf(spec), {});
  if (found.kind === "Failure") throw new Error(found.message);
  return found;
}

function refused(spec: Spec): string {
  return refusedParameters(spec, endpoint(spec))
    .map(({ parameter }) => parameter)
    .sort()
    .join(" ");
}

describe("refused parameters", () => {
  test.each<[sentence: string, Spec, expected: string]>([
    ["a compatible server gets everything", { provider: "openai", parameters: { ...all, baseUrl: compatible } }, ""],
    ["nothing set, nothing refused", { provider: "anthropic" }, ""],
    ["zero is a value", { provider: "anthropic", parameters: { seed: 0 } }, "seed"],
    [
      "OpenAI itself has no topK, and gpt-4o does not reason",
      { provider: "openai", parameters: all },
      "reasoningEffort topK",
    ],
    [
      "Responses lacks what only chat has",
      { provider: "openai", openai: { api: "responses" }, parameters: all },
      "frequencyPenalty presencePenalty reasoningEffort seed stop topK",
    ],
    [
      "reasoning models fix their sampling",
      { provider: "openai", parameters: { ...all, model: "o3-mini" } },
      "frequencyPenalty presencePenalty stop temperature topK topP",
    ],
    [
      "over Responses too",
      { provider: "openai", parameters: { model: "gpt-5", temperature: 1, topP: 1, reasoningEffort: "high" } },
      "temperature topP",
    ],
    [
      "unless told not to reason",
      { provider: "openai", parameters: { model: "gpt-5.2", temperature: 1, reasoningEffort: "none" } },
      "",
    ],
    [
      "chat variants do not reason",
      { provider: "openai", parameters: { model: "gpt-5-chat-latest", temperature: 1 } },
      "",
    ],
    [
      "gpt-5.4 over chat takes no effort beside tools",
      { provider: "openai", openai: { api: "chat" }, parameters: { model: "gpt-5.4", reasoningEffort: "high" } },
      "reasoningEffort",
    ],
    ["Responses has a smallest maxTokens", { provider: "openai", parameters: { maxTokens: 15 } }, "maxTokens"],
    [
      "Azure is OpenAI",
      { provider: "azure", azure: { endpoint: "https://x" }, parameters: { ...all, model: "o1" } },
      "frequencyPenalty presencePenalty stop temperature topK topP",
    ],
    ["Google knows fewer names", { provider: "google", parameters: all }, "frequencyPenalty presencePenalty seed topK"],
    ["Mistral has no topK", { provider: "mistral", parameters: all }, "topK"],
    [
      "Anthropic has no seed and no penalties",
      { provider: "anthropic", parameters: { ...all, model: "claude-3-5-sonnet" } },
      "frequencyPenalty presencePenalty seed",
    ],
    [
      "nor sampling in its newest version",
      {
        provider: "anthropic",
        anthropic: { version: "2026-10-21" },
        parameters: { ...all, model: "claude-3-5-sonnet" },
      },
      "frequencyPenalty presencePenalty seed temperature topK topP",
    ],
    [
      "newer Claude takes temperature or topP",
      { provider: "anthropic", parameters: { model: "claude-sonnet-4-5", temperature: 0.5, topP: 0.9 } },
      "topP",
    ],
    [
      "Claude 4.0 takes both",
      { provider: "anthropic", parameters: { model: "claude-sonnet-4-20250514", temperature: 0.5, topP: 0.9 } },
      "",
    ],
    [
      "the newest Claude takes neither",
      { provider: "anthropic", parameters: { model: "claude-opus-4-7", temperature: 0.5 } },
      "temperature",
    ],
    ["whatever it is called", { provider: "anthropic", parameters: { model: "claude-fable-5", topK: 5 } }, "topK"],
    [
      "thinking excludes sampling",
      {
        provider: "anthropic",
        anthropic: { thinking: { type: "adaptive" } },
        parameters: { model: "claude-sonnet-4-5", topK: 5 },
      },
      "topK",
    ],
    [
      "a temperature Anthropic has not",
      { provider: "anthropic", parameters: { model: "claude-sonnet-4-5", temperature: 1.5, topP: 0.9 } },
      "temperature",
    ],
    [
      "an effort Anthropic has not",
      { provider: "anthropic", parameters: { reasoningEffort: "minimal" } },
      "reasoningEffort",
    ],
    [
      "less than the thinking budget",
      {
        provider: "anthropic",
        anthropic: { thinking: { type: "enabled", budgetTokens: 4_096 } },
        parameters: { maxTokens: 4_096 },
      },
      "maxTokens",
    ],
  ])("%s", (_sentence, spec, expected) => {
    expect(refused(spec)).toBe(expected);
  });

  test("each says why in a sentence, and is not sent", () => {
    const spec: Spec = { provider: "google", parameters: all };
    for (const { parameter, why } of refusedParameters(spec, endpoint(spec))) {
      expect(why).toMatch(/^[A-Z].*\.$/);
      expect(acceptedParameters(spec, endpoint(spec))).not.toHaveProperty(parameter);
    }
  });
});

describe("the spelling", () => {
  test("OpenAI itself takes max_completion_tokens, others max_tokens", () => {
    const own: Spec = { provider: "openai", openai: { api: "chat" }, parameters: { maxTokens: 5 } };
    const other: Spec = { ...own, parameters: { maxTokens: 5, baseUrl: compatible } };
    expect(chatParameters(own, endpoint(own))).toEqual({ max_completion_tokens: 5 });
    expect(chatParameters(other, endpoint(other))).toEqual({ max_tokens: 5 });
  });

  test("Mistral says random_seed and safe_prompt", () => {
    const spec: Spec = { provider: "mistral", mistral: { safePrompt: true }, parameters: { seed: 7, maxTokens: 5 } };
    expect(chatParameters(spec, endpoint(spec))).toEqual({ random_seed: 7, max_tokens: 5, safe_prompt: true });
  });

  test("Responses nests the effort", () => {
    const spec: Spec = {
      provider: "openai",
      parameters: { model: "gpt-5.4", reasoningEffort: "high", maxTokens: 100 },
    };
    expect(responsesParameters(spec, endpoint(spec))).toEqual({
      reasoning: { effort: "high" },
      max_output_tokens: 100,
    });
  });

  test("Anthropic always gets max_tokens, above its thinking budget", () => {
    const spec: Spec = { provider: "anthropic" };
    const thinking: Spec = {
      provider: "anthropic",
      anthropic: { thinking: { type: "enabled", budgetTokens: 50_000 } },
    };
    expect(anthropicParameters(spec, endpoint(spec)).max_tokens).toBeGreaterThan(0);
    expect(anthropicParameters(thinking, endpoint(thinking)).max_tokens).toBeGreaterThan(50_000);
  });

  test.each<[sentence: string, Spec, version: string | undefined]>([
    ["the SDK's own version where nothing speaks against it", { provider: "anthropic" }, undefined],
    [
      "an older one for sampling",
      { provider: "anthropic", parameters: { model: "claude-3-5-sonnet", temperature: 0 } },
      "2023-06-01",
    ],
    [
      "not for sampling that is not sent",
      { provider: "anthropic", parameters: { model: "claude-opus-5", temperature: 0 } },
      undefined,
    ],
    ["the LLM's own before all", { provider: "anthropic", anthropic: { version: "2024-01-01" } }, "2024-01-01"],
  ])("Anthropic's version: %s", (_sentence, spec, version) => {
    expect(anthropicVersion(spec, endpoint(spec))).toBe(version);
  });
});
