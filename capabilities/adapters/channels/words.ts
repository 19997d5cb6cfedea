/**
 * What is said of services in trouble, to the person with kubectl: who, what, and what to do. Owns the taking out of secrets:
 * nothing that a service said leaves this folder but through here. Pure.
 */
import type { ChannelTarget } from "./port";
import type { Trouble } from "./wire";
import { isRecord, parseJson } from "../../runtime/json";

/** Who is spoken of, and what must not be said. */
export interface Spoken {
  /** As a part of a sentence: `HumanLayer at https://api.humanlayer.dev`. */
  server: string;
  /** The field with the address. */
  field: "spec.baseUrl" | "spec.webhook.url";
  /** Taken out of whatever the service says. */
  secret: string;
}

/** The address of HumanLayer's own API, as its SDK (0.7.9) has it. */
export const HUMANLAYER_API = "https://api.humanlayer.dev/humanlayer/v1";

/** How the service behind a target is spoken of. Only the origin of an address is shown: its path can be a secret. */
export function spokenOf(target: ChannelTarget): Spoken {
  if (target.webhook) {
    const { url, secret } = target.webhook;
    return { server: `the webhook at ${originOf(url)}`, field: "spec.webhook.url", secret };
  }
  const server = `the HumanLayer API at ${originOf(target.baseUrl ?? HUMANLAYER_API)}`;
  return { server, field: "spec.baseUrl", secret: target.apiKey ?? "" };
}

function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : "an address that is none";
}

/** What happened, in one or two sentences. */
export function wordsFor(trouble: Trouble, spoken: Spoken): string {
  const server = capital(spoken.server);
  switch (trouble.kind) {
    case "Status":
      return statusWords(trouble, spoken);
    case "TimedOut":
      return `${server} did not answer within ${trouble.timeoutMs / 1_000}s.`;
    case "Unreachable":
      return `${server} could not be reached: ${trouble.why}.`;
    case "Unreadable":
      return `The answer of ${spoken.server} could not be read: it ${trouble.how}. ${checkAddress(spoken)}`;
    case "Aborted":
      return `The request to ${spoken.server} was ended before it was answered.`;
  }
}

function statusWords({ status, text }: Extract<Trouble, { kind: "Status" }>, spoken: Spoken): string {
  const answered = `${spoken.server} answered ${status}${saidIn(text, spoken)}.`;
  const isHumanLayer = spoken.field === "spec.baseUrl";
  if (status >= 300 && status < 400) {
    return `${capital(spoken.server)} answered ${status}, a redirect, which is not followed. Put the address it leads to into ${spoken.field}.`;
  }
  if (isHumanLayer && (status === 401 || status === 403)) {
    return `The HumanLayer API key is not valid: ${answered} Put a valid one into the Secret of spec.apiKeyFrom.`;
  }
  if (status === 404 || status === 405) return `${capital(answered)} ${checkAddress(spoken)}`;
  return status === 429 ? `${capital(answered)} It asks for patience.` : capital(answered);
}

function checkAddress({ field }: Spoken): string {
  const operator = field === "spec.baseUrl" ? " (or the operator's HUMANLAYER_API_BASE)" : "";
  return `Check the address in ${field}${operator}.`;
}

/** What is said of an item under a question's id that is another one. `difference` is a sentence about it. */
export function notOurQuestion(id: string, difference: string): string {
  return `Under the id ${id} the HumanLayer API has an item that is not this question: ${difference}. An answer to it does not count. People can answer with kubectl.`;
}

/** What is said of an approval that no person can have given. */
export const NOBODY_WAS_ASKED =
  "The HumanLayer project answered this question by itself, before anybody could read it: that is nobody's approval and does not count. Turn automatic approval off in the project. People can answer with kubectl.";

/** As many characters of a service's own words as are passed on. */
const LONGEST_SAID = 200;

/** What a refusal says, where it says it in a known form or in plain words; a web page's text would help nobody. */
function saidIn(text: string, { secret }: Spoken): string {
  const said = shown(complaintIn(text), secret, LONGEST_SAID);
  return said === "" ? "" : ` ("${said}")`;
}

function complaintIn(text: string): string {
  const trimmed = text.trim();
  if (trimmed.startsWith("<")) return "";
  const parsed = parseJson(trimmed);
  return parsed === undefined ? trimmed : (messageIn(parsed) ?? "");
}

/** `{error: {message}}`, `{detail: [{msg}]}`, and what servers write that are not strict about it. */
function messageIn(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return messageIn((value as unknown[])[0]);
  if (!isRecord(value)) return undefined;
  return (
    messageIn(value["error"]) ?? messageIn(value["message"]) ?? messageIn(value["msg"]) ?? messageIn(value["detail"])
  );
}

/** Text of somebody else's on one line, printable, bounded, without the secret. */
export function shown(text: string, secret: string, limit: number): string {
  const open = secret === "" ? text : text.split(secret).join("***");
  const line = open.replace(/[\p{Cc}\p{Cf}\s]+/gu, " ").trim();
  return line.length <= limit ? line : `${cut(line, limit - 1)}…`;
}

/** The first `length` characters, never half of one. */
export function cut(text: string, length: number): string {
  return text.slice(0, length).replace(/[\ud800-\udbff]$/, "");
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
