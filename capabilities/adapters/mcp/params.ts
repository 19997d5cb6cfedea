/**
 * What a call of a tool says on the wire, in the protocol of 2026-07-28 and in those before it. Pure; who sends it, and what
 * comes of it, is said elsewhere.
 */
import type { InputResponses } from "@modelcontextprotocol/client";
import { CLIENT_CAPABILITIES_META_KEY } from "@modelcontextprotocol/client";
import type { McpRequest } from "./port";

/** The `_meta` key under which a server finds what is the same for every repeat of a call. */
const KEY_META = "kubechain.humanlayer.dev/idempotency-key";
/** Tools may ask people: with a form, or by sending them to an address. */
const TAKES_QUESTIONS = { elicitation: { form: {}, url: {} } };

/** The `params` of `tools/call`. */
export interface CallParams {
  [more: string]: unknown;
  name: string;
  arguments: Record<string, unknown>;
  _meta: Record<string, unknown>;
  requestState?: string;
  inputResponses?: InputResponses;
}

/** Whether the call continues one in which the tool asked for something. */
export function isContinued({ requestState, inputResponses }: McpRequest): boolean {
  return requestState !== undefined || inputResponses !== undefined;
}

/** For servers of a protocol before 2026-07-28, which know of no continued calls. */
export function olderParams({ tool, arguments: given, idempotencyKey, traceparent }: McpRequest): CallParams {
  const _meta = { [KEY_META]: idempotencyKey, ...(traceparent !== undefined && { traceparent }) };
  return { name: tool, arguments: given, _meta };
}

/**
 * From 2026-07-28 on a tool may ask for something by its answer, which nobody has to stay connected for, and does so only of
 * clients that say they take it. An older server would ask over the open connection, and is told of no such thing.
 */
export function newerParams(request: McpRequest): CallParams {
  const params = olderParams(request);
  const { requestState, inputResponses } = request;
  return {
    ...params,
    _meta: { ...params._meta, [CLIENT_CAPABILITIES_META_KEY]: TAKES_QUESTIONS },
    ...(requestState !== undefined && { requestState }),
    // Shaped by whoever answered, as the server's own questions want it; the server is the one to check it.
    ...(inputResponses !== undefined && { inputResponses: inputResponses as InputResponses }),
  };
}
