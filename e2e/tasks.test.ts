/**
 * What a task does with a model that answers, stumbles, refuses, breaks off or keeps silent, and with people who change
 * their minds meanwhile.
 */
import type { Task } from "../crds/index";
import type { Lab } from "./harness";
import { sharedLab, START_LIMIT_MS } from "./harness";
import type { Model } from "./model";
import { startModel } from "./model";
import { agent, llm, task } from "./objects";
import { saying } from "./printed";
import type { Scene } from "./scene";
import { messageOf, until } from "./scene";

let lab: Lab;
let model: Model;
/** Most tests share the namespace, with tasks and questions of their own. */
let scene: Scene;
beforeAll(async () => {
  [lab, model] = await Promise.all([sharedLab(), startModel()]);
  scene = await lab.scene("tasks");
  await scene.team(model);
}, START_LIMIT_MS);
afterAll(async () => {
  lab.close();
  await model.close();
});

/** Applies the task and waits for its end. */
async function run(name: string, more: Parameters<typeof task>[1] = {}): Promise<NonNullable<Task["status"]>> {
  await scene.apply(task(name, more));
  return (await scene.ended(name)).status ?? {};
}

/** A model and a namespace of its own, for tests that count connections. */
async function alone(test: (model: Model, scene: Scene) => Promise<void>): Promise<void> {
  const own = await startModel();
  try {
    const ownScene = await lab.scene("tasks-alone");
    await ownScene.team(own);
    await test(own, ownScene);
  } finally {
    await own.close();
  }
}

test.concurrent("a conversation given with the task goes on, after the agent's system prompt", async () => {
  const contextWindow = [
    { role: "user" as const, content: "My name is Ada." },
    { role: "assistant" as const, content: "Hello Ada." },
    { role: "user" as const, content: "goes-on" },
  ];
  const status = await run("goes-on", { contextWindow });
  const sent = [{ role: "system", content: "Be brief." }, ...contextWindow];
  expect(model.asked("goes-on").map(({ messages }) => messages)).toEqual([sent]);
  expect(status).toMatchObject({ phase: "FinalAnswer", messageCount: 5, turns: 1, userMsgPreview: "goes-on" });
  expect(status.contextWindow).toEqual([...sent, { role: "assistant", content: status.output }]);
});

test.concurrent("a system prompt of the task's own replaces the agent's", async () => {
  const contextWindow = [
    { role: "system" as const, content: "Speak like a pirate." },
    { role: "user" as const, content: "own-prompt" },
  ];
  await run("own-prompt", { contextWindow });
  expect(model.asked("own-prompt").map(({ messages }) => messages)).toEqual([contextWindow]);
});

test.concurrent("a model that wants a tool nobody offers is told so, and answers then", async () => {
  const question = 'unknown-tool [call:search {"q": "moon"}][then][say:Without a tool then.]';
  const status = await run("unknown-tool", { userMessage: question });
  expect(status).toMatchObject({ phase: "FinalAnswer", output: "Without a tool then.", turns: 2 });
  const [, , wish, told] = status.contextWindow ?? [];
  expect(told).toEqual({
    role: "tool",
    toolCallId: wish?.toolCalls?.[0]?.id,
    content: saying('no tool named "search"'),
  });
});

test.concurrent("what a task used and cost is in its status", async () => {
  const own = await lab.scene("tasks-price");
  const pricing = { inputPerMillionTokens: 2, outputPerMillionTokens: 8, cachedInputPerMillionTokens: 1 };
  await own.team(model, { llm: { pricing } });
  model.on("price", { reply: { text: "Dear.", usage: { input: 1_000_000, output: 500_000, cached: 400_000 } } });
  await own.apply(task("price"));
  expect((await own.ended("price")).status?.usage).toEqual({
    inputTokens: 1_000_000,
    outputTokens: 500_000,
    cachedInputTokens: 400_000,
    requests: 1,
    cost: 1.2 + 0.4 + 4,
  });
});

