/**
 * The objects of a bench: a namespace, a model behind each latency, an agent for each model, servers of tools, ways to people,
 * agents that use them, tasks. And where they are in the API. Data only.
 */
import type { Agent, ContactChannel, ContactChannelSpec, LLM, MCPServer, MCPServerSpec, Task } from "../crds/index";
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

/** Where the key of a HumanLayer project is, as a ContactChannel refers to it. */
export const HUMANLAYER_KEY = { name: "bench-people", key: "HUMANLAYER_API_KEY" };

/** The key of the HumanLayer-compatible server. */
export function humanLayerSecret(key: string): object {
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: HUMANLAYER_KEY.name, namespace: NAMESPACE },
    stringData: { [HUMANLAYER_KEY.key]: key },
  };
}

/** A way to people. */
export function contactChannel(name: string, spec: ContactChannelSpec): Manifest<ContactChannel> {
  return { apiVersion, kind: "ContactChannel", metadata: { name, namespace: NAMESPACE }, spec };
}

/** A model at `baseUrl`. */
export function llm(name: string, baseUrl: string): Manifest<LLM> {
  return {
    apiVersion,
    kind: "LLM",
    metadata: { name, namespace: NAMESPACE },
    spec: { provider: "openai", apiKeyFrom: { secretKeyRef: KEY }, parameters: { baseUrl, model: "scripted" } },
  };
}

/** A server of tools. */
export function mcpServer(name: string, spec: MCPServerSpec): Manifest<MCPServer> {
  return { apiVersion, kind: "MCPServer", metadata: { name, namespace: NAMESPACE }, spec };
}

/** An agent of the same name as its model, or of another; with all tools of these servers. */
export function agent(name: string, llmName = name, servers: readonly string[] = []): Manifest<Agent> {
  const mcpServers = servers.map((server) => ({ name: server }));
  return {
    apiVersion,
    kind: "Agent",
    metadata: { name, namespace: NAMESPACE },
    spec: {
      llmRef: { name: llmName },
      system: "You are a helpful assistant. Answer in one or two sentences.",
      ...(mcpServers.length === 0 ? {} : { mcpServers }),
    },
  };
}

/** A question that needs no tool. Every task asks something else, so that a repeated call can be told. */
export function questionOf(name: string): string {
  return `What is the capital of the moon, asks ${name}?`;
}

/** A task for an agent. */
export function task(name: string, agentName: string, userMessage = questionOf(name)): Manifest<Task> {
  return {
    apiVersion,
    kind: "Task",
    metadata: { name, namespace: NAMESPACE },
    spec: { agentRef: { name: agentName }, userMessage },
  };
}

/** The path of all objects of a kind in the bench's namespace, or of one of them. */
export function pathOf(kind: keyof typeof resources, name?: string): string {
  const all = `/apis/${apiVersion}/namespaces/${NAMESPACE}/${resources[kind].plural}`;
  return name === undefined ? all : `${all}/${name}`;
}

/** The path of a kind of core/v1 in the bench's namespace. */
export function corePath(plural: string): string {
  return `/api/v1/namespaces/${NAMESPACE}/${plural}`;
}
