/**
 * Reads what a provider complains about and decides what kind of failure it is: by status, else by the error's type or
 * code, else by its words. Knows no sentence for people; `failure.ts` writes those. Pure.
 */
import type { ModelFailureReason } from "./port";
import type { Json } from "./wire";
import { isRecord } from "../../runtime/json";
import { textAt } from "./wire";

/** What an answer with an error status says, as far as it matters here. */
export interface Complaint {
  /** Undefined where an error came without one: in a 200, or by its type alone. */
  status: number | undefined;
  /** The provider's `type` and `code`, for comparing. */
  words: string[];
  message: string;
}

/** The error object, wherever a provider puts it: at the top, under `error`, in a list (Google), in `detail` (FastAPI). */
export function complaintOf(body: unknown, status: number | undefined, fallback: string): Complaint {
  let at: unknown = body;
  for (let depth = 0; depth < 4; depth++) {
    if (Array.isArray(at)) at = at[0];
    else if (isRecord(at) && at["error"] !== undefined && at["error"] !== null) at = at["error"];
  }
  if (!isRecord(at))
    return {
      status,
      words: [],
      message: typeof at === "string" ? at : withoutStatus(fallback),
    };
  const { type, code } = at;
  const words = [type, code, at["status"]].filter((word) => typeof word === "string");
  return {
    status,
    words,
    message: textAt(at, "message") || textAt(at, "msg") || detailOf(at),
  };
}

function detailOf(at: Json): string {
  const detail = at["detail"] ?? at["details"];
  const first: unknown = Array.isArray(detail) ? detail[0] : detail;
  if (typeof first === "string") return first;
  return isRecord(first) ? textAt(first, "msg") || textAt(first, "message") : "";
}

/** The SDKs put the status before a body that is no JSON. */
function withoutStatus(message: string): string {
  return message.replace(/^\d{3} /, "").replace(/^status code \(no body\)$/, "");
}

/** A kind of failure. `did` completes "The server …". */
export interface Kind {
  reason: ModelFailureReason;
  retryable: boolean;
  did: string;
}

const TOO_LONG: Kind = {
  reason: "ContextTooLong",
  retryable: false,
  did: "finds the conversation too long",
};
const NO_MODEL: Kind = {
  reason: "ModelNotFound",
  retryable: false,
  did: "does not have the model",
};
const NO_CREDIT: Kind = {
  reason: "PermissionDenied",
  retryable: false,
  did: "refused: the account has no credit or quota left",
};
const BAD_KEY: Kind = {
  reason: "AuthenticationFailed",
  retryable: false,
  did: "refused the API key",
};
const FORBIDDEN: Kind = {
  reason: "PermissionDenied",
  retryable: false,
  did: "does not allow this key to do that",
};
const INVALID: Kind = {
  reason: "InvalidRequest",
  retryable: false,
  did: "refused the request",
};
const LIMITED: Kind = {
  reason: "RateLimited",
  retryable: true,
  did: "is limiting requests",
};
const BROKEN: Kind = {
  reason: "ProviderError",
  retryable: true,
  did: "failed",
};

/** Error types and codes of OpenAI and Anthropic that say more than the status, or come without one. */
const BY_WORD: Record<string, Kind> = {
  insufficient_quota: NO_CREDIT,
  billing_error: NO_CREDIT,
  billing_hard_limit_reached: NO_CREDIT,
  context_length_exceeded: TOO_LONG,
  request_too_large: TOO_LONG,
  model_not_found: NO_MODEL,
  invalid_api_key: BAD_KEY,
  authentication_error: BAD_KEY,
  permission_error: FORBIDDEN,
  not_found_error: NO_MODEL,
  rate_limit_error: LIMITED,
  rate_limit_exceeded: LIMITED,
  overloaded_error: { ...BROKEN, did: "is overloaded" },
  timeout_error: BROKEN,
  api_error: BROKEN,
  server_error: BROKEN,
};

const BY_STATUS: Record<number, Kind> = {
  401: BAD_KEY,
  402: NO_CREDIT,
  403: FORBIDDEN,
  404: NO_MODEL,
  408: BROKEN,
  409: BROKEN,
  413: TOO_LONG,
  425: BROKEN,
  429: LIMITED,
  529: { ...BROKEN, did: "is overloaded" },
};

/** How providers say that a conversation does not fit, where they give no code for it. */
const SAYS_TOO_LONG =
  /context.{0,12}(length|window|size)|maximum.{0,20}tokens|prompt is too long|too many (input )?tokens|input.{0,20}too long|exceed.{0,30}context/i;

/** What kind of failure a complaint is. */
export function classify(complaint: Complaint): Kind {
  const { status, words } = complaint;
  const named = words.map((word) => BY_WORD[word]).find((kind) => kind !== undefined);
  if (status === undefined) return named ?? BROKEN;
  if (status >= 500) return BY_STATUS[status] ?? BROKEN;
  if (named && PRECISE.has(named)) return named;
  const said = status === 400 ? bySentence(complaint.message) : undefined;
  return said ?? BY_STATUS[status] ?? INVALID;
}

/** Kinds whose words say more than a status in the 400s does. */
const PRECISE: ReadonlySet<Kind> = new Set([NO_CREDIT, TOO_LONG, NO_MODEL]);

/** What some providers say only in words, with a plain 400: Anthropic about credit, Google about a wrong key. */
function bySentence(message: string): Kind | undefined {
  // Too many tokens were asked for, not sent: the LLM's maxTokens is to blame.
  if (/max_(completion_|output_|new_)?tokens/.test(message)) return INVALID;
  if (SAYS_TOO_LONG.test(message)) return TOO_LONG;
  if (/credit balance|billing/i.test(message)) return NO_CREDIT;
  return /api key not valid|invalid api key/i.test(message) ? BAD_KEY : undefined;
}
