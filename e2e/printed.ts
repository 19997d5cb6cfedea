/** What kubectl has printed, read back: tables and the events of a description. It judges nothing. */

/** A time of kubectl's: the age of something young. */
export const AGE = expect.stringMatching(/^\d+[sm]/) as string;

/** A text that holds the words. */
export function saying(words: string): string {
  return expect.stringContaining(words) as string;
}

/** The rows of a table of kubectl's, cell by cell; columns begin where their titles do. */
export function rowsOf(table: string): string[][] {
  const [head = "", ...lines] = table.trimEnd().split("\n");
  const starts = [...head.matchAll(/\S+(?: \S+)*/g)].map(({ index }) => index);
  const cells = (line: string): string[] => starts.map((start, i) => line.slice(start, starts[i + 1]).trim());
  return [head, ...lines].map(cells);
}

/** What `kubectl describe` prints under "Events:": type, reason, source and message of each. */
export function eventsIn(description: string): string[][] {
  const lines = (description.split(/^Events:\n/m)[1] ?? "").trimEnd().split("\n").slice(2);
  return lines.map((line) => {
    const [type = "", reason = "", , source = "", ...message] = line.trim().split(/ {2,}/);
    return [type, reason, source, message.join("  ")];
  });
}
