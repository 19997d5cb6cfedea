/**
 * What was thrown at us by the SDK, by fetch or by a socket, as plain facts: the HTTP status, the system's code, whether time
 * ran out, whether the server itself answered with an error. Decides nothing; words and outcomes are made of these facts.
 */
import { ProtocolError, SdkError, SdkErrorCode, SdkHttpError, SseError } from "@modelcontextprotocol/client";
import { codeOf } from "../../runtime/errors";
import { NotWrittenError } from "./stdio-transport";
import { isRecord } from "../../runtime/json";

/** The time that an attempt or a call had was up. */
export class OutOfTimeError extends Error {
  override name = "OutOfTimeError";
}

/** The server ended the stream on which the answer was to come. */
export class StreamEndedError extends Error {
  override name = "StreamEndedError";
}

/** The facts of a failure. */
export interface Trouble {
  /** The server answered over HTTP with this status instead of a result, and with this text. */
  status?: number;
  body?: string;
  /** The system's or the socket's name of what happened: ECONNREFUSED, UND_ERR_SOCKET … */
  code?: string;
  /** The server answered in JSON-RPC that it will not. */
  refusal?: { code: number; message: string };
  isTimeout: boolean;
  /** The connection had ended or ended meanwhile. */
  isClosed: boolean;
  /** Nothing had left when it failed. */
  isUnwritten: boolean;
  /** An answer came, but not one of the protocol. */
  isUnreadable: boolean;
}

const NOTHING: Trouble = { isTimeout: false, isClosed: false, isUnwritten: false, isUnreadable: false };

/** The facts of anything thrown. */
export function troubleOf(thrown: unknown): Trouble {
  if (thrown instanceof OutOfTimeError) return { ...NOTHING, isTimeout: true };
  if (thrown instanceof StreamEndedError) return { ...NOTHING, isClosed: true };
  if (thrown instanceof NotWrittenError) return { ...NOTHING, isClosed: true, isUnwritten: true };
  if (ProtocolError.isInstance(thrown)) {
    return { ...NOTHING, refusal: { code: thrown.code, message: thrown.message } };
  }
  const http = httpOf(thrown);
  if (http !== undefined) return { ...NOTHING, ...http, ...refusalIn(http.body) };
  const code = systemCodeOf(thrown);
  return { ...NOTHING, ...(code === undefined ? sdkTrouble(thrown) : { code }) };
}

function sdkTrouble(thrown: unknown): Partial<Trouble> {
  if (SdkError.isInstance(thrown)) return sdkErrorTrouble(thrown.code);
  // What the SDK (client 2.4.0) throws at a request made after the end of the connection is a plain error.
  if (isError(thrown) && thrown.message === "Not connected") return { isClosed: true, isUnwritten: true };
  return {};
}

function sdkErrorTrouble(code: SdkErrorCode): Partial<Trouble> {
  switch (code) {
    case SdkErrorCode.NotConnected:
      return { isClosed: true, isUnwritten: true };
    case SdkErrorCode.ConnectionClosed:
      return { isClosed: true };
    case SdkErrorCode.RequestTimeout:
      return { isTimeout: true };
    case SdkErrorCode.InvalidResult:
    case SdkErrorCode.UnsupportedResultType:
    case SdkErrorCode.ClientHttpUnexpectedContent:
      return { isUnreadable: true };
    default:
      return {};
  }
}

function httpOf(thrown: unknown): { status: number; body: string } | undefined {
  if (SdkHttpError.isInstance(thrown)) return { status: thrown.status, body: textOf(thrown.data) };
  if (SseError.isInstance(thrown)) return thrown.code === undefined ? undefined : { status: thrown.code, body: "" };
  // SSEClientTransport of client 2.4.0 says the status of a refused message only in words.
  const said = isError(thrown) ? /^Error POSTing to endpoint \(HTTP (\d{3})\): (.*)$/s.exec(thrown.message) : null;
  return said === null ? undefined : { status: Number(said[1]), body: said[2] ?? "" };
}

function textOf(data: unknown): string {
  return isRecord(data) && typeof data["text"] === "string" ? data["text"] : "";
}

/** A JSON-RPC error in the body of an HTTP error. */
function refusalIn(body: string): Pick<Trouble, "refusal"> {
  if (!body.startsWith("{")) return {};
  try {
    const { error } = JSON.parse(body) as { error?: unknown };
    if (!isRecord(error) || typeof error["code"] !== "number") return {};
    const message = typeof error["message"] === "string" ? error["message"] : "";
    return { refusal: { code: error["code"], message } };
  } catch {
    return {}; // Not JSON after all.
  }
}

/** Fetch by its standard asks nobody at some ports, and undici (7.24) has no code for that. */
export const BAD_PORT = "bad port";

/** The innermost code of a chain of causes; the SDK's own codes are none of the system's. */
function systemCodeOf(thrown: unknown): string | undefined {
  let found: string | undefined;
  let cause = thrown;
  for (let depth = 0; depth < 6 && isError(cause); depth++) {
    if (!SdkError.isInstance(cause)) found = codeOf(cause) ?? (cause.message === BAD_PORT ? BAD_PORT : found);
    cause = innerOf(cause);
  }
  return found;
}

function innerOf(error: { cause?: unknown; errors?: unknown; data?: unknown }): unknown {
  // Both addresses of a name refused: an AggregateError, whose members say why.
  if (Array.isArray(error.errors)) return (error.errors as unknown[])[0];
  return error.cause ?? (isRecord(error.data) ? error.data["cause"] : undefined);
}

/** By its shape: errors of Node's own are made outside of the contexts that tests run in. */
function isError(value: unknown): value is Error & { errors?: unknown; data?: unknown } {
  return isRecord(value) && typeof value["message"] === "string";
}
