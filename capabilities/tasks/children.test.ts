import type { Message, Task, TaskSpec } from "../../crds/index";
import { childLabels, countCalls, draftToolCall, recordedCalls, toolCallName } from "./children";

const call = (id: string): NonNullable<Message["toolCalls"]>[number] => ({
  id,
  type: "function",
  function: { name: "fetch__fetch", arguments: '{"url": "https://example.com"}' },
});
const says = (...ids: string[]): Message => ({ role: "assistant", content: "", toolCalls: ids.map(call) });
const system: Message = { role: "system", content: "Be brief." };
const user: Message = { role: "user", content: "Hello?" };
const result = (toolCallId: string): Message => ({ role: "tool", toolCallId, content: "Hi" });
const asks: TaskSpec = { agentRef: { name: "a" }, userMessage: "Hello?" };

describe("which calls a conversation records", () => {
  test("those of the last answer, numbered over the whole task", () => {
    const conversation = [system, user, says("x", "y"), result("x"), result("y"), says("z")];
    expect(recordedCalls({ name: "t", spec: asks, conversation })).toEqual([{ name: "t-tc-03", request: call("z") }]);
    expect(countCalls({ spec: asks, conversation })).toBe(3);
  });

  test("the same ones, under the same names, once their results are there", () => {
    const conversation = [system, user, says("x", "y")];
    const before = recordedCalls({ name: "t", spec: asks, conversation });
    expect(before.map(({ name }) => name)).toEqual(["t-tc-01", "t-tc-02"]);
    const told = [...conversation, result("x"), result("y")];
    expect(recordedCalls({ name: "t", spec: asks, conversation: told })).toEqual(before);
  });

  test("none when the last answer asks for none", () => {
    const conversation = [system, user, says("x"), result("x"), { role: "assistant" as const, content: "Done" }];
    expect(recordedCalls({ name: "t", spec: asks, conversation })).toEqual([]);
  });

  test.each([
    ["put first", [says("old"), result("old"), user], [system]],
    ["brought along", [system, says("old"), result("old"), user], []],
  ])("none of those that the task was given, with a system prompt that was %s", (_how, contextWindow, first) => {
    const spec = { agentRef: { name: "a" }, contextWindow };
    const conversation = [...first, ...contextWindow];
    expect(countCalls({ spec, conversation })).toBe(0);
    expect(recordedCalls({ name: "t", spec, conversation })).toEqual([]);
    expect(recordedCalls({ name: "t", spec, conversation: [...conversation, says("new")] })).toEqual([
      { name: "t-tc-01", request: call("new") },
    ]);
  });
});

describe("names", () => {
  test("count in two digits at least", () => {
    expect([1, 12, 123].map((n) => toolCallName("t", n))).toEqual(["t-tc-01", "t-tc-12", "t-tc-123"]);
  });

  test("of long tasks fit, are legal, and are still their own", () => {
    const long = (end: string): string => `${"a.b-".repeat(62)}${end}`;
    const names = [long("abcd"), long("abce"), `${"x".repeat(237)}..${"y".repeat(14)}`].flatMap((task) =>
      [1, 2, 1000].map((n) => toolCallName(task, n)),
    );
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) {
      expect(name.length).toBeLessThanOrEqual(253);
      // RFC 1123 subdomain, as Kubernetes checks names.
      expect(name).toMatch(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/);
    }
  });

  test("are whole while they fit", () => {
    const task = "x".repeat(253 - "-tc-01".length);
    expect(toolCallName(task, 1)).toBe(`${task}-tc-01`);
  });

  test("as labels are legal, and told apart where they are cut", () => {
    const values = ["t", `${"a".repeat(53)}.${"b".repeat(30)}`, `${"a".repeat(53)}.${"c".repeat(30)}`].map(
      (task) => childLabels(task)["kubechain.humanlayer.dev/task"] ?? "",
    );
    expect(values[0]).toBe("t");
    expect(new Set(values).size).toBe(3);
    for (const value of values) expect(value).toMatch(/^(?=.{1,63}$)[a-z0-9]([-._a-z0-9]*[a-z0-9])?$/i);
  });
});

describe("a ToolCall to be created", () => {
  const task: Task = {
    apiVersion: "kubechain.humanlayer.dev/v1alpha1",
    kind: "Task",
    metadata: { name: "t", namespace: "ns", uid: "u-1", resourceVersion: "7" },
    spec: asks,
  };
  const recorded = { name: "t-tc-01", request: call("call_1") };

  test("belongs to its task and says what is called, and where", () => {
    const offer = { name: "fetch__fetch", kind: "MCP" as const, source: "MCPServer/fetch", tool: "fetch" };
    expect(draftToolCall(task, recorded, offer)).toEqual({
      apiVersion: "kubechain.humanlayer.dev/v1alpha1",
      kind: "ToolCall",
      metadata: {
        name: "t-tc-01",
        namespace: "ns",
        labels: { "kubechain.humanlayer.dev/task": "t", "kubechain.humanlayer.dev/taskruntoolcall": "t" },
        ownerReferences: [
          { apiVersion: "kubechain.humanlayer.dev/v1alpha1", kind: "Task", name: "t", uid: "u-1", controller: true },
        ],
      },
      spec: {
        toolCallId: "call_1",
        taskRef: { name: "t" },
        toolRef: { name: "fetch__fetch" },
        toolType: "MCP",
        source: { kind: "MCPServer", name: "fetch", tool: "fetch" },
        arguments: '{"url": "https://example.com"}',
      },
    });
  });

  test("of a tool that nobody offers has no type and no source", () => {
    const { spec } = draftToolCall(task, recorded, undefined);
    expect(spec).toEqual({
      toolCallId: "call_1",
      taskRef: { name: "t" },
      toolRef: { name: "fetch__fetch" },
      arguments: '{"url": "https://example.com"}',
    });
  });

  test("carries on who asked, and nothing of what the task is annotated with", () => {
    const annotations = { other: "x" };
    const asked: Task = {
      ...task,
      metadata: { ...task.metadata, annotations },
      spec: { ...task.spec, requester: "ada@example.com" },
    };
    const draft = draftToolCall(asked, recorded, undefined);
    expect(draft.spec.requester).toBe("ada@example.com");
    expect(draft.metadata.annotations).toBeUndefined();
  });
});
