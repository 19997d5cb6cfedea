/**
 * What goes wrong between the operator and the API server without anybody dying: calls that fail before or after they
 * took effect, writes that meet somebody else's, and watches that lag, repeat themselves, lose events and report
 * deletions that never were. All of it follows from a seed. Fair weather is a short, constant lag and nothing else.
 */
import type { Cluster } from "../runtime/cluster";
import type { Problem } from "../runtime/errors";
import type { ClusterObject } from "../runtime/objects";
import type { Phase } from "../runtime/store";

/** What befalls a call. The answer of one that took effect may be lost too. */
export type Trouble = "None" | "Conflict" | "Refused" | "AnswerLost";

/** One arrival of an event. */
export interface Delivery {
  object: ClusterObject;
  phase: Phase;
  afterMs: number;
}

export interface Weather {
  trouble(verb: keyof Cluster): Trouble;
  refusal(): Problem;
  deliveries(object: ClusterObject, phase: Phase): Delivery[];
  isSecretWatchLive(): boolean;
  /** How long after its start a call to a model is cut when it is cut on the way. */
  midCallMs: number;
}

/** How long the watch takes when nothing is wrong. */
const LAG_MS = 5;

export const fairWeather: Weather = {
  trouble: () => "None",
  refusal: () => ({ kind: "retryable", message: "never said" }),
  deliveries: (object, phase) => [{ object, phase, afterMs: LAG_MS }],
  isSecretWatchLive: () => true,
  midCallMs: 40,
};

/** Probabilities from 0 to 1, and the longest lag of an event. */
export interface Storm {
  conflict: number;
  refused: number;
  answerLost: number;
  lagMs: number;
  repeated: number;
  lost: number;
  falseDeletion: number;
}

/** Weather that `random` makes. The same sequence of numbers makes the same weather. */
export function storm({ conflict, refused, answerLost, ...watch }: Storm, random: () => number): Weather {
  const happens = (probability: number): boolean => random() < probability;
  const lag = (): number => LAG_MS + random() * watch.lagMs;
  return {
    trouble(verb) {
      if (verb === "replaceStatus" && happens(conflict)) return "Conflict";
      if (happens(refused)) return "Refused";
      return happens(answerLost) ? "AnswerLost" : "None";
    },
    refusal() {
      const message = "The API server asks for patience";
      return happens(0.3) ? { kind: "retryable", message, retryAfterMs: Math.ceil(random() * 2_000) } : { kind: "retryable", message };
    },
    deliveries(object, phase) {
      if (happens(watch.lost)) return [];
      const once: Delivery = { object, phase, afterMs: lag() };
      return [
        once,
        ...(happens(watch.repeated) ? [{ ...once, afterMs: once.afterMs + lag() }] : []),
        // A relist from an old snapshot reports the end of what it does not hold yet, and may bring it back later, or not.
        ...(happens(watch.falseDeletion) ? [{ ...once, phase: "DELETED" as const, afterMs: lag() }] : []),
        ...(happens(watch.falseDeletion) ? [{ ...once, phase: "ADDED" as const, afterMs: 2 * lag() }] : []),
      ];
    },
    isSecretWatchLive: () => true,
    midCallMs: 40,
  };
}
