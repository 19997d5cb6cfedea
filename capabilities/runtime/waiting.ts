/** Whom or what an object waits for, in words that people read. Pure; what the wait means is its machine's business. */

/** Whom or what is waited for, and since when. */
export interface Waiting {
  /** A phrase that completes "Waiting for …". */
  for: string;
  since: Date;
}

/** The same wait keeps its beginning, and the very value, so that it is seen to be no change. */
export function waitFor(phrase: string, old: Waiting | undefined, since: Date): Waiting {
  return old?.for === phrase ? old : { for: phrase, since };
}
