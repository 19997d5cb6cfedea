import { chooseModels, modelVariables } from "./models";
import type { ModelSource } from "./state";

const server = (openai: string): ModelSource => ({ kind: "Servers", openai });
const scripted: ModelSource = { kind: "Scripted" };
const providers: ModelSource = { kind: "Providers" };
const key = { OPENAI_API_KEY: "k" };

test.each<[string, string | undefined, NodeJS.ProcessEnv, ModelSource | undefined, ModelSource]>([
  ["nothing is set: the scripted model", undefined, {}, undefined, scripted],
  ["a key of OpenAI: the provider", undefined, key, undefined, providers],
  ["a key of Anthropic: the provider", undefined, { ANTHROPIC_API_KEY: "k" }, undefined, providers],
  ["an empty key is none", undefined, { OPENAI_API_KEY: "" }, undefined, scripted],
  ["--base-url wins over everything", "http://a/v1", { ...key, OPENAI_BASE_URL: "http://b" }, server("http://c"), server("http://a/v1")],
  ["the environment's server wins over what is remembered", undefined, { OPENAI_BASE_URL: "http://b" }, server("http://c"), server("http://b")],
  ["a remembered server wins over a key", undefined, key, server("http://c"), server("http://c")],
  ["an empty --base-url forgets it", "", {}, server("http://c"), scripted],
  ["a key once used is not replaced by a script", undefined, {}, providers, providers],
  ["a key replaces the script", undefined, key, scripted, providers],
])("%s", (_case, baseUrl, env, remembered, expected) => {
  expect(chooseModels(baseUrl, env, remembered)).toEqual(expected);
});

test("both providers' servers can be given", () => {
  const chosen = chooseModels("http://a", { ANTHROPIC_BASE_URL: "http://b" });
  expect(modelVariables(chosen, undefined)).toEqual({ OPENAI_BASE_URL: "http://a", ANTHROPIC_BASE_URL: "http://b" });
});

test("the scripted model is where provider openai goes", () => {
  expect(modelVariables(scripted, 20001)).toEqual({ OPENAI_BASE_URL: "http://127.0.0.1:20001/v1" });
  expect(modelVariables(providers, 20001)).toEqual({});
});
