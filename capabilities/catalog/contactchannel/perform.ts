/**
 * Carries out what the readiness of a ContactChannel decided: say it, then check, then see when to look again. It chooses
 * nothing.
 */
import type { ContactChannel } from "../../../crds/index";
import { resources } from "../../../crds/index";
import { keyOf } from "../../runtime/objects";
import type { Outcome } from "../../runtime/outcome";
import { done } from "../../runtime/outcome";
import { say } from "../say";
import type { Sight } from "./observe";
import type { Decision } from "./readiness";
import type { ContactChannelWorld } from "./world";

/** Does what was decided. Never rejects. */
export async function perform(
  decision: Decision,
  channel: ContactChannel,
  { target }: Sight,
  world: ContactChannelWorld,
): Promise<Outcome> {
  const key = keyOf(channel);
  if (decision.say) {
    const { verdict, own } = decision.say;
    const voice = {
      resource: resources.contactChannel,
      component: "contactchannel-controller",
      store: world.contactChannels,
      ...world,
    };
    const said = await say(channel, verdict, voice, { status: own });
    if (said.kind !== "Done") return said;
  }
  if (decision.check && target) {
    const { uid } = channel.metadata;
    world.checks.start({ uid, ...decision.check, target, onSettled: () => world.wake(key) });
  }
  if (decision.until) world.wakeAt(key, decision.until);
  return done;
}
