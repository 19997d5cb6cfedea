/** Channels as data: what leads to people, what an item's status means, and what is shown of what others wrote. */
import type { ContactChannel } from "../../../crds/index";
import type { SecretRef, SecretValue } from "../../runtime/secrets";
import { itemOf } from "./item";
import { statusOf } from "./item-status";
import { pauseMs, retryAfterMs } from "./pauses";
import type { AnswerOption, ChannelTarget, Question } from "./port";
import { signed, verify } from "./signature";
import { apiBase, readTarget } from "./target";
import { approval, digest, input } from "./test-service";
import { shown } from "./words";

describe("what leads to the people behind a channel", () => {
  const identity = { uid: "c-1", namespace: "default", name: "people" };
  const metadata = { ...identity, resourceVersion: "1" };
  const secretKeyRef = { name: "s", key: "k" };
  const channel = (spec: ContactChannel["spec"]): ContactChannel => ({ apiVersion: "", kind: "", metadata, spec });
  const email = { type: "email" as const, email: { address: "ann@example.com" }, apiKeyFrom: { secretKeyRef } };
  const hook = { type: "webhook" as const, webhook: { url: "https://example.com", secretFrom: { secretKeyRef } } };
  const read = (
    spec: ContactChannel["spec"],
    found: SecretValue = { kind: "Value", value: " the key ", resourceVersion: "1" },
    environment = {},
  ): ReturnType<typeof readTarget> => readTarget(channel(spec), { secrets: { read: async () => found }, environment });

  test("an email channel needs its key, and has its address from itself before the environment", async () => {
    const environment = { HUMANLAYER_API_BASE: "http://env:1" };
    const own = await read({ ...email, baseUrl: "http://own:1/" }, undefined, environment);
    expect(own).toEqual({
      kind: "Target",
      target: {
        ...identity,
        type: "email",
        apiKey: "the key",
        baseUrl: "http://own:1/humanlayer/v1",
        email: email.email,
      },
    });
    expect(await read(email, undefined, environment)).toMatchObject({
      target: { baseUrl: "http://env:1/humanlayer/v1" },
    });
    expect(await read(email)).toMatchObject({ target: expect.not.objectContaining({ baseUrl: "" }) as object });
  });

  test("a Slack channel brings its options, a webhook its secret as it stands", async () => {
    const slack = { channelOrUserID: "C1" };
    expect(await read({ type: "slack", slack, apiKeyFrom: email.apiKeyFrom })).toMatchObject({ target: { slack } });
    expect(await read(hook)).toEqual({
      kind: "Target",
      target: { ...identity, type: "webhook", webhook: { url: "https://example.com", secret: " the key " } },
    });
  });

  const ref: SecretRef = { namespace: "default", ...secretKeyRef };
  test.each<[string, ContactChannel["spec"], SecretValue | undefined, object]>([
    [
      "email that names no key",
      { type: "email", email: email.email, baseUrl: "http://own:1" },
      undefined,
      { kind: "Absent", field: "spec.apiKeyFrom", found: { kind: "NotGiven" } },
    ],
    [
      "a webhook that names no secret",
      { type: "webhook", webhook: { url: "https://example.com" } },
      undefined,
      { kind: "Absent", field: "spec.webhook.secretFrom", found: { kind: "NotGiven" } },
    ],
    [
      "a Secret that is missing",
      email,
      { kind: "Missing" },
      { field: "spec.apiKeyFrom", found: { kind: "Missing", ref } },
    ],
    [
      "a key that is missing",
      hook,
      { kind: "KeyMissing", keys: ["x"] },
      { found: { kind: "KeyMissing", keys: ["x"], ref } },
    ],
    ["an empty value", hook, { kind: "Empty" }, { field: "spec.webhook.secretFrom", found: { kind: "Empty", ref } }],
    [
      "a Secret nobody can read",
      email,
      { kind: "Unreadable", message: "away" },
      { kind: "Unreadable", message: "away", ref },
    ],
    ["a channel without its block", { type: "slack", apiKeyFrom: email.apiKeyFrom }, undefined, { kind: "Unreadable" }],
    ["a channel of kubernetes", { type: "kubernetes" }, undefined, { kind: "Unreadable" }],
  ])("%s", async (_, spec, found, expected) => {
    expect(await read(spec, found)).toMatchObject(expected);
  });

  test.each([
    [undefined, undefined],
    [" ", undefined],
    ["http://h:1", "http://h:1/humanlayer/v1"],
    ["http://h:1/", "http://h:1/humanlayer/v1"],
    ["http://h:1/humanlayer/v1", "http://h:1/humanlayer/v1"],
    ["http://h:1/humanlayer/v1//", "http://h:1/humanlayer/v1"],
    ["http://h:1/proxy", "http://h:1/proxy/humanlayer/v1"],
  ])("the address %s is %s", (given, base) => {
    expect(apiBase(given)).toBe(base);
  });
});

