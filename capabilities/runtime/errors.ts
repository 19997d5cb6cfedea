// The edge: what the API server or the network answered becomes one of four meanings, and nobody past this file sees a
// status code. Owns the words for people; never throws, never retries.

/** What went wrong, in the four meanings that lead to different acts. */
export type Problem =
  /** The object is not there (any more): nothing to do. */
  | { kind: "gone" }
  /** Somebody else was first: stop, look again, decide again. */
  | { kind: "conflict" }
  /** Trying again later can help; not before `retryAfterMs`, when the server said so. */
  | { kind: "retryable"; message: string; retryAfterMs?: number }
  /** Only a change by a person can help; `message` says which. */
  | { kind: "terminal"; message: string };

/** A value, or why there is none. */
export type Result<T> = { ok: true; value: T } | { ok: false; problem: Problem };

/** A refusal as it came over the wire: anything but 2xx. */
export interface Refusal {
  status: number;
  /** The body, unparsed: usually a `metav1.Status`, sometimes plain text. */
  body: string;
  /** The Retry-After header, if there was one. */
  retryAfter?: string;
}

/** The parts of `metav1.Status` that are read here. */
interface ApiStatus {
  message?: string;
  reason?: string;
  details?: {
    name?: string;
    retryAfterSeconds?: number;
    causes?: { reason?: string }[];
  };
}

/** A success. */
export function ok<T>(value: T): Result<T> {
  return { ok: true, value };
}

/** A failure. */
export function failed<T>(problem: Problem): Result<T> {
  return { ok: false, problem };
}

/** Whether a value is an answer of the API server (rather than a thrown error). */
function isRefusal(thrown: unknown): thrown is Refusal {
  return typeof thrown === "object" && thrown !== null && "status" in thrown && "body" in thrown;
}

/**
 * Says what a refused or broken call means. Takes a `Refusal` or whatever the network layer threw; the latter is always
 * worth another try, because the call may never have arrived.
 */
export function toProblem(thrown: unknown): Problem {
  if (isRefusal(thrown)) return fromRefusal(thrown);
  return {
    kind: "retryable",
    message: `The API server could not be reached: ${nameOf(thrown)}.`,
  };
}

/** A request that took too long, a list whose next page is forgotten, a server that is busy. */
const PATIENCE = new Set([408, 410, 429]);

function fromRefusal(refusal: Refusal): Problem {
  const status = parseStatus(refusal.body);
  const said = status.message ?? firstLine(refusal.body);
  if (PATIENCE.has(refusal.status)) return retryable(refusal, status, said);
  switch (refusal.status) {
    case 404:
      return notFound(status, said);
    case 409:
      return { kind: "conflict" };
    case 401:
    case 403:
      return notAllowed(refusal.status, status, said);
    default:
      return refusal.status >= 500 && !isTooLarge(said)
        ? retryable(refusal, status, said)
        : { kind: "terminal", message: advise(refusal.status, said) };
  }
}

/**
 * A 404 without a name is about the path, not the object: the CRD is missing or not served yet (measured right after a
 * restart).
 */
function notFound(status: ApiStatus, said: string): Problem {
  if (status.details?.name !== undefined) return { kind: "gone" };
  return {
    kind: "retryable",
    message: `The API server does not serve this kind (${said}). Are the CRDs of KubeChain installed?`,
  };
}

/**
 * In a namespace that is being deleted nothing can be created and nothing needs to be: everything in it will be gone. Else it
 * is about the operator, not the object: an API server that has just started knows no roles yet and refuses everybody
 * (measured with 1.36.3, for about a second), and rights that are missing may be granted. No object may fail for that.
 */
function notAllowed(code: number, status: ApiStatus, said: string): Problem {
  const isEnding = status.details?.causes?.some((cause) => cause.reason === "NamespaceTerminating") ?? false;
  return isEnding ? { kind: "gone" } : { kind: "retryable", message: advise(code, said) };
}

function retryable(refusal: Refusal, status: ApiStatus, said: string): Problem {
  const afterMs = waitOf(refusal.retryAfter) ?? secondsToMs(status.details?.retryAfterSeconds);
  const message = `The API server asks for patience (${refusal.status}): ${said}`;
  return afterMs === undefined ? { kind: "retryable", message } : { kind: "retryable", message, retryAfterMs: afterMs };
}

function secondsToMs(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1000;
}

/** Retry-After in its two forms, RFC 9110 section 10.2.3: seconds, or a date. */
function waitOf(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}

/**
 * etcd's own limit (1.5 MiB a request, `--max-request-bytes`) and gRPC's (2 MiB, when the server gives none) come back as a
 * 500, yet no repetition makes an object smaller.
 */
function isTooLarge(said: string): boolean {
  return said.includes("request is too large") || said.includes("trying to send message larger than max");
}

function advise(status: number, said: string): string {
  switch (status) {
    case 400:
      return `The API server did not understand the request: ${said}`;
    case 401:
      return `The API server does not accept the operator's credentials: ${said}. Renew its service account token or kubeconfig.`;
    case 403:
      return `The operator is not allowed to do this: ${said}. Grant it in the operator's ClusterRole.`;
    case 422:
      return `The API server refused the object: ${said}`;
    default:
      return isTooLarge(said) || status === 413
        ? `The object has become too large for the cluster, which stores about 1.5 MB of each (${said}). Ask for shorter answers and results, or for less at once.`
        : `The API server refused (${status}): ${said}`;
  }
}

function parseStatus(body: string): ApiStatus {
  if (!body.startsWith("{")) return {};
  try {
    return JSON.parse(body) as ApiStatus;
  } catch {
    return {}; // Cut off or not ours: the caller falls back to the text.
  }
}

function firstLine(body: string): string {
  const line = body.split("\n", 1)[0]?.trim() ?? "";
  return line === "" ? "no reason given" : line.slice(0, 300);
}

/** The shortest true name of a thrown value: its code where there is one (ECONNREFUSED), never a stack. */
function nameOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown).slice(0, 300);
  const code = codeOf(thrown) ?? codeOf(thrown.cause);
  return code ?? (thrown.message === "" ? thrown.name : thrown.message.slice(0, 300));
}

/** The system or client error code of a thrown value ("ECONNRESET", "UND_ERR_SOCKET"), if it has one. */
export function codeOf(thrown: unknown): string | undefined {
  if (typeof thrown !== "object" || thrown === null || !("code" in thrown)) return undefined;
  return typeof thrown.code === "string" ? thrown.code : undefined;
}
