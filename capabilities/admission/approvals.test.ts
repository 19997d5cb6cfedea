import type { Approval, ToolCall } from "../../crds/index";
import { COMMENT_TEXT } from "../../crds/index";
import { createArguments } from "../toolcalls/arguments";
import { digestOf } from "../toolcalls/question";
import { ANNOTATIONS, intentOf } from "./approval-intent";
import type { Facts } from "./approvals";
import { judge, objectionTo } from "./approvals";
import type { SignedRequest, Submitted, User } from "./request";

const ARGUMENTS = '{"url": "https://example.com"}';
const NOW = new Date("2026-01-31T10:00:00.123Z");
const digest = digestOf(ARGUMENTS);
const jane: User = { username: "jane", isOperator: false };
const operator: User = { username: "kubechain-operator", isOperator: true };

type Status = NonNullable<ToolCall["status"]>;
const channel = "people";
const askedAt = "2026-01-31T09:00:00Z";
const asking: Status = {
  phase: "Pending",
  status: "AwaitingHumanApproval",
  externalCallID: "ec-1",
  question: { kind: "Approval", channel, askedAt },
};
const wanting: Status = {
  ...asking,
  status: "AwaitingHumanInput",
  externalCallID: "hc-1",
  question: { kind: "Input", channel, askedAt },
};
const unsure: Status = { ...asking, status: "OutcomeUnknown", question: { kind: "Outcome", channel, askedAt } };
const form = {
  where: {
    method: "elicitation/create",
    params: {
      message: "Where and when?",
      requestedSchema: {
        type: "object",
        properties: { city: { type: "string" }, days: { type: "integer" } },
        required: ["city", "days"],
      },
    },
  },
};
const visit = {
  go: { method: "elicitation/create", params: { mode: "url", message: "Log in", url: "https://example.com" } },
};

const yesOrNo = {
  sure: {
    method: "elicitation/create",
    params: {
      message: "Are you sure?",
      requestedSchema: { type: "object", properties: { sure: { type: "boolean" } }, required: ["sure"] },
    },
  },
};

const entry = (more: Partial<Approval> = {}): Approval => ({
  decision: "Approve",
  approver: "bob",
  at: "2026-01-31T09:30:00Z",
  argumentsDigest: digest,
  question: "ec-1",
  ...more,
});

interface Call {
  status?: Status;
  approvals?: unknown[];
  annotations?: Record<string, string>;
  requester?: string;
}

function call({ status = asking, approvals, annotations, requester }: Call = {}): Submitted {
  const metadata = { name: "t-tc-01", namespace: "default", ...(annotations && { annotations }) };
  const spec = { arguments: ARGUMENTS, ...(requester && { requester }), ...(approvals && { approvals }) };
  return { metadata, spec, status } as Submitted;
}

interface Given extends Call {
  user?: User;
  /** Annotations of the request. */
  says?: Record<string, string>;
  /** New entries of the request. */
  writes?: object[];
  facts?: Partial<Facts>;
}

function requestOf({ user = jane, says = {}, writes = [], ...before }: Given): SignedRequest {
  const { approvals = [], annotations = {} } = before;
  const object = call({ ...before, approvals: [...approvals, ...writes], annotations: { ...annotations, ...says } });
  return { kind: "ToolCall", namespace: "default", object, stored: call(before), user, isDryRun: false };
}

const facts: Facts = {
  mayApprove: { kind: "Yes" },
  channel: { kind: "Found", quorum: 1, mayNotBeRequester: false },
  now: NOW,
  fitter: createArguments(),
};

/** The refusal, or the entry that is stored. */
function outcome(request: SignedRequest, more: Partial<Facts> = {}): unknown {
  const intent = intentOf(request);
  const objection = objectionTo(intent, request);
  if (objection !== undefined) return objection;
  if (intent.kind !== "Entry") return intent.kind;
  const judgement = judge(intent.draft, request, { ...facts, ...more });
  return judgement.kind === "Stamped" ? judgement.entry : judgement.message;
}

const approve = (words = "") => ({ [ANNOTATIONS.Approve]: words });
const reject = (words = "") => ({ [ANNOTATIONS.Reject]: words });
const respond = (words = "") => ({ [ANNOTATIONS.Respond]: words });
const stamp = { approver: "jane", at: NOW.toISOString(), argumentsDigest: digest, question: "ec-1" };

