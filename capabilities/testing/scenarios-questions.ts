/** What can happen where people are asked for an answer, for what became of a call, or are told one. Every scenario is a sentence. */
import type { TaskSpec } from "../../crds/index";
import type { Scenario } from "./scenario";
import { at, cancelled, email, patchTask, SECOND } from "./scenario";
import { asking, byEmail, byKubectl, everybody, guarded, jane, joe, succeeded, then } from "./scenario-people";
import { says, uses } from "./scripted-model";
import type { Person } from "./simulation-people";

const contact = (name: string, message = "Which colour?"): ReturnType<typeof uses> =>
  uses({ name: `people__${name}`, arguments: JSON.stringify({ message }) });

const questions: Scenario[] = [
  asking(
    "a question to a person, answered by email",
    [contact("human_contact_email")(), says()],
    { ...succeeded, effects: 0, asked: 1 },
    byEmail(everybody("Respond", { comment: "blue" })),
  ),
  asking(
    "a question to a person, answered with kubectl",
    [contact("human_contact")(), says()],
    { ...succeeded, asked: 0 },
    byKubectl(jane("Respond", { kind: "Input", comment: "blue" })),
  ),
  asking(
    "a question to a person, one after the other",
    [contact("human_contact_email")(), contact("human_contact_email", "And which else?")(), says()],
    { ends: ["FinalAnswer"], calls: 3, tools: ["Succeeded", "Succeeded"], asked: 2 },
    {
      ...byEmail({ people: ({ number }) => [{ afterMs: 2 * SECOND, decision: "Respond", comment: `no. ${number}` }] }),
      stride: 2,
    },
  ),
  asking(
    "a question to a person who does not want to say",
    [contact("human_contact")(), says()],
    { ends: ["FinalAnswer"] },
    byKubectl(jane("Reject", { kind: "Input", comment: "ask somebody else" })),
  ),
  asking(
    "a question to a person that nobody answers in time",
    [contact("human_contact_email")(), says()],
    { ends: ["FinalAnswer"], effects: 0 },
    {
      channelSpec: { ...email, timeout: "30s", onTimeout: "Fail" },
    },
  ),
  asking(
    "a tool that asks, answered by email",
    then("asks"),
    { ...succeeded, effects: 1, asked: 1 },
    byEmail(everybody("Respond", { comment: '{"colour":"blue"}' })),
  ),
  asking(
    "a tool that asks, answered with kubectl",
    then("asks"),
    { ...succeeded, effects: 1 },
    byKubectl(jane("Respond", { kind: "Input", comment: '{"colour":"blue"}' })),
  ),
  asking(
    "a tool that asks, and an answer that it cannot take, and one that it can",
    then("asks"),
    { ...succeeded, effects: 1 },
    byKubectl(
      jane("Respond", { kind: "Input", comment: '{"colour":7}' }),
      joe("Respond", { kind: "Input", comment: '{"colour":"blue"}', afterMs: 5 * SECOND }),
    ),
  ),
  asking(
    "a tool that asks twice, answered by email and with kubectl",
    then("asks_twice"),
    { ...succeeded, effects: 1, asked: 2 },
    {
      ...byEmail({
        people: ({ number }) =>
          number === 1 ? [{ afterMs: 3 * SECOND, decision: "Respond", comment: '{"colour":"blue"}' }] : [],
      }),
      ...byKubectl(jane("Respond", { kind: "Input", nth: 2, comment: '{"colour":"green"}' })),
      stride: 2,
    },
  ),
  asking(
    "a tool that asks, and a person who declines",
    then("asks"),
    { ends: ["FinalAnswer"], calls: 2 },
    byKubectl(jane("Reject", { kind: "Input", comment: "no" })),
  ),
  guarded(
    "a tool that has to be approved, and then asks",
    then("asks"),
    { ...succeeded, effects: 1, asked: 2 },
    {
      ...byEmail({
        people: ({ question }) =>
          question.kind === "Approval"
            ? [{ afterMs: 2 * SECOND, decision: "Approve" }]
            : [{ afterMs: 2 * SECOND, decision: "Respond", comment: '{"colour":"blue"}' }],
      }),
      stride: 2,
    },
  ),
];

