/**
 * The seam between an agent's turn and whoever answers it. Everything a provider does differently stays behind
 * `Models`; a machine sees only these values. Nothing here throws: a failure is an outcome, and says for itself
 * whether trying again can help.
 */
import type { LLM, Message } from "../../../crds/index";

/** A tool as a model sees it. `parameters` is a JSON Schema; most servers' schemas are not `strict`, so none is sent as strict. */
export interface OfferedTool {
  name: string;
  description: string;
  parameters: Record<string, unknown>;
}

/** One turn: the whole conversation, the system prompt first, and what the model may use. */
export interface ModelRequest {
  messages: Message[];
  tools: OfferedTool[];
  /** When set, the answer must be JSON of this schema; it is passed to the provider in the provider's own way. */
  outputSchema?: Record<string, unknown>;
  /** W3C trace context, sent as the `traceparent` header. */
  traceparent?: string;
}

/** Which model, where, and with what key: the LLM object as stored, and the value of its Secret when it needs one. */
export interface ModelTarget {
  llm: LLM;
  apiKey?: string;
}

/** Tokens of one call. `inputTokens` is the total, cached ones included. */
export interface TokenUsage {
  inputTokens: number;
  outputTokens: number;
  cachedInputTokens: number;
}

/** Why a model stopped talking: done, wants tools, cut by the token limit, or refused to answer. */
export type StopReason = "Complete" | "ToolCalls" | "TokenLimit" | "Refusal";

/** An answer that could be read. */
export interface ModelAnswer {
  kind: "Answer";
  /**
   * Role `assistant`. Tool calls in the order asked, ids unique over the conversation; `native` only where the neutral
   * form loses something.
   */
  message: Message;
  stop: StopReason;
  usage: TokenUsage;
}

/**
 * A failed call. `message` is for the person with kubectl: what happened, and for a terminal one what to change. Never a
 * key, never a stack.
 */
export interface ModelFailure {
  kind: "Failure";
  /** False: only a change by a person can help (400, 401, 403, 404, context too long). */
  retryable: boolean;
  reason: ModelFailureReason;
  message: string;
  /** From Retry-After, when the provider said so: not before this many milliseconds from now. */
  retryAfterMs?: number;
  /** HTTP status, when there was one. */
  httpStatus?: number;
  /** What the call cost all the same, where an answer came that was no use. */
  usage?: TokenUsage;
}

/** Why a call failed, in one word. */
export type ModelFailureReason =
  | "RateLimited"
  | "ProviderError"
  | "Timeout"
  | "ConnectionFailed"
  | "UnreadableAnswer"
  | "OutputMismatch"
  | "InvalidRequest"
  | "AuthenticationFailed"
  | "PermissionDenied"
  | "ModelNotFound"
  | "ContextTooLong"
  | "UnsupportedProvider"
  | "Aborted";

/** What came of one call. */
export type ModelOutcome = ModelAnswer | ModelFailure;

/** What checking an LLM found. `modelListed` is undefined where the server does not say which models it has. */
export type Verification = { kind: "Verified"; modelListed?: boolean } | ModelFailure;

/** The models of this process. */
export interface Models {
  /** Asks once: no retries inside. Ends by `signal` (Aborted) or by the LLM's `limits.timeout` (Timeout, retryable). */
  ask(target: ModelTarget, request: ModelRequest, signal: AbortSignal): Promise<ModelOutcome>;
  /** Checks key and endpoint as `spec.verify` says: a free call by default, one token with `Completion`, nothing with `None`. */
  verify(target: ModelTarget, signal: AbortSignal): Promise<Verification>;
}
