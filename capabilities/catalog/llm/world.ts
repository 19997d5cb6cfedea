/** What the LLM controller needs from outside, passed in as one value: real neighbours in the operator, fakes in tests. */
import type { LLM } from "../../../crds/index";
import type { ModelEnvironment } from "../../adapters/models/endpoint";
import type { Models, ModelTarget } from "../../adapters/models/port";
import type { Clock } from "../../runtime/clock";
import type { Cluster } from "../../runtime/cluster";
import type { Recorder } from "../../runtime/events";
import type { Log } from "../../runtime/log";
import type { Key } from "../../runtime/objects";
import type { Secrets } from "../../runtime/secrets";
import type { Store } from "../../runtime/store";
import type { Checks } from "../checks";
import type { CheckResult } from "./readiness";

/** The neighbours. `random` returns [0, 1). */
export interface LLMNeighbours {
  cluster: Cluster;
  models: Models;
  secrets: Secrets;
  clock: Clock;
  recorder: Recorder;
  log: Log;
  random: () => number;
  llms: Store<LLM>;
  /** Addresses that the operator's environment gives, as the model adapters get them; none when left out. */
  environment?: ModelEnvironment;
}

/** The neighbours, and what the controller keeps in this process. */
export interface LLMWorld extends LLMNeighbours {
  checks: Checks<ModelTarget, CheckResult>;
  /** Has the LLM looked at again, now. */
  wake(key: Key): void;
  /** Has the LLM looked at again at `when` at the latest. */
  wakeAt(key: Key, when: Date): void;
}
