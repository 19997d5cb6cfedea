/** Whose answers count, when they are enough, and why the others do not count. */
import { apiVersion } from "../../crds/index";
import type { ToolCall } from "../../crds/index";
import type { Entry, Rules } from "./approvals";
import { entriesOf, tally } from "./approvals";

const DIGEST = `sha256:${"1".repeat(64)}`;
const at = (second: number): Date => new Date(Date.UTC(2026, 0, 1, 0, 0, second));

const entry = (approver: string, second: number, more: Partial<Entry> = {}): Entry => ({
  decision: "Approve",
  approver,
  at: at(second),
  argumentsDigest: DIGEST,
  question: "ec-1",
  ...more,
});

const rules = (more: Partial<Rules> = {}): Rules => ({
  question: "ec-1",
  digest: DIGEST,
  kind: "Approval",
  quorum: 1,
  mayNotBeRequester: false,
  ...more,
});

describe("an approval", () => {
  test("is open while nobody has answered", () => {
    expect(tally([], rules({ quorum: 2 }))).toEqual({ kind: "Open", have: [], need: 2, ignored: [] });
  });

  test("is given by one, with the comment", () => {
    expect(tally([entry("jane", 1, { comment: "fine" })], rules())).toEqual({
      kind: "Approved",
      by: ["jane"],
      comment: "fine",
      at: at(1),
      ignored: [],
    });
  });

  test("needs as many different people as the quorum says; the last of them makes it", () => {
    const jane = entry("jane", 1, { comment: "fine" });
    const again = [jane, entry(" Jane ", 2), entry("JANE", 3)];
    expect(tally(again, rules({ quorum: 2 }))).toMatchObject({
      kind: "Open",
      have: ["jane"],
      need: 2,
      ignored: [{ approver: " Jane " }, { approver: "JANE" }],
    });
    expect(tally([...again, entry("bob", 4)], rules({ quorum: 2 }))).toMatchObject({
      kind: "Approved",
      by: ["jane", "bob"],
      comment: "fine",
      at: at(4),
    });
  });

  test("names who said what when several said something", () => {
    const both = [entry("jane", 1, { comment: "fine" }), entry("bob", 2, { comment: "go" }), entry("eve", 3)];
    expect(tally(both, rules({ quorum: 3 }))).toMatchObject({ kind: "Approved", comment: "jane: fine\nbob: go" });
  });

  test("is ended by one who rejects, even one who has approved, before there are enough", () => {
    const entries = [entry("jane", 1), entry("jane", 2, { decision: "Reject", comment: "on second thoughts" })];
    expect(tally(entries, rules({ quorum: 2 }))).toEqual({
      kind: "Rejected",
      by: "jane",
      comment: "on second thoughts",
      at: at(2),
      ignored: [],
    });
  });

  test("is decided by what came first in time, in whatever order it is listed", () => {
    const late = entry("bob", 5, { decision: "Reject" });
    for (const entries of [
      [late, entry("jane", 1)],
      [entry("jane", 1), late],
    ]) {
      expect(tally(entries, rules())).toMatchObject({ kind: "Approved", by: ["jane"], ignored: [{ approver: "bob" }] });
    }
  });

  test("of a quorum of none needs one all the same", () => {
    expect(tally([], rules({ quorum: 0 }))).toMatchObject({ kind: "Open", need: 1 });
  });
});

describe("an answer does not count", () => {
  test.each<[string, Partial<Entry>, Partial<Rules>, RegExp]>([
    ["to another question", { question: "ec-2" }, {}, /another question \(ec-2\)/],
    ["about other arguments", { argumentsDigest: `sha256:${"2".repeat(64)}` }, {}, /other arguments/],
    ["of nobody", { approver: "  " }, {}, /whose/],
    ["of words where yes or no is asked", { decision: "Respond", comment: "hm" }, {}, /approve or reject/],
    ["of no words where words are asked", { decision: "Respond", comment: " " }, { kind: "Input" }, /empty/],
    ["of no words at all", { decision: "Respond" }, { kind: "Outcome" }, /empty/],
    ["of yes where words are asked", {}, { kind: "Input" }, /respond/],
    ["of the requester", {}, { mayNotBeRequester: true, requester: "JANE " }, /created the task may not/],
    ["of anybody, the requester being unknown", {}, { mayNotBeRequester: true }, /not known/],
    ["of anybody, the requester having no name", {}, { mayNotBeRequester: true, requester: "" }, /not known/],
    ["of a no by the requester", { decision: "Reject" }, { mayNotBeRequester: true, requester: "jane" }, /may not/],
  ])("%s", (_what, more, moreRules, why) => {
    const told = tally([entry("jane", 1, more)], rules(moreRules));
    expect(told).toMatchObject({ kind: "Open", have: [] });
    expect(told.ignored).toHaveLength(1);
    expect(told.ignored[0]?.why).toMatch(why);
  });

  test("without saying to which question", () => {
    const { question: _question, ...unnamed } = entry("jane", 1);
    expect(tally([unnamed], rules())).toMatchObject({ kind: "Open", ignored: [{ approver: "jane" }] });
  });
});

