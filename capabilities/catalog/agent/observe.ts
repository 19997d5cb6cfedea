/** Makes one plain value of everything the readiness of an Agent depends on. Reads memory only. */
import type { Agent, LLM } from "../../../crds/index";
import type { Store } from "../../runtime/store";
import { isUnseen } from "../status";
import type { LLMFound, Observed } from "./readiness";

export function observe(agent: Agent, llms: Store<LLM>): Observed {
  const { namespace } = agent.metadata;
  return {
    namespace,
    spec: agent.spec,
    llm: found(llms.get(`${namespace}/${agent.spec.llmRef.name}`)),
    isNew: isUnseen(agent.status),
  };
}

function found(llm: LLM | undefined): LLMFound {
  if (!llm || llm.metadata.deletionTimestamp) return { kind: "Missing" };
  if (llm.status?.ready) return { kind: "Ready" };
  if (isUnseen(llm.status)) return { kind: "Unchecked" };
  return {
    kind: "NotReady",
    detail: llm.status?.statusDetail ?? "it does not say why",
  };
}
