import type { Manifest } from "./webhooks";
import { chooseProvider, fit, keySecret, modelOf, questionIn } from "./example";

const llm: Manifest = {
  apiVersion: "kubechain.humanlayer.dev/v1alpha1",
  kind: "LLM",
  metadata: { name: "gpt-4o" },
  spec: {
    provider: "openai",
    apiKeyFrom: { secretKeyRef: { name: "openai", key: "OPENAI_API_KEY" } },
    openai: { organization: "o" },
  },
};
const task: Manifest = {
  apiVersion: "kubechain.humanlayer.dev/v1alpha1",
  kind: "Task",
  metadata: { name: "hello" },
  spec: {},
};

describe("the example", () => {
  test("is applied as it stands for its own provider and model", () => {
    expect(fit([llm, task], { provider: "openai" })).toEqual([
      { ...llm, spec: { ...(llm["spec"] as object), parameters: {} } },
      task,
    ]);
  });

  test("asks the model that there is", () => {
    expect(fit([llm], { provider: "openai", model: "llama" })[0]).toHaveProperty("spec.parameters.model", "llama");
  });

  test("moves to another provider without what only the first one has", () => {
    const [moved] = fit([llm], { provider: "anthropic", model: "claude" });
    expect(moved?.["spec"]).toEqual({ provider: "anthropic", parameters: { model: "claude" } });
  });

  test("asks for the model its LLM is named after, unless it says otherwise", () => {
    expect(modelOf([task, llm])).toBe("gpt-4o");
    expect(modelOf([{ ...llm, spec: { parameters: { model: "o3" } } }])).toBe("o3");
    expect(questionIn([llm, task])).toBe(task);
  });
});

test("the key goes into the Secret named after the provider, and into nothing else", () => {
  expect(keySecret({ provider: "anthropic", key: "k" }, "default")).toMatchObject({
    metadata: { name: "anthropic", namespace: "default" },
    stringData: { ANTHROPIC_API_KEY: "k" },
  });
});

test.each([
  ["the scripted model speaks OpenAI's API", { kind: "Scripted" } as const, {}, "openai"],
  ["a server given for openai", { kind: "Servers", openai: "http://a" } as const, { ANTHROPIC_API_KEY: "k" }, "openai"],
  ["a server given for anthropic alone", { kind: "Servers", anthropic: "http://a" } as const, {}, "anthropic"],
  ["only a key of Anthropic", { kind: "Providers" } as const, { ANTHROPIC_API_KEY: "k" }, "anthropic"],
  ["keys of both", { kind: "Providers" } as const, { ANTHROPIC_API_KEY: "k", OPENAI_API_KEY: "k" }, "openai"],
])("the provider asked: %s", (_case, source, env, provider) => {
  expect(chooseProvider(source, env)).toBe(provider);
});
