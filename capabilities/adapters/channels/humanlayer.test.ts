/** One question over HumanLayer, on the wire: what is sent, and what every failure of the service comes to. */
import type { Fault } from "../../testing/model-server-http";
import type { Bench, TestService } from "./test-service";
import { approval, digest, input, KEY, makeBench, notice, startService, status } from "./test-service";
import type { Asked, ChannelTarget } from "./port";

let service: TestService;
let bench: Bench;

beforeEach(async () => {
  service = await startService();
  bench = makeBench();
});
afterEach(async () => {
  await bench.channels.close(0);
  await service.close();
});

const id = approval().id;
const put = (question = approval(), wasSent = false, target = service.target): void =>
  bench.channels.put(target, question, wasSent);
const look = (of = id): Asked | undefined => bench.channels.look(of);
const posts = (): number => service.count("POST", /./);
const isPost = ({ method }: { method: string }): boolean => method === "POST";

describe("what is sent", () => {
  test("an approval is a function call with the arguments, bound to the object and the digest", async () => {
    const target = {
      ...service.target,
      email: { address: "ann@example.com", subject: "May it?", contextAboutUser: "x" },
    };
    put(approval(), false, target);
    await bench.comesTo(id, "Sent");
    expect(service.requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
      `GET /humanlayer/v1/function_calls/${id}`,
      "POST /humanlayer/v1/function_calls",
    ]);
    expect(service.requests[1]?.headers.authorization).toBe(`Bearer ${KEY}`);
    expect(service.requests[1]?.body).toEqual({
      run_id: "t-tc-01",
      call_id: id,
      spec: {
        fn: "fetch__fetch",
        kwargs: { url: "https://example.com" },
        channel: {
          email: { address: "ann@example.com", context_about_user: "x", experimental_subject_line: "May it?" },
        },
        state: { uid: "uid-1", kind: "ToolCall", namespace: "default", name: "t-tc-01", argumentsDigest: digest },
      },
    });
  });

  test("a question is a human contact with its options, over Slack with those who may answer", async () => {
    const options = [{ name: "again", title: "Run it again", decision: "Approve" as const, needsWords: false }];
    const slack = { channelOrUserID: "C1", contextAboutChannelOrUser: "ops", allowedResponderIDs: ["U1"] };
    const target: ChannelTarget = { ...service.target, type: "slack", slack };
    delete target.email;
    put(input(undefined, { options }), false, target);
    await bench.comesTo(input().id, "Sent");
    expect(service.requests.find(isPost)?.body).toMatchObject({
      spec: {
        msg: "Which colour?",
        response_options: [{ name: "again", title: "Run it again", interactive: false }],
        channel: {
          slack: { channel_or_user_id: "C1", context_about_channel_or_user: "ops", allowed_responder_ids: ["U1"] },
        },
      },
    });
  });

  test("people are shown the schema that their answer has to have", async () => {
    put(input(undefined, { schema: { type: "object", required: ["colour"] } }));
    await bench.comesTo(input().id, "Sent");
    expect(service.requests.find(isPost)?.body).toMatchObject({
      spec: { msg: expect.stringContaining('{"type":"object","required":["colour"]}') as string },
    });
  });

  test("a notice is told once, also when an earlier process has told it", async () => {
    put(notice());
    await bench.comesTo(notice().id, "Sent");
    const next = makeBench();
    next.channels.put(service.target, notice(), true);
    await next.comesTo(notice().id, "Sent");
    await next.pass(120_000, 5_000);
    expect(posts()).toBe(1);
    expect(service.count("GET", /pending/)).toBe(0);
    await next.channels.close(0);
  });
});

