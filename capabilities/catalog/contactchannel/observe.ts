/** Makes one plain value of everything the readiness of a ContactChannel depends on. Reads only; no secret ever gets into it. */
import type { ContactChannel } from "../../../crds/index";
import type { ChannelTarget } from "../../adapters/channels/port";
import { readTarget } from "../../adapters/channels/target";
import { assertNever } from "../../runtime/assert-never";
import { shortHash } from "../../runtime/short-hash";
import type { Observed, Reach } from "./readiness";
import type { ContactChannelWorld } from "./world";
import * as words from "./words";

/** The observation, and beside it how the service is reached for a check that may follow: for the adapter alone. */
export interface Sight {
  seen: Observed;
  target?: ChannelTarget;
}

/** What is seen of a ContactChannel now. */
export async function observe(channel: ContactChannel, world: ContactChannelWorld): Promise<Sight> {
  const { uid, generation = 0 } = channel.metadata;
  const { reach, target } = await findReach(channel, world);
  const seen: Observed = {
    now: world.clock.now(),
    uid,
    generation,
    type: channel.spec.type,
    reach,
    isReady: channel.status?.ready === true && channel.status.observedGeneration === generation,
    check: world.checks.look(uid),
  };
  return target === undefined ? { seen } : { seen, target };
}

async function findReach(
  channel: ContactChannel,
  world: ContactChannelWorld,
): Promise<{ reach: Reach; target?: ChannelTarget }> {
  if (channel.spec.type === "kubernetes") return { reach: { kind: "NotNeeded" } };
  const read = await readTarget(channel, world);
  switch (read.kind) {
    case "Target":
      return { reach: { kind: "Found", fingerprint: shortHash(JSON.stringify(read.target)) }, target: read.target };
    case "Absent":
      return { reach: { kind: "Absent", message: words.withoutNeeded(read) } };
    case "Unreadable":
      return { reach: { kind: "Unreadable", message: words.unreadable(read) } };
    default:
      return assertNever(read);
  }
}
