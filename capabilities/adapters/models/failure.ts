/**
 * The one place where what a provider or the network did becomes a `ModelFailure`: whether trying again can help, after
 * how long, and a sentence for the person with kubectl. No key leaves through here, and identical failures read the same.
 */
import type { Endpoint, SecretRef } from "./endpoint";
import { describeServer } from "./endpoint";
import type { ModelFailure, ModelFailureReason } from "./port";
import type { Complaint } from "./complaint";
import { classify, complaintOf } from "./complaint";
import type { HeaderReader, RetryAdvice } from "./retry-after";
import { retryAdvice } from "./retry-after";
import { isRecord } from "../../runtime/json";

/** Who asked whom, with what: everything a sentence about a failure needs. */
export interface Caller {
  endpoint: Endpoint;
  /** The LLM's name. */
  llm: string;
  /** Where the key is, when there is one. */
  secret?: SecretRef;
  /** The key itself, so that it can be taken out of what the provider says. */
  apiKey?: string;
}

/** What is said of an error page, whose text would help nobody. */
const WEB_PAGE = " with a web page instead of an explanation";

/** The longest piece of a provider's own words that is passed on, in characters. */
const WORDS_LIMIT = 300;

/** Any failure to get an answer that was thrown: by an SDK (with a status), by fetch (without). */
export function toFailure(thrown: unknown, caller: Caller, now: Date): ModelFailure {
  const status = isErrorWith(thrown, "status") && typeof thrown.status === "number" ? thrown.status : undefined;
  if (status === undefined) return unreachable(thrown, caller);
  if (status < 400) return moved(status, caller);
  const body = isErrorWith(thrown, "error") ? thrown.error : undefined;
  const complaint = complaintOf(body, status, thrown instanceof Error ? thrown.message : "");
  const headers = isErrorWith(thrown, "headers") && isHeaders(thrown.headers) ? thrown.headers : undefined;
  return failureOf(complaint, caller, retryAdvice(headers, now));
}

/** An error that was reported inside a 200. */
export function reportedFailure(error: unknown, caller: Caller): ModelFailure {
  const code = isRecord(error) ? Number(error["code"]) : NaN;
  const status = Number.isInteger(code) && code >= 400 && code < 600 ? code : undefined;
  return failureOf(complaintOf(error, status, typeof error === "string" ? error : ""), caller, {});
}

/** A 200 that is no answer; `why` completes "its answer …". */
export function unreadable(why: string, caller: Caller): ModelFailure {
  return {
    kind: "Failure",
    retryable: true,
    reason: "UnreadableAnswer",
    httpStatus: 200,
    message: `The answer of ${describeServer(caller.endpoint)} could not be read: it ${why}.`,
  };
}

/** The connection broke while the answer was coming. */
export function brokenOff(caller: Caller): ModelFailure {
  return unreadable("broke off in the middle", caller);
}

/** The time for one call was up: the LLM's own, or a shorter one where an answer is due at once. */
export function timedOut(caller: Caller, timeoutMs: number): ModelFailure {
  const whose =
    timeoutMs === caller.endpoint.timeoutMs
      ? `, the time spec.limits.timeout of LLM "${caller.llm}" gives one call`
      : "";
  return {
    kind: "Failure",
    retryable: true,
    reason: "Timeout",
    message: `${capital(describeServer(caller.endpoint))} did not answer within ${seconds(timeoutMs)}${whose}.`,
  };
}

/** The caller gave up. */
export function aborted(): ModelFailure {
  return {
    kind: "Failure",
    retryable: true,
    reason: "Aborted",
    message: "The call to the model was cancelled before it was answered.",
  };
}

/** The key of the Secret cannot go into an HTTP header. Checked before the call: the SDKs throw something that quotes it. */
export function unusableKey(caller: Caller): ModelFailure {
  return {
    kind: "Failure",
    retryable: false,
    reason: "AuthenticationFailed",
    message: `The API key of LLM "${caller.llm}" holds a line break or another character that no HTTP header can carry. ${putKey(caller)}`,
  };
}

function isErrorWith<K extends string>(thrown: unknown, key: K): thrown is Record<K, unknown> {
  return typeof thrown === "object" && thrown !== null && key in thrown;
}

function isHeaders(value: unknown): value is HeaderReader {
  return typeof value === "object" && value !== null && "get" in value && typeof value.get === "function";
}

function unreachable(thrown: unknown, caller: Caller): ModelFailure {
  const cause = causeOf(thrown);
  const server = describeServer(caller.endpoint);
  return {
    kind: "Failure",
    retryable: true,
    reason: "ConnectionFailed",
    message: clean(`No connection to ${server}${cause === "" ? "" : ` (${cause})`}.`, caller),
  };
}

