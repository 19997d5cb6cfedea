/** Makes one plain value of everything the readiness of an LLM depends on. Reads only; the key itself never gets into it. */
import type { LLM } from "../../../crds/index";
import type { ModelEnvironment } from "../../adapters/models/endpoint";
import { defaultSecretRef, describeServer, endpointOf, providerTitle } from "../../adapters/models/endpoint";
import { refusedParameters } from "../../adapters/models/parameters";
import type { Described, KeyFound, Observed } from "./readiness";
import type { LLMWorld } from "./world";

/** The observation, and beside it the key for a check that may follow. */
export interface Sight {
  seen: Observed;
  apiKey?: string;
}

/** What is seen of an LLM now. */
export async function observe(llm: LLM, world: LLMWorld): Promise<Sight> {
  const { uid, generation = 0 } = llm.metadata;
  const { key, apiKey } = await findKey(llm, world);
  const seen: Observed = {
    now: world.clock.now(),
    uid,
    generation,
    llm: described(llm, world.environment ?? {}),
    key,
    isReady: llm.status?.ready === true && llm.status.observedGeneration === generation,
    check: world.checks.look(uid),
  };
  return apiKey === undefined ? { seen } : { seen, apiKey };
}

/** What an LLM is, in words. */
function described(llm: LLM, environment: ModelEnvironment): Described {
  const endpoint = endpointOf(llm, environment);
  const provider = providerTitle(llm.spec.provider);
  const common = {
    name: llm.metadata.name,
    provider,
    verify: llm.spec.verify ?? "Models",
  } as const;
  if (endpoint.kind === "Failure") {
    return {
      ...common,
      server: provider,
      model: llm.spec.parameters?.model ?? llm.metadata.name,
      refusedParameters: [],
      unreachable: endpoint.message,
    };
  }
  return {
    ...common,
    server: capitalised(describeServer(endpoint)),
    model: endpoint.model,
    refusedParameters: refusedParameters(llm.spec, endpoint).map(
      ({ parameter, why }) => `${parameter} is not sent: ${why}`,
    ),
  };
}

function capitalised(phrase: string): string {
  return phrase.charAt(0).toUpperCase() + phrase.slice(1);
}

async function findKey(llm: LLM, world: LLMWorld): Promise<{ key: KeyFound; apiKey?: string }> {
  const needed = defaultSecretRef(llm);
  if (!needed) return { key: { kind: "NotNeeded" } };
  const ref = { namespace: llm.metadata.namespace, ...needed };
  const read = await world.secrets.read(ref);
  if (read.kind !== "Value") return { key: { ...read, ref } };
  return {
    key: { kind: "Found", ref, version: read.resourceVersion },
    apiKey: read.value,
  };
}
