import type { Message, Task, ToolCall } from "../../crds/index";
import { apiVersion } from "../../crds/index";
import { Store } from "../runtime/store";
import { FakeClock } from "../testing/fake-clock";
import { Departed, slimResult } from "./known-calls";
import { toolCallsOf } from "./observe";

const clock = new FakeClock();
const uid = "task-1";
const contextWindow: Message[] = [
  { role: "system", content: "Be brief." },
  { role: "user", content: "Hello?" },
  {
    role: "assistant",
    content: "",
    toolCalls: [{ id: "c1", type: "function", function: { name: "fetch__fetch", arguments: "{}" } }],
  },
];

const task = (over: Partial<NonNullable<Task["status"]>> = {}): Task => ({
  apiVersion,
  kind: "Task",
  metadata: { name: "t", namespace: "ns", uid, resourceVersion: "5" },
  spec: { agentRef: { name: "a" }, userMessage: "Hello?" },
  status: { phase: "ToolCallsPending", contextWindow, ...over },
});

const toolCall = (status?: ToolCall["status"], owner = uid): ToolCall => ({
  apiVersion,
  kind: "ToolCall",
  metadata: {
    name: "t-tc-01",
    namespace: "ns",
    uid: "call-1",
    resourceVersion: "6",
    ownerReferences: [{ apiVersion, kind: "Task", name: "t", uid: owner, controller: true }],
  },
  spec: { toolCallId: "c1", taskRef: { name: "t" }, toolRef: { name: "fetch__fetch" }, arguments: "{}" },
  ...(status && { status }),
});

function see(call?: ToolCall): unknown {
  const toolCalls = new Store<ToolCall>({ clock });
  if (call) toolCalls.learn(call);
  const [seen] = toolCallsOf(task(), { toolCalls, departed: new Departed() });
  expect(seen).toMatchObject({ name: "t-tc-01", request: { id: "c1" } });
  const { name: _name, request: _request, ...fate } = seen ?? { name: "", request: "" };
  return fate;
}

test.each<[sentence: string, ToolCall | undefined, fate: object]>([
  ["that is not there", undefined, { kind: "Missing" }],
  [
    "of an earlier task of the same name",
    toolCall({ phase: "Succeeded", result: "old" }, "task-0"),
    { kind: "Missing" },
  ],
  ["that nobody has looked at", toolCall(), { kind: "Unfinished" }],
  ["that is under way", toolCall({ phase: "Running", status: "Executing" }), { kind: "Unfinished" }],
  [
    "that waits for a person",
    toolCall({ phase: "Pending", status: "AwaitingHumanApproval" }),
    { kind: "Unfinished", asksPeople: true },
  ],
  [
    "whose outcome is not known for good",
    toolCall({ phase: "Failed", status: "OutcomeUnknown", result: "?" }),
    { kind: "Finished", ended: "Failed", result: "?" },
  ],
  [
    "that went well",
    toolCall({ phase: "Succeeded", result: "Hi" }),
    { kind: "Finished", ended: "Succeeded", result: "Hi" },
  ],
  [
    "that went well and gave nothing back",
    toolCall({ phase: "Succeeded" }),
    { kind: "Finished", ended: "Succeeded", result: "" },
  ],
  [
    "that failed",
    toolCall({ phase: "Failed", result: "Error: no", error: "No" }),
    { kind: "Finished", ended: "Failed", result: "Error: no" },
  ],
  [
    "that failed and has no words for the model",
    toolCall({ phase: "Failed", error: "No" }),
    { kind: "Finished", ended: "Failed", result: "Error: No" },
  ],
])("a ToolCall %s", (_sentence, call, fate) => {
  expect(see(call)).toEqual(fate);
});

describe("a finished ToolCall that was made small", () => {
  const slimmed = (state: Task, call = toolCall({ phase: "Succeeded", result: "Hi" })): ToolCall => {
    const tasks = new Store<Task>({ clock });
    tasks.learn(state);
    slimResult(call, tasks);
    return call;
  };

  test("never counts as a result", () => {
    expect(see(slimmed(task({ phase: "Cancelled" })))).toEqual({ kind: "Unfinished" });
  });

  test("is one whose own task is over, and no other", () => {
    expect(slimmed(task({ phase: "Failed" })).status).toEqual({ phase: "Succeeded" });
    expect(slimmed(task()).status).toEqual({ phase: "Succeeded", result: "Hi" });
    const another = toolCall({ phase: "Succeeded", result: "Hi" }, "task-0");
    expect(slimmed(task({ phase: "Failed" }), another).status).toEqual({ phase: "Succeeded", result: "Hi" });
  });

  test("stays small when the watch brings the very version that was written here", () => {
    const tasks = new Store<Task>({ clock });
    tasks.learn(task({ phase: "Cancelled" }));
    const toolCalls = new Store<ToolCall>({ clock, slim: (call) => slimResult(call, tasks) });
    toolCalls.wrote(toolCall({ phase: "Failed", result: "Error" }));
    toolCalls.accept(toolCall({ phase: "Failed", result: "Error" }), "MODIFIED");
    expect(toolCalls.get("ns/t-tc-01")?.status).toEqual({ phase: "Failed" });
  });
});
