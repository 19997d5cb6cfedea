/**
 * HTML that cannot be injected into: whatever a template holds is escaped, unless it is markup made here. What people are
 * asked about is written by machines and strangers, so characters that would hide or reorder text are made visible.
 */

/** A piece of HTML that is safe to put into a page. */
export class Markup {
  constructor(readonly text: string) {}
}

type Piece = Markup | string | number | undefined | false | readonly Piece[];

/** The tag for templates: text is escaped, `Markup` is not, lists are joined, undefined and false are nothing. */
export function html(strings: TemplateStringsArray, ...values: Piece[]): Markup {
  const pieces = strings.map((string, i) => string + (i < values.length ? textOf(values[i]) : ""));
  return new Markup(pieces.join(""));
}

function textOf(piece: Piece): string {
  if (piece === undefined || piece === false) return "";
  if (piece instanceof Markup) return piece.text;
  if (typeof piece === "object") return piece.map(textOf).join("");
  return escaped(String(piece));
}

const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? "");
}

/**
 * The same text with control characters, invisible ones and those that turn the direction of writing as `\uXXXX`: what is
 * approved must look like what is executed. Line ends and tabs stay.
 */
export function visible(text: string): string {
  return text.replaceAll(/[^\P{C}\n\t]|[\u2028\u2029\u115f\u1160\u3164\uffa0]/gu, (character) =>
    character
      .split("")
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
      .join(""),
  );
}
