/**
 * The objects that tests apply, each with what makes it work and nothing else; a test states only what matters to it.
 */
import type { Agent, LLM, Task } from "../crds/index";
import { apiVersion } from "../crds/index";

/** An object on its way to the API server. The namespace is the scene's. */
export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; labels?: Record<string, string>; annotations?: Record<string, string> };
  [field: string]: unknown;
}

/** Any object of our group. `spec` may break the schema on purpose. */
export function ours(kind: string, name: string, spec: object): Manifest {
  return { apiVersion, kind, metadata: { name }, spec };
}

/** An LLM on an OpenAI-compatible server, which needs no key. */
export function llm(name: string, baseUrl: string, more: Partial<LLM["spec"]> = {}): Manifest {
  const { parameters, ...rest } = more;
  return ours("LLM", name, { provider: "openai", parameters: { baseUrl, model: "gpt-4o", ...parameters }, ...rest });
}

export function agent(name: string, llmName: string, more: Partial<Agent["spec"]> = {}): Manifest {
  return ours("Agent", name, { llmRef: { name: llmName }, system: "Be brief.", ...more });
}

/** A task for the agent "helper" unless `more` names another. Its question is its name unless `more` gives one. */
export function task(name: string, more: Partial<Task["spec"]> = {}): Manifest {
  const words = more.contextWindow === undefined ? { userMessage: name } : {};
  return ours("Task", name, { agentRef: { name: "helper" }, ...words, ...more });
}

export function secret(name: string, values: Record<string, string>): Manifest {
  return { apiVersion: "v1", kind: "Secret", metadata: { name }, stringData: values };
}
