/** What can go wrong with a call, and what `Models` makes of it: the same table for every wire format. */
import type { Spec } from "../../testing/model-server-contract";
import { failureOf, forever, formats, llmAt, request } from "../../testing/model-server-contract";
import type { FakeProvider } from "../../testing/model-server-fake";
import { FAKE_KEY } from "../../testing/model-server-fake";
import type { Fault } from "../../testing/model-server-http";
import { createModels } from "./index";
import type { ModelOutcome } from "./port";

const models = createModels({ env: {} });

describe.each(formats)("over $title", (format) => {
  let fake: FakeProvider;
  beforeEach(async () => void (fake = await format.start()));
  afterEach(() => fake.close());

  const llm = (overrides: Partial<Spec> = {}) => llmAt(fake.url, format, overrides);
  const ask = (overrides: Partial<Spec> = {}, asked = request()): Promise<ModelOutcome> =>
    models.ask({ llm: llm(overrides), apiKey: FAKE_KEY }, asked, forever);

  test.each<[status: number, reason: string, retryable: boolean]>([
    [400, "InvalidRequest", false],
    [401, "AuthenticationFailed", false],
    [402, "PermissionDenied", false],
    [403, "PermissionDenied", false],
    [404, "ModelNotFound", false],
    [408, "ProviderError", true],
    [409, "ProviderError", true],
    [413, "ContextTooLong", false],
    [422, "InvalidRequest", false],
    [429, "RateLimited", true],
    [500, "ProviderError", true],
    [502, "ProviderError", true],
    [503, "ProviderError", true],
    [529, "ProviderError", true],
  ])("a %i is %s (retryable: %s), after one request", async (status, reason, retryable) => {
    fake.next({ fault: { kind: "Status", status } });
    const failure = failureOf(await ask());
    expect(failure).toMatchObject({
      reason,
      retryable,
      httpStatus: status,
    });
    expect(failure.message).toContain(String(status));
    expect(fake.requests).toHaveLength(1);
  });

  test.each<[name: string, fault: Fault, reason: string]>([
    ["a web page with status 200", { kind: "Html" }, "UnreadableAnswer"],
    ["broken JSON", { kind: "BrokenJson" }, "UnreadableAnswer"],
    ["JSON that is no answer", { kind: "WrongShape" }, "UnreadableAnswer"],
    ["a body that breaks off", { kind: "Cut" }, "UnreadableAnswer"],
    ["a reset connection", { kind: "Reset" }, "ConnectionFailed"],
  ])("%s can be tried again", async (_name, fault, reason) => {
    fake.next({ fault });
    expect(failureOf(await ask())).toMatchObject({ reason, retryable: true });
    expect(fake.requests).toHaveLength(1);
  });

  test.each([
    ["an empty object", {}],
    ["a list", []],
    ["null", null],
    ["empty choices, output and content of a wrong type", { choices: [], output: "none", content: "none" }],
    ["a choice without a message", { choices: [{}], output: {}, content: {} }],
  ])("a 200 with %s can be tried again", async (_name, body) => {
    fake.next({ body });
    expect(failureOf(await ask())).toMatchObject({
      reason: "UnreadableAnswer",
      retryable: true,
    });
  });

  test("an error inside a 200 is the failure it reports", async () => {
    fake.next({
      body: { error: { type: "overloaded_error", message: "Overloaded" } },
    });
    expect(failureOf(await ask())).toMatchObject({
      reason: "ProviderError",
      retryable: true,
    });
  });

  test.each([
    ["in seconds", { "retry-after": "90" }, 90_000, 90_000],
    ["in milliseconds", { "retry-after-ms": "1500", "retry-after": "9" }, 1_500, 1_500],
    ["as a date", { "retry-after": new Date(Date.now() + 3_600_000).toUTCString() }, 3_000_000, 3_600_000],
  ])("Retry-After is honoured %s", async (_form, headers, least, most) => {
    fake.next({ fault: { kind: "Status", status: 429, headers } });
    const { retryAfterMs } = failureOf(await ask());
    expect(retryAfterMs).toBeGreaterThanOrEqual(least);
    expect(retryAfterMs).toBeLessThanOrEqual(most);
  });

  test.each([
    [503, "false", false],
    [400, "true", true],
  ])("the provider's own word on a %i, x-should-retry: %s, is obeyed", async (status, word, retryable) => {
    fake.next({
      fault: {
        kind: "Status",
        status,
        headers: { "x-should-retry": word },
      },
    });
    expect(failureOf(await ask()).retryable).toBe(retryable);
  });

  test("a conversation that is too long is told apart by its words", async () => {
    const body = {
      error: {
        type: "invalid_request_error",
        message: "prompt is too long: 250000 tokens > 200000 maximum",
      },
    };
    fake.next({ fault: { kind: "Status", status: 400, body } });
    expect(failureOf(await ask())).toMatchObject({
      reason: "ContextTooLong",
      retryable: false,
    });
  });

  test("a spent quota is not waited for, although it is a 429", async () => {
    const body = {
      error: {
        type: "insufficient_quota",
        code: "insufficient_quota",
        message: "You exceeded your current quota.",
      },
    };
    fake.next({ fault: { kind: "Status", status: 429, body } });
    expect(failureOf(await ask())).toMatchObject({
      reason: "PermissionDenied",
      retryable: false,
    });
  });

  test("a refused key names the Secret and never shows the key", async () => {
    const wrong = "sk-wrong-abcdefghijkl";
    const failure = failureOf(await models.ask({ llm: llm(), apiKey: wrong }, request(), forever));
    expect(failure).toMatchObject({
      reason: "AuthenticationFailed",
      retryable: false,
    });
    expect(failure.message).toContain('Secret "my-secret", key "MY_KEY"');
    expect(failure.message).not.toContain("abcdefghijkl");
  });

  test("the provider's words are one short line without a web page", async () => {
    const long = `line one\nline two ${"x".repeat(2_000)}`;
    fake.next(
      {
        fault: {
          kind: "Status",
          status: 500,
          body: { error: { message: long } },
        },
      },
      {
        fault: {
          kind: "Status",
          status: 500,
          body: { error: { message: "<html>oops</html>" } },
        },
      },
    );
    const { message } = failureOf(await ask());
    expect(message).not.toContain("\n");
    expect(message.length).toBeLessThan(500);
    expect(failureOf(await ask()).message).not.toContain("<html>");
  });

  test("a server that is not there can be tried again", async () => {
    await fake.close();
    const failure = failureOf(await ask());
    expect(failure).toMatchObject({
      reason: "ConnectionFailed",
      retryable: true,
    });
    expect(failure.message).toContain("ECONNREFUSED");
  });

  test.each<[string, Fault]>([
    ["before an answer begins", { kind: "Hang" }],
    ["in the middle of an answer", { kind: "Stall" }],
  ])("a server that falls silent %s costs no more than the LLM's timeout", async (_when, fault) => {
    fake.next({ fault });
    const failure = failureOf(await ask({ limits: { timeout: "150ms" } }));
    expect(failure).toMatchObject({ reason: "Timeout", retryable: true });
  });

  test.each<[string, Fault]>([
    ["before an answer begins", { kind: "Hang" }],
    ["in the middle of an answer", { kind: "Stall" }],
  ])("a caller that gives up %s is not kept waiting", async (_when, fault) => {
    fake.next({ fault });
    const controller = new AbortController();
    const outcome = models.ask({ llm: llm(), apiKey: FAKE_KEY }, request(), controller.signal);
    setTimeout(() => controller.abort(), 50);
    expect(failureOf(await outcome).reason).toBe("Aborted");
  });

  test("a caller that has given up already asks nobody", async () => {
    expect(failureOf(await models.ask({ llm: llm(), apiKey: FAKE_KEY }, request(), AbortSignal.abort())).reason).toBe(
      "Aborted",
    );
    expect(fake.requests).toHaveLength(0);
  });
});
