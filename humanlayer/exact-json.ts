/**
 * JSON whose numbers stay as they were written: an id of 19 digits must not be rounded on its way to whoever approves it. What
 * is read here is written by JSON.stringify as it came. Pure.
 */

/** A number that a double cannot hold, as the text it was. */
interface RawNumber {
  rawJSON: string;
}

/** Node.js has these since 22; the compiler's library does not know them yet. */
interface ExactJson {
  parse(text: string, reviver: (name: string, value: unknown, context: { source?: string }) => unknown): unknown;
  rawJSON(text: string): RawNumber;
  isRawJSON(value: unknown): value is RawNumber;
}
const exact = JSON as unknown as ExactJson;

/** So many digits survive a double, whatever they are. */
const SURE_DIGITS = 15;
/** Only texts with one of these may hold a number that does not fit; looking is cheaper than asking about every value. */
const SUSPECT = /[\d.]{16}|\d[eE]/;

/** Reads JSON. Throws what JSON.parse throws. */
export function parseExactly(text: string): unknown {
  if (!SUSPECT.test(text)) return JSON.parse(text) as unknown;
  return exact.parse(text, (_name, value, { source }) =>
    typeof value === "number" && source !== undefined && !fits(value, source) ? exact.rawJSON(source) : value,
  );
}

/** Whether a value read here is a number that is kept as text. */
export function isRawNumber(value: unknown): boolean {
  return exact.isRawJSON(value);
}

function fits(value: number, source: string): boolean {
  if (String(value) === source) return true;
  const digits = (source.split(/[eE]/)[0] ?? "").replaceAll(/[-.]/g, "").replace(/^0+/, "").replace(/0+$/, "");
  return digits.length <= SURE_DIGITS && Number.isFinite(value) && (value !== 0 || digits === "");
}
