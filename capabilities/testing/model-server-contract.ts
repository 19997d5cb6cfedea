/**
 * What the contract tests of `Models` share: the wire formats with their fakes, an LLM object, a conversation with tools.
 */
import type { LLM, Message } from "../../crds/index";
import type { ModelAnswer, ModelFailure, ModelOutcome, ModelRequest } from "../adapters/models/port";
import { startFakeAnthropic } from "./fake-anthropic";
import { startFakeOpenAI } from "./fake-openai";
import type { FakeProvider } from "./model-server-fake";

export type Spec = LLM["spec"];

export interface Format {
  title: string;
  start: () => Promise<FakeProvider>;
  spec: Partial<Spec>;
  model: string;
}

export const formats: Format[] = [
  {
    title: "Chat Completions",
    start: () => startFakeOpenAI({ compatible: true }),
    spec: { provider: "openai" },
    model: "gpt-4o",
  },
  {
    title: "Responses",
    start: () => startFakeOpenAI(),
    spec: { provider: "openai", openai: { api: "responses" } },
    model: "gpt-5.4",
  },
  {
    title: "Anthropic Messages",
    start: () => startFakeAnthropic(),
    spec: { provider: "anthropic" },
    model: "claude-3-5-sonnet",
  },
];

export const forever = new AbortController().signal;
export const weather = {
  name: "weather__now",
  description: "Tells the weather.",
  parameters: {
    $schema: "http://json-schema.org/draft-07/schema#",
    type: "object",
    properties: { city: { type: "string" } },
    anyOf: [{ required: ["city"] }],
  },
};
export const question: Message[] = [
  { role: "system", content: "Be brief." },
  { role: "user", content: "How is the weather in Paris?" },
];
export const twoCalls = [
  { id: "call_a", name: "weather__now", arguments: '{"city":"Paris"}' },
  { id: "call_b", name: "weather__now", arguments: '{"city":"Rome"}' },
];

export function request(overrides: Partial<ModelRequest> = {}): ModelRequest {
  return { messages: question, tools: [], ...overrides };
}

export function answerOf(outcome: ModelOutcome): ModelAnswer {
  if (outcome.kind !== "Answer") throw new Error(`expected an answer, got ${outcome.message}`);
  return outcome;
}

export function failureOf(outcome: { kind: string }): ModelFailure {
  if (outcome.kind !== "Failure") throw new Error("expected a failure");
  return outcome as ModelFailure;
}

/** An LLM of one format that calls the fake at `baseUrl`. */
export function llmAt(baseUrl: string, { spec, model }: Format, overrides: Partial<Spec> = {}): LLM {
  const { parameters, ...rest } = overrides;
  return llmOf({
    provider: "openai",
    apiKeyFrom: { secretKeyRef: { name: "my-secret", key: "MY_KEY" } },
    ...spec,
    ...rest,
    parameters: { model, baseUrl, ...parameters },
  });
}

/** An LLM named gpt-4o. */
export function llmOf(spec: Spec): LLM {
  return {
    apiVersion: "kubechain.humanlayer.dev/v1alpha1",
    kind: "LLM",
    metadata: {
      name: "gpt-4o",
      namespace: "default",
      uid: "u",
      resourceVersion: "1",
    },
    spec,
  };
}
