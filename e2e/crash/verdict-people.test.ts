/** The judge of the crash proof sees each fault towards people, and none where there is none; and what people say is sound. */
import type { Effect } from "../../capabilities/testing/tool-server";
import type { ToolCall } from "../../crds/index";
import { apiVersion } from "../../crds/index";
import type { Topic } from "./answers";
import { answersTo, FASTEST_MS } from "./answers";
import type { Ended, Evidence, Mail, Said, Seen } from "./evidence";
import { figuresOf } from "./figures";
import { mailOf } from "./mailbox";
import type { Plan } from "./plan";
import { lastLine } from "./report";
import type { Verdict } from "./verdict";
import { judge } from "./verdict";

const [YES, NO, ASK, LOST] = ["t-1/1/1", "t-1/1/2/reject", "t-1/1/3", "t-1/1/4"];
const plan: Plan = {
  name: "t-1",
  agent: "asker",
  tells: true,
  userMessage: "t-1: …",
  turns: [
    [
      { tool: "guarded__append", arguments: { text: YES } },
      { tool: "mailed__append", arguments: { text: NO } },
      { tool: "mail__human_contact_email", arguments: { message: ASK } },
      { tool: "local__append", arguments: { text: LOST } },
    ],
  ],
  output: "Done with t-1.",
};
const planned = plan.turns.flat();

type Status = NonNullable<ToolCall["status"]>;

/** How each call has ended, in the order of the plan. */
const ends: Status[] = [
  { phase: "Succeeded", status: "Succeeded", result: `append ${YES} aa`, ...asking("Approval", "ec-1") },
  {
    phase: "Failed",
    status: "ToolCallRejected",
    result: "A person rejected this. They say: no thanks",
    ...asking("Approval", "ec-2"),
  },
  { phase: "Succeeded", status: "Succeeded", result: "forty-two", ...asking("Input", "hc-3") },
  { phase: "Succeeded", status: "Succeeded", result: `append ${LOST} cc`, ...asking("Outcome", "ec-4") },
];

function asking(kind: Seen["kind"], id: string): Partial<Status> {
  return { externalCallID: id, question: { kind, channel: "people", askedAt: "2026-01-01T00:00:00Z" } };
}

function toolCall(i: number, status: Partial<Status> = {}): ToolCall {
  const { tool = "", arguments: args = {} } = planned[i] ?? {};
  return {
    apiVersion,
    kind: "ToolCall",
    metadata: { name: `t-1-tc-0${i + 1}`, namespace: "n", uid: `u${i}`, resourceVersion: "1" },
    spec: { toolCallId: `c${i}`, toolRef: { name: tool }, arguments: JSON.stringify(args), taskRef: { name: "t-1" } },
    status: { ...(ends[i] ?? { phase: "Pending" }), ...status },
  };
}

const at = (second: number): number => Date.parse("2026-01-01T00:00:00Z") + second * 1_000;

function effect(text: string, second: number, more: Partial<Effect> = {}): Effect {
  const when = new Date(at(second)).toISOString();
  return { at: when, pid: 1, tool: "append", key: "k", arguments: { text }, moment: "begin", ...more };
}

const seen = (words: string, question: string, kind: Seen["kind"], askedAtMs = at(1)): Seen => ({
  words,
  question,
  kind,
  name: "x",
  askedAtMs,
  holder: "host/42",
});

const said = (words: string, question: string, more: Partial<Said> = {}): Said => ({
  words,
  question,
  kind: "Approval",
  way: "kubectl",
  decision: "Approve",
  comment: "fine",
  saidAtMs: at(10),
  ending: "Taken",
  ...more,
});

const yes = said(YES, "ec-1");
const no = said(NO, "ec-2", { decision: "Reject", comment: "no thanks", way: "email" });
const words = said(ASK, "hc-3", { kind: "Input", decision: "Respond", comment: "forty-two", way: "email" });
const again = said(LOST, "ec-4", { kind: "Outcome", saidAtMs: at(30) });
const others = (...left: Said[]): Said[] => [yes, no, words, again].filter((one) => !left.includes(one));