test.concurrent("every parameter of the LLM reaches the server", async () => {
  const own = await lab.scene("tasks-parameters");
  const parameters = {
    temperature: 0.2,
    maxTokens: 99,
    topP: 0.5,
    topK: 7,
    frequencyPenalty: 0.1,
    presencePenalty: 0.3,
    stop: ["END"],
    seed: 42,
    reasoningEffort: "low" as const,
  };
  await own.team(model, { llm: { parameters } });
  await own.apply(task("parameters"));
  await own.ended("parameters");
  expect(model.asked("parameters")[0]?.body).toMatchObject({
    model: "gpt-4o",
    temperature: 0.2,
    max_tokens: 99,
    top_p: 0.5,
    top_k: 7,
    frequency_penalty: 0.1,
    presence_penalty: 0.3,
    stop: ["END"],
    seed: 42,
    reasoning_effort: "low",
  });
});

test.concurrent(
  "the answer to a task with an output schema is JSON of that schema, and the model was told",
  async () => {
    const outputSchema = {
      type: "object",
      properties: { capital: { type: "string" } },
      required: ["capital"],
      additionalProperties: false,
    };
    const status = await run("schema", { outputSchema });
    expect(JSON.parse(status.output ?? "")).toEqual({ capital: "schema" });
    expect(model.asked("schema")[0]?.body["response_format"]).toMatchObject({ type: "json_schema" });
  },
);

test.concurrent("a model that never gives an answer of the output schema is given up on soon, and paid", async () => {
  const outputSchema = { type: "object", properties: { n: { type: "integer" } }, required: ["n"] };
  model.on("hopeless", { reply: { text: "Three.", usage: { input: 10, output: 5, cached: 0 } } });
  const status = await run("hopeless", { outputSchema });
  expect(status).toMatchObject({
    phase: "Failed",
    finishReason: "OutputMismatch",
    error: saying("does not fit the outputSchema"),
    usage: { requests: 3, inputTokens: 30, outputTokens: 15 },
  });
  expect(model.asked("hopeless")).toHaveLength(3);
});

test.concurrent("an answer that does not fit the output schema is none: the model is asked again", async () => {
  const outputSchema = {
    type: "object",
    properties: { n: { type: "integer" } },
    required: ["n"],
    additionalProperties: false,
  };
  model.on("misfit", { reply: { text: '{"n": "three"}' } }, { reply: { text: '{"n": 3}' } });
  const status = await run("misfit", { outputSchema });
  expect(status).toMatchObject({ phase: "FinalAnswer", output: '{"n": 3}', usage: { requests: 2 }, messageCount: 3 });
  expect(await scene.events("Task", "misfit")).toContainEqual(
    expect.objectContaining({ reason: "LLMRequestFailed", message: saying("does not fit the outputSchema") }),
  );
});

test.concurrent("429 with Retry-After is asked again, not earlier, and the task says when", async () => {
  await scene.apply(task("limited", { userMessage: "limited [fail:429:retry-after=3]" }));
  const { status } = await scene.until(
    "Task",
    "limited",
    "backs off",
    ({ status: now }) => now?.phase === "ErrorBackoff",
  );
  expect(status).toMatchObject({
    ready: false,
    status: "Retrying",
    statusDetail: saying("is limiting requests (429)"),
    waitingFor: expect.stringMatching(/^the next attempt at \S+Z, since \S+Z$/) as string,
  });
  expect((await scene.ended("limited")).status).toMatchObject({ phase: "FinalAnswer", usage: { requests: 2 } });
  const [first, second] = model.asked("limited [fail:429:retry-after=3]");
  expect((second?.atMs ?? 0) - (first?.atMs ?? 0)).toBeGreaterThanOrEqual(2_990);
  const told = await scene.untilEvents("Task", "limited", "LLMFinalAnswer", (events) =>
    events.some(({ reason }) => reason === "LLMFinalAnswer"),
  );
  expect(told.map(({ type, reason, count }) => `${type} ${reason} x${count}`)).toEqual([
    "Normal ValidationSucceeded x1",
    "Normal SendingContextWindowToLLM x2",
    "Warning LLMRequestFailed x1",
    "Normal LLMFinalAnswer x1",
  ]);
});

