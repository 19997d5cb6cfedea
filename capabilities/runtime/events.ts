// core/v1 Events: what has happened to an object, told in the background after the write it tells of. Owns their names (which
// sort in order of occurrence), repeats by count, and bounds: a busy or absent API server costs events, never a step.
import { after, type Clock } from "./clock";
import type { Cluster } from "./cluster";
import { toProblem, type Problem } from "./errors";
import type { Log } from "./log";
import type { ClusterObject, Resource } from "./objects";

/** Something that happened to `about`. */
export interface EventNote {
  about: ClusterObject;
  /** Who says so: "task-controller". */
  component: string;
  type: "Normal" | "Warning";
  reason: string;
  message: string;
}

export interface Recorder {
  /** Returns at once and never throws. Events of one object are written in the order they were recorded. */
  record(note: EventNote): void;
  /** Resolves when everything recorded has been written or given up, at the latest after `graceMs`. */
  flush(graceMs?: number): Promise<void>;
  /** How many wait to be written. */
  readonly backlog: number;
}
