/**
 * FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/), 32 bits, scaled to [0, 1): jitter that is always the same for the
 * same text.
 */
export function fractionOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash >>> 0) / 2 ** 32;
}