test.concurrent.each([
  ["two 503 in a row", "503x2", 3],
  ["a web page", "html", 2],
  ["half a JSON text", "json", 2],
  ["JSON that is no answer", "shape", 2],
  ["a connection that breaks in the answer", "cut", 2],
  ["a connection that is reset", "reset", 2],
])("%s costs another call, and then there is an answer", async (_what, fault, requests) => {
  const status = await run(`stumbles-${fault}`, { userMessage: `stumbles [fail:${fault}][say:At last.]` });
  expect(status).toMatchObject({
    phase: "FinalAnswer",
    output: "At last.",
    usage: { requests },
    messageCount: 3,
    turns: 1,
  });
});

test.concurrent("an answer without a word is asked for three times, and then the task fails", async () => {
  model.on("empty", { reply: { text: " " } });
  const status = await run("empty");
  expect(status).toMatchObject({
    phase: "Failed",
    finishReason: "EmptyAnswer",
    error: saying("3 answers of no use"),
  });
  expect(model.asked("empty")).toHaveLength(3);
});

test.concurrent("a call that hangs ends by the LLM's timeout and is made again", async () => {
  const own = await lab.scene("tasks-hang");
  await own.team(model, { llm: { limits: { timeout: "1s" } } });
  await own.apply(task("hangs", { userMessage: "hangs [fail:hang][say:Awake.]" }));
  expect((await own.ended("hangs")).status).toMatchObject({
    phase: "FinalAnswer",
    output: "Awake.",
    usage: { requests: 2 },
  });
});

const words = (status: number, message: string, code?: string) => ({
  fault: { kind: "Status" as const, status, body: { error: { message, ...(code && { code }) } } },
});

test.concurrent.each([
  [400, words(400, "temperature must be even"), ["refused the request (400): temperature must be even"]],
  [401, words(401, "Incorrect API key"), ["refused the API key (401)"]],
  [403, words(403, "Not for you"), ["does not allow this key to do that (403)"]],
  [
    404,
    words(404, "No such model", "model_not_found"),
    ["does not have the model (404)", 'spec.parameters.model of LLM "gpt-4o"'],
  ],
  [
    "400 for length",
    words(400, "This model's maximum context length is 8192 tokens", "context_length_exceeded"),
    ["conversation too long", "larger context window"],
  ],
])("%s fails the task at once, in words that say what to change", async (what, step, phrases) => {
  const name = `refused-${String(what).replaceAll(" ", "-")}`;
  model.on(name, step);
  const ended = await run(name);
  expect(ended).toMatchObject({
    ready: false,
    phase: "Failed",
    status: "Error",
    finishReason: "LLMRequestFailed",
    usage: { requests: 1 },
  });
  for (const phrase of phrases) expect(ended.error).toContain(phrase);
  expect(ended.statusDetail).toBe(ended.error);
  expect(ended.conditions).toContainEqual(
    expect.objectContaining({ type: "Completed", status: "True", reason: "Failed" }),
  );
  expect(model.asked(name)).toHaveLength(1);
});

test.concurrent("a refusal is reported as one, with the model's reason", async () => {
  model.on("immoral", { reply: { stop: "refusal", text: "I would rather not." } });
  expect(await run("immoral")).toMatchObject({
    phase: "Failed",
    finishReason: "Refused",
    error: saying("I would rather not."),
  });
});

test.concurrent("an answer cut by the token limit is not passed off as one, and is kept", async () => {
  model.on("long", { reply: { stop: "length", text: "Once upon a" } });
  const status = await run("long");
  expect(status).toMatchObject({ phase: "Failed", finishReason: "AnswerCut", error: saying("parameters.maxTokens") });
  expect(status.output).toBeUndefined();
  expect(status.contextWindow?.at(-1)).toEqual({ role: "assistant", content: "Once upon a" });
});

