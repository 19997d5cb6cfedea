/**
 * The one key of a server: whoever has it may ask, answer and read everything. Compared in constant time, never printed.
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";

/** A new key that nobody can guess (256 bits). */
export function makeKey(): string {
  return `hl-${randomBytes(32).toString("base64url")}`;
}

/** What is wrong with a key that somebody has chosen; undefined for a usable one. It must fit into a header. */
export function faultInKey(key: string): string | undefined {
  if (key === "") return "it is empty";
  return /^[\x21-\x7e]+$/.test(key) ? undefined : "it has spaces or characters that are not ASCII";
}

/** Whether two secrets are the same, in a time that depends on neither. */
export function isSameSecret(one: string, other: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}

/** A signature over `text` for one `purpose`; those of different purposes have nothing to do with each other. */
export function sign(key: string, purpose: string, text: string): string {
  const own = createHmac("sha256", key).update(`kubechain humanlayer ${purpose}`).digest();
  return createHmac("sha256", own).update(text).digest("base64url");
}

/** The key in an `Authorization: Bearer …` header. */
export function bearerIn(header: string | undefined): string | undefined {
  return /^Bearer +(\S+) *$/i.exec(header ?? "")?.[1];
}
