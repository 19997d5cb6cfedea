/**
 * Who is at the page: a signed cookie that holds the person's name, so that a restart of the server logs nobody out. The
 * signature comes from the server's key: whoever changes the key logs everybody out. Nothing is stored.
 */
import { isJson, textOr } from "./items";
import { isSameSecret, sign } from "./key";

/** Somebody who has shown the key, and says who they are. */
export interface Person {
  name: string;
  email?: string;
}

/** A person at the page; `csrf` must come back with every form. */
export interface Session {
  person: Person;
  csrf: string;
}

/** How long somebody stays logged in, in seconds: a working week. */
export const SESSION_SECONDS = 7 * 24 * 60 * 60;
const LONGEST = 200;

/** The cookie's value for a person who has shown the key. */
export function sessionCookie(key: string, person: Person, now: Date): string {
  const content = { ...person, until: now.getTime() + SESSION_SECONDS * 1_000 };
  const text = Buffer.from(JSON.stringify(content)).toString("base64url");
  return `${text}.${sign(key, "session", text)}`;
}

/** The session of a cookie; undefined for one that is forged, too old or missing. */
export function sessionIn(cookie: string | undefined, key: string, now: Date): Session | undefined {
  const [text = "", signature = ""] = (cookie ?? "").split(".");
  if (text === "" || !isSameSecret(signature, sign(key, "session", text))) return undefined;
  const content: unknown = JSON.parse(Buffer.from(text, "base64url").toString("utf8"));
  if (!isJson(content) || Number(content["until"]) < now.getTime()) return undefined;
  const person = personOf(content["name"], content["email"]);
  return typeof person === "string" ? undefined : { person, csrf: sign(key, "form", text) };
}

/** Who somebody says they are, or a sentence about what is wrong with it. */
export function personOf(name: unknown, email: unknown): Person | string {
  const tidy = (value: unknown): string =>
    textOr(value, "")
      .replaceAll(/[\p{C}\p{Z}\s]+/gu, " ")
      .trim();
  const [who, address] = [tidy(name), tidy(email)];
  if (who === "") return "Please say who you are: your name goes with your answers.";
  if (who.length > LONGEST || address.length > LONGEST) return `Please use at most ${LONGEST} characters.`;
  if (address !== "" && !/^[^\s@]+@[^\s@]+$/.test(address)) return "This email address is none. You can leave it out.";
  return address === "" ? { name: who } : { name: who, email: address };
}