describe("a decision becomes an entry with its stamp", () => {
  test.each<[sentence: string, Given, expected: object]>([
    ["an annotation with words", { says: approve("looks fine") }, { decision: "Approve", comment: "looks fine" }],
    ["an annotation without words has no comment", { says: approve() }, { decision: "Approve" }],
    ["a rejection", { says: reject("why") }, { decision: "Reject", comment: "why" }],
    [
      "an answer",
      { says: respond("Paris"), status: wanting },
      { decision: "Respond", comment: "Paris", question: "hc-1" },
    ],
    [
      "an entry by hand, of which only the decision is given",
      { writes: [{ decision: "Approve" }] },
      { decision: "Approve" },
    ],
    [
      "an entry by hand that says what is true",
      { writes: [{ ...entry(), approver: "jane" }] },
      { decision: "Approve" },
    ],
    [
      "when it was decided is not for the sender to say",
      { writes: [{ decision: "Approve", at: "2020-01-01T00:00:00Z" }] },
      { decision: "Approve" },
    ],
    [
      "what the schema does not know is left for the schema to refuse",
      { writes: [{ decision: "Maybe" }] },
      { decision: "Maybe" },
    ],
    ["giving up on what nobody knows", { says: reject("no"), status: unsure }, { decision: "Reject", comment: "no" }],
    ["running it again", { says: approve(), status: unsure }, { decision: "Approve" }],
    ["its result", { says: respond("42"), status: unsure }, { decision: "Respond", comment: "42" }],
    [
      "an answer in lines, where several things are asked",
      { says: respond("city=Paris\ndays=3"), status: { ...wanting, inputRequests: form } },
      { decision: "Respond", comment: "city=Paris\ndays=3", question: "hc-1" },
    ],
    [
      "what is to be confirmed is approved",
      { says: approve(), status: { ...wanting, inputRequests: visit } },
      { decision: "Approve", question: "hc-1" },
    ],
    [
      "a yes, where a yes or a no is all that is asked",
      { says: approve(), status: { ...wanting, inputRequests: yesOrNo } },
      { decision: "Approve", question: "hc-1" },
    ],
    [
      "a second person's approval, where two are needed",
      {
        says: approve(),
        approvals: [entry()],
        facts: { channel: { kind: "Found", quorum: 2, mayNotBeRequester: false } },
      },
      { decision: "Approve" },
    ],
    [
      "who has approved may still reject",
      {
        says: reject("wait"),
        approvals: [entry({ approver: "jane" })],
        facts: { channel: { kind: "Found", quorum: 2, mayNotBeRequester: false } },
      },
      { decision: "Reject", comment: "wait" },
    ],
    [
      "what was said of an earlier question does not count for this one",
      { says: approve(), approvals: [entry({ approver: "jane", question: "ec-0" })] },
      { decision: "Approve" },
    ],
    [
      "somebody else than who asked",
      {
        says: approve(),
        requester: "bob",
        facts: { channel: { kind: "Found", quorum: 1, mayNotBeRequester: true } },
      },
      { decision: "Approve" },
    ],
  ])("%s", (_sentence, given, expected) => {
    expect(outcome(requestOf(given), given.facts)).toEqual({ ...stamp, ...expected });
  });
});

describe("what is not a decision", () => {
  test.each<[sentence: string, SignedRequest]>([
    ["a label", { ...requestOf({}), object: { ...call(), metadata: { name: "t-tc-01", annotations: { note: "x" } } } }],
    ["an annotation that is stored as it is, whoever it was from", requestOf({ annotations: approve("old") })],
    ["old approvals that stay", requestOf({ approvals: [entry()] })],
    ["an entry that is no entry: the schema refuses it", requestOf({ writes: ["yes" as unknown as object] })],
  ])("%s", (_sentence, request) => {
    expect(outcome(request)).toBe("Nothing");
  });
});

