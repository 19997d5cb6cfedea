/** What can happen where tools wait for somebody's approval. Every scenario is a sentence. */
import type { MCPServerSpec } from "../../crds/index";
import { resources } from "../../crds/index";
import type { FakeContact } from "./fake-contact-service";
import type { Scenario } from "./scenario";
import {
  at,
  cancelled,
  channel,
  channelKey,
  deleted,
  email,
  mcpServer,
  MINUTE,
  patchTask,
  remove,
  SECOND,
  webhook,
} from "./scenario";
import type { Given } from "./scenario-people";
import {
  answeredWith,
  byEmail,
  byKubectl,
  everybody,
  everything,
  guarded,
  jane,
  joe,
  rejected,
  REQUESTED_BY,
  succeeded,
  then,
} from "./scenario-people";
import { questionScenarios } from "./scenarios-questions";
import { says, uses } from "./scripted-model";

const approvals: Scenario[] = [
  guarded("approved by email", then("write"), { ...succeeded, effects: 1, asked: 1 }, byEmail(everybody("Approve"))),
  guarded(
    "approved by email, and told so at once",
    then("write"),
    { ...succeeded, effects: 1, asked: 1 },
    byEmail(everybody("Approve", { hints: true, comment: "looks fine" })),
  ),
  guarded(
    "approved by email before it is known that the email has left",
    then("write"),
    { ...succeeded, effects: 1, asked: 1 },
    byEmail({ ...everybody("Approve", { afterMs: 10, hints: true }), latencyMs: 2 * SECOND }),
  ),
  guarded(
    "approved with kubectl",
    then("write"),
    { ...succeeded, effects: 1, asked: 0 },
    byKubectl(jane("Approve", { comment: "looks fine" })),
  ),
  guarded("approved with kubectl at once", then("write"), succeeded, byKubectl(jane("Approve", { afterMs: 0 }))),
  guarded("approved with kubectl, though asked by email", then("write"), succeeded, {
    ...byEmail({}),
    ...byKubectl(jane("Approve")),
  }),
  guarded("approved with kubectl before the email has left", then("write"), succeeded, {
    ...byEmail({ latencyMs: 2 * SECOND }),
    ...byKubectl(jane("Approve", { afterMs: 20 })),
  }),
  guarded(
    "approved by email and with kubectl at once",
    then("write"),
    { ...succeeded, effects: 1 },
    {
      ...byEmail(everybody("Approve", { afterMs: 2 * SECOND, hints: true })),
      ...byKubectl(jane("Approve", { afterMs: 2_110 })),
    },
  ),
  guarded("approved by email and rejected with kubectl at once", then("write"), answeredWith("Succeeded"), {
    ...byEmail(everybody("Approve", { afterMs: 2 * SECOND, hints: true })),
    ...byKubectl(jane("Reject", { afterMs: 2_110, comment: "too late" })),
  }),
  guarded("a safe tool that is approved", then("safe_slow"), { ...succeeded, asked: 1 }, byEmail(everybody("Approve"))),
  guarded("an approved tool that fails", then("fail"), answeredWith("Error"), byKubectl(jane("Approve"))),
  guarded(
    "three calls in a row, all approved",
    [uses("tools__write")(), uses("tools__write")(), uses("tools__safe")(), says()],
    { ends: ["FinalAnswer"], calls: 4, tools: ["Succeeded", "Succeeded", "Succeeded"], effects: 3, asked: 3 },
    { ...byEmail(everybody("Approve")), stride: 3 },
  ),
  guarded(
    "arguments that do not fit are not shown to people",
    [uses({ name: "tools__write", arguments: '{"txt":1}' })(), says()],
    { ...answeredWith("Error"), asked: 0, effects: 0 },
    byEmail(everybody("Approve")),
  ),
];

/** Another system asks people, and sends their answers. */
const byWebhook = (contact: FakeContact): Given => ({ channelSpec: webhook, contact: { ...contact, posts: true } });

