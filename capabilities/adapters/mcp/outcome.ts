/**
 * What came of one call: the server's result in the port's terms, or the meaning of its failure. The line between "surely
 * not sent" and "nobody can tell" is drawn here and nowhere else: whatever is not certain is `Unknown`.
 */
import type { McpContent, McpOutcome, McpTarget } from "./port";
import { headOf } from "./redaction";
import type { Trouble } from "./trouble";
import { BAD_PORT } from "./trouble";
import { seconds } from "./words";
import { isRecord } from "../../runtime/json";

/** The longest refusal that is passed on, in characters. */
const WORDS = 2_000;

/** An outcome, and what it says about the connection. */
export interface Verdict {
  outcome: McpOutcome;
  /** `Lost`: the connection is of no more use. `Doubtful`: it should be looked at. */
  connection: "Fine" | "Doubtful" | "Lost";
}

/** Codes of sockets that were never connected, so that nothing can have been sent over them. */
const NEVER_CONNECTED = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
  BAD_PORT,
]);

/**
 * JSON-RPC codes for "not like this": the protocol version is not spoken (any more), or the headers do not fit the tool's
 * newest schema (2026-07-28). The server has executed nothing, and a new connection will do better.
 */
const OUTDATED = new Set([-32022, -32020]);

/** "Internal error": old SDKs say it for whatever a tool throws, so the tool may have done a part of its work. */
const BROKE = -32603;

/** The result of `tools/call` as it came. */
export function toResult(answer: Record<string, unknown>): McpOutcome {
  const { content, structuredContent, isError, requestState, inputRequests } = answer;
  if (answer["resultType"] === "input_required") {
    return {
      kind: "InputRequired",
      ...(typeof requestState === "string" ? { requestState } : {}),
      inputRequests: isRecord(inputRequests) ? inputRequests : {},
    };
  }
  return {
    kind: "Result",
    content: contentOf(content),
    ...structured(structuredContent),
    isError: isError === true,
  };
}

/** 2026-07-28 allows any JSON value there; what is no object is put into one, as servers do for older clients. */
function structured(value: unknown): { structuredContent?: Record<string, unknown> } {
  if (value === undefined || value === null) return {};
  return { structuredContent: isRecord(value) ? value : { result: value } };
}

/** A list by the protocol; what sloppier servers give, bare words or a single piece, is no less a result. */
function contentOf(value: unknown): McpContent[] {
  const pieces = Array.isArray(value) ? (value as unknown[]) : [value];
  return pieces.map((piece) => (typeof piece === "string" ? { type: "text", text: piece } : piece)).filter(isRecord);
}

/** What a failed call means. `ended` says why the connection ended, where that is known. */
export function toVerdict(target: McpTarget, trouble: Trouble, ended: string | undefined): Verdict {
  if (trouble.status !== undefined) return httpVerdict(target, trouble, trouble.status);
  if (trouble.refusal !== undefined) return refusalVerdict(target, trouble.refusal);
  const server = `MCP server "${target.name}"`;
  if (trouble.isUnwritten) return notSent(`${server} is not connected.`, "Lost");
  const { code = "" } = trouble;
  if (NEVER_CONNECTED.has(code)) return notSent(`${server} could not be reached (${code}).`, "Lost");
  return unanswered(target, trouble, ended);
}

/** The request left, or may have, and nothing that can be read came back. */
function unanswered(target: McpTarget, trouble: Trouble, ended: string | undefined): Verdict {
  const server = `MCP server "${target.name}"`;
  if (trouble.isTimeout) {
    return unknown(`${server} did not answer within ${seconds(target.timeoutMs)}, its spec.timeout.`, "Doubtful");
  }
  if (trouble.isUnreadable) return unknown(`${server} answered, but its answer could not be read.`, "Fine");
  if (trouble.isClosed) return unknown(ended ?? `The connection to ${server} ended before it answered.`, "Doubtful");
  const code = trouble.code === undefined ? "" : ` (${trouble.code})`;
  return unknown(`The connection to ${server} broke before it answered${code}.`, "Doubtful");
}

/**
 * The caller's or our own wish ended the call. `wasSent` false is certain; true means that it may have been.
 */
export function cancelled(target: McpTarget, wasSent: boolean): McpOutcome {
  const message = `The call of MCP server "${target.name}" was cancelled before it was answered.`;
  return wasSent ? { kind: "Unknown", message } : { kind: "NotSent", message };
}

/**
 * A call cannot be continued on a server that speaks an older protocol by now: it would take the answer for a new call.
 */
export function notContinued({ name }: McpTarget): McpOutcome {
  const message = `MCP server "${name}" cannot continue the call: it speaks an older protocol than when it asked.`;
  return { kind: "Refused", message };
}

function refusalVerdict(target: McpTarget, { code, message }: { code: number; message: string }): Verdict {
  const said = headOf(message, target, WORDS);
  if (OUTDATED.has(code)) return notSent(`MCP server "${target.name}" wants to be connected to anew: ${said}`, "Lost");
  const words = said === "" ? `JSON-RPC error ${code}` : said;
  if (code !== BROKE) return { outcome: { kind: "Refused", message: words }, connection: "Fine" };
  return { outcome: { kind: "Result", content: contentOf(words), isError: true }, connection: "Fine" };
}

/** The server, or something before it, answered with an HTTP error in place of a result. */
function httpVerdict(target: McpTarget, trouble: Trouble, status: number): Verdict {
  const { body = "", refusal } = trouble;
  const what = `MCP server "${target.name}" answered with HTTP ${status}`;
  switch (meaningOf(status, body)) {
    case "SessionGone":
      return notSent(`${what}: it no longer knows this session.`, "Lost");
    case "NotAllowed":
      // Perhaps for this one tool only: other calls under way must not end with it.
      return notSent(`${what}: it does not accept the credentials.`, "Doubtful");
    case "Elsewhere":
      return notSent(`${what}: it redirects elsewhere.`, "Lost");
    case "Busy":
      return notSent(`${what}: it is busy.`, "Fine");
    case "Broken":
      return unknown(`${what} in place of a result.`, "Doubtful");
    case "Refused": {
      if (refusal !== undefined) return refusalVerdict(target, refusal);
      const said = headOf(body, target, WORDS);
      return { outcome: { kind: "Refused", message: `${what}${said === "" ? "" : `: ${said}`}.` }, connection: "Fine" };
    }
  }
}

type Meaning = "SessionGone" | "NotAllowed" | "Elsewhere" | "Busy" | "Broken" | "Refused";

const MEANINGS = new Map<number, Meaning>([
  [401, "NotAllowed"],
  [403, "NotAllowed"],
  [404, "SessionGone"],
  [408, "Broken"],
  [429, "Busy"],
]);

/** 503 is not among those that were surely not executed: proxies say it too when the server went away in the middle. */
function meaningOf(status: number, body: string): Meaning {
  // The sessions of a server end with it: 404 by the specification, 400 by older SDKs. It has looked no further.
  if (status === 400 && /session/i.test(body)) return "SessionGone";
  const known = MEANINGS.get(status);
  if (known !== undefined) return known;
  if (status < 400) return "Elsewhere";
  return status < 500 ? "Refused" : "Broken";
}

function notSent(message: string, connection: Verdict["connection"]): Verdict {
  return { outcome: { kind: "NotSent", message }, connection };
}

function unknown(message: string, connection: Verdict["connection"]): Verdict {
  return { outcome: { kind: "Unknown", message }, connection };
}