test("whoever did not create the task may answer where the requester may not", () => {
  const told = tally([entry("jane", 1), entry("bob", 2)], rules({ mayNotBeRequester: true, requester: "jane" }));
  expect(told).toMatchObject({ kind: "Approved", by: ["bob"], ignored: [{ approver: "jane" }] });
});

describe("a question", () => {
  test("is answered by the first who responds, whatever the quorum", () => {
    const entries = [
      entry("jane", 2, { decision: "Respond", comment: "42" }),
      entry("bob", 3, { decision: "Respond", comment: "43" }),
    ];
    expect(tally(entries, rules({ kind: "Input", quorum: 3 }))).toEqual({
      kind: "Answered",
      by: "jane",
      words: "42",
      at: at(2),
      ignored: [{ approver: "bob", why: "the question was answered before" }],
    });
  });

  test("can be declined", () => {
    expect(tally([entry("jane", 1, { decision: "Reject" })], rules({ kind: "Input" })).kind).toBe("Rejected");
  });

  test("that asks for a confirmation is confirmed by one", () => {
    const confirming = rules({ kind: "Input", quorum: 2, mayBeApproved: true });
    expect(tally([entry("jane", 1)], confirming)).toMatchObject({ kind: "Approved", by: ["jane"] });
  });
});

describe("an unknown outcome", () => {
  const outcome = rules({ kind: "Outcome", quorum: 2 });

  test("is run again when enough approve", () => {
    expect(tally([entry("jane", 1)], outcome)).toMatchObject({ kind: "Open", have: ["jane"], need: 2 });
    expect(tally([entry("jane", 1), entry("bob", 2)], outcome)).toMatchObject({ kind: "Approved" });
  });

  test("is ended by one who knows the result, and by one who gives up", () => {
    const knows = entry("jane", 1, { decision: "Respond", comment: "it was done" });
    expect(tally([knows], outcome)).toMatchObject({ kind: "Answered", words: "it was done" });
    expect(tally([entry("jane", 1, { decision: "Reject" })], outcome)).toMatchObject({ kind: "Rejected" });
  });
});

describe("the entries of a call", () => {
  const written = { decision: "Approve" as const, argumentsDigest: DIGEST, question: "ec-1" };
  const call = (more: Partial<ToolCall>): ToolCall => ({
    apiVersion,
    kind: "ToolCall",
    metadata: { namespace: "default", name: "t-tc-01", uid: "u-1", resourceVersion: "1" },
    spec: { toolCallId: "c", toolRef: { name: "x" }, arguments: "{}" },
    ...more,
  });

  test("are none where nothing was said", () => {
    expect(entriesOf(call({}))).toEqual([]);
  });

  test("are those of kubectl and those of channels, by time", () => {
    const both = call({
      spec: {
        toolCallId: "c",
        toolRef: { name: "x" },
        arguments: "{}",
        approvals: [{ ...written, approver: "kubectl", at: "2026-01-01T00:00:05Z", comment: "ok" }],
      },
      status: { answers: [{ ...written, approver: "mail", at: "2026-01-01T00:00:01Z", channel: "post" }] },
    });
    expect(entriesOf(both)).toEqual([
      { ...written, approver: "mail", at: at(1), channel: "post" },
      { ...written, approver: "kubectl", at: at(5), comment: "ok" },
    ]);
  });

  test("whose time cannot be read overtake nobody", () => {
    const odd = call({
      status: {
        answers: [
          { ...written, decision: "Reject", approver: "odd", at: "yesterday", channel: "post" },
          { ...written, approver: "mail", at: "2026-01-01T00:00:01Z", channel: "post" },
        ],
      },
    });
    expect(tally(entriesOf(odd), rules())).toMatchObject({ kind: "Approved", by: ["mail"] });
  });
});
