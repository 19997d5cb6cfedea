/** Where calls go: a table of LLMs. */
import { llmOf } from "../../testing/model-server-contract";
import type { Spec } from "../../testing/model-server-contract";
import type { ModelEnvironment } from "./endpoint";
import { defaultSecretRef, endpointOf } from "./endpoint";

function summary(spec: Spec, env: ModelEnvironment = {}): string {
  const endpoint = endpointOf(llmOf(spec), env);
  return endpoint.kind === "Failure"
    ? `${endpoint.reason} ${endpoint.retryable}`
    : `${endpoint.api} ${endpoint.baseUrl} ${endpoint.model}`;
}

const ollama = "http://ollama.models.svc:11434/v1";

describe("an endpoint", () => {
  test.each<[sentence: string, Spec, expected: string, ModelEnvironment?]>([
    [
      "OpenAI itself is asked through Responses",
      { provider: "openai" },
      "openai.responses https://api.openai.com/v1 gpt-4o",
    ],
    [
      "the model may differ from the LLM's name",
      { provider: "openai", parameters: { model: "gpt-5.4" } },
      "openai.responses https://api.openai.com/v1 gpt-5.4",
    ],
    [
      "auto is the same as saying nothing",
      { provider: "openai", openai: { api: "auto" } },
      "openai.responses https://api.openai.com/v1 gpt-4o",
    ],
    [
      "what only Chat Completions has makes it that: stop",
      { provider: "openai", parameters: { stop: ["x"] } },
      "openai.chat https://api.openai.com/v1 gpt-4o",
    ],
    ["seed", { provider: "openai", parameters: { seed: 0 } }, "openai.chat https://api.openai.com/v1 gpt-4o"],
    [
      "a penalty",
      { provider: "openai", parameters: { presencePenalty: 0 } },
      "openai.chat https://api.openai.com/v1 gpt-4o",
    ],
    [
      "unless Responses is asked for",
      { provider: "openai", openai: { api: "responses" }, parameters: { seed: 1 } },
      "openai.responses https://api.openai.com/v1 gpt-4o",
    ],
    [
      "chat may be asked for",
      { provider: "openai", openai: { api: "chat" } },
      "openai.chat https://api.openai.com/v1 gpt-4o",
    ],
    [
      "a compatible server is asked through chat",
      { provider: "openai", parameters: { baseUrl: `${ollama}/` } },
      `openai.chat ${ollama} gpt-4o`,
    ],
    [
      "or as its LLM says",
      { provider: "openai", openai: { api: "responses" }, parameters: { baseUrl: ollama } },
      `openai.responses ${ollama} gpt-4o`,
    ],
    [
      "OPENAI_BASE_URL redirects OpenAI",
      { provider: "openai" },
      "openai.chat http://127.0.0.1:9/v1 gpt-4o",
      { OPENAI_BASE_URL: "http://127.0.0.1:9/v1" },
    ],
    [
      "an empty variable redirects nothing",
      { provider: "openai" },
      "openai.responses https://api.openai.com/v1 gpt-4o",
      { OPENAI_BASE_URL: "" },
    ],
    [
      "the LLM's own base URL beats it",
      { provider: "openai", parameters: { baseUrl: ollama } },
      `openai.chat ${ollama} gpt-4o`,
      { OPENAI_BASE_URL: "http://127.0.0.1:9/v1" },
    ],
    [
      "OpenAI's regional addresses are OpenAI",
      { provider: "openai", parameters: { baseUrl: "https://eu.api.openai.com/v1" } },
      "openai.responses https://eu.api.openai.com/v1 gpt-4o",
    ],
    [
      "a look-alike address is not",
      { provider: "openai", parameters: { baseUrl: "https://api.openai.com.example.org/v1" } },
      "openai.chat https://api.openai.com.example.org/v1 gpt-4o",
    ],
    ["Anthropic", { provider: "anthropic" }, "anthropic.messages https://api.anthropic.com gpt-4o"],
    [
      "ANTHROPIC_BASE_URL, with or without /v1",
      { provider: "anthropic" },
      "anthropic.messages http://127.0.0.1:9 gpt-4o",
      { ANTHROPIC_BASE_URL: "http://127.0.0.1:9/v1/" },
    ],
    [
      "Google through its OpenAI-compatible API",
      { provider: "google" },
      "openai.chat https://generativelanguage.googleapis.com/v1beta/openai gpt-4o",
    ],
    ["Mistral likewise", { provider: "mistral" }, "openai.chat https://api.mistral.ai/v1 gpt-4o"],
    [
      "OPENAI_BASE_URL is not Mistral's business",
      { provider: "mistral" },
      "openai.chat https://api.mistral.ai/v1 gpt-4o",
      { OPENAI_BASE_URL: ollama },
    ],
    [
      "Azure's undated API",
      { provider: "azure", azure: { endpoint: "https://x.openai.azure.com/", deployment: "d" } },
      "openai.chat https://x.openai.azure.com/openai/v1 d",
    ],
    [
      "Azure's dated API",
      { provider: "azure", azure: { endpoint: "https://x.openai.azure.com", apiVersion: "2024-10-21" } },
      "openai.chat https://x.openai.azure.com/openai/deployments/gpt-4o gpt-4o",
    ],
    [
      "Azure by baseUrl with a path",
      { provider: "azure", parameters: { baseUrl: "https://gw/x" } },
      "openai.chat https://gw/x gpt-4o",
    ],
    ["Azure without an address cannot be called", { provider: "azure" }, "InvalidRequest false"],
    ["Vertex is not available", { provider: "vertex" }, "UnsupportedProvider false"],
    ["Bedrock is not available", { provider: "bedrock" }, "UnsupportedProvider false"],
    [
      "an address that is none",
      { provider: "openai", parameters: { baseUrl: "ollama:11434" } },
      "InvalidRequest false",
    ],
    [
      "an address with a password in it",
      { provider: "openai", parameters: { baseUrl: "http://u:p@x/v1" } },
      "InvalidRequest false",
    ],
  ])("%s", (...[, spec, expected, env]) => {
    expect(summary(spec, env)).toBe(expected);
  });
});

describe("the Secret of an LLM's key", () => {
  test.each<[sentence: string, Spec, expected: unknown]>([
    [
      "is the one it names",
      { provider: "openai", apiKeyFrom: { secretKeyRef: { name: "a", key: "b" } } },
      { name: "a", key: "b" },
    ],
    [
      "else the one named after the provider",
      { provider: "anthropic" },
      { name: "anthropic", key: "ANTHROPIC_API_KEY" },
    ],
    ["and none where the LLM has a base URL", { provider: "openai", parameters: { baseUrl: ollama } }, undefined],
    [
      "unless it names one",
      { provider: "openai", parameters: { baseUrl: ollama }, apiKeyFrom: { secretKeyRef: { name: "a", key: "b" } } },
      { name: "a", key: "b" },
    ],
  ])("%s", (_sentence, spec, expected) => {
    expect(defaultSecretRef(llmOf(spec))).toEqual(expected);
  });
});