describe("when the service fails", () => {
  const faults: [what: string, fault: Fault, words: RegExp][] = [
    ["refuses the key", status(401, `Bad ${KEY}`), /^The HumanLayer API key is not valid: .*401 \("Bad \*\*\*"\)/],
    ["has no such API", status(404, "Not Found"), /answered 404 .*spec\.baseUrl/],
    ["breaks", status(500, "oops\nat line 3"), /answered 500 \("oops at line 3"\)/],
    [
      "finds fault",
      { kind: "Status", status: 422, body: { detail: [{ loc: [], msg: "Too long", type: "x" }] } },
      /Too long/,
    ],
    ["answers with a web page", { kind: "Html" }, /it is a web page/],
    ["answers with half a JSON text", { kind: "BrokenJson" }, /it is not JSON/],
    ["resets the connection", { kind: "Reset" }, /could not be reached: /],
    ["cuts its answer", { kind: "Cut" }, /could not be reached: the connection was closed in the middle/],
    ["redirects", status(307, "", { location: "http://127.0.0.1:1/" }), /307, a redirect, which is not followed/],
  ];
  test.each(faults)(
    "a service that %s is tried again, looked into first, and gets the question once",
    async (_, fault, words) => {
      service.fault = (request) => (isPost(request) ? fault : undefined);
      put();
      await bench.comesTo(id, "Unsent");
      expect(bench.detail(id)).toMatch(words);
      expect(bench.detail(id)).not.toContain(KEY);
      service.fault = undefined;
      await bench.passUntil(() => look()?.kind === "Sent");
      expect(posts()).toBe(2);
      expect(service.count("GET", new RegExp(id))).toBeGreaterThanOrEqual(2);
      expect(service.items.size).toBe(1);
    },
  );

  test("a service that hangs is left after a while", async () => {
    service.fault = () => ({ kind: "Hang" });
    put();
    await bench.until(() => service.requests.length === 1);
    await bench.clock.advance(20_000);
    await bench.comesTo(id, "Unsent");
    expect(bench.detail(id)).toMatch(/did not answer within 20s/);
  });

  test("a creation whose answer was lost is found, and not repeated", async () => {
    service.losesAnswers = 1;
    put();
    await bench.comesTo(id, "Unsent");
    await bench.passUntil(() => look()?.kind === "Sent");
    expect(posts()).toBe(1);
  });

  test("a service that asks for patience gets it, from all questions", async () => {
    service.fault = () => status(429, "Slow down", { "retry-after": "120" });
    put();
    await bench.comesTo(id, "Unsent");
    put(input());
    await bench.comesTo(input().id, "Unsent");
    await bench.pass(110_000, 5_000);
    expect(service.requests).toHaveLength(1);
    service.fault = undefined;
    await bench.passUntil(() => look()?.kind === "Sent" && look(input().id)?.kind === "Sent");
  });

  test("pauses become longer, up to ten minutes", async () => {
    service.fault = () => status(503, "Away");
    put();
    await bench.comesTo(id, "Unsent");
    const pauses: number[] = [];
    for (let turn = 0; turn < 12; turn++) {
      const asked = look();
      if (asked?.kind !== "Unsent") throw new Error("It is sent.");
      pauses.push(asked.retryAt.getTime() - bench.clock.now().getTime());
      await bench.clock.advanceTo(asked.retryAt);
      await bench.until(() => look() !== asked);
    }
    expect(pauses.slice(0, 4)).toEqual([1_000, 2_000, 4_000, 8_000]);
    expect(pauses.at(-1)).toBe(600_000);
  });

  test("a new key is used at once", async () => {
    put(approval(), false, { ...service.target, apiKey: "old-key-9999" });
    await bench.comesTo(id, "Unsent");
    expect(bench.detail(id)).toContain("spec.apiKeyFrom");
    put();
    await bench.comesTo(id, "Sent");
  });

  test("a question that is let go while it is on its way is forgotten", async () => {
    service.fault = () => ({ kind: "Hang" });
    put();
    await bench.until(() => service.requests.length === 1);
    bench.channels.drop(id);
    await bench.pass(120_000, 10_000);
    expect(look()).toBeUndefined();
    expect(service.requests).toHaveLength(1);
  });
});

