import type { ApprovalWorld } from "./decisions";
import { prepare, prepareSafely } from "./prepare";
import type { Request, SignedRequest, User } from "./request";

const jane: User = { username: "jane", isOperator: false };
const operator: User = { username: "kubechain-operator", isOperator: true };
const signed = (request: Request, user = jane): SignedRequest => ({ ...request, user, isDryRun: false });
/** Nothing outside is asked about these kinds. */
const nowhere = {} as ApprovalWorld;

const llm = (spec: object, more: Partial<Request> = {}): Request => ({
  kind: "LLM",
  namespace: "default",
  object: { metadata: { name: "gpt-4o" }, spec: { provider: "openai", ...spec } },
  ...more,
});

describe("before the schema sees an object", () => {
  test.each<[sentence: string, Request, expected: unknown]>([
    ["an LLM without a model gets its own name", llm({}), { provider: "openai", parameters: { model: "gpt-4o" } }],
    [
      "other parameters stay beside it",
      llm({ parameters: { seed: 1 } }),
      { provider: "openai", parameters: { seed: 1, model: "gpt-4o" } },
    ],
    ["a model that is given stays", llm({ parameters: { model: "m" } }), "AsIs"],
    [
      "a model in the old spelling is moved, not replaced by the default",
      llm({ model: "m" }),
      { provider: "openai", parameters: { model: "m" } },
    ],
    [
      "a name that is yet to be made gives no default",
      { kind: "LLM", namespace: "default", object: { spec: { provider: "openai" } } },
      "AsIs",
    ],
    [
      "other kinds get no model",
      { kind: "Agent", namespace: "default", object: { metadata: { name: "a" }, spec: {} } },
      "AsIs",
    ],
    ["a change of labels changes nothing else", llm({}, { stored: { spec: { provider: "openai" } } }), "AsIs"],
    [
      "an object on its way out is left alone",
      { ...llm({}), object: { metadata: { name: "x", deletionTimestamp: "now" }, spec: {} } },
      "AsIs",
    ],
  ])("%s", async (_sentence, request, expected) => {
    const prepared = await prepare(signed(request), nowhere);
    expect(prepared.kind === "Changed" ? prepared.spec : prepared.kind).toEqual(expected);
  });

  test("a contradiction is refused in a sentence that names the object", async () => {
    const prepared = await prepare(signed(llm({ model: "m", parameters: { model: "n" } })), nowhere);
    expect(prepared).toMatchObject({
      kind: "Refused",
      message: expect.stringContaining('LLM "gpt-4o" in namespace "default" says one thing in spec.model') as string,
    });
  });

  test("a fault of ours is refused in words, and reported whole", async () => {
    const broken = llm({});
    Object.defineProperty(broken.object, "spec", {
      get: () => {
        throw new TypeError("boom at line 7");
      },
    });
    const reported: unknown[] = [];

    const prepared = await prepareSafely(signed(broken), nowhere, (thrown) => reported.push(thrown));

    expect(prepared).toMatchObject({ kind: "Refused", message: expect.not.stringContaining("boom") as string });
    expect(reported).toHaveLength(1);
  });
});

describe("who asked", () => {
  const task = (more: object = {}): Request["object"] => ({
    metadata: { name: "t" },
    spec: { userMessage: "hi", ...more },
  });
  const created = (object: Request["object"], kind = "Task"): Request => ({ kind, namespace: "default", object });
  const updated = (stored: Request["object"], object: Request["object"]): Request => ({ ...created(object), stored });
  const by = (name: string) => ({ requester: name });

  test.each<[sentence: string, Request, User, expected: unknown]>([
    ["a new task says who created it", created(task()), jane, by("jane")],
    ["so does a task run", created(task(), "TaskRun"), jane, by("jane")],
    ["another name is put right", created(task(by("bob"))), jane, by("jane")],
    ["the true name needs no change", created(task(by("jane"))), jane, "AsIs"],
    ["the operator asks on somebody's behalf", created(task(by("bob"))), operator, "AsIs"],
    ["the operator, who does not know on whose, does not name itself", created(task()), operator, "AsIs"],
    ["an update cannot change it", updated(task(by("jane")), task(by("bob"))), jane, by("jane")],
    ["an update cannot remove it", updated(task(by("jane")), task()), jane, by("jane")],
    ["an update cannot add it", updated(task(), task(by("jane"))), jane, {}],
    ["the operator cannot change it either", updated(task(by("jane")), task(by("bob"))), operator, by("jane")],
    ["a change of labels changes nothing else", updated(task(by("jane")), task(by("jane"))), operator, "AsIs"],
    ["a tool call that somebody makes by hand is theirs", created(task(by("bob")), "ToolCall"), jane, by("jane")],
    ["a tool call that the operator makes is its task's", created(task(by("bob")), "ToolCall"), operator, "AsIs"],
    ["an agent has none", created(task(), "Agent"), jane, "AsIs"],
  ])("%s", async (_sentence, request, user, expected) => {
    const prepared = await prepare(signed(request, user), nowhere);
    const asked = typeof expected === "object" ? { userMessage: "hi", ...expected } : expected;
    expect(prepared.kind === "Changed" ? prepared.spec : prepared.kind).toEqual(asked);
  });

  test("goes together with the move of an old spelling", async () => {
    const object = { metadata: { name: "t" }, spec: { message: "hi" } };
    expect(await prepare(signed(created(object)), nowhere)).toEqual({
      kind: "Changed",
      spec: { userMessage: "hi", ...by("jane") },
    });
  });
});
