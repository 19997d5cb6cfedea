/** Texts as the API server gives them back. Pure. */

/**
 * At most `most` characters, without halves of surrogate pairs: the API server stores something else in their place, and
 * then what was written never looks like what is stored, and is written again and again.
 */
export function storable(text: string, most = text.length): string {
  return text.slice(0, most).replace(/\p{Surrogate}/gu, "\uFFFD");
}