describe("whose item it is", () => {
  const others: [what: string, change: object][] = [
    ["other arguments", { spec: { fn: "fetch__fetch", kwargs: { url: "https://evil.example" } } }],
    ["another tool", { spec: { fn: "rm", kwargs: { url: "https://example.com" } } }],
    ["another run", { run_id: "t-tc-02" }],
  ];
  test.each(others)("an item with %s is foreign, and its answer counts for nothing", async (_, change) => {
    put();
    await bench.comesTo(id, "Sent");
    service.items.set(id, { ...service.items.get(id), ...change });
    service.answer(id, { approved: true });
    const next = makeBench();
    next.channels.put(service.target, approval(), false);
    await next.comesTo(id, "Foreign");
    expect(next.detail(id)).toMatch(/is not this question: it .* does not count/);
    next.channels.hint(id);
    await next.pass(5_000);
    expect(next.channels.look(id)?.kind).toBe("Foreign");
    await next.channels.close(0);
  });

  test.each([
    ["object", { uid: "uid-2", argumentsDigest: digest }],
    ["digest", { uid: "uid-1", argumentsDigest: "sha256:0" }],
  ])("an item that was asked for another %s is foreign", async (_, state) => {
    put();
    await bench.comesTo(id, "Sent");
    const item = service.items.get(id);
    service.items.set(id, { ...item, spec: { ...(item?.["spec"] as object), state } });
    await bench.passUntil(() => look()?.kind === "Foreign");
  });

  test("an id that is taken is looked into: the same question is ours, another is not", async () => {
    service.items.set(id, { run_id: "x", call_id: id, spec: { fn: "x", kwargs: {} } });
    let isHidden = true;
    service.fault = (request) => {
      const fault = isHidden && !isPost(request) ? status(404, "Not yet") : undefined;
      if (isPost(request)) isHidden = false;
      return fault;
    };
    put();
    await bench.comesTo(id, "Foreign");
    expect(posts()).toBe(1);
  });

  test("an approval that comes with the answer to the creation is nobody's, in this process and the next", async () => {
    service.isOpen = true;
    put();
    await bench.comesTo(id, "Foreign");
    expect(bench.detail(id)).toMatch(/by itself/);
    bench.channels.hint(id);
    put(approval(), false, { ...service.target, email: { address: "bob@example.com" } });
    await bench.pass(5_000);
    expect(look()?.kind).toBe("Foreign");
    const next = makeBench();
    next.channels.put(service.target, approval(), false);
    await next.comesTo(id, "Foreign");
    await next.channels.close(0);
  });

  test("an approval that a person gave before this process knew of it counts", async () => {
    put();
    await bench.comesTo(id, "Sent");
    service.answer(id, { approved: true });
    const next = makeBench();
    next.channels.put(service.target, approval(), false);
    await next.comesTo(id, "Answered");
    await next.channels.close(0);
  });

  test("a Slack user who may not answer has not answered", async () => {
    const slack = { channelOrUserID: "C1", allowedResponderIDs: ["U1"] };
    const { email: _, ...rest } = service.target;
    put(approval(), false, { ...rest, type: "slack", slack });
    await bench.comesTo(id, "Sent");
    service.answer(id, { approved: true, slack_context: { user_id: "U2" } });
    bench.channels.hint(id);
    await bench.passUntil(() => look()?.kind === "Foreign");
    expect(bench.detail(id)).toContain("U2");
  });
});

describe("whether a channel can be used", () => {
  const check = (target = service.target): Promise<unknown> =>
    bench.channels.check(target, new AbortController().signal);

  test("it can, and says whose the key is", async () => {
    expect(await check()).toEqual({ kind: "Usable", projectSlug: "p", orgSlug: "o" });
  });

  test("it can with a server that knows of no projects", async () => {
    service.hasProject = false;
    expect(await check()).toEqual({ kind: "Usable" });
  });

  test.each<[string, Fault, string, RegExp]>([
    ["refuses the key", status(403, "No"), "Refused", /^The HumanLayer API key is not valid: /],
    ["is something else", { kind: "Html" }, "Refused", /web page/],
    ["is not there", status(404, ""), "Refused", /spec\.baseUrl/],
    ["breaks", status(500, ""), "Unreachable", /500/],
    ["asks for patience", status(429, ""), "Unreachable", /patience/],
    ["resets", { kind: "Reset" }, "Unreachable", /could not be reached/],
  ])("a service that %s", async (_, fault, kind, words) => {
    service.fault = () => fault;
    expect(await check()).toMatchObject({ kind, message: expect.stringMatching(words) as string });
  });

  test("a key that cannot be sent is refused without being sent or shown", async () => {
    const checked = await check({ ...service.target, apiKey: "two\nlines" });
    expect(checked).toMatchObject({ kind: "Refused", message: expect.not.stringContaining("two") as string });
    expect(service.requests).toHaveLength(0);
  });

  test("who gives up is not kept waiting", async () => {
    service.fault = () => ({ kind: "Hang" });
    const giveUp = new AbortController();
    const checked = bench.channels.check(service.target, giveUp.signal);
    await bench.until(() => service.requests.length === 1);
    giveUp.abort();
    expect(await checked).toMatchObject({ kind: "Unreachable" });
  });

  test.each([
    ["https://example.com/hook", "Usable"],
    ["ftp://example.com/hook", "Refused"],
    ["https://jane:secret@example.com/hook", "Refused"],
    ["no address", "Refused"],
  ])("a webhook at %s is %s", async (url, kind) => {
    const webhook = { url, secret: "s" };
    const checked = await check({ uid: "w", namespace: "default", name: "hook", type: "webhook", webhook });
    expect(checked).toMatchObject({ kind });
    expect(JSON.stringify(checked)).not.toContain("jane:secret");
  });
});
