/**
 * Signatures of posts, both ways, by Standard Webhooks 1.0 (https://www.standardwebhooks.com). Owns how a secret is read and how
 * long a signature is good for; who may sign what is the receiver's business.
 */
import { timingSafeEqual } from "node:crypto";
import { Webhook } from "standardwebhooks";

/** The headers of a signed post. */
const ID_HEADER = "webhook-id";
const TIME_HEADER = "webhook-timestamp";
const SIGNATURE_HEADER = "webhook-signature";

/** How far the time of a signature may be from ours, both ways, milliseconds: the standard's recommendation. */
export const SIGNATURE_WINDOW_MS = 300_000;

/** What a signature proves; `why` completes "it was refused: …". */
export type Verdict = { kind: "Genuine"; webhookId: string } | { kind: "Unsigned" | "Stale" | "Forged"; why: string };

/** The headers that sign a body. */
export function signed(id: string, at: Date, body: string, secret: string): Record<string, string> {
  return {
    [ID_HEADER]: id,
    [TIME_HEADER]: String(Math.floor(at.getTime() / 1_000)),
    [SIGNATURE_HEADER]: signer(secret).sign(id, at, body),
  };
}

/** Whether a post was signed with the secret, not long before `now`. */
export function verify(headers: Headers, body: string, secret: string, now: Date): Verdict {
  const [id, time, given] = [ID_HEADER, TIME_HEADER, SIGNATURE_HEADER].map((name) => headers.get(name) ?? "");
  if (!id || !time || !given) {
    const names = `${ID_HEADER}, ${TIME_HEADER} and ${SIGNATURE_HEADER}`;
    return { kind: "Unsigned", why: `it is not signed: it needs the headers ${names}` };
  }
  if (!/^\d{1,12}$/.test(time)) return { kind: "Forged", why: `its header ${TIME_HEADER} is no time in seconds` };
  const at = new Date(Number(time) * 1_000);
  const expected = signer(secret).sign(id, at, body);
  if (!given.split(" ").some((one) => isSame(one, expected))) {
    return { kind: "Forged", why: "its signature is not of the channel's secret" };
  }
  if (Math.abs(now.getTime() - at.getTime()) > SIGNATURE_WINDOW_MS) {
    return { kind: "Stale", why: `its signature is older or newer than ${SIGNATURE_WINDOW_MS / 60_000} minutes` };
  }
  return { kind: "Genuine", webhookId: id };
}

function isSame(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}

const PREFIX = "whsec_";

/** A secret is `whsec_` and base64, as the standard has it, or any other text, whose bytes are the key. */
function signer(secret: string): Webhook {
  const encoded = secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : "";
  const isBase64 = /^[A-Za-z0-9+/]+={0,2}$/.test(encoded) && encoded.length % 4 === 0;
  return isBase64 ? new Webhook(secret) : new Webhook(Buffer.from(secret, "utf8"), { format: "raw" });
}
