/**
 * Whom or what an object waits for, in words that people read, and the sentence of `status.waitingFor` in which it is
 * stored and read back. Pure; what the wait means is its machine's business.
 */
import { momentOf, timestamp } from "../../crds/index";
import { storable } from "./storable";

/** Whom or what is waited for, and since when. */
export interface Waiting {
  /** A phrase that completes "Waiting for …", as `phraseOf` gives it. */
  for: string;
  since: Date;
}

/** What the sentence says. Since when attempts fail is told by calls of tools alone. */
export interface ReadWaiting {
  waiting?: Waiting;
  failingSince?: Date;
}

/** Far below what the field holds, so that the end of the sentence is never cut off; nobody reads more. */
const MOST_CHARACTERS = 4_096;

/** A phrase as it will be read back: one that is not would look like another wait, and be written at every step. */
export function phraseOf(words: string): string {
  return storable(words, MOST_CHARACTERS);
}

/** The same wait keeps its beginning, and the very value, so that it is seen to be no change. */
export function waitFor(words: string, old: Waiting | undefined, since: Date): Waiting {
  const phrase = phraseOf(words);
  return old?.for === phrase ? old : { for: phrase, since };
}

/** The sentence, with times in whole seconds. */
export function waitingSentence(waiting: Waiting, failingSince?: Date): string {
  const sentence = `${waiting.for}, since ${timestamp(waiting.since)}`;
  return failingSince ? `${sentence}, failing since ${timestamp(failingSince)}` : sentence;
}

/** The inverse: what is waited for is kept nowhere else, so that people and the operator read the same. */
export function readWaiting(sentence: string | undefined): ReadWaiting {
  const parts = /^(.*), since (\S+?)(?:, failing since (\S+))?$/s.exec(sentence ?? "");
  const [since, failingSince] = [momentOf(parts?.[2]), momentOf(parts?.[3])];
  return {
    ...(parts?.[1] !== undefined && since && { waiting: { for: parts[1], since } }),
    ...(failingSince && { failingSince }),
  };
}
