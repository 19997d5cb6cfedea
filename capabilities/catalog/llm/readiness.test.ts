import { FIRST_RETRY_MS, LONGEST_RETRY_MS, RECHECK_MS, REFUSED_RECHECK_MS, retryPauseMs } from "../pauses";
import type { Check, CheckResult, Decision, KeyFound, Observed } from "./readiness";
import { decide } from "./readiness";

const now = new Date("2026-03-01T12:00:00Z");
const ref = { namespace: "default", name: "openai", key: "OPENAI_API_KEY" };
const found: KeyFound = { kind: "Found", ref, version: "7" };
const SUBJECT = "generation 1, 7";

function seen(over: Partial<Omit<Observed, "llm">> & { llm?: Partial<Observed["llm"]> } = {}): Observed {
  const llm: Observed["llm"] = {
    name: "gpt-4o",
    provider: "OpenAI",
    server: "OpenAI",
    model: "gpt-4o",
    verify: "Models",
    refusedParameters: [],
    ...over.llm,
  };
  return { now, uid: "u-1", generation: 1, key: found, isReady: false, check: { kind: "None" }, ...over, llm };
}

const ended = (result: CheckResult, over: Partial<Extract<Check, { kind: "Finished" }>> = {}): Check => ({
  kind: "Finished",
  subject: SUBJECT,
  result,
  failures: result.kind === "Verified" ? 0 : 1,
  at: now,
  ...over,
});
const ago = (ms: number): Date => new Date(now.getTime() - ms);
const verified: CheckResult = { kind: "Verified", modelListed: true };
const blip: CheckResult = { kind: "Failure", retryable: true, message: "OpenAI answered 503." };
const refused: CheckResult = { kind: "Failure", retryable: false, message: "OpenAI refused the key." };

/** "Ready+Check" and the like; "Keep" is a status left as it is. */
function summary(decision: Decision): string {
  const said = decision.say ? `${decision.say.status}(${decision.say.reason})` : "Keep";
  return said + (decision.check ? "+Check" : "") + (decision.until ? "+LookAgain" : "");
}

const OK = "Ready(ValidationSucceeded)";
const NO_SECRET = "Error(SecretValidationFailed)";
const FAILED = "Error(ValidationFailed)";