const webhooks: Scenario[] = [
  guarded(
    "approved over a webhook",
    then("write"),
    { ...succeeded, effects: 1, asked: 1 },
    byWebhook(everybody("Approve")),
  ),
  guarded(
    "approved over a webhook before it is known that the question has arrived",
    then("write"),
    { ...succeeded, effects: 1, asked: 1 },
    byWebhook({ ...everybody("Approve", { afterMs: 10 }), latencyMs: SECOND }),
  ),
  guarded(
    "rejected over a webhook, with a comment",
    then("write"),
    { ...rejected, asked: 1 },
    byWebhook(everybody("Reject", { comment: "not on a Friday" })),
  ),
  guarded(
    "approved over a webhook and rejected with kubectl at once",
    then("write"),
    { ends: ["FinalAnswer"], asked: 1 },
    {
      ...byWebhook(everybody("Approve", { afterMs: 2 * SECOND })),
      ...byKubectl(jane("Reject", { afterMs: 2_005, comment: "no" })),
    },
  ),
  guarded(
    "a quorum of two, one over a webhook and one with kubectl",
    then("write"),
    { ...succeeded, effects: 1, asked: 1 },
    {
      ...byWebhook(everybody("Approve")),
      channelSpec: { ...webhook, approvers: { quorum: 2 } },
      ...byKubectl(jane("Approve", { afterMs: 20 * SECOND })),
    },
  ),
];

const rejections: Scenario[] = [
  guarded(
    "rejected by email, with a comment",
    then("write"),
    { ...rejected, asked: 1 },
    byEmail(everybody("Reject", { comment: "not on a Friday" })),
  ),
  guarded(
    "rejected with kubectl, with a comment",
    then("write"),
    rejected,
    byKubectl(jane("Reject", { comment: "not on a Friday" })),
  ),
  guarded("rejected, and approved by somebody else later", then("write"), rejected, {
    ...byEmail(everybody("Approve", { afterMs: 4 * SECOND })),
    ...byKubectl(jane("Reject"), joe("Approve", { afterMs: 3 * SECOND })),
  }),
  guarded(
    "two calls at once, one approved and one rejected by email",
    then("write", "write"),
    { ...answeredWith("Succeeded", "ToolCallRejected"), effects: 1, asked: 2 },
    {
      ...byEmail({
        people: ({ question }) => [
          { afterMs: 3 * SECOND, decision: question.about.name === "t-tc-01" ? "Approve" : "Reject" },
        ],
      }),
      stride: 2,
    },
  ),
  guarded(
    "three calls at once, of which people answer two with kubectl and one by email",
    then("write", "safe", "write"),
    { ...answeredWith("ToolCallRejected", "Succeeded", "Succeeded"), effects: 2, asked: 3 },
    {
      ...byEmail({
        people: ({ question }) => (question.about.name === "t-tc-03" ? [{ afterMs: SECOND, decision: "Approve" }] : []),
      }),
      ...byKubectl(jane("Reject"), joe("Approve", { call: "t-tc-02" })),
      stride: 3,
    },
  ),
  guarded("two people at the same moment, who disagree", then("write"), rejected, {
    ...byKubectl(jane("Reject", { comment: "no" }), joe("Approve", { comment: "yes" })),
  }),
];

const rules: Scenario[] = [
  guarded(
    "a policy that lets one call through",
    then("safe", "write"),
    { ...answeredWith("Succeeded", "ToolCallRejected"), unguarded: ["t-tc-01"], effects: 1, asked: 1 },
    { ...byEmail(everybody("Reject")), serverSpec: { approvalPolicy: "tool != 'safe'" }, stride: 2 },
  ),
  guarded(
    "a policy that cannot be evaluated",
    then("write"),
    { ...succeeded, effects: 1 },
    { ...byKubectl(jane("Approve")), serverSpec: { approvalPolicy: "args.nothing.there == 1" } },
  ),
  guarded(
    "a quorum of two",
    then("write"),
    { ...succeeded, effects: 1 },
    {
      channelSpec: { approvers: { quorum: 2 } },
      ...byKubectl(
        jane("Approve"),
        jane("Approve", { afterMs: 4 * SECOND }),
        joe("Approve", { afterMs: 6 * SECOND, comment: "me too" }),
      ),
    },
  ),
  guarded(
    "a quorum of two at the same moment",
    then("write"),
    { ...succeeded, effects: 1 },
    {
      channelSpec: { approvers: { quorum: 2 } },
      ...byKubectl(jane("Approve"), joe("Approve")),
    },
  ),
  guarded(
    "a quorum of two, one by email and one with kubectl",
    then("write"),
    { ...succeeded, effects: 1, asked: 1 },
    {
      channelSpec: { ...email, approvers: { quorum: 2 } },
      contact: everybody("Approve"),
      ...byKubectl(jane("Approve", { afterMs: 20 * SECOND })),
    },
  ),
  guarded("a quorum of two, of whom the second rejects", then("write"), rejected, {
    channelSpec: { approvers: { quorum: 2 } },
    ...byKubectl(jane("Approve"), joe("Reject", { afterMs: 5 * SECOND, comment: "no" })),
  }),
  guarded(
    "the requester, who may not approve, and then somebody else",
    then("write"),
    { ...succeeded, effects: 1 },
    {
      channelSpec: { approvers: { mayNotBeRequester: true } },
      ...byKubectl(jane("Approve", { name: REQUESTED_BY }), joe("Approve", { afterMs: 6 * SECOND })),
    },
  ),
  guarded(
    "an approval of other arguments, one of another question, and a right one",
    then("write"),
    { ...succeeded, effects: 1 },
    {
      ...byKubectl(
        jane("Approve", { forges: { argumentsDigest: `sha256:${"0".repeat(64)}` } }),
        jane("Approve", { afterMs: 3 * SECOND, forges: { question: "ec-0000000000000000" } }),
        joe("Approve", { afterMs: 6 * SECOND }),
      ),
    },
  ),
  guarded(
    "a rejection of other arguments, and then an approval",
    then("write"),
    { ...succeeded, effects: 1 },
    {
      ...byKubectl(
        jane("Reject", { comment: "those", forges: { argumentsDigest: `sha256:${"0".repeat(64)}` } }),
        joe("Approve", { afterMs: 6 * SECOND, comment: "these" }),
      ),
    },
  ),
];

