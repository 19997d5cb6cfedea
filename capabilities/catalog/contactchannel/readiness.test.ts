import type { ChannelCheck } from "../../adapters/channels/port";
import { FIRST_RETRY_MS, RECHECK_MS, REFUSED_RECHECK_MS } from "../pauses";
import type { Check, Decision, Observed } from "./readiness";
import { decide } from "./readiness";

const now = new Date("2026-03-01T12:00:00Z");
const SUBJECT = "generation 1, abc";
const seen = (over: Partial<Observed> = {}): Observed => ({
  now,
  uid: "u-1",
  generation: 1,
  type: "email",
  reach: { kind: "Found", fingerprint: "abc" },
  isReady: false,
  check: { kind: "None" },
  ...over,
});
const ended = (result: ChannelCheck, agoMs = 0, failures = result.kind === "Usable" ? 0 : 1): Check => ({
  kind: "Finished",
  subject: SUBJECT,
  result,
  failures,
  at: new Date(now.getTime() - agoMs),
});
const usable: ChannelCheck = { kind: "Usable", projectSlug: "p", orgSlug: "o" };
const refused: ChannelCheck = { kind: "Refused", message: "The key is not valid." };
const away: ChannelCheck = { kind: "Unreachable", message: "No answer." };

/** "Ready+Check" and the like; "Keep" is a status left as it is. */
function summary(decision: Decision): string {
  const said = decision.say ? `${decision.say.verdict.status}(${decision.say.verdict.reason})` : "Keep";
  return said + (decision.check ? "+Check" : "") + (decision.until ? "+LookAgain" : "");
}

const OK = "Ready(ValidationSucceeded)";
const NO_SECRET = "Error(SecretValidationFailed)";
const FAILED = "Error(ValidationFailed)";

describe("readiness of a contact channel", () => {
  test.each<[sentence: string, Observed, expected: string]>([
    ["kubernetes is ready at once", seen({ type: "kubernetes", reach: { kind: "NotNeeded" } }), OK],
    ["another one is checked before anything is said", seen(), "Keep+Check"],
    ["a running check is waited for", seen({ check: { kind: "Running", subject: SUBJECT } }), "Keep"],
    [
      "a running check of what it was before is not waited for",
      seen({ reach: { kind: "Found", fingerprint: "new" }, check: { kind: "Running", subject: SUBJECT } }),
      "Keep+Check",
    ],
    ["an edit is checked anew", seen({ generation: 2, check: ended(usable) }), "Keep+Check"],
    ["a usable one is ready, and looked at again", seen({ check: ended(usable) }), `${OK}+LookAgain`],
    ["a usable one is checked again, rarely", seen({ check: ended(usable, RECHECK_MS) }), `${OK}+Check`],
    ["without its Secret it is not", seen({ reach: { kind: "Absent", message: "No." } }), `${NO_SECRET}+LookAgain`],
    [
      "a Secret that goes makes a ready one unready",
      seen({ isReady: true, check: ended(usable), reach: { kind: "Absent", message: "No." } }),
      `${NO_SECRET}+LookAgain`,
    ],
    [
      "a Secret that cannot be read does not stop a ready one",
      seen({ isReady: true, reach: { kind: "Unreadable", message: "busy" } }),
      "Keep+LookAgain",
    ],
    [
      "a Secret that cannot be read keeps an unchecked one from being used",
      seen({ reach: { kind: "Unreadable", message: "busy" } }),
      `${NO_SECRET}+LookAgain`,
    ],
    ["a refusal makes a ready one unusable", seen({ isReady: true, check: ended(refused) }), `${FAILED}+LookAgain`],
    [
      "a refusal is tried again after five minutes",
      seen({ check: ended(refused, REFUSED_RECHECK_MS) }),
      `${FAILED}+Check`,
    ],
    ["a service that is away does not stop a ready one", seen({ isReady: true, check: ended(away) }), "Keep+LookAgain"],
    ["a service that is away keeps a new one from being used", seen({ check: ended(away) }), `${FAILED}+LookAgain`],
    ["a service that is away is tried again soon", seen({ check: ended(away, FIRST_RETRY_MS) }), `${FAILED}+Check`],
    [
      "after many failures in a row it is tried more slowly",
      seen({ check: ended(away, FIRST_RETRY_MS, 10) }),
      `${FAILED}+LookAgain`,
    ],
  ])("%s", (_sentence, observed, expected) => {
    expect(summary(decide(observed))).toBe(expected);
  });

  test.each([
    ["email", "HumanLayer email channel validated successfully"],
    ["slack", "HumanLayer slack channel validated successfully"],
    ["webhook", "Webhook channel validated successfully"],
    ["kubernetes", "Kubernetes channel validated successfully: people answer with kubectl"],
  ] as const)("of type %s says so", (type, detail) => {
    const reach: Observed["reach"] = type === "kubernetes" ? { kind: "NotNeeded" } : seen().reach;
    expect(decide(seen({ type, reach, check: ended(usable) })).say?.verdict.detail).toBe(detail);
  });

  test("whose the key is goes with the key", () => {
    expect(decide(seen({ check: ended(usable) })).say?.own).toEqual({ projectSlug: "p", orgSlug: "o" });
    expect(decide(seen({ check: ended(refused) })).say?.own).toEqual({ projectSlug: undefined, orgSlug: undefined });
  });

  test("names that a service gives are cut to what the schema takes", () => {
    const long: ChannelCheck = { kind: "Usable", projectSlug: "x".repeat(1_000) };
    expect(decide(seen({ check: ended(long) })).say?.own.projectSlug).toHaveLength(253);
  });
});
