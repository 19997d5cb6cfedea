/** Carries out what the readiness of an LLM decided: say it, then check, then see when to look again. It chooses nothing. */
import type { LLM } from "../../../crds/index";
import { resources } from "../../../crds/index";
import { keyOf } from "../../runtime/objects";
import type { Outcome } from "../../runtime/outcome";
import { done } from "../../runtime/outcome";
import { say } from "../say";
import type { Sight } from "./observe";
import type { Decision } from "./readiness";
import type { LLMWorld } from "./world";

/** Does what was decided. Never rejects. */
export async function perform(decision: Decision, llm: LLM, sight: Sight, world: LLMWorld): Promise<Outcome> {
  const key = keyOf(llm);
  if (decision.say) {
    const said = await say(llm, decision.say, {
      resource: resources.llm,
      component: "llm-controller",
      store: world.llms,
      ...world,
    });
    if (said.kind !== "Done") return said;
  }
  if (decision.check) {
    const target = {
      llm,
      ...(sight.apiKey !== undefined && { apiKey: sight.apiKey }),
    };
    world.checks.start({
      uid: llm.metadata.uid,
      ...decision.check,
      target,
      onSettled: () => world.wake(key),
    });
  }
  if (decision.until) world.wakeAt(key, decision.until);
  return done;
}
