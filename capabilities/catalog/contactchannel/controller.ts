/** The ContactChannel controller: what has a ContactChannel looked at, and what one look is. */
import type { ContactChannel } from "../../../crds/index";
import { resources } from "../../../crds/index";
import type { ChannelCheck, ChannelTarget } from "../../adapters/channels/port";
import type { Controller } from "../../runtime/controller";
import { createController } from "../../runtime/controller";
import type { Key } from "../../runtime/objects";
import { keyOf } from "../../runtime/objects";
import type { Outcome } from "../../runtime/outcome";
import { done } from "../../runtime/outcome";
import { Checks } from "../checks";
import { observe } from "./observe";
import { perform } from "./perform";
import { decide } from "./readiness";
import type { ContactChannelNeighbours, ContactChannelWorld } from "./world";

/** Follows ContactChannels, their Secrets and the outcomes of their checks. */
export function createContactChannelController(neighbours: ContactChannelNeighbours): Controller<ContactChannel> {
  const { contactChannels, channels, secrets, cluster, clock, log, random } = neighbours;
  const checks = new Checks<ChannelTarget, ChannelCheck>(clock, {
    check: (target, signal) => channels.check(target, signal),
    isGood: ({ kind }) => kind === "Usable",
    lost: (message) => ({ kind: "Unreachable", message }),
  });
  const world: ContactChannelWorld = {
    ...neighbours,
    checks,
    wake: (key) => controller.wake(key),
    wakeAt: (key, when) => controller.wakeAt(key, when),
  };
  const controller = createController<ContactChannel>({
    name: "contactchannel-controller",
    resource: resources.contactChannel,
    store: contactChannels,
    reconcile: (key) => reconcileContactChannel(key, world),
    cluster,
    clock,
    log,
    random,
  });

  contactChannels.index("catalog/secret", secretsOf);
  secrets.onChange(function wakeChannelsOf(secret) {
    for (const channel of contactChannels.byIndex("catalog/secret", secret)) controller.wake(keyOf(channel));
  });
  contactChannels.subscribe(function forgetChecks({ object, previous }) {
    if (previous && previous.metadata.uid !== object?.metadata.uid) checks.forget(previous.metadata.uid);
  });
  return controller;
}

async function reconcileContactChannel(key: Key, world: ContactChannelWorld): Promise<Outcome> {
  const channel = world.contactChannels.get(key);
  if (!channel || channel.metadata.deletionTimestamp) return done;
  const sight = await observe(channel, world);
  return perform(decide(sight.seen), channel, sight, world);
}

/** The Secrets that a channel's values are in, as "namespace/name". */
function secretsOf({ metadata, spec }: ContactChannel): string[] {
  const named = [spec.apiKeyFrom, spec.webhook?.secretFrom].flatMap((from) => from?.secretKeyRef.name ?? []);
  return named.map((name) => `${metadata.namespace}/${name}`);
}
