import type { LLM } from "../../crds/index";
import { apiVersion } from "../../crds/index";
import { FakeClock } from "./fake-clock";
import { hangs, inTurn, isBusy, says, ScriptedModel, uses } from "./scripted-model";

const metadata = { name: "gpt-4o", namespace: "default", uid: "1", resourceVersion: "1" };
const llm: LLM = { apiVersion, kind: "LLM", metadata, spec: { provider: "openai", limits: { timeout: "5s" } } };
const asking = (question: string) => ({
  messages: [{ role: "user" as const, content: question }],
  tools: [],
  traceparent: "00-abc-def-01",
});
const patient = (): AbortSignal => new AbortController().signal;

test("answers each call by the next act of its script, and goes on with the last", async () => {
  const clock = new FakeClock();
  const model = new ScriptedModel({ clock, scripts: { "Hi?": [isBusy(90_000), says(100)] } });
  const outcomes = [1, 2, 3].map(() => model.ask({ llm }, asking("Hi?"), patient()));
  expect(model.inFlight).toBe(3);
  await clock.advance(100);
  const [first, second, third] = await Promise.all(outcomes);
  expect(first).toMatchObject({ kind: "Failure", reason: "RateLimited", retryAfterMs: 90_000 });
  expect(second).toMatchObject({ kind: "Answer", message: { content: 'answer 2 to "Hi?"' } });
  expect(third).toMatchObject({ kind: "Answer", message: { content: 'answer 3 to "Hi?"' } });
  expect(model.calls.map(({ trace, nth }) => [trace, nth])).toEqual([
    ["abc", 1],
    ["abc", 2],
    ["abc", 3],
  ]);
  expect([model.inFlight, model.mostInFlight]).toEqual([0, 3]);
});

test("asks for tools again when it is asked again, under ids that the conversation does not have yet", async () => {
  const clock = new FakeClock();
  const script = [inTurn(uses({ name: "a", id: "call_1" }, { name: "b", id: "call_1" })(10), says(10))];
  const model = new ScriptedModel({ clock, scripts: { "Hi?": script } });
  const request = { ...asking("Hi?"), tools: [{ name: "a", description: "Does a", parameters: {} }] };
  const twice = [1, 2].map(() => model.ask({ llm }, request, patient()));
  await clock.advance(10);
  for (const outcome of await Promise.all(twice)) {
    if (outcome.kind !== "Answer") throw new Error("It answers.");
    expect(outcome.stop).toBe("ToolCalls");
    expect(outcome.message.toolCalls?.map(({ id }) => id)).toEqual(["call_1", "call_1_2"]);
    const messages = [...request.messages, outcome.message];
    const next = model.ask({ llm }, { ...request, messages }, patient());
    await clock.advance(10);
    expect(await next).toMatchObject({ kind: "Answer", stop: "Complete" });
  }
  expect(model.calls.map(({ tools }) => tools)).toEqual([["a"], ["a"], ["a"], ["a"]]);
});

test("gives up by the LLM's own timeout", async () => {
  const clock = new FakeClock();
  const model = new ScriptedModel({ clock, scripts: { "Hi?": [hangs()] } });
  const outcome = model.ask({ llm }, asking("Hi?"), patient());
  await clock.advance(4_999);
  expect(model.inFlight).toBe(1);
  await clock.advance(1);
  expect(await outcome).toMatchObject({ kind: "Failure", reason: "Timeout", retryable: true });
});

test("ends when it is told to, and notes when that was", async () => {
  const clock = new FakeClock();
  const model = new ScriptedModel({ clock, scripts: { "Hi?": [says(1_000)] } });
  const caller = new AbortController();
  const outcome = model.ask({ llm }, asking("Hi?"), caller.signal);
  await clock.advance(300);
  caller.abort();
  expect(await outcome).toMatchObject({ kind: "Failure", reason: "Aborted" });
  await clock.advance(10_000);
  const [call] = model.calls;
  expect((call?.endedAt?.getTime() ?? 0) - (call?.startedAt.getTime() ?? 0)).toBe(300);
});

test("keeps what it was sent, whatever becomes of it later", async () => {
  const model = new ScriptedModel({ clock: new FakeClock() });
  const request = asking("Hi?");
  void model.ask({ llm, apiKey: "sk-1" }, request, patient());
  request.messages.pop();
  expect(model.calls[0]).toMatchObject({
    question: "Hi?",
    apiKey: "sk-1",
    messages: [{ role: "user", content: "Hi?" }],
  });
});