const waits: Scenario[] = [
  guarded(
    "nobody answers in time, which counts as a no",
    then("write"),
    { ...rejected, asked: 1 },
    {
      channelSpec: { ...email, timeout: "30s", onTimeout: "Reject" },
    },
  ),
  guarded(
    "nobody answers in time, which is a failure",
    then("write"),
    { ...answeredWith("Error"), effects: 0 },
    {
      channelSpec: { timeout: "30s", onTimeout: "Fail" },
    },
  ),
  guarded("somebody answers too late", then("write"), rejected, {
    channelSpec: { timeout: "30s", onTimeout: "Reject" },
    ...byKubectl(jane("Approve", { afterMs: 40 * SECOND })),
  }),
  guarded(
    "nobody ever answers",
    then("write"),
    { ends: ["ToolCallsPending"], calls: 1, effects: 0 },
    {
      ...byEmail({}),
      acts: at(MINUTE, patchTask("t", {})),
    },
  ),
  guarded(
    "an answer after half an hour",
    then("write"),
    { ...succeeded, effects: 1, asked: 1 },
    { ...byEmail(everybody("Approve", { afterMs: 30 * MINUTE })), withinMs: 40 * MINUTE, stride: 7 },
  ),
  guarded(
    "a service that is away for a while",
    [uses("tools__write")(2 * SECOND), says()],
    { ...succeeded, effects: 1, asked: 1 },
    { ...byEmail({ ...everybody("Approve"), away: [{ fromMs: 1_500, toMs: 20 * SECOND }] }), stride: 2 },
  ),
  guarded("a service that is away, and kubectl is not", [uses("tools__write")(2 * SECOND), says()], succeeded, {
    ...byEmail({ away: [{ fromMs: 1_500, toMs: 60 * MINUTE }] }),
    ...byKubectl(jane("Approve", { afterMs: 8 * SECOND })),
    stride: 2,
  }),
  guarded(
    "a service that is away when it is answered",
    then("write"),
    { ...succeeded, effects: 1, asked: 1 },
    {
      ...byEmail({ ...everybody("Approve", { hints: true }), away: [{ fromMs: 4 * SECOND, toMs: 30 * SECOND }] }),
      stride: 2,
    },
  ),
  guarded(
    "a service whose answer to the question is lost",
    then("write"),
    { ...succeeded, effects: 1, asked: 1 },
    byEmail({ ...everybody("Approve"), loses: (nth) => nth === 1 }),
  ),
  guarded(
    "somebody else's question under the same id",
    then("write"),
    { ...succeeded, asked: 0 },
    {
      ...byEmail({ ...everybody("Reject", { afterMs: 0, comment: "no" }), squats: () => true }),
      ...byKubectl(jane("Approve", { afterMs: 8 * SECOND })),
    },
  ),
  guarded(
    "a key that is not valid until somebody mends it",
    then("write"),
    { ...succeeded, effects: 1 },
    {
      ...byEmail({ ...everybody("Approve"), apiKey: "hl-2" }),
      acts: at(5 * SECOND, channelKey("hl-2")),
      stride: 2,
    },
  ),
  guarded(
    "a channel that is deleted while people are asked, and back",
    then("write"),
    { ends: ["FinalAnswer"] },
    {
      ...byEmail(everybody("Approve", { afterMs: 8 * SECOND })),
      acts: [...at(2 * SECOND, remove(resources.contactChannel, "people")), ...at(5 * SECOND, channel(email))],
      stride: 2,
    },
  ),
  guarded(
    "a channel that does not exist yet",
    then("write"),
    { ends: ["FinalAnswer"] },
    {
      acts: [],
      ...byKubectl(jane("Approve")),
    },
  ),
  guarded(
    "a server that is away when people approve",
    then("write"),
    { ...succeeded, effects: 1 },
    {
      ...byKubectl(jane("Approve")),
      servers: { tools: { ...everything, away: [{ fromMs: 2 * SECOND, toMs: 12 * SECOND }] } },
      stride: 2,
    },
  ),
  guarded(
    "cancelled while people are asked",
    then("write"),
    { ...cancelled, tools: ["Cancelled"], effects: 0 },
    {
      ...byEmail(everybody("Approve", { afterMs: 20 * SECOND })),
      acts: at(5 * SECOND, patchTask("t", { cancelled: true })),
    },
  ),
  guarded("deleted while people are asked", then("write"), deleted, {
    ...byEmail(everybody("Approve", { afterMs: 20 * SECOND })),
    acts: at(5 * SECOND, remove(resources.task, "t")),
  }),
  guarded(
    "suspended while people are asked, approved, and resumed",
    then("write"),
    { ...succeeded, effects: 1 },
    {
      ...byKubectl(jane("Approve", { afterMs: 6 * SECOND })),
      acts: [
        ...at(3 * SECOND, patchTask("t", { suspended: true })),
        ...at(30 * SECOND, patchTask("t", { suspended: false })),
      ],
      stride: 2,
    },
  ),
  guarded(
    "an orderly stop while people are asked",
    then("write"),
    { ...succeeded, effects: 1, asked: 1 },
    {
      ...byEmail(everybody("Approve", { afterMs: 8 * SECOND })),
      acts: at(5 * SECOND, { do: "Stop", graceMs: SECOND }),
      stride: 2,
    },
  ),
];

