/**
 * Ids of tool calls: unique over a conversation and in the alphabet of whoever reads them. Deterministic, so that a
 * conversation that only grows is sent with the same ids again and providers' caches stay warm. Pure.
 */
import { createHash } from "node:crypto";
import type { Endpoint, ModelApi } from "./endpoint";
import type { Json } from "./wire";
import { isRecord } from "../../runtime/json";
import { objectsAt, textAt } from "./wire";

/** What every API takes: Anthropic's alphabet, OpenAI's length. */
const COMMON = /^[a-zA-Z0-9_-]{1,64}$/;

/** Mistral's API takes exactly nine letters and digits. */
const MISTRAL = /^[a-zA-Z0-9]{9}$/;

/** Room for a suffix that makes an id unique. */
const BASE_LENGTH = 52;

/** Hands out ids that are legal for a target and were not handed out before. */
export class CallIds {
  readonly #taken: Set<string>;
  readonly #mistral: boolean;

  /** `taken`: ids that must not be given out again. */
  constructor(target: Pick<Endpoint, "provider">, taken: Iterable<string> = []) {
    this.#taken = new Set(taken);
    this.#mistral = target.provider === "mistral";
  }

  /** `wanted` itself where that is legal and free, otherwise an id made from it. */
  next(wanted: string): string {
    let id = wanted;
    for (let n = 1; !this.#isFree(id); n++) id = this.#candidate(wanted, n);
    this.#taken.add(id);
    return id;
  }

  #isFree(id: string): boolean {
    return (this.#mistral ? MISTRAL : COMMON).test(id) && !this.#taken.has(id);
  }

  #candidate(wanted: string, n: number): string {
    if (this.#mistral) {
      const digest = createHash("sha256").update(`${n}:${wanted}`);
      return digest.digest("hex").slice(0, 9);
    }
    const base = wanted.replace(/[^a-zA-Z0-9_-]/g, "_").slice(0, BASE_LENGTH);
    return n === 1 ? base : `${base || "call"}_${n}`;
  }
}

/** The ids of the calls in a provider's own form of a message, in order; undefined when the form is not what it should be. */
export function nativeCallIds(api: ModelApi, value: unknown): string[] | undefined {
  return nativeCalls(api, value)?.map(({ call, field }) => textAt(call, field));
}

/** A copy of `value` whose calls have these ids, in order. */
export function withCallIds(api: ModelApi, value: unknown, ids: string[]): unknown {
  const copy = structuredClone(value);
  nativeCalls(api, copy)?.forEach(({ call, field }, i) => {
    call[field] = ids[i] ?? call[field];
  });
  return copy;
}

function nativeCalls(api: ModelApi, value: unknown): { call: Json; field: string }[] | undefined {
  if (api === "openai.chat") {
    return isRecord(value) ? objectsAt(value, "tool_calls").map((call) => ({ call, field: "id" })) : undefined;
  }
  if (!Array.isArray(value) || !value.every(isRecord)) return undefined;
  const [type, field] = api === "anthropic.messages" ? ["tool_use", "id"] : ["function_call", "call_id"];
  return value.filter((item) => item["type"] === type).map((call) => ({ call, field }));
}
