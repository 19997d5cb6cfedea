/**
 * Whether an LLM can be used, and what is to be done to know it. Pure and level-based: it looks at what is, never at what
 * happened, so that nothing it says is sticky.
 *
 * R1 An LLM is Ready when its key is there and a check succeeded for this generation with this version of the Secret.
 * R2 An LLM that is Ready stays so while it is checked again, and through failures that may pass by themselves: a network
 *    blip or a 429 must not stop its tasks, which retry on their own. Only a refusal, a missing key or an edit that
 *    cannot be verified makes it unusable.
 * R3 What failed is tried again by itself: soon when it may pass, every 5 minutes when a person has to act (an account
 *    may be topped up, a model enabled, without any object changing).
 */
import type { WantedCondition } from "../../../crds/index";
import { assertNever } from "../../runtime/assert-never";
import { later } from "../../runtime/later";
import type { Check as CheckOf } from "../checks";
import { FIRST_RETRY_MS, pauseMs, RECHECK_MS, REFUSED_RECHECK_MS } from "../pauses";
import { unreadable } from "../secret-words";
import type { Verdict } from "../status";
import * as words from "./words";

/** Which key in which Secret. */
export interface SecretRef {
  namespace: string;
  name: string;
  key: string;
}

/** What was found where the key should be. `version` changes whenever the Secret does. */
export type KeyFound =
  | { kind: "NotNeeded" }
  | { kind: "Found"; ref: SecretRef; version: string }
  | { kind: "Missing"; ref: SecretRef }
  | { kind: "KeyMissing"; ref: SecretRef; keys: string[] }
  | { kind: "Empty"; ref: SecretRef }
  | { kind: "Unreadable"; ref: SecretRef; message: string };

/** How a check of key and server ended. */
export type CheckResult =
  | { kind: "Verified"; modelListed?: boolean }
  | {
      kind: "Failure";
      retryable: boolean;
      message: string;
      retryAfterMs?: number;
    };

/** The check of this LLM in this process. */
export type Check = CheckOf<CheckResult>;

/** What the LLM is, as far as readiness depends on it. */
export interface Described {
  name: string;
  provider: string;
  /** Who answers, at the beginning of a sentence: "OpenAI" or "The OpenAI-compatible server at http://…". */
  server: string;
  model: string;
  verify: "Models" | "Completion" | "None";
  /** A sentence for each parameter that is set and cannot be sent. */
  refusedParameters: string[];
  /** Why no call can be made at all, with what to change; such an LLM is not checked. */
  unreachable?: string;
}

/** Everything that the readiness of an LLM depends on. */
export interface Observed {
  now: Date;
  uid: string;
  generation: number;
  llm: Described;
  key: KeyFound;
  /** Whether the stored status says Ready about this very generation. */
  isReady: boolean;
  check: Check;
}

/** What to say (nothing: what stands there still holds), whether to check now, and when to look again. */
export interface Decision {
  say?: Verdict;
  check?: { subject: string; failures: number };
  until?: Date;
}

/** Pure: same observation, same decision. */
export function decide(seen: Observed): Decision {
  if (seen.llm.unreachable !== undefined) return { say: unusable(seen, "ValidationFailed", seen.llm.unreachable) };
  switch (seen.key.kind) {
    case "Missing":
    case "KeyMissing":
    case "Empty":
      // A change of the Secret has the LLM looked at; looking again anyway covers one that nobody heard of.
      return {
        say: unusable(seen, "SecretValidationFailed", words.withoutKey(seen.key)),
        until: later(seen.now, REFUSED_RECHECK_MS),
      };
    case "Unreadable":
      return awaitSecret(seen, unreadable(seen.key.ref, seen.key.message));
    case "NotNeeded":
      return judge(seen, "without key");
    case "Found":
      return judge(seen, seen.key.version);
    default:
      return assertNever(seen.key);
  }
}

/** The API server did not say whether the key is there: no reason to stop what works (R2), none to start what was not checked. */
function awaitSecret(seen: Observed, message: string): Decision {
  const until = later(seen.now, FIRST_RETRY_MS);
  return seen.isReady ? { until } : { say: unusable(seen, "SecretValidationFailed", message), until };
}

function judge(seen: Observed, keyVersion: string): Decision {
  const subject = `generation ${seen.generation}, ${keyVersion}`;
  const { check } = seen;
  if (check.kind === "None" || check.subject !== subject) return { check: { subject, failures: 0 } };
  if (check.kind === "Running") return {}; // It ends by itself, by its deadline at the latest, and has the LLM looked at.

  const { result, failures, at } = check;
  if (result.kind === "Verified")
    return {
      say: usable(seen, result.modelListed),
      ...again(seen, later(at, RECHECK_MS), { subject, failures: 0 }),
    };
  const next = again(seen, later(at, pauseMs(seen.uid, result, failures)), { subject, failures });
  if (result.retryable && seen.isReady) return next; // R2
  return { say: unusable(seen, "ValidationFailed", result.message), ...next };
}

function again(seen: Observed, due: Date, check: { subject: string; failures: number }): Decision {
  return seen.now < due ? { until: due } : { check };
}

function usable({ llm, key }: Observed, modelListed: boolean | undefined): Verdict {
  return {
    ready: true,
    status: "Ready",
    reason: "ValidationSucceeded",
    detail: words.validated(llm, key.kind === "Found"),
    conditions: [parametersAccepted(llm), listed(llm, modelListed)],
  };
}

function unusable({ llm }: Observed, reason: string, detail: string): Verdict {
  return {
    ready: false,
    status: "Error",
    reason,
    detail,
    conditions: [parametersAccepted(llm), listed(llm, undefined)],
  };
}

function parametersAccepted({ refusedParameters }: Described): WantedCondition {
  return refusedParameters.length === 0
    ? {
        type: "ParametersAccepted",
        status: "True",
        reason: "Accepted",
        message: "Every parameter that is set reaches the provider on every call.",
      }
    : {
        type: "ParametersAccepted",
        status: "False",
        reason: "Refused",
        message: refusedParameters.join(" "),
      };
}

function listed({ server, model }: Described, modelListed: boolean | undefined): WantedCondition {
  if (modelListed === undefined) {
    return {
      type: "ModelListed",
      status: "Unknown",
      reason: "NotKnown",
      message: `It is not known whether the server has model "${model}".`,
    };
  }
  return modelListed
    ? {
        type: "ModelListed",
        status: "True",
        reason: "Listed",
        message: `${server} lists model "${model}".`,
      }
    : {
        type: "ModelListed",
        status: "False",
        reason: "NotListed",
        message: `${server} does not list model "${model}". Calls may fail: check spec.parameters.model.`,
      };
}
