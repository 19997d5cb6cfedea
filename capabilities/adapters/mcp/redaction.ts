/**
 * What may be shown of text that a server wrote: one line, printable, bounded, and without the secrets that it was given.
 * Owns nothing else; whoever passes on words of a server passes them through here.
 */
import type { McpTarget } from "./port";

/** Shorter values are no secrets worth the name, and taking them out would tear holes into ordinary words. */
const SHORTEST_SECRET = 8;

/** The text without control characters, and with the values of the target's environment and headers replaced by `***`. */
export function redact(text: string, target: McpTarget): string {
  let open = text;
  for (const secret of secretsOf(target)) open = open.split(secret).join("***");
  return open.replace(/[\p{Cc}\p{Cf}\s]+/gu, " ").trim();
}

/** At most `limit` characters from the start of a redacted text. */
export function headOf(text: string, target: McpTarget, limit: number): string {
  const shown = redact(text, target);
  return shown.length <= limit ? shown : `${shown.slice(0, limit - 1)}…`;
}

/** At most `limit` characters from the end of a redacted text: what a program says last says most. */
export function tailOf(text: string, target: McpTarget, limit: number): string {
  const shown = redact(text, target);
  return shown.length <= limit ? shown : `…${shown.slice(shown.length - limit + 1)}`;
}

/** Longest first, so that no secret is left in half because a part of it was taken out before. */
function secretsOf(target: McpTarget): string[] {
  const values = Object.values({ ...target.env, ...prefixed(target.headers) });
  // Of `Bearer abc` a server shows the second word, and of a value with line breaks one line.
  const parts = values.flatMap((value) => [value, ...value.split(/\s+/)]);
  return [...new Set(parts)].filter((part) => part.length >= SHORTEST_SECRET).sort((a, b) => b.length - a.length);
}

/** Headers under names that no variable has, so that both kinds stand in one record. */
function prefixed(headers: Record<string, string> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [`header ${name}`, value]));
}