const hangs = { fault: { kind: "Hang" as const } };
const isAsked = (own: Model) => until("the model is asked", () => own.load().inFlight === 1);
const isHungUp = (own: Model) => until("the call to the model is hung up", () => own.load().inFlight === 0);

test.concurrent("limits.timeout ends a task while its call is in flight, and the call", () =>
  alone(async (own, place) => {
    own.on("slow", hangs);
    await place.apply(task("slow", { limits: { timeout: "2s" } }));
    await isAsked(own);
    expect((await place.ended("slow")).status).toMatchObject({
      phase: "Failed",
      finishReason: "TimedOut",
      error: saying("limits.timeout"),
    });
    await isHungUp(own);
  }),
);

test.concurrent("cancelling ends a task while its call is in flight, and the call", () =>
  alone(async (own, place) => {
    own.on("unwanted", hangs);
    await place.apply(task("unwanted"));
    await isAsked(own);
    await place.patch("Task", "unwanted", { spec: { cancelled: true } });
    const { status } = await place.ended("unwanted");
    expect(status).toMatchObject({ phase: "Cancelled", status: "Cancelled", messageCount: 2 });
    expect(status?.conditions).toContainEqual(
      expect.objectContaining({ type: "Completed", status: "True", reason: "Cancelled" }),
    );
    await isHungUp(own);
  }),
);

test.concurrent("deleting a task ends its call; another one of the same name is asked anew", () =>
  alone(async (own, place) => {
    own.on("again", hangs, { reply: { text: "Here I am again." } });
    await place.apply(task("again"));
    await isAsked(own);
    await place.remove("Task", "again");
    await isHungUp(own);
    await place.apply(task("again"));
    expect((await place.ended("again")).status).toMatchObject({
      phase: "FinalAnswer",
      output: "Here I am again.",
      usage: { requests: 1 },
    });
  }),
);

test.concurrent("a task suspended from the start asks nobody until it is resumed", async () => {
  await scene.apply(task("later", { suspended: true }));
  const { status } = await scene.until(
    "Task",
    "later",
    "is suspended",
    ({ status: now }) => now?.status === "Suspended",
  );
  expect(status).toMatchObject({
    phase: "Pending",
    ready: false,
    waitingFor: saying("spec.suspended to be set to false, since "),
  });
  expect(model.asked("later")).toEqual([]);
  await scene.patch("Task", "later", { spec: { suspended: false } });
  expect((await scene.ended("later")).status).toMatchObject({ phase: "FinalAnswer" });
  const reasons = (
    await scene.untilEvents("Task", "later", "the last", (events) =>
      events.some(({ reason }) => reason === "LLMFinalAnswer"),
    )
  ).map(({ reason }) => reason);
  expect(reasons).toEqual([
    "Suspended",
    "Resumed",
    "ValidationSucceeded",
    "SendingContextWindowToLLM",
    "LLMFinalAnswer",
  ]);
});

test.concurrent("an answer that arrives while a task is suspended is recorded, for it has been paid for", async () => {
  model.on("paid", { reply: { text: "Paid." }, delayMs: 1_500 });
  await scene.apply(task("paid"));
  await until("the model is asked", () => model.asked("paid").length === 1);
  await scene.patch("Task", "paid", { spec: { suspended: true } });
  expect((await scene.ended("paid")).status).toMatchObject({
    phase: "FinalAnswer",
    output: "Paid.",
    usage: { requests: 1 },
  });
});

test.concurrent("suspending between attempts keeps the next one back until the task is resumed", async () => {
  const userMessage = "kept-back [fail:503:retry-after=3]";
  await scene.apply(task("kept-back", { userMessage }));
  const { status: before } = await scene.until(
    "Task",
    "kept-back",
    "backs off",
    ({ status }) => status?.phase === "ErrorBackoff",
  );
  await scene.patch("Task", "kept-back", { spec: { suspended: true } });
  await scene.until("Task", "kept-back", "is suspended", ({ status }) => status?.status === "Suspended");
  await until("the next attempt is due", () => Date.now() > Date.parse(before?.retryAt ?? "") + 500);
  expect(model.asked(userMessage)).toHaveLength(1);
  await scene.patch("Task", "kept-back", { spec: { suspended: false } });
  expect((await scene.ended("kept-back")).status).toMatchObject({ phase: "FinalAnswer" });
});