const notice: Mail = { id: "hc-9", kind: "Notice", text: plan.output };
const ended: Ended = {
  plan,
  status: { phase: "FinalAnswer", output: plan.output },
  toolCalls: planned.map((_call, i) => toolCall(i)),
};
const assistant = {
  role: "assistant",
  tool_calls: planned.map(({ tool, arguments: args }, i) => ({
    id: `c${i}`,
    function: { name: tool, arguments: JSON.stringify(args) },
  })),
};

/** The model was told what stands in the calls: that is another judge's business. */
function withCalls(toolCalls: ToolCall[], more: Partial<Evidence> = {}): Partial<Evidence> {
  const told = toolCalls.map(({ status }, i) => ({ role: "tool", tool_call_id: `c${i}`, content: status?.result }));
  const asked = [
    { question: plan.userMessage, messages: [{ role: "user", content: plan.userMessage }, assistant, ...told] },
  ];
  return { ended: [{ ...ended, toolCalls }], asked, ...more };
}
const withEnd = (i: number, status: Partial<Status>, more: Partial<Evidence> = {}): Partial<Evidence> =>
  withCalls(
    planned.map((_call, k) => toolCall(k, k === i ? status : {})),
    more,
  );

const begun = [
  effect(YES, 11),
  effect(YES, 12, { moment: "end", receipt: "aa" }),
  effect(LOST, 5),
  effect(LOST, 31),
  effect(LOST, 32, { moment: "end", receipt: "cc" }),
];
const clean: Evidence = {
  ended: [],
  asked: [],
  ...withCalls(ended.toolCalls),
  unfinished: [],
  effects: begun,
  lives: [{ pid: 42, startedAtMs: at(0), killedAtMs: at(20) }],
  seen: [
    seen(YES, "ec-1", "Approval"),
    seen(NO, "ec-2", "Approval"),
    seen(ASK, "hc-3", "Input"),
    seen(LOST, "ec-4", "Outcome", at(25)),
  ],
  said: others(),
  mails: [
    { id: "ec-2", kind: "Approval", text: JSON.stringify({ text: NO }) },
    { id: "hc-3", kind: "Input", text: ASK },
    notice,
  ],
};
const none: Verdict = {
  lost: [],
  twice: [],
  broken: [],
  unexplained: [],
  askedTwice: [],
  unheard: [],
  unapproved: [],
  despiteNo: [],
  tellings: [],
};

test("a clean run is clean, with an unsafe call that a person had run again", () => {
  expect(judge(clean)).toEqual(none);
});

const result = "A person looked what this call has come to, and says: it is there";
const respond = said(LOST, "ec-4", { kind: "Outcome", decision: "Respond", comment: "it is there" });
const giveUp = said(LOST, "ec-4", { kind: "Outcome", decision: "Reject", comment: "leave it" });
const secondThought = said(YES, "ec-1", { decision: "Reject", comment: "stop", saidAtMs: at(13), way: "email" });
const once = begun.filter((one) => one !== begun[3]);

test.each<[what: string, more: Partial<Evidence>]>([
  ["a result that a person gave", withEnd(3, { result }, { said: [...others(again), respond], effects: once })],
  [
    "a call that a person gave up",
    withEnd(
      3,
      { phase: "Failed", status: "Error", finishReason: "OutcomeUnknown", result: "They say: leave it" },
      { said: [...others(again), giveUp], effects: once },
    ),
  ],
  ["two people who say the same", { said: [...others(), said(YES, "ec-1", { way: "email", comment: "go" })] }],
  ["a refusal after an approval, when it had run", { said: [...others(), secondThought] }],
  [
    "a refusal that was heard before an earlier approval, when it had not run",
    withEnd(
      0,
      { phase: "Failed", status: "ToolCallRejected", result: "They say: stop" },
      { said: [...others(), secondThought], effects: begun.slice(2) },
    ),
  ],
  ["an approval of which the person did not hear", { said: [...others(yes), { ...yes, ending: "Unsaid" }] }],
  [
    "an approval that came too late",
    { said: [...others(), said(YES, "ec-1", { comment: "me too", ending: "Refused" })] },
  ],
  ["the same letter, once read with kubectl", { seen: [...clean.seen, seen(NO, "ec-2", "Approval")] }],
])("%s is no fault", (_what, more) => {
  expect(judge({ ...clean, ...more })).toEqual(none);
});

