/**
 * Finds out whether what an object refers to exists: memory first, and a live read before anybody is told that something
 * does not, because a cache may be behind. Bounded in time, so that a webhook never keeps a person waiting.
 */
import type { Agent, ContactChannel, LLM, MCPServer, Resource } from "../../crds/index";
import { resources } from "../../crds/index";
import type { Cluster } from "../runtime/cluster";
import type { ClusterObject } from "../runtime/objects";
import type { Store } from "../runtime/store";
import type { Reference } from "./references";
import { REFERENCES_LABEL } from "./references";
import { similarNames } from "./similar";

/** What admission needs from outside. In a process that only admits, the stores are empty and everything is read live. */
export interface AdmissionWorld {
  cluster: Cluster;
  known: {
    llms: Store<LLM>;
    agents: Store<Agent>;
    mcpServers: Store<MCPServer>;
    contactChannels: Store<ContactChannel>;
  };
}

/** How long one live read may take; with the namespace's that is well below the webhook's own limit of 5 s. */
export const LIVE_READ_MS = 1_500;

/** The references that do not exist, and those about which the API server gave no answer. */
export interface Findings {
  missing: Reference[];
  unchecked: Reference[];
}

/** Looks for all references at once. Never rejects. */
export async function findMissing(
  references: readonly Reference[],
  namespace: string,
  world: AdmissionWorld,
): Promise<Findings> {
  const found = await Promise.all(references.map((reference) => look(reference, namespace, world)));
  return {
    missing: references.filter((_, i) => found[i] === "missing"),
    unchecked: references.filter((_, i) => found[i] === "unchecked"),
  };
}

async function look(
  { resource, name }: Reference,
  namespace: string,
  world: AdmissionWorld,
): Promise<"exists" | "missing" | "unchecked"> {
  if (storeOf(resource, world)?.get(`${namespace}/${name}`)) return "exists";
  const live = await world.cluster.get(resource, { namespace, name }, { timeoutMs: LIVE_READ_MS });
  if (live.ok) return "exists";
  return live.problem.kind === "gone" ? "missing" : "unchecked";
}

/** Names of the same kind and namespace that a person may have meant, as far as this process knows any. */
export function similarTo({ resource, name }: Reference, namespace: string, world: AdmissionWorld): string[] {
  const known = storeOf(resource, world)?.values() ?? [];
  return similarNames(
    name,
    known.filter(({ metadata }) => metadata.namespace === namespace).map(({ metadata }) => metadata.name),
  );
}

function storeOf(
  resource: Resource,
  { known }: AdmissionWorld,
): Pick<Store<LLM | Agent | MCPServer | ContactChannel>, "get" | "values"> | undefined {
  switch (resource.kind) {
    case resources.llm.kind:
      return known.llms;
    case resources.agent.kind:
      return known.agents;
    case resources.mcpServer.kind:
      return known.mcpServers;
    case resources.contactChannel.kind:
      return known.contactChannels;
    default:
      return undefined;
  }
}

/** Core kinds are part of every API server. */
const NAMESPACES = {
  apiVersion: "v1",
  kind: "Namespace",
  plural: "namespaces",
  namespaced: false,
} as const;

/** Whether the namespace asks for warnings instead of refusals. One that cannot be read has not asked. */
export async function warnsOnly(namespace: string, { cluster }: AdmissionWorld): Promise<boolean> {
  const read = await cluster.get<ClusterObject>(
    NAMESPACES,
    { namespace: "", name: namespace },
    { timeoutMs: LIVE_READ_MS },
  );
  return read.ok && read.value.metadata.labels?.[REFERENCES_LABEL] === "warn";
}