describe("what is refused", () => {
  const two = { kind: "Found", quorum: 2, mayNotBeRequester: false } as const;
  const others = { kind: "Found", quorum: 1, mayNotBeRequester: true } as const;

  test.each<[sentence: string, Given, says: string | RegExp]>([
    [
      "without the verb",
      { says: approve(), facts: { mayApprove: { kind: "No" } } },
      "--clusterrole=kubechain-approver --user='jane' --namespace=default",
    ],
    [
      "while nobody can say who has the verb",
      { says: approve(), facts: { mayApprove: { kind: "Unknown" } } },
      "Try again",
    ],
    ["in another's name", { writes: [entry()] }, 'names "bob" as its approver, but "jane" sent it'],
    [
      "of other arguments",
      { writes: [{ decision: "Approve", argumentsDigest: digestOf("{}") }] },
      "about other arguments",
    ],
    [
      "of another question",
      { writes: [{ decision: "Approve", question: "ec-0" }] },
      "answers another question than the one that is put now, ec-1",
    ],
    ["by the operator", { says: approve(), user: operator }, "is an account of the operator"],
    ["two at once, by annotations", { says: { ...approve(), ...reject() } }, "this one adds 2"],
    ["two at once, by an annotation and an entry", { says: approve(), writes: [{ decision: "Approve" }] }, "adds 2"],
    [
      "words on whether it may run",
      { says: respond("yes") },
      `-n default ${ANNOTATIONS.Approve}="why" (or /reject instead)`,
    ],
    [
      "yes to a question that wants words",
      { says: approve(), status: wanting },
      `${ANNOTATIONS.Respond}="the answer" (or /reject instead)`,
    ],
    ["an empty answer", { says: respond(" "), status: wanting }, "is empty"],
    ["too many words", { says: approve("x".repeat(COMMENT_TEXT + 1)) }, `${COMMENT_TEXT} characters`],
    [
      "a word that does not fit the form",
      { says: respond("Paris"), status: { ...wanting, inputRequests: form } },
      /does not fit.*asks/,
    ],
    [
      "a value of another type",
      { says: respond('{"city":"Paris","days":"soon"}'), status: { ...wanting, inputRequests: form } },
      /does not fit.*days/,
    ],
    [
      "by who asked, where that may not be",
      { says: approve(), requester: "Jane", facts: { channel: others } },
      "Ask a colleague",
    ],
    [
      "by anybody, where it is not known who asked",
      { says: approve(), facts: { channel: others } },
      "It is not known who created the task",
    ],
    [
      "while the channel is gone",
      { says: approve(), facts: { channel: { kind: "Gone" } } },
      "Create it again, or name another one in spec.approvalContactChannel",
    ],
    ["while the channel cannot be read", { says: approve(), facts: { channel: { kind: "Unreadable" } } }, "Try again"],
    [
      "a second time by the same person",
      { says: approve(), approvals: [entry({ approver: "jane" })], facts: { channel: two } },
      "It waits for one more person",
    ],
    [
      "after it was decided",
      { says: approve(), approvals: [entry({ decision: "Reject" })] },
      "has its answer already: bob rejected it at 2026-01-31T09:30:00Z",
    ],
    [
      "before its question is stored",
      { says: approve(), status: { ...asking, externalCallID: undefined } as unknown as Status },
      "not stored yet",
    ],
    [
      "of a call that asks nobody",
      { says: approve(), status: { phase: "Running", status: "Executing" } },
      "does not wait for anybody: nobody has decided on it; it is Executing. A word is taken while",
    ],
    [
      "of a call that was approved",
      { says: approve(), status: { ...asking, status: "Executing", phase: "Running" }, approvals: [entry()] },
      "bob approved it at 2026-01-31T09:30:00Z; it is Executing",
    ],
    [
      "of a call that several have approved",
      { says: approve(), status: { ...asking, status: "Succeeded" }, approvals: [entry(), entry({ approver: "joe" })] },
      "bob and joe approved it, last at 2026-01-31T09:30:00Z; it is Succeeded.",
    ],
    [
      "of a call that was answered over a channel",
      {
        says: approve(),
        status: {
          ...asking,
          status: "ToolCallRejected",
          answers: [{ ...entry({ decision: "Reject" }), question: "ec-1", channel }],
        },
      },
      "bob rejected it",
    ],
    [
      "of a call that ended because nobody answered",
      { says: approve(), status: { ...asking, status: "Error", statusDetail: "Nobody answered within 72h." } },
      "nobody has decided on it; it is Error (Nobody answered within 72h).",
    ],
    [
      "of an outcome that is unknown for good",
      { says: approve(), status: { ...unsure, phase: "Failed" } },
      "it is OutcomeUnknown",
    ],
  ])("a decision %s", (_sentence, given, says) => {
    const said = outcome(requestOf(given), given.facts);
    expect(said).toEqual(says instanceof RegExp ? expect.stringMatching(says) : expect.stringContaining(says));
    expect(said).toContain('ToolCall "t-tc-01" in namespace "default"');
  });

  test.each<[sentence: string, after: unknown[]]>([
    ["removed", []],
    ["changed", [entry({ decision: "Reject" }), entry({ approver: "joe" })]],
    ["moved", [entry({ approver: "joe" }), entry()]],
    ["replaced by one's own", [{ decision: "Approve" }]],
  ])("an old approval that is %s", (_sentence, after) => {
    const approvals = [entry(), entry({ approver: "joe" })];
    const request = { ...requestOf({ approvals }), object: call({ approvals: after }) };
    expect(outcome(request)).toContain("cannot be changed, moved or removed");
  });

  test.each<[sentence: string, Submitted]>([
    ["an approval", call({ approvals: [entry({ approver: "jane" })] })],
    ["several", call({ approvals: [entry(), entry()] })],
    ["an annotation that decides", call({ annotations: approve("yes") })],
  ])("a new call that comes with %s, also from the operator", (_sentence, object) => {
    for (const user of [jane, operator]) {
      const request: SignedRequest = { kind: "ToolCall", namespace: "default", object, user, isDryRun: false };
      expect(outcome(request)).toContain("cannot be created with approvals");
    }
  });
});