test.concurrent("a task with ttlSecondsAfterFinished is gone after that time, and not before", async () => {
  const { completionTime } = await run("brief", { ttlSecondsAfterFinished: 2 });
  await scene.untilGone("Task", "brief");
  expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(completionTime ?? "") + 2_000);
});

test.concurrent("a task is not changed once it exists, save its two switches", async () => {
  await run("settled");
  const reply = await scene.tryPatch("Task", "settled", { spec: { userMessage: "Something else?" } });
  expect(reply.status).toBe(422);
  expect(messageOf(reply)).toContain(
    "a task cannot be changed once it exists, except cancelled and suspended: delete it or create another one",
  );
  await scene.patch("Task", "settled", { spec: { cancelled: true, suspended: true } });
  await scene.patch("Task", "settled", { metadata: { labels: { seen: "yes" } } });
  expect((await scene.get("Task", "settled"))?.status?.phase).toBe("FinalAnswer");
});

test.concurrent(
  "a task whose agent comes later waits in words where the namespace allows it, and is answered then",
  async () => {
    const own = await lab.scene("tasks-any-order", { "kubechain.humanlayer.dev/references": "warn" });
    const [reply] = await own.apply(task("early"));
    expect(reply?.warnings).toEqual([saying('Task "early" waits until Agent "helper" (spec.agentRef.name) exists')]);
    const { status } = await own.until(
      "Task",
      "early",
      "says that it waits",
      ({ status: now }) => now?.waitingFor !== undefined,
    );
    expect(status).toMatchObject({ phase: "Pending", ready: false, status: "Pending" });
    expect(status?.waitingFor).toMatch(
      /^Agent "helper", which does not exist, to be created, since \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/,
    );
    expect(status?.statusDetail).toBe('Waiting for Agent "helper", which does not exist, to be created');
    await own.apply(agent("helper", "gpt-4o"));
    await own.until("Task", "early", "waits for the LLM", ({ status: now }) =>
      (now?.waitingFor ?? "").includes('LLM "gpt-4o"'),
    );
    await own.apply(llm("gpt-4o", model.url));
    expect((await own.ended("early")).status).toMatchObject({ phase: "FinalAnswer", usage: { requests: 1 } });
    const waits = (await own.events("Task", "early")).filter(({ reason }) => reason === "Waiting");
    expect(waits.map(({ source, message }) => `${source}: ${message}`)).toContain(
      'task-controller: Waiting for Agent "helper", which does not exist, to be created',
    );
  },
);

test.concurrent("a task that is being answered says whom it waits for", async () => {
  model.on("patience", { reply: { text: "Here." }, delayMs: 1_000 });
  await scene.apply(task("patience"));
  const { status } = await scene.until(
    "Task",
    "patience",
    "is sent",
    ({ status: now }) => now?.phase === "ReadyForLLM",
  );
  expect(status?.waitingFor).toMatch(/^LLM "gpt-4o" to answer, since /);
  expect((await scene.ended("patience")).status?.waitingFor).toBeUndefined();
});

test.concurrent("maxConcurrentRequests of an LLM bounds the calls in flight, and everybody is answered", () =>
  alone(async (own, place) => {
    await place.patch("LLM", "gpt-4o", { spec: { limits: { maxConcurrentRequests: 2 } } });
    await place.ready("LLM", "gpt-4o");
    const names = Array.from({ length: 6 }, (_, i) => `queue-${i}`);
    for (const name of names) own.on(name, { reply: { text: "Next." }, delayMs: 200 });
    await place.apply(...names.map((name) => task(name)));
    for (const name of names) expect((await place.ended(name)).status?.phase).toBe("FinalAnswer");
    expect(own.load().maxInFlight).toBe(2);
  }),
);

