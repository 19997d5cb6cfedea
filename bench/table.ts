/** Figures as people read them: Markdown tables with aligned columns, and numbers with the digits that matter. Pure. */

/** A table with a sentence above it. Every row has a cell for every column. */
export interface Table {
  title: string;
  columns: string[];
  rows: string[][];
}

/** The table as Markdown that also reads well as plain text: columns padded, numbers to the right. */
export function toMarkdown({ title, columns, rows }: Table): string {
  const escaped = [columns, ...rows].map((row) => row.map((cell) => cell.replaceAll("|", "\\|").replaceAll("\n", " ")));
  const widths = columns.map((_, column) => Math.max(3, ...escaped.map((row) => (row[column] ?? "").length)));
  const isNumeric = columns.map(
    (_, column) => rows.length > 0 && rows.every((row) => /^[-+]?\d/.test(row[column] ?? "")),
  );
  const pad = (cell: string, column: number): string => {
    const width = widths[column] ?? 0;
    return isNumeric[column] ? cell.padStart(width) : cell.padEnd(width);
  };
  const line = (row: string[]): string =>
    `| ${columns.map((_, column) => pad(row[column] ?? "", column)).join(" | ")} |`;
  const rule = widths.map((width, column) => (isNumeric[column] ? `${"-".repeat(width - 1)}:` : "-".repeat(width)));
  const [head = [], ...body] = escaped;
  return [title, "", line(head), `| ${rule.join(" | ")} |`, ...body.map(line)].join("\n");
}

/** A number with about three digits that say something: 0.123, 1.23, 12.3, 123, 1235. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size === 0 || Number.isInteger(value)) return String(value);
  if (size >= 100) return value.toFixed(0);
  if (size >= 10) return value.toFixed(1);
  return value.toFixed(size >= 1 ? 2 : 3);
}

/** A share as a percentage without digits after the point. */
export function percent(share: number): string {
  return Number.isFinite(share) ? `${Math.round(share * 100)} %` : "–";
}
