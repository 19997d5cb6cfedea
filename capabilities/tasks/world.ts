/** What the Task machine needs from outside, passed in as one value: the real neighbours in the operator, fakes in the simulation. */
import type { Agent, LLM, Task } from "../../crds/index";
import type { ModelOutcome, Models } from "../adapters/models/port";
import type { Clock } from "../runtime/clock";
import type { Cluster } from "../runtime/cluster";
import type { Recorder } from "../runtime/events";
import type { InFlight } from "../runtime/in-flight";
import type { Log } from "../runtime/log";
import type { Key } from "../runtime/objects";
import type { Secrets } from "../runtime/secrets";
import type { Store } from "../runtime/store";

export interface TaskWorld {
  cluster: Cluster;
  tasks: Store<Task>;
  agents: Store<Agent>;
  llms: Store<LLM>;
  /** Model calls of this process, by the task's uid. */
  calls: InFlight<ModelOutcome>;
  models: Models;
  secrets: Secrets;
  recorder: Recorder;
  clock: Clock;
  log: Log;
  /** Has the task looked at again, now. */
  wake(key: Key): void;
  /** Has the task looked at again at `when` at the latest. */
  wakeAt(key: Key, when: Date): void;
  /** True once the process is stopping: what has finished is recorded, nothing is started. */
  stopping(): boolean;
}