/** A redirect, which is not followed: a key must not travel to where an answer points. */
function moved(status: number, { endpoint, llm }: Caller): ModelFailure {
  return {
    kind: "Failure",
    retryable: false,
    reason: "InvalidRequest",
    httpStatus: status,
    message: `${capital(describeServer(endpoint))} redirects to another address (${status}). Set the base URL of LLM "${llm}" to the address where the API itself is: redirects are not followed.`,
  };
}

/** The SDKs wrap fetch's error, which wraps the socket's: the innermost says most, by its code or else in words. */
function causeOf(thrown: unknown): string {
  let cause: unknown = thrown;
  let words = "";
  let found = "";
  for (let depth = 0; depth < 6 && isErrorWith(cause, "message"); depth++) {
    const code = isErrorWith(cause, "code") ? cause.code : undefined;
    found = typeof code === "string" ? code : found;
    words = typeof cause.message === "string" ? cause.message : words;
    cause = isErrorWith(cause, "cause") ? cause.cause : undefined;
  }
  return found || words.slice(0, WORDS_LIMIT).replace(/\.$/, "");
}

function failureOf(complaint: Complaint, caller: Caller, advice: RetryAdvice): ModelFailure {
  const kind = classify(complaint);
  const retryable = advice.shouldRetry ?? kind.retryable;
  const status = complaint.status === undefined ? "" : ` (${complaint.status})`;
  const said = wordsOf(complaint.message, caller);
  const what = `${capital(describeServer(caller.endpoint))} ${kind.did}${status}${said === "" || said === WEB_PAGE ? said : `: ${said}`}`;
  const todo = retryable ? "" : ` ${adviceFor(kind.reason, caller)}`;
  return {
    kind: "Failure",
    retryable,
    reason: kind.reason,
    message: `${what.replace(/[.:;,\s]+$/, "")}.${todo}`,
    ...(complaint.status === undefined ? {} : { httpStatus: complaint.status }),
    ...(retryable && advice.afterMs !== undefined ? { retryAfterMs: advice.afterMs } : {}),
  };
}

function adviceFor(reason: ModelFailureReason, caller: Caller): string {
  const { endpoint, llm } = caller;
  switch (reason) {
    case "AuthenticationFailed":
      return putKey(caller);
    case "PermissionDenied":
      return `Give the account behind the key credit and access to model "${endpoint.model}", or use another: ${lowered(putKey(caller))}`;
    case "ModelNotFound":
      return endpoint.own
        ? `Set spec.parameters.model of LLM "${llm}" to a model it has; "${endpoint.model}" was asked for.`
        : `Set spec.parameters.model of LLM "${llm}" to a model this server has ("${endpoint.model}" was asked for), and check its address: the base URL of an OpenAI-compatible server usually ends in /v1.`;
    case "ContextTooLong":
      return `Use a model with a larger context window than "${endpoint.model}", or give the task less to read.`;
    default:
      return `Change the parameters of LLM "${llm}", the agent's tools or the task so that they are accepted.`;
  }
}

function putKey({ secret, llm }: Caller): string {
  return secret
    ? `Put a valid key in Secret "${secret.name}", key "${secret.key}".`
    : `Set spec.apiKeyFrom of LLM "${llm}" to a Secret with a key that this server accepts.`;
}

/** The provider's own words on one line, without keys, without a web page, and without what changes from try to try. */
function wordsOf(message: string, caller: Caller): string {
  if (/^\s*</.test(message)) return WEB_PAGE;
  const steady = clean(message, caller)
    .replace(/\s*(Please )?(try again|retry) (in|after) [^.]*?\d[\d.]*\s?(ms|s|m|h)?[^.\d]*(\.|$)/gi, "")
    .replace(/\b(req|request|chatcmpl|resp|msg)[_-][\w-]{6,}/gi, "…")
    .replace(/\b[0-9a-f]{8}-[0-9a-f-]{27}\b/gi, "…");
  return steady.length <= WORDS_LIMIT ? steady : `${steady.slice(0, WORDS_LIMIT - 1)}…`;
}

/** One line, printable, and without the key: providers quote it, whole or in part. */
function clean(text: string, { apiKey }: Caller): string {
  const open = apiKey === undefined || apiKey === "" ? text : text.split(apiKey).join("[redacted]");
  return open
    .replace(/\b(sk|pk|key|AIza)[-_][\w*.-]{4,}/g, "[redacted]")
    .replace(/[\p{Cc}\s]+/gu, " ")
    .trim();
}

function seconds(ms: number): string {
  return ms < 1_000 ? `${ms} ms` : `${Math.round(ms / 1_000)} s`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function lowered(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
