/** The LLM controller: what has an LLM looked at, and what one look is. */
import type { LLM } from "../../../crds/index";
import { resources } from "../../../crds/index";
import { defaultSecretRef } from "../../adapters/models/endpoint";
import type { ModelTarget } from "../../adapters/models/port";
import type { Controller } from "../../runtime/controller";
import { createController } from "../../runtime/controller";
import type { Key } from "../../runtime/objects";
import { keyOf } from "../../runtime/objects";
import type { Outcome } from "../../runtime/outcome";
import { done } from "../../runtime/outcome";
import { Checks } from "../checks";
import { observe } from "./observe";
import { perform } from "./perform";
import type { CheckResult } from "./readiness";
import { decide } from "./readiness";
import type { LLMNeighbours, LLMWorld } from "./world";

/** Follows LLMs, their Secrets and the outcomes of their checks. */
export function createLLMController(neighbours: LLMNeighbours): Controller<LLM> {
  const { llms, secrets, models, cluster, clock, log, random } = neighbours;
  const checks = new Checks<ModelTarget, CheckResult>(clock, {
    check: (target, signal) => models.verify(target, signal),
    isGood: ({ kind }) => kind === "Verified",
    lost: (message) => ({ kind: "Failure", retryable: true, message }),
  });
  const world: LLMWorld = {
    ...neighbours,
    checks,
    wake: (key) => controller.wake(key),
    wakeAt: (key, when) => controller.wakeAt(key, when),
  };
  const controller = createController<LLM>({
    name: "llm-controller",
    resource: resources.llm,
    store: llms,
    reconcile: (key) => reconcileLLM(key, world),
    cluster,
    clock,
    log,
    random,
  });

  llms.index("secret", (llm) => {
    const ref = defaultSecretRef(llm);
    return ref ? [`${llm.metadata.namespace}/${ref.name}`] : [];
  });
  secrets.onChange(function wakeLLMsOf(secret) {
    for (const llm of llms.byIndex("secret", secret)) controller.wake(keyOf(llm));
  });
  llms.subscribe(function forgetChecks({ object, previous }) {
    if (previous && previous.metadata.uid !== object?.metadata.uid) checks.forget(previous.metadata.uid);
  });
  return controller;
}

async function reconcileLLM(key: Key, world: LLMWorld): Promise<Outcome> {
  const llm = world.llms.get(key);
  if (!llm || llm.metadata.deletionTimestamp) return done;
  const sight = await observe(llm, world);
  return perform(decide(sight.seen), llm, sight, world);
}