describe("readiness of an LLM", () => {
  test.each<[sentence: string, Observed, expected: string]>([
    ["a new one is checked, and nothing is said before there is anything to say", seen(), "Keep+Check"],
    ["a running check is waited for", seen({ check: { kind: "Running", subject: SUBJECT } }), "Keep"],
    [
      "a running check of what it was before an edit is not waited for",
      seen({ generation: 2, check: { kind: "Running", subject: SUBJECT } }),
      "Keep+Check",
    ],
    ["a check that succeeds makes it ready", seen({ check: ended(verified) }), `${OK}+LookAgain`],
    ["a server that needs no key is checked without one", seen({ key: { kind: "NotNeeded" } }), "Keep+Check"],
    ["without its Secret it is not ready", seen({ key: { kind: "Missing", ref } }), `${NO_SECRET}+LookAgain`],
    [
      "without the key in the Secret it is not ready",
      seen({ key: { kind: "KeyMissing", ref, keys: [] } }),
      `${NO_SECRET}+LookAgain`,
    ],
    ["with an empty key it is not ready", seen({ key: { kind: "Empty", ref } }), `${NO_SECRET}+LookAgain`],
    [
      "a Secret that goes makes a ready one unready, whatever was verified",
      seen({ isReady: true, check: ended(verified), key: { kind: "Missing", ref } }),
      `${NO_SECRET}+LookAgain`,
    ],
    [
      "a Secret that cannot be read keeps an unchecked one from being used",
      seen({ key: { kind: "Unreadable", ref, message: "busy" } }),
      `${NO_SECRET}+LookAgain`,
    ],
    [
      "a Secret that cannot be read does not stop a ready one",
      seen({ isReady: true, key: { kind: "Unreadable", ref, message: "busy" } }),
      "Keep+LookAgain",
    ],
    [
      "a key that comes back is checked anew, for the Secret is another version",
      seen({ key: { ...found, version: "8" }, check: ended(verified) }),
      "Keep+Check",
    ],
    ["an edit is checked anew", seen({ generation: 2, check: ended(verified) }), "Keep+Check"],
    ["a refusal makes it unusable", seen({ check: ended(refused) }), `${FAILED}+LookAgain`],
    ["a refusal makes a ready one unusable too", seen({ isReady: true, check: ended(refused) }), `${FAILED}+LookAgain`],
    [
      "a failure that may pass keeps an unchecked one from being used",
      seen({ check: ended(blip) }),
      `${FAILED}+LookAgain`,
    ],
    [
      "a failure that may pass does not stop a ready one",
      seen({ isReady: true, check: ended(blip) }),
      "Keep+LookAgain",
    ],
    [
      "after the tenth such failure a ready one is still ready",
      seen({ isReady: true, check: ended(blip, { failures: 10 }) }),
      "Keep+LookAgain",
    ],
    [
      "a failure that may pass is tried again when its pause is over",
      seen({ check: ended(blip, { at: ago(FIRST_RETRY_MS) }) }),
      `${FAILED}+Check`,
    ],
    [
      "a refusal is tried again after five minutes, for the cause may be at the provider",
      seen({ check: ended(refused, { at: ago(REFUSED_RECHECK_MS) }) }),
      `${FAILED}+Check`,
    ],
    [
      "a refusal is not tried again sooner",
      seen({ check: ended(refused, { at: ago(REFUSED_RECHECK_MS - 1) }) }),
      `${FAILED}+LookAgain`,
    ],
    [
      "a ready one is checked again after ten minutes, and is ready meanwhile",
      seen({ isReady: true, check: ended(verified, { at: ago(RECHECK_MS) }) }),
      `${OK}+Check`,
    ],
    ["after a restart a ready one is checked again, and is ready meanwhile", seen({ isReady: true }), "Keep+Check"],
    [
      "what cannot be called at all is said at once and not checked",
      seen({ llm: { unreachable: "Provider vertex is not available." } }),
      FAILED,
    ],
  ])("%s", (_sentence, observed, expected) => {
    expect(summary(decide(observed))).toBe(expected);
  });

  test("what was said about a subject is said again in the same words, so that nothing is written", () => {
    const decision = decide(seen({ isReady: true, check: ended(verified) }));
    expect(decision.say).toEqual(decide(seen({ check: ended(verified, { at: ago(60_000) }) })).say);
  });

  test("the provider's wish to be left alone is respected", () => {
    const decision = decide(seen({ check: ended({ ...blip, retryAfterMs: 240_000 } as CheckResult) }));
    expect(decision.until).toEqual(new Date(now.getTime() + 240_000));
  });

  test("failures are counted over checks of the same subject, and from the beginning for another", () => {
    expect(decide(seen({ check: ended(blip, { failures: 3, at: ago(LONGEST_RETRY_MS) }) })).check).toEqual({
      subject: SUBJECT,
      failures: 3,
    });
    expect(decide(seen({ generation: 2, check: ended(blip, { failures: 3 }) })).check).toEqual({
      subject: "generation 2, 7",
      failures: 0,
    });
  });

  test.each<[sentence: string, Observed, parts: string[]]>([
    ["a key that works", seen({ check: ended(verified) }), ["OpenAI API key validated successfully"]],
    [
      "a server without a key",
      seen({
        key: { kind: "NotNeeded" },
        llm: { server: "The OpenAI-compatible server at http://x" },
        check: ended(verified, { subject: "generation 1, without key" }),
      }),
      ["http://x", "answered"],
    ],
    [
      "a missing Secret",
      seen({ key: { kind: "Missing", ref } }),
      ["openai", "default", "OPENAI_API_KEY", "kubectl create secret generic openai"],
    ],
    [
      "a missing key",
      seen({ key: { kind: "KeyMissing", ref, keys: ["OPENAI_KEY"] } }),
      ["openai", "default", "OPENAI_API_KEY", "OPENAI_KEY", "kubectl patch secret"],
    ],
    [
      "an empty key",
      seen({ key: { kind: "Empty", ref } }),
      ["openai", "default", "OPENAI_API_KEY", "empty", "kubectl patch secret"],
    ],
    ["no check wanted", seen({ llm: { verify: "None" }, check: ended(verified) }), ["spec.verify"]],
  ])("the detail of %s names what matters", (_sentence, observed, parts) => {
    const detail = decide(observed).say?.detail ?? "";
    for (const part of parts) expect(detail).toContain(part);
  });

  test.each<[sentence: string, Observed, type: string, status: string]>([
    ["accepted parameters", seen({ check: ended(verified) }), "ParametersAccepted", "True"],
    [
      "refused parameters",
      seen({ check: ended(verified), llm: { refusedParameters: ["topK is not sent: no."] } }),
      "ParametersAccepted",
      "False",
    ],
    ["a listed model", seen({ check: ended(verified) }), "ModelListed", "True"],
    [
      "a model that is not listed",
      seen({ check: ended({ kind: "Verified", modelListed: false }) }),
      "ModelListed",
      "False",
    ],
    ["a server that lists nothing", seen({ check: ended({ kind: "Verified" }) }), "ModelListed", "Unknown"],
    ["a failure", seen({ check: ended(refused) }), "ModelListed", "Unknown"],
  ])("%s: a condition says so", (_sentence, observed, type, status) => {
    expect(decide(observed).say?.conditions.find((condition) => condition.type === type)).toMatchObject({ status });
  });
});

describe("the pause before a repeated check", () => {
  test("grows from about five seconds to at most a minute", () => {
    const pauses = [1, 2, 3, 4, 5, 50].map((failures) => retryPauseMs("u-1", failures));
    const bounds = [5_000, 10_000, 20_000, 40_000, 60_000, 60_000];
    pauses.forEach((pause, i) => {
      expect(pause).toBeLessThanOrEqual(bounds[i] ?? 0);
      expect(pause).toBeGreaterThanOrEqual((bounds[i] ?? 0) * 0.75);
    });
  });

  test("is the same for the same LLM and attempt, and spreads out different ones", () => {
    expect(retryPauseMs("u-1", 3)).toBe(retryPauseMs("u-1", 3));
    expect(new Set(["a", "b", "c", "d", "e", "f"].map((uid) => retryPauseMs(uid, 5))).size).toBeGreaterThan(3);
  });
});
