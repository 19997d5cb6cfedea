/**
 * Writes what an object of the catalog says about itself, by compare-and-set and only when it is news, and then tells it
 * in events. It judges nothing.
 */
import type { Clock } from "../runtime/clock";
import type { Cluster } from "../runtime/cluster";
import type { Recorder } from "../runtime/events";
import type { ClusterObject, Resource } from "../runtime/objects";
import type { Outcome } from "../runtime/outcome";
import { done, outcomeOf } from "../runtime/outcome";
import type { Store } from "../runtime/store";
import type { CommonStatus, Note, Verdict } from "./status";
import { isSame, notesOf, statusOf } from "./status";

/** How a kind is written and who speaks for it. */
export interface Voice<T extends ClusterObject> {
  resource: Resource;
  /** The source of the events, such as `llm-controller`. */
  component: string;
  store: Store<T>;
  cluster: Cluster;
  recorder: Recorder;
  clock: Clock;
}

type Catalogued = ClusterObject & { status?: CommonStatus };

/** Parts of the status besides the common ones, and events besides that of the verdict. */
export interface Additions {
  status?: object;
  /** Told before the event of the verdict. */
  notes?: Note[];
  /** Told in the place of the event of the verdict and of `notes`. */
  instead?: Note[];
}

/** Has `object` say `verdict`. Nothing is written when it says so already. */
export async function say<T extends Catalogued>(
  object: T,
  verdict: Verdict,
  voice: Voice<T>,
  more: Additions = {},
): Promise<Outcome> {
  const old = object.status;
  const next = statusOf(old, verdict, object.metadata.generation ?? 0, voice.clock.now());
  if (isSame(old, next, more.status)) return done;
  const written = await voice.cluster.replaceStatus<T>(voice.resource, {
    ...object,
    status: { ...next, ...more.status },
  });
  if (!written.ok) return outcomeOf(written.problem);
  voice.store.wrote(written.value);
  for (const note of more.instead ?? [...(more.notes ?? []), ...notesOf(old, next, verdict)]) {
    voice.recorder.record({
      about: written.value,
      component: voice.component,
      ...note,
    });
  }
  return done;
}
