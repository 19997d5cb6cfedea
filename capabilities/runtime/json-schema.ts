/** Which rules a JSON Schema is written by. Pure. */

/** The drafts that the validator (@cfworker/json-schema 4.1.6) knows, in its words. */
export type Draft = "4" | "7" | "2019-09" | "2020-12";

/** The draft that a schema names, and the newest when it names none. 6 is read as 7, for the validator does not know it. */
export function draftOf(schema: Record<string, unknown>): Draft {
  const named = schema["$schema"];
  const text = typeof named === "string" ? named : "";
  if (text.includes("draft-04")) return "4";
  if (text.includes("draft-06") || text.includes("draft-07")) return "7";
  return text.includes("2019-09") ? "2019-09" : "2020-12";
}
