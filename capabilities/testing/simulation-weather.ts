/**
 * What goes wrong between the operator and the API server without anybody dying: calls that fail before or after they
 * took effect, and writes that meet somebody else's. All of it follows from a seed. What goes wrong with the watches
 * is the fake cluster's business; here is only how much of it a storm brings.
 */
import type { Cluster } from "../runtime/cluster";
import type { Problem } from "../runtime/errors";
import type { WatchTroubles } from "./fake-watches";

/** What befalls a call. The answer of one that took effect may be lost too. */
export type Trouble = "None" | "Conflict" | "Refused" | "AnswerLost";

export interface Weather {
  trouble(verb: keyof Cluster): Trouble;
  refusal(): Problem;
}

/** Nothing goes wrong; the watches take a moment. */
export const fairWeather: Weather = {
  trouble: () => "None",
  refusal: () => ({ kind: "retryable", message: "never said" }),
};
export const fairWatches: WatchTroubles = { lagMs: 10, repeated: 0, displaced: 0 };

/** Probabilities from 0 to 1. */
export interface Storm extends WatchTroubles {
  conflict: number;
  refused: number;
  answerLost: number;
  /** How many times a watch reports the end of an object that lives, and goes deaf for a while. */
  falseDeletions: number;
  deafSpells: number;
  /** Milliseconds after which the weather is fair again, so that everything can still end well. */
  untilMs: number;
}

/** Weather that `random` makes: the same numbers make the same weather. `isOver` ends it. */
export function storm({ conflict, refused, answerLost }: Storm, random: () => number, isOver: () => boolean): Weather {
  const happens = (probability: number): boolean => random() < probability;
  return {
    trouble(verb) {
      if (isOver()) return "None";
      if (verb === "replaceStatus" && happens(conflict)) return "Conflict";
      if (happens(refused)) return "Refused";
      return happens(answerLost) ? "AnswerLost" : "None";
    },
    refusal() {
      const message = "The API server asks for patience";
      return happens(0.3)
        ? { kind: "retryable", message, retryAfterMs: Math.ceil(random() * 2_000) }
        : { kind: "retryable", message };
    },
  };
}
