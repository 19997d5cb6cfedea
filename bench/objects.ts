/**
 * The objects of a bench: a namespace, a model behind each latency, an agent for each model, tasks. And where they are
 * in the API. Data only.
 */
import type { Agent, LLM, Task } from "../crds/index";
import { apiVersion, resources } from "../crds/index";

export const NAMESPACE = "bench";
const KEY = { name: "bench-key", key: "OPENAI_API_KEY" };

/** What a manifest holds; the rest is the server's. */
type Manifest<Kind extends { spec: unknown }> = Pick<Kind, "spec"> & {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace: string };
};

/** Tasks may refer to agents that are not there (yet): the scenario with waiting tasks needs that. */
export const namespace = {
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name: NAMESPACE, labels: { "kubechain.humanlayer.dev/references": "warn" } },
};

/** As in real life there is a key, and the operator has to read it. The scripted model takes any. */
export const secret = {
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name: KEY.name, namespace: NAMESPACE },
  stringData: { [KEY.key]: "any" },
};

/** A model at `baseUrl`. */
export function llm(name: string, baseUrl: string): Manifest<LLM> {
  return {
    apiVersion,
    kind: "LLM",
    metadata: { name, namespace: NAMESPACE },
    spec: { provider: "openai", apiKeyFrom: { secretKeyRef: KEY }, parameters: { baseUrl, model: "scripted" } },
  };
}

/** An agent of the same name as its model. */
export function agent(name: string): Manifest<Agent> {
  return {
    apiVersion,
    kind: "Agent",
    metadata: { name, namespace: NAMESPACE },
    spec: { llmRef: { name }, system: "You are a helpful assistant. Answer in one or two sentences." },
  };
}

/** A question to an agent. Every task asks something else, so that a repeated call can be told. */
export function task(name: string, agentName: string): Manifest<Task> {
  return {
    apiVersion,
    kind: "Task",
    metadata: { name, namespace: NAMESPACE },
    spec: { agentRef: { name: agentName }, userMessage: `What is the capital of the moon, asks ${name}?` },
  };
}

/** The path of all objects of a kind in the bench's namespace, or of one of them. */
export function pathOf(kind: "llm" | "agent" | "task", name?: string): string {
  const all = `/apis/${apiVersion}/namespaces/${NAMESPACE}/${resources[kind].plural}`;
  return name === undefined ? all : `${all}/${name}`;
}

/** The path of a kind of core/v1 in the bench's namespace. */
export function corePath(plural: string): string {
  return `/api/v1/namespaces/${NAMESPACE}/${plural}`;
}
