/** Words of a shell command line, quoted so that a POSIX shell reads back exactly what was meant. */

/** One word; quoted only if it has to be. */
export function quote(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** Several words. */
export function quoteAll(words: readonly string[]): string {
  return words.map(quote).join(" ");
}
