// How an Event looks on the wire: core/v1, in the shape `kubectl describe` and `kubectl get events` read. Pure: a sighting in,
// an object or a patch out.
import type { ClusterObject, Draft, Resource } from "./objects";

/** Where Events are kept. */
export const EVENTS: Resource = {
  apiVersion: "v1",
  kind: "Event",
  plural: "events",
};

/** An Event as stored. Times are RFC 3339 with whole seconds: `metav1.Time` has no fractions. */
export interface StoredEvent extends ClusterObject {
  involvedObject: {
    apiVersion: string;
    kind: string;
    namespace: string;
    name: string;
    uid: string;
  };
  type: "Normal" | "Warning";
  reason: string;
  message: string;
  count: number;
  firstTimestamp: string;
  lastTimestamp: string;
  source: { component: string };
  reportingComponent: string;
  reportingInstance: string;
}

/** One thing that has happened, once or several times. */
export interface Sighting {
  name: string;
  about: StoredEvent["involvedObject"];
  component: string;
  type: "Normal" | "Warning";
  reason: string;
  message: string;
  count: number;
  first: Date;
  last: Date;
}

/** The API server refuses longer messages (k8s.io/kubernetes, pkg/apis/core/validation/events.go). */
const LONGEST_MESSAGE = 1024;

/** An object name has at most 253 characters; the dot and 16 hexadecimal digits take 17 of them. */
const LONGEST_PREFIX = 253 - 17;

/** `<object>.<16 digits>`: events of one second sort by name, so the name counts in nanoseconds, in order of occurrence. */
export function eventName(objectName: string, stamp: bigint): string {
  const prefix = objectName.slice(0, LONGEST_PREFIX).replace(/[-.]+$/, "");
  return `${prefix}.${stamp.toString(16).padStart(16, "0")}`;
}

/** Cuts a message to what the API server takes, and shows that it was cut. */
export function capMessage(message: string): string {
  if (message.length <= LONGEST_MESSAGE) return message;
  // The limit counts bytes, and a cut through a surrogate pair would not be text: cut by code point, measure in UTF-8.
  const ellipsis = "…";
  const room = LONGEST_MESSAGE - Buffer.byteLength(ellipsis);
  let kept = "";
  let bytes = 0;
  for (const symbol of message) {
    bytes += Buffer.byteLength(symbol);
    if (bytes > room) break;
    kept += symbol;
  }
  return kept + ellipsis;
}

/** The object to create. `instance` names the process that tells it (its pod). */
export function toEvent(seen: Sighting, instance: string): Draft<StoredEvent> {
  return {
    apiVersion: EVENTS.apiVersion,
    kind: EVENTS.kind,
    metadata: { name: seen.name, namespace: seen.about.namespace },
    involvedObject: seen.about,
    type: seen.type,
    reason: seen.reason,
    message: seen.message,
    count: seen.count,
    firstTimestamp: wholeSeconds(seen.first),
    lastTimestamp: wholeSeconds(seen.last),
    source: { component: seen.component },
    reportingComponent: seen.component,
    reportingInstance: instance,
  };
}

/** The merge patch that tells of a repeat. */
export function toRepeat(seen: Sighting): Pick<StoredEvent, "count" | "lastTimestamp"> {
  return { count: seen.count, lastTimestamp: wholeSeconds(seen.last) };
}

function wholeSeconds(when: Date): string {
  return `${when.toISOString().slice(0, 19)}Z`;
}
