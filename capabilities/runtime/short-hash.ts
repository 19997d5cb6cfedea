// A short name for a long one: the same for the same text in every process and version, so that names made with it can be
// found again.
import { createHash } from "node:crypto";

/** The first eight hexadecimal digits of the text's SHA-256: enough to tell apart the few things that share a name. */
export function shortHash(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("hex").slice(0, 8);
}