/** As a patch: without the channel. */
const unguarded = { approvalContactChannel: null } as unknown as Partial<MCPServerSpec>;

/** What people may change while somebody is asked. */
const edits: Scenario[] = [
  guarded(
    "the server asks over another channel while people are asked, and those say yes",
    then("write"),
    { ...succeeded, effects: 1, asked: 2 },
    {
      ...byEmail({}),
      acts: [
        ...at(0, channel(email, "others")),
        ...at(20 * SECOND, mcpServer({ approvalContactChannel: { name: "others" } })),
      ],
      contacts: { people: {}, others: everybody("Approve") },
    },
  ),
  guarded(
    "the channel is deleted while people are asked, and the server asks over another one",
    then("write"),
    { ...succeeded, effects: 1, asked: 1 },
    {
      ...byEmail({}),
      acts: [
        ...at(10 * SECOND, remove(resources.contactChannel, "people")),
        ...at(15 * SECOND, channel({}, "others")),
        ...at(20 * SECOND, mcpServer({ approvalContactChannel: { name: "others" } })),
      ],
      people: [jane("Approve", { nth: 2 })],
    },
  ),
  guarded("the approval is taken away while people are asked, who say no all the same", then("write"), rejected, {
    acts: at(10 * SECOND, mcpServer(unguarded)),
    ...byKubectl(jane("Reject", { afterMs: MINUTE, comment: "no" })),
  }),
  guarded(
    "a call that has run is deleted while another one waits for a person, and the operator is restarted",
    then("write", "slow"),
    { ends: ["FinalAnswer"], effects: 2, unguarded: ["t-tc-01"] },
    {
      serverSpec: { approvalPolicy: "tool == 'slow'" },
      ...byKubectl(jane("Approve", { call: "t-tc-02", afterMs: 3 * MINUTE })),
      acts: [
        ...at(2 * MINUTE, remove(resources.toolCall, "t-tc-01")),
        ...at(130 * SECOND, { do: "Stop", graceMs: SECOND }),
      ],
    },
  ),
];

/** Every scenario in which somebody is asked or told. */
export const peopleScenarios: Scenario[] = [
  ...approvals,
  ...webhooks,
  ...rejections,
  ...rules,
  ...waits,
  ...edits,
  ...questionScenarios,
];
