/** Finds the names a person may have meant. Pure. */

/** At most this many suggestions: more is a list, not a hint. */
const MOST = 2;

/** The names of `existing` that differ from `name` in a slip or two, or only by an end; closest first. */
export function similarNames(name: string, existing: readonly string[]): string[] {
  return existing
    .map((candidate) => ({ candidate, distance: distance(name, candidate) }))
    .filter(
      ({ candidate, distance: slips }) =>
        slips <= Math.min(2, name.length / 2) || isLonger(name, candidate) || isLonger(candidate, name),
    )
    .sort((a, b) => a.distance - b.distance || a.candidate.localeCompare(b.candidate))
    .slice(0, MOST)
    .map(({ candidate }) => candidate);
}

/** Names grow by parts: `gpt-4o` and `gpt-4o-mini`. */
function isLonger(short: string, long: string): boolean {
  return short.length >= 3 && (long.startsWith(`${short}-`) || long.startsWith(`${short}.`));
}

/** Levenshtein's distance: how many characters are to be inserted, removed or replaced. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++) {
      const replaced = (row[j] ?? 0) + (a[i] === b[j] ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
