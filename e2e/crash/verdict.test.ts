/** The judge of the crash proof sees each fault, and none where there is none. */
import type { Effect } from "../../capabilities/testing/tool-server";
import type { ToolCall } from "../../crds/index";
import { apiVersion } from "../../crds/index";
import type { Ended, Evidence } from "./evidence";
import type { Plan } from "./plan";
import { planTask } from "./plan";
import { turnsIn } from "../../capabilities/testing/model-server-script";
import { dice } from "../../capabilities/testing/dice";
import { SABOTAGES } from "./options";
import type { Verdict } from "./verdict";
import { judge } from "./verdict";

const plan: Plan = {
  name: "t",
  agent: "helper",
  tells: false,
  userMessage: "t: …",
  turns: [[call("append", "t/1/1"), call("lookup", "t/1/2")]],
  output: "Done with t.",
};

function call(tool: string, text: string): Plan["turns"][number][number] {
  return { tool: `local__${tool}`, arguments: { text } };
}

const results = ["append t/1/1 aa", "lookup t/1/2 bb"];
const user = { role: "user", content: plan.userMessage };
const assistant = {
  role: "assistant",
  tool_calls: plan.turns.flat().map((one, i) => ({
    id: `c${i}`,
    function: { name: one.tool, arguments: JSON.stringify(one.arguments) },
  })),
};
const tool = (i: number, content = results[i]) => ({ role: "tool", tool_call_id: `c${i}`, content });

function toolCall(i: number, status: Partial<NonNullable<ToolCall["status"]>> = {}): ToolCall {
  const one = plan.turns.flat()[i];
  return {
    apiVersion,
    kind: "ToolCall",
    metadata: { name: `t-tc-0${i + 1}`, namespace: "n", uid: `u${i}`, resourceVersion: "1" },
    spec: {
      toolCallId: `c${i}`,
      toolRef: { name: one?.tool ?? "" },
      arguments: JSON.stringify(one?.arguments),
      taskRef: { name: "t" },
    },
    status: { phase: "Succeeded", status: "Succeeded", result: results[i] ?? "", ...status },
  };
}

const effect = (name: string, text: string, moment: Effect["moment"], receipt = ""): Effect => ({
  at: "2026-01-01T00:00:00.000Z",
  pid: 1,
  tool: name,
  key: "k",
  arguments: { text },
  moment,
  receipt,
});

const ended: Ended = {
  plan,
  status: { phase: "FinalAnswer", output: plan.output },
  toolCalls: [toolCall(0), toolCall(1)],
};
const clean: Evidence = {
  ended: [ended],
  unfinished: [],
  asked: [
    { question: plan.userMessage, messages: [user] },
    { question: plan.userMessage, messages: [user] },
    { question: plan.userMessage, messages: [user, assistant, tool(0), tool(1)] },
  ],
  effects: [
    effect("append", "t/1/1", "begin"),
    effect("append", "t/1/1", "end", "aa"),
    effect("lookup", "t/1/2", "begin"),
    effect("lookup", "t/1/2", "begin"),
    effect("lookup", "t/1/2", "end", "bb"),
  ],
  lives: [{ pid: 42, startedAtMs: 10_000, killedAtMs: 20_000 }],
  seen: [],
  said: [],
  mails: [],
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
const last = (...messages: object[]): Partial<Evidence> => ({
  asked: [
    ...clean.asked.slice(0, 2),
    { question: plan.userMessage, messages: messages as Evidence["asked"][number]["messages"] },
  ],
});
const withCalls = (...toolCalls: ToolCall[]): Partial<Evidence> => ({ ended: [{ ...ended, toolCalls }] });
const unknown = (holder: string, startedAtMs: number): ToolCall =>
  toolCall(0, { phase: "Failed", status: "OutcomeUnknown", holder, startTime: new Date(startedAtMs).toISOString() });

test("a clean run is clean, with a repeat of the model's call and one of a safe tool's", () => {
  expect(judge(clean)).toEqual(none);
});

test.each<[what: string, fault: Partial<Evidence>, promise: keyof typeof none]>([
  ["a task that has not ended", { unfinished: ["x"] }, "lost"],
  ["a task that failed", { ended: [{ ...ended, status: { phase: "Failed", error: "why" } }] }, "lost"],
  ["another answer", { ended: [{ ...ended, status: { phase: "FinalAnswer", output: "?" } }] }, "lost"],
  ["an unsafe call that ran twice", { effects: [...clean.effects, effect("append", "t/1/1", "begin")] }, "twice"],
  ["a call without a result", last(user, assistant, tool(0)), "broken"],
  ["two results for a call", last(user, assistant, tool(0), tool(0), tool(1)), "broken"],
  ["a result for nothing", last(user, tool(0), assistant, tool(0), tool(1)), "broken"],
  ["words between a call and its result", last(user, assistant, user, tool(0), tool(1)), "broken"],
  ["another past", last({ ...user, content: "!" }, assistant, tool(0), tool(1)), "broken"],
  ["another result than was recorded", last(user, assistant, tool(0, "else"), tool(1)), "broken"],
  ["a result that no server has given", withCalls(toolCall(0, { result: "append t/1/1 zz" }), toolCall(1)), "broken"],
  ["a call without its ToolCall", withCalls(toolCall(0)), "broken"],
  ["a call that was never asked for", last(user), "broken"],
  ["an unknown outcome of nobody", withCalls(unknown("", 15_000), toolCall(1)), "unexplained"],
  ["an unknown outcome of a process that lives", withCalls(unknown("host/7", 15_000), toolCall(1)), "unexplained"],
  ["an unknown outcome that began after the kill", withCalls(unknown("host/42", 25_000), toolCall(1)), "unexplained"],
])("%s is seen", (_what, fault, promise) => {
  expect(judge({ ...clean, ...fault })[promise]).not.toEqual([]);
});

test("an unknown outcome that a killed process left is explained", () => {
  expect(judge({ ...clean, ...withCalls(unknown("host/42", 15_000), toolCall(1)) }).unexplained).toEqual([]);
});

test("the plans of a seed are the same every time, and the model will do what they say", () => {
  for (const sabotage of [undefined, ...SABOTAGES]) {
    const [one, other] = [dice(7), dice(7)];
    for (let i = 0; i < 50; i++) {
      const planned = planTask(`t-${i}`, one, sabotage);
      expect(planTask(`t-${i}`, other, sabotage)).toEqual(planned);
      const turns = turnsIn(planned.userMessage);
      expect(turns.at(-1)).toMatchObject({ say: planned.output });
      expect(turns.slice(0, -1).map(({ calls }) => calls)).toEqual(
        planned.turns.map((calls) => calls.map(({ tool: name, arguments: args }) => ({ name, arguments: args }))),
      );
    }
  }
});