/** What is asked when nobody knows what became of a call. */
const outcome = (decision: Person["decision"], more: Partial<Person> = {}): Person =>
  joe(decision, { kind: "Outcome", ...more });

const outcomes: Scenario[] = [
  asking(
    "an unknown outcome that a person has run again",
    then("hang_once"),
    { ...succeeded, effects: 2 },
    {
      ...byKubectl(outcome("Approve")),
      stride: 2,
    },
  ),
  asking(
    "an unknown outcome that a person knows",
    then("hang"),
    { ...succeeded, effects: 1 },
    {
      ...byKubectl(outcome("Respond", { comment: "it gave 42" })),
      stride: 2,
    },
  ),
  asking(
    "an unknown outcome that a person gives up",
    then("hang"),
    { ends: ["FinalAnswer"], calls: 2, effects: 1 },
    {
      ...byKubectl(outcome("Reject", { comment: "leave it" })),
      stride: 2,
    },
  ),
  asking(
    "an unknown outcome that is asked about by email",
    then("hang_once"),
    { ...succeeded, effects: 2, asked: 1 },
    {
      ...byEmail(everybody("Approve")),
      stride: 2,
    },
  ),
  asking(
    "an unknown outcome that nobody answers in time",
    then("hang"),
    { ends: ["FinalAnswer"], calls: 2, effects: 1 },
    {
      channelSpec: { timeout: "30s", onTimeout: "Fail" },
      stride: 2,
    },
  ),
  guarded(
    "an approved tool whose process may die, which is run again",
    then("slow"),
    { ...succeeded, effects: 1, asked: 0 },
    {
      ...byKubectl(jane("Approve"), outcome("Approve")),
    },
  ),
  guarded(
    "an approved tool whose process may die, whose result a person knows",
    then("slow"),
    { ...succeeded, effects: 1, asked: 1 },
    {
      ...byEmail({
        people: ({ question }) => [
          question.kind === "Approval"
            ? { afterMs: 2 * SECOND, decision: "Approve" }
            : { afterMs: 2 * SECOND, decision: "Respond", comment: "it gave 42" },
        ],
      }),
    },
  ),
  guarded(
    "an approved tool whose process may die, which is given up",
    then("slow"),
    { ends: ["FinalAnswer"], calls: 2, effects: 1 },
    {
      ...byKubectl(jane("Approve"), outcome("Reject")),
    },
  ),
];

const told: Partial<TaskSpec> = { contactChannelRef: { name: "people" } };

const answers: Scenario[] = [
  asking(
    "a final answer that is told by email",
    [says()],
    { ends: ["FinalAnswer"], calls: 1, writes: 3, asked: 1 },
    { ...byEmail({}), spec: told },
  ),
  asking(
    "a final answer after a tool call, told by email",
    then("write"),
    { ...succeeded, effects: 1, asked: 1 },
    { ...byEmail({}), spec: told, stride: 2 },
  ),
  asking(
    "a final answer for a channel that needs no service",
    [says()],
    { ends: ["FinalAnswer"], calls: 1, writes: 2, asked: 0 },
    { spec: told },
  ),
  asking(
    "a final answer while the service is away",
    [says(2 * SECOND)],
    { ends: ["FinalAnswer"], calls: 1, asked: 1 },
    {
      ...byEmail({ away: [{ fromMs: 1_500, toMs: 20 * SECOND }] }),
      acts: at(60 * SECOND, patchTask("t", {})),
      spec: told,
    },
  ),
  asking(
    "a final answer that the service has, though it said that it had not",
    [says()],
    { ends: ["FinalAnswer"], calls: 1, asked: 1 },
    {
      ...byEmail({ loses: (nth) => nth === 1 }),
      acts: at(30 * SECOND, patchTask("t", {})),
      spec: told,
    },
  ),
  asking(
    "a cancelled task, which has no final answer",
    [says(20 * SECOND)],
    { ...cancelled, asked: 0 },
    {
      ...byEmail({}),
      acts: at(2 * SECOND, patchTask("t", { cancelled: true })),
      spec: told,
    },
  ),
];

/** Every scenario in which people are asked for more than a yes or no, or are told an answer. */
export const questionScenarios: Scenario[] = [...questions, ...outcomes, ...answers];