/** A conversation of so many characters and nine messages, which ends with the question. */
function talk(question: string, characters: number): NonNullable<Task["spec"]["contextWindow"]> {
  const content = "x".repeat(characters / 8);
  const parts = Array.from({ length: 8 }, (_, i) => ({
    role: i % 2 === 0 ? ("user" as const) : ("assistant" as const),
    content,
  }));
  return [...parts, { role: "user" as const, content: question }];
}

test.concurrent("a conversation of 700 kB is answered", async () => {
  const status = await run("much", { contextWindow: talk("much", 700_000) });
  expect(status).toMatchObject({ phase: "FinalAnswer", messageCount: 11, usage: { requests: 1 } });
  expect(model.asked("much")[0]?.messages).toHaveLength(10);
});

test.concurrent("a conversation too large to be stored fails in words, and does not try for ever", async () => {
  const status = await run("too-much", { contextWindow: talk("too-much", 1_200_000) });
  expect(status).toMatchObject({ phase: "Failed", finishReason: "StatusRefused" });
  expect(status.error).toMatch(/could not be stored\. The object has become too large.*Ask for shorter answers/);
  expect(model.asked("too-much")).toEqual([]);
});

test.concurrent.each([
  ["novel", 2_000_000, "2.0 MB"], // More than the API server takes.
  ["novella", 900_000, "901 kB"], // More than etcd takes, for it is stored twice.
])(
  "an answer too large to be stored fails in words, and the model is not asked again: %s",
  async (name, length, size) => {
    model.on(name, { reply: { text: "y".repeat(length) } });
    const status = await run(name);
    expect(status).toMatchObject({ phase: "Failed", finishReason: "StatusRefused", turns: 1, error: saying(size) });
    expect(status.error).toMatch(
      /answer of .* could not be stored: a final answer is kept twice.*Ask for shorter answers/,
    );
    expect(model.asked(name)).toHaveLength(1);
  },
);

test.concurrent("a task as large as the cluster can store can still be labelled, cancelled and deleted", async () => {
  model.on("a-whole-book", { fault: { kind: "Hang" } });
  await scene.apply(task("a-whole-book", { contextWindow: talk("a-whole-book", 700_000) }));
  await scene.until("Task", "a-whole-book", "is being answered", ({ status }) => status?.phase === "ReadyForLLM");
  await scene.mustKubectl(["label", "task", "a-whole-book", "shelf=upper"]);
  await scene.patch("Task", "a-whole-book", { spec: { cancelled: true } });
  expect((await scene.ended("a-whole-book")).status?.phase).toBe("Cancelled");
  await scene.mustKubectl(["delete", "task", "a-whole-book", "--cascade=foreground", "--timeout=30s"]);
});

test.concurrent("an output schema that would keep the operator busy for ever ends its own task only", async () => {
  model.on("hostile-schema", { reply: { text: JSON.stringify({ a: `${"a".repeat(50)}!` }) } });
  const outputSchema = { type: "object", properties: { a: { type: "string", pattern: "^(a+)+$" } } };
  const status = await run("hostile-schema", { outputSchema });
  expect(status).toMatchObject({ phase: "Failed", error: saying("checking an answer with it takes too long") });
  expect((await run("after-it")).phase).toBe("FinalAnswer");
});

test.concurrent("fifty tasks at once are each asked once and each get their own answer", async () => {
  const names = Array.from({ length: 50 }, (_, i) => `crowd-${i}`);
  for (const name of names) model.on(name, { reply: { text: `For ${name}.` }, delayMs: 1_000 });
  await Promise.all(names.map((name) => scene.apply(task(name))));
  for (const name of names)
    expect((await scene.ended(name)).status).toMatchObject({
      phase: "FinalAnswer",
      output: `For ${name}.`,
      usage: { requests: 1 },
    });
  for (const name of names) expect(model.asked(name)).toHaveLength(1);
});
