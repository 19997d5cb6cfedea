/**
 * Whether people can be reached over a ContactChannel, and what is to be done to know it. Pure and level-based: it looks at
 * what is, never at what happened, so that nothing it says is sticky. Rules R1 to R3 of LLMs (../llm/readiness.ts) hold here
 * too: a channel that is Ready stays so through failures that may pass, and what failed is tried again by itself.
 */
import type { ChannelType } from "../../../crds/index";
import type { ChannelCheck } from "../../adapters/channels/port";
import { assertNever } from "../../runtime/assert-never";
import { later } from "../../runtime/later";
import type { Check as CheckOf } from "../checks";
import type { CheckFailure } from "../pauses";
import { FIRST_RETRY_MS, pauseMs, RECHECK_MS, REFUSED_RECHECK_MS } from "../pauses";
import type { Verdict } from "../status";
import { storable } from "../../runtime/storable";
import * as words from "./words";

/** What was found of what the channel needs. */
export type Reach =
  /** kubectl needs no service. */
  | { kind: "NotNeeded" }
  /** `fingerprint` changes whenever anything of how the service is reached does, a value of a Secret included. */
  | { kind: "Found"; fingerprint: string }
  /** Something is missing; `message` says what, and what to do. */
  | { kind: "Absent"; message: string }
  /** The API server did not say whether it is there. */
  | { kind: "Unreadable"; message: string };

/** The check of this channel in this process. */
export type Check = CheckOf<ChannelCheck>;

/** Everything that the readiness of a ContactChannel depends on. */
export interface Observed {
  now: Date;
  uid: string;
  generation: number;
  type: ChannelType;
  reach: Reach;
  /** Whether the stored status says Ready about this very generation. */
  isReady: boolean;
  check: Check;
}

/** What only a ContactChannel says of itself; undefined is not known. */
export interface Own {
  projectSlug: string | undefined;
  orgSlug: string | undefined;
}

/** A verdict, and beside it what only this kind says. */
export interface Saying {
  verdict: Verdict;
  own: Own;
}

/** What to say (nothing: what stands there still holds), whether to check now, and when to look again. */
export interface Decision {
  say?: Saying;
  check?: { subject: string; failures: number };
  until?: Date;
}

/** Pure: same observation, same decision. */
export function decide(seen: Observed): Decision {
  const { reach } = seen;
  switch (reach.kind) {
    case "NotNeeded":
      return { say: usable(seen) };
    case "Absent":
      // A change of the Secret has the channel looked at; looking again anyway covers one that nobody heard of.
      return { say: unusable("SecretValidationFailed", reach.message), until: later(seen.now, REFUSED_RECHECK_MS) };
    case "Unreadable":
      return awaitSecret(seen, reach.message);
    case "Found":
      return judge(seen, `generation ${seen.generation}, ${reach.fingerprint}`);
    default:
      return assertNever(reach);
  }
}

/** No reason to stop what works (R2), none to start what was not checked. */
function awaitSecret({ now, isReady }: Observed, message: string): Decision {
  const until = later(now, FIRST_RETRY_MS);
  return isReady ? { until } : { say: unusable("SecretValidationFailed", message), until };
}

function judge(seen: Observed, subject: string): Decision {
  const { check } = seen;
  if (check.kind === "None" || check.subject !== subject) return { check: { subject, failures: 0 } };
  if (check.kind === "Running") return {}; // It ends by itself, by its deadline at the latest, and has the channel looked at.

  const { result, failures, at } = check;
  const again = (ms: number): Decision => {
    const due = later(at, ms);
    return seen.now < due ? { until: due } : { check: { subject, failures } };
  };
  const failed = (failure: CheckFailure): Decision => again(pauseMs(seen.uid, failure, failures));
  switch (result.kind) {
    case "Usable":
      return { say: usable(seen, result), ...again(RECHECK_MS) };
    case "Refused":
      return { say: unusable("ValidationFailed", result.message), ...failed({ retryable: false }) };
    case "Unreachable": {
      const next = failed({ retryable: true });
      return seen.isReady ? next : { say: unusable("ValidationFailed", result.message), ...next };
    }
    default:
      return assertNever(result);
  }
}

function usable({ type }: Observed, about: { projectSlug?: string; orgSlug?: string } = {}): Saying {
  const verdict: Verdict = {
    ready: true,
    status: "Ready",
    reason: "ValidationSucceeded",
    detail: words.validated(type),
    conditions: [],
  };
  return { verdict, own: { projectSlug: slug(about.projectSlug), orgSlug: slug(about.orgSlug) } };
}

/** Whose the key is says nothing of a key that is refused or gone. */
function unusable(reason: string, detail: string): Saying {
  const verdict: Verdict = { ready: false, status: "Error", reason, detail, conditions: [] };
  return { verdict, own: { projectSlug: undefined, orgSlug: undefined } };
}

/** A service may say anything; the schema takes at most so much. */
function slug(text: string | undefined): string | undefined {
  return text === undefined ? undefined : storable(text, SLUG_LENGTH);
}

const SLUG_LENGTH = 253;