test.each<[what: string, fault: Partial<Evidence>, promise: keyof Verdict]>([
  [
    "an approval that came twice by email",
    { mails: [...clean.mails, { id: "ec-5", kind: "Approval", text: JSON.stringify({ text: NO }) }] },
    "askedTwice",
  ],
  ["an approval that was seen twice", { seen: [...clean.seen, seen(YES, "ec-5", "Approval")] }, "askedTwice"],
  [
    "a question of the model's that was put twice",
    { mails: [...clean.mails, { id: "hc-5", kind: "Input", text: ASK }] },
    "askedTwice",
  ],
  [
    "an outcome that was asked three times, and run again once",
    { seen: [...clean.seen, ...["a", "b"].map((id) => seen(LOST, id, "Outcome", at(25)))] },
    "askedTwice",
  ],
  ["an approval after which nothing ran", { effects: begun.slice(2) }, "unheard"],
  ["an approval of what ended as refused", withEnd(0, { status: "ToolCallRejected", result: "" }), "unheard"],
  ["an end that nobody has decided", { said: others(no) }, "unheard"],
  ["a refusal whose words nobody was told", withEnd(1, { result: "A person rejected this." }), "unheard"],
  ["an answer other than the person's", withEnd(2, { result: "forty-one" }), "unheard"],
  ["a result that no person gave", withEnd(3, { result }, { said: [...others(again), giveUp] }), "unheard"],
  ["a call that was to be run again and was not", { effects: once }, "unheard"],
  ["a word that was accepted and is nowhere", { said: [...others(), { ...yes, ending: "Swallowed" }] }, "unheard"],
  [
    "an outcome that nobody was asked for",
    withEnd(3, { phase: "Failed", status: "OutcomeUnknown", holder: "host/42" }),
    "unheard",
  ],
  ["an execution that nobody agreed to", { said: others(yes) }, "unapproved"],
  ["an execution before somebody agreed", { effects: [effect(YES, 9), ...begun] }, "unapproved"],
  [
    "an execution after an approval that was refused",
    { said: [...others(yes), { ...yes, ending: "Refused" }] },
    "unapproved",
  ],
  ["an execution of what was refused", { effects: [...begun, effect(NO, 15)] }, "despiteNo"],
  [
    "a refusal of what was executed",
    withEnd(0, { status: "ToolCallRejected", result: "They say: stop" }, { said: [...others(), secondThought] }),
    "despiteNo",
  ],
  ["a second run that nobody asked for", { said: [...others(again), giveUp] }, "twice"],
  ["a second run before a person asked for it", { said: [...others(again), { ...again, saidAtMs: at(40) }] }, "twice"],
  ["a third run, of which a person asked for one", { effects: [...begun, effect(LOST, 33)] }, "twice"],
  [
    "a third run, of which two people asked for the same",
    { effects: [...begun, effect(LOST, 33)], said: [...others(), { ...again, way: "email" }] },
    "twice",
  ],
  [
    "an outcome that is asked for before a kill",
    { seen: [...clean.seen, seen(LOST, "ec-4", "Outcome", at(19))] },
    "unexplained",
  ],
  ["an outcome of a process that lives", { lives: [{ pid: 42, startedAtMs: at(0) }] }, "unexplained"],
  ["an answer that was told twice", { mails: [...clean.mails, { ...notice, id: "hc-8" }] }, "tellings"],
  ["an answer that was not told", { mails: clean.mails.filter((one) => one !== notice) }, "tellings"],
  ["an answer that nobody wanted to be told", { ended: [{ ...ended, plan: { ...plan, tells: false } }] }, "tellings"],
])("%s is seen", (_what, fault, promise) => {
  expect(judge({ ...clean, ...fault })[promise]).not.toEqual([]);
});