describe("what an item's status means", () => {
  const target: ChannelTarget = {
    uid: "c",
    namespace: "default",
    name: "c",
    type: "email",
    email: { address: "a@b.c" },
  };
  const slack: ChannelTarget = {
    uid: "c",
    namespace: "default",
    name: "c",
    type: "slack",
    slack: { channelOrUserID: "C1" },
  };
  const now = new Date("2026-01-01T00:01:00Z");
  const read = (status: unknown, question: Question = approval(), by = target): unknown =>
    statusOf({ status }, question, by, now);
  const options: AnswerOption[] = [
    { name: "again", title: "Run it again", decision: "Approve", needsWords: false },
    { name: "result", title: "Result", decision: "Respond", needsWords: true },
  ];

  test.each<[string, unknown, object]>([
    ["nothing", undefined, { kind: "Pending" }],
    ["null", { approved: null, comment: null }, { kind: "Pending" }],
    ["a word instead of yes or no", { approved: "true" }, { kind: "Void" }],
    ["yes", { approved: true, comment: "" }, { answer: { decision: "Approve", approver: "a@b.c", at: now } }],
    ["yes, because", { approved: true, comment: " ok " }, { answer: { decision: "Approve", comment: "ok" } }],
    ["no", { approved: false, comment: null }, { answer: { decision: "Reject" } }],
    [
      "no, by an option",
      { approved: false, comment: "why", reject_option_name: "later" },
      { answer: { comment: "later: why" } },
    ],
    [
      "when",
      { approved: true, responded_at: "2026-01-01T00:00:30Z" },
      { answer: { at: new Date("2026-01-01T00:00:30Z") } },
    ],
    ["a time to come", { approved: true, responded_at: "2027-01-01T00:00:00Z" }, { answer: { at: now } }],
    ["no time", { approved: true, responded_at: "noon" }, { answer: { at: now } }],
    ["who", { approved: true, user_info: { email: "ann@b.c", name: "Ann" } }, { answer: { approver: "ann@b.c" } }],
    ["who, by name", { approved: true, user_info: { name: "Ann\nB" } }, { answer: { approver: "Ann B" } }],
    ["who, of Slack", { approved: true, slack_context: { user_id: "U1" } }, { answer: { approver: "U1" } }],
    ["half a character", { approved: true, comment: "a\ud800b" }, { answer: { comment: "a\ufffdb" } }],
  ])("an approval that says %s", (_, status, expected) => {
    expect(read(status)).toMatchObject(expected);
  });

  test.each<[string, unknown, object]>([
    ["nothing", { response: null, response_option_name: null }, { kind: "Pending" }],
    ["words", { response: "blue" }, { answer: { decision: "Respond", comment: "blue" } }],
    ["a button", { response_option_name: "again" }, { answer: { decision: "Approve" } }],
    [
      "a button and words",
      { response: "42", response_option_name: "result" },
      { answer: { decision: "Respond", comment: "42" } },
    ],
    ["the words of a button", { response: "run it again" }, { answer: { decision: "Approve" } }],
    ["the name of what needs words", { response: "result" }, { answer: { decision: "Respond", comment: "result" } }],
    [
      "a button nobody made",
      { response: "x", response_option_name: "else" },
      { answer: { decision: "Respond", comment: "x" } },
    ],
  ])("a question whose answer is %s", (_, status, expected) => {
    expect(read(status, input(undefined, { options }))).toMatchObject(expected);
  });

  test("an option whose own words come back has no comment", () => {
    const read1 = read({ response: "Run it again", response_option_name: "again" }, input(undefined, { options }));
    expect(read1).toEqual({ kind: "Answered", answer: { decision: "Approve", approver: "a@b.c", at: now } });
  });

  test("nobody's name is that of the Slack channel", () => {
    expect(read({ approved: true }, approval(), slack)).toMatchObject({ answer: { approver: "C1" } });
  });

  test("a long comment is cut, and not in the middle of a character", () => {
    const status = { approved: true, comment: "x" + "😀".repeat(10_000) };
    const { answer } = read(status) as { answer: { comment: string } };
    expect(answer.comment.length).toBeLessThanOrEqual(16_384);
    expect(answer.comment).toMatch(/^x(😀)+…$/u);
  });
});

test("the ids of run and call have 64 bytes at most, and long names stay apart", () => {
  const target: ChannelTarget = { uid: "c", namespace: "default", name: "c", type: "email" };
  const runOf = (name: string): string => {
    const about = { kind: "ToolCall" as const, namespace: "default", name, uid: "u" };
    return itemOf(approval("ec-0000000000000001", { about }), target).run_id;
  };
  expect(runOf("short")).toBe("short");
  const long = "n".repeat(200);
  expect(`${runOf(long)}ec-0000000000000001`).toHaveLength(64);
  expect(runOf(long)).not.toBe(runOf(`${long}m`));
});

test.each([
  ["7", 7_000],
  [["7"], 7_000],
  ["Thu, 01 Jan 2026 00:00:10 GMT", 10_000],
  ["Thu, 01 Jan 2025 00:00:10 GMT", 0],
  ["99999999", 3_600_000],
  ["soon", undefined],
  [undefined, undefined],
])("Retry-After %j is %s ms", (header, ms) => {
  expect(retryAfterMs(header, new Date("2026-01-01T00:00:00Z"))).toBe(ms);
});

test("pauses double up to ten minutes, and are shortened by up to half", () => {
  expect([1, 2, 3, 50].map((failures) => pauseMs(failures, 0))).toEqual([1_000, 2_000, 4_000, 600_000]);
  expect(pauseMs(1, 0.999)).toBeGreaterThanOrEqual(500);
});

test("text of others is one line, bounded, and without the secret", () => {
  expect(shown("a\n\tb\u200bkey-1c", "key-1", 100)).toBe("a b ***c");
  expect(shown("😀😀", "", 3)).toBe("😀…");
});

test.each(["plain text", "whsec_not base64!", "whsec_AAAA", "whsec_"])(
  "the secret %j signs, and no other does",
  (secret) => {
    const now = new Date("2026-01-01T00:00:00Z");
    const headers = new Headers(signed("id", now, "body", secret));
    expect(verify(headers, "body", secret, now)).toEqual({ kind: "Genuine", webhookId: "id" });
    expect(verify(headers, "body", `${secret}x`, now).kind).toBe("Forged");
    expect(verify(headers, "bodz", secret, now).kind).toBe("Forged");
    headers.set("webhook-id", "other");
    expect(verify(headers, "body", secret, now).kind).toBe("Forged");
    expect(digest).toMatch(/^sha256:/);
  },
);
