/**
 * What the ContactChannel controller needs from outside, passed in as one value: real neighbours in the operator, fakes
 * in tests.
 */
import type { ContactChannel } from "../../../crds/index";
import type { ChannelCheck, Channels, ChannelTarget } from "../../adapters/channels/port";
import type { ChannelEnvironment } from "../../adapters/channels/target";
import type { Clock } from "../../runtime/clock";
import type { Cluster } from "../../runtime/cluster";
import type { Recorder } from "../../runtime/events";
import type { Log } from "../../runtime/log";
import type { Key } from "../../runtime/objects";
import type { Secrets } from "../../runtime/secrets";
import type { Store } from "../../runtime/store";
import type { Checks } from "../checks";

/** The neighbours. `random` returns [0, 1). */
export interface ContactChannelNeighbours {
  cluster: Cluster;
  channels: Pick<Channels, "check">;
  secrets: Pick<Secrets, "read" | "onChange">;
  clock: Clock;
  recorder: Recorder;
  log: Log;
  random: () => number;
  contactChannels: Store<ContactChannel>;
  /** Addresses that the operator's environment gives. */
  environment: ChannelEnvironment;
}

/** The neighbours, and what the controller keeps in this process. */
export interface ContactChannelWorld extends ContactChannelNeighbours {
  checks: Checks<ChannelTarget, ChannelCheck>;
  /** Has the channel looked at again, now. */
  wake(key: Key): void;
  /** Has the channel looked at again at `when` at the latest. */
  wakeAt(key: Key, when: Date): void;
}
