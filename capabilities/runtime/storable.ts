/** Texts without halves of surrogate pairs, which are text in JavaScript and nowhere else. Pure. */

/** Replaces the halves, as strict readers of JSON and the API server do where they do not refuse them. */
export function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, "\uFFFD");
}

/**
 * At most `most` characters, without halves of surrogate pairs: the API server stores something else in their place, and
 * then what was written never looks like what is stored, and is written again and again.
 */
export function storable(text: string, most = text.length): string {
  return wellFormed(text.slice(0, most));
}
