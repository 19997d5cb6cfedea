import { chooseModels, modelVariables } from "./models";
import type { ModelSource } from "./state";

const server = (openai: string): ModelSource => ({ kind: "Servers", openai });
const scripted: ModelSource = { kind: "Scripted" };
const providers: ModelSource = { kind: "Providers" };
const key = { OPENAI_API_KEY: "k" };

interface Case {
  flag?: string;
  env?: NodeJS.ProcessEnv;
  before?: ModelSource;
}

test.each<[sentence: string, Case, expected: ModelSource]>([
  ["nothing is set: the scripted model", {}, scripted],
  ["a key of OpenAI: the provider", { env: key }, providers],
  ["a key of Anthropic: the provider", { env: { ANTHROPIC_API_KEY: "k" } }, providers],
  ["an empty key is none", { env: { OPENAI_API_KEY: "" } }, scripted],
  [
    "--base-url wins over everything",
    { flag: "http://a/v1", env: { ...key, OPENAI_BASE_URL: "http://b" }, before: server("http://c") },
    server("http://a/v1"),
  ],
  [
    "the environment's server wins over what is remembered",
    { env: { OPENAI_BASE_URL: "http://b" }, before: server("http://c") },
    server("http://b"),
  ],
  ["a remembered server wins over a key", { env: key, before: server("http://c") }, server("http://c")],
  ["an empty --base-url forgets it", { flag: "", before: server("http://c") }, scripted],
  ["a key once used is not replaced by a script", { before: providers }, providers],
  ["a key replaces the script", { env: key, before: scripted }, providers],
])("%s", (_sentence, { flag, env = {}, before }, expected) => {
  expect(chooseModels(flag, env, before)).toEqual(expected);
});

test("both providers' servers can be given", () => {
  const chosen = chooseModels("http://a", { ANTHROPIC_BASE_URL: "http://b" });
  expect(modelVariables(chosen, undefined)).toEqual({ OPENAI_BASE_URL: "http://a", ANTHROPIC_BASE_URL: "http://b" });
});

test("the scripted model is where providers openai and anthropic go", () => {
  expect(modelVariables(scripted, 20001)).toEqual({
    OPENAI_BASE_URL: "http://127.0.0.1:20001/v1",
    ANTHROPIC_BASE_URL: "http://127.0.0.1:20001",
  });
  expect(modelVariables(providers, 20001)).toEqual({});
});
