/**
 * What the wire formats have in common: the form a conversation has once it is legal (`repair.ts` makes it so), what one
 * encoder is given and one decoder gives back, and careful looks into JSON that somebody else wrote.
 */
import type { LLM } from "../../../crds/index";
import { isRecord } from "../../runtime/json";
import type { Endpoint } from "./endpoint";
import type { OfferedTool, StopReason, TokenUsage } from "./port";

/** A tool call. `arguments` is JSON text; in a repaired conversation always that of an object. */
export interface Call {
  id: string;
  name: string;
  arguments: string;
}

/** The result of the call `callId`. `missing`: nobody recorded one, the text says so. */
export interface Result {
  callId: string;
  text: string;
  missing: boolean;
}

/** One speaker's turn. `native` is there only where it may be replayed to this very target. */
export type Turn =
  | { role: "user"; text: string }
  | { role: "assistant"; text: string; calls: Call[]; native?: unknown }
  | { role: "results"; results: Result[] };

/**
 * A conversation every target accepts: begins with the user, ends with the user or with results, every call is followed
 * by exactly one result, in the order of the calls.
 */
export interface Conversation {
  system: string;
  turns: Turn[];
}

/** Everything an encoder needs to write a request body. */
export interface Encoding {
  endpoint: Endpoint;
  spec: LLM["spec"];
  conversation: Conversation;
  tools: OfferedTool[];
  outputSchema?: Record<string, unknown>;
}

/** What was read from a 200. `native` is set only where the neutral form loses something that must go back. */
export interface Read {
  kind: "Read";
  text: string;
  calls: Call[];
  stop: StopReason;
  usage: TokenUsage;
  native?: unknown;
}

/** A 200 that is no answer; `why` completes the sentence "The answer of X could not be read: it …". */
export interface Unreadable {
  kind: "Unreadable";
  why: string;
}

/** A 200 whose body reports an error after all, in the provider's words. */
export interface Reported {
  kind: "Reported";
  error: unknown;
}

/** Anthropic paused a long turn: ask again with `content` as the last assistant message. */
export interface Paused {
  kind: "Paused";
  content: unknown[];
  usage: TokenUsage;
}

/** What the body of a 200 is read as. */
export type Reading = Read | Unreadable | Reported | Paused;

/** A JSON object of unknown fields. */
export type Json = Record<string, unknown>;

/** Nothing used. */
export const NO_USAGE: TokenUsage = {
  inputTokens: 0,
  outputTokens: 0,
  cachedInputTokens: 0,
};

/** The object at `key`, or an empty one. */
export function objectAt(from: Json, key: string): Json {
  const value = from[key];
  return isRecord(value) ? value : {};
}

/** The objects of the list at `key`; what is no object is left out. */
export function objectsAt(from: Json, key: string): Json[] {
  const value = from[key];
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

/** The text at `key`, or an empty one. */
export function textAt(from: Json, key: string): string {
  const value = from[key];
  return typeof value === "string" ? value : "";
}

/**
 * The count at `key` as a whole number that can be stored, or 0: servers leave usage out, write null or fractions, and an
 * answer must not be lost for that.
 */
export function countAt(from: Json, key: string): number {
  const value = from[key];
  if (typeof value !== "number" || Number.isNaN(value)) return 0;
  return Math.min(Math.max(0, Math.round(value)), Number.MAX_SAFE_INTEGER);
}

/** The sum of two usages. */
export function addUsage(a: TokenUsage, b: TokenUsage): TokenUsage {
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    cachedInputTokens: a.cachedInputTokens + b.cachedInputTokens,
  };
}