test("the last line counts every promise, and what people were asked", () => {
  const evidence = { ...clean, mails: [...clean.mails, { ...notice, id: "hc-8" }] };
  const figures = figuresOf(evidence, judge(evidence), 1);
  expect(figures).toMatchObject({
    approvalsAsked: 2,
    questionsAsked: 1,
    outcomesAsked: 1,
    answeredByKubectl: 2,
    answeredByEmail: 2,
    rejected: 1,
    runAgainByPeople: 1,
    agreedExecutions: 1,
  });
  expect(lastLine(figures)).toBe(
    "1 kills: 0 lost, 0 unsafe executions twice, 0 broken conversations, 0 unexplained unknown outcomes (1 explained by a kill), 0 of 2 approvals asked twice, 0 approvals lost, 0 executed without approval, 0 executed although rejected, 1 final answers told twice or not told",
  );
});

describe("what people say", () => {
  const topics = (["Approval", "Input", "Outcome"] as const).flatMap((kind) =>
    [true, false].flatMap((byEmail) =>
      Array.from(
        { length: 200 },
        (_, i): Topic => ({
          words: `t-${i}/1/1${i % 3 === 0 ? "/reject" : ""}`,
          kind,
          byEmail,
          before: i % 4,
        }),
      ),
    ),
  );

  test("depends on the question and the seed alone, and no two people use the same words", () => {
    for (const topic of topics) {
      const all = answersTo(topic, 7);
      expect(answersTo(topic, 7)).toEqual(all);
      expect(new Set(all.map(({ comment }) => comment)).size).toBe(all.length);
      expect(all.every(({ afterMs }) => afterMs >= FASTEST_MS)).toBe(true);
    }
  });

  test("is one thing first, and something else only after that was taken", () => {
    for (const topic of topics) {
      const firsts = answersTo(topic, 7).filter(({ isSecond }) => !isSecond);
      expect(new Set(firsts.map(({ decision }) => decision)).size).toBe(1);
      if (topic.words.endsWith("reject") && topic.kind !== "Outcome") expect(firsts[0]?.decision).toBe("Reject");
    }
  });

  test("has everything in it: both ways, two at once, second thoughts, all three ends of an unknown outcome", () => {
    const all = topics.map((topic) => ({ topic, sayings: answersTo(topic, 7) }));
    const count = (holds: (one: (typeof all)[number]) => boolean): number => all.filter(holds).length;
    expect(count(({ sayings }) => sayings[0]?.way === "email")).toBeGreaterThan(50);
    expect(count(({ sayings }) => sayings.length > 1)).toBeGreaterThan(50);
    expect(count(({ sayings }) => sayings.some(({ isSecond }) => isSecond))).toBeGreaterThan(10);
    for (const decision of ["Approve", "Reject", "Respond"] as const)
      expect(
        count(({ topic, sayings }) => topic.kind === "Outcome" && sayings[0]?.decision === decision),
      ).toBeGreaterThan(20);
    expect(
      count(({ topic, sayings }) => topic.before > 1 && topic.kind === "Outcome" && sayings[0]?.decision === "Approve"),
    ).toBe(0);
  });
});

test("a letter is known by what a person sees in it", () => {
  const item = (spec: object) => ({
    run_id: "r",
    call_id: "x",
    spec: { ...spec },
    status: { requested_at: "", responded_at: null },
  });
  expect(mailOf("function_call", item({ fn: "f", kwargs: { text: YES } }))).toEqual({
    id: "x",
    kind: "Approval",
    text: `{"text":"${YES}"}`,
  });
  expect(mailOf("human_contact", item({ msg: "Why?" })).kind).toBe("Input");
  expect(mailOf("human_contact", item({ msg: "?", response_options: [{ name: "run-again" }] })).kind).toBe("Outcome");
  expect(mailOf("human_contact", item({ msg: "Done.", state: { kind: "Task" } })).kind).toBe("Notice");
});
