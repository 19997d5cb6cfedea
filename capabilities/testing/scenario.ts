/**
 * The words that scenarios are made of: what people, models and tools do, and how each task is to end. Times are
 * milliseconds since the first process started. Data only: simulation.ts plays it, invariants/ judges it.
 */
import type { AgentSpec, ContactChannelSpec, LLMSpec, MCPServerSpec, Resource, TaskSpec } from "../../crds/index";
import { resources } from "../../crds/index";
import type { Verification } from "../adapters/models/port";
import type { ClusterObject, Draft } from "../runtime/objects";
import type { FakeContact } from "./fake-contact-service";
import type { FakeServer } from "./fake-mcp";
import type { Expectation } from "./invariants/index";
import type { Script } from "./scripted-model";
import { says } from "./scripted-model";
import type { Person } from "./simulation-people";

/** One thing that a person does, or the supervisor of the process. */
export type Act =
  | { do: "Apply"; resource: Resource; object: Draft<ClusterObject> }
  | { do: "Patch"; resource: Resource; name: string; patch: object }
  | { do: "Delete"; resource: Resource; name: string }
  /** The orderly stop; a new process starts when it has ended. */
  | { do: "Stop"; graceMs: number };

export interface Scenario {
  name: string;
  acts: { atMs: number; act: Act }[];
  /** What the model does, by question. */
  scripts?: Record<string, Script>;
  /** The servers of tools, by the MCPServer's name. */
  servers?: Record<string, FakeServer>;
  /** What is behind channels with a service, by the ContactChannel's name; nobody ever answers where nothing is said. */
  contacts?: Record<string, FakeContact>;
  /** Who answers with kubectl. */
  people?: Person[];
  /** How the free check of an LLM ends, by how many checks came before. */
  verification?: (earlier: number) => Verification;
  /** By the task's name. */
  expected: Record<string, Expectation>;
  /** The longest that the whole may take, crashes included. */
  withinMs: number;
  /** Kill at every so many-th outside call only: for scenarios with very many of them. */
  stride?: number;
}

/** Where everything happens. */
export const NAMESPACE = "default";
export const secrets: Resource = { apiVersion: "v1", kind: "Secret", plural: "secrets" };

/** Milliseconds. */
export const SECOND = 1_000;
export const MINUTE = 60_000;

function draft(resource: Resource, name: string, body: object): Draft<ClusterObject> {
  return { apiVersion: resource.apiVersion, kind: resource.kind, metadata: { name, namespace: NAMESPACE }, ...body };
}

/** Creates it, or makes it look so. */
export const apply = (resource: Resource, name: string, body: object): Act => ({
  do: "Apply",
  resource,
  object: draft(resource, name, body),
});

/** The Secret that an `openai` LLM reads by default. */
export const secret = (key = "sk-1"): Act =>
  apply(secrets, "openai", { type: "Opaque", data: { OPENAI_API_KEY: Buffer.from(key).toString("base64") } });
/** The LLM, the server and the agent that tasks use. */
export const llm = (spec: Partial<LLMSpec> = {}): Act =>
  apply(resources.llm, "gpt-4o", { spec: { provider: "openai", ...spec } });
export const agent = (spec: Partial<AgentSpec> = {}): Act =>
  apply(resources.agent, "helper", { spec: { llmRef: { name: "gpt-4o" }, system: "Be brief.", ...spec } });
export const mcpServer = (spec: Partial<MCPServerSpec> = {}, name = "tools"): Act =>
  apply(resources.mcpServer, name, {
    spec: { transport: "http", url: "https://tools.example.com/mcp", trustAnnotations: true, timeout: "20s", ...spec },
  });
/** The key of channels with a service. */
export const channelKey = (key = "hl-1"): Act =>
  apply(secrets, "humanlayer", {
    type: "Opaque",
    data: { HUMANLAYER_API_KEY: Buffer.from(key).toString("base64") },
  });
/** A channel to people: kubectl alone unless something else is said. */
export const channel = (spec: Partial<ContactChannelSpec> = {}, name = "people"): Act =>
  apply(resources.contactChannel, name, { spec: { type: "kubernetes", ...spec } });
/** What a channel that writes emails says. */
export const email: Partial<ContactChannelSpec> = {
  type: "email",
  email: { address: "people@example.com" },
  apiKeyFrom: { secretKeyRef: { name: "humanlayer", key: "HUMANLAYER_API_KEY" } },
};
/** What a channel to another system says. */
export const webhook: Partial<ContactChannelSpec> = {
  type: "webhook",
  webhook: {
    url: "https://hooks.example.com",
    secretFrom: { secretKeyRef: { name: "humanlayer", key: "HUMANLAYER_API_KEY" } },
  },
};
/** Says who asked, as admission does. */
export function askedBy(requester: string, act: Act): Act {
  if (act.do !== "Apply") return act;
  const { object } = act;
  return {
    ...act,
    object: { ...object, ...{ spec: { ...("spec" in object ? (object.spec as object) : {}), requester } } },
  };
}
/** A task of the agent's. */
export const task = (name: string, spec: Partial<TaskSpec> = {}): Act => {
  const said = spec.contextWindow ? {} : { userMessage: QUESTION };
  return apply(resources.task, name, { spec: { agentRef: { name: "helper" }, ...said, ...spec } });
};
/** Changes what may be changed of a task. */
export const patchTask = (name: string, spec: object): Act => ({
  do: "Patch",
  resource: resources.task,
  name,
  patch: { spec },
});
/** Deletes an object. */
export const remove = (resource: Resource, name: string): Act => ({ do: "Delete", resource, name });

/** What tasks ask unless they say otherwise. */
export const QUESTION = "What is the capital of the moon?";

/** Acts at one time. */
export const at = (atMs: number, ...acts: Act[]): Scenario["acts"] => acts.map((act) => ({ atMs, act }));
/** Everything that a task needs, applied at once. */
export const catalog = [secret(), llm(), agent()];
/** An answer that takes its time. */
export const slowly = says(4 * SECOND);
/** A task that is answered, at that price. */
export const answered = (calls: number, writes: number): Expectation => ({ ends: ["FinalAnswer"], calls, writes });

/** One task "t" with everything it needs, applied together. */
export function one(
  name: string,
  script: Script,
  expected: Expectation,
  more: Partial<Scenario> & { spec?: Partial<TaskSpec> } = {},
): Scenario {
  const { spec, acts = [], ...rest } = more;
  return {
    name,
    acts: [...at(0, ...catalog, task("t", spec)), ...acts],
    scripts: { [QUESTION]: script },
    expected: { t: expected },
    withinMs: 5 * MINUTE,
    ...rest,
  };
}

/** How tasks end. */
export const failed = (reason: string, calls: number, writes: number): Expectation => ({
  ends: [`Failed:${reason}`],
  calls,
  writes,
});
export const cancelled: Expectation = { ends: ["Cancelled"] };
export const deleted: Expectation = { ends: ["Deleted"] };
export const answeredSomehow: Expectation = { ends: ["FinalAnswer"] };
