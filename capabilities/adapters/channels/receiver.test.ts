/** What comes in over HTTP: what is taken, what is refused, and who is told. */
import { Webhook } from "standardwebhooks";
import { FakeClock } from "../../testing/fake-clock";
import { silentLog } from "../../runtime/log";
import type { Desk, OpenQuestion, Taken } from "./desk";
import type { Heard } from "./port";
import type { Receiver } from "./receiver";
import { createReceiver } from "./receiver";
import { digest } from "./test-service";

const SECRET = "shared between two";
const NOW = new Date("2026-01-01T00:00:00Z");
const ID = "ec-0000000000000001";

interface Memory {
  open: Map<string, OpenQuestion>;
  taken: [id: string, answer: Heard][];
  hinted: string[];
  refusals: [id: string | undefined, channel: string | undefined, message: string][];
  next: Taken | Promise<Taken>;
}

let memory: Memory;
let receiver: Receiver;
let clock: FakeClock;

beforeEach(() => {
  clock = new FakeClock(NOW);
  memory = { open: new Map([[ID, open()]]), taken: [], hinted: [], refusals: [], next: { kind: "Stored" } };
  const desk: Desk = {
    find: async (id) => memory.open.get(id),
    take: async (id, answer) => {
      memory.taken.push([id, answer]);
      return memory.next;
    },
    hint: (id) => void memory.hinted.push(id),
    refused: (id, channel, message) => void memory.refusals.push([id, channel?.name, message]),
  };
  receiver = createReceiver({ desk, clock, log: silentLog });
});

function open(more: Partial<OpenQuestion> = {}): OpenQuestion {
  const webhook = { url: "https://example.com", secret: SECRET };
  return {
    target: { uid: "w-1", namespace: "default", name: "hook", type: "webhook", webhook },
    about: { kind: "ToolCall", namespace: "default", name: "t-tc-01", uid: "uid-1" },
    ...{ kind: "Approval", argumentsDigest: digest, ...more },
  };
}

const answer = (more: object = {}): object => ({
  ...{ question: ID, decision: "Approve", comment: "fine", approver: "ann@example.com", argumentsDigest: digest },
  ...more,
});

interface Signing {
  secret?: string;
  id?: string;
  at?: Date;
  /** What is signed, when it is not what is sent. */
  over?: string;
}

function headersFor(body: string, { secret = SECRET, id = "msg-1", at = NOW, over = body }: Signing = {}): object {
  const signature = new Webhook(Buffer.from(secret), { format: "raw" }).sign(id, at, over);
  return {
    "webhook-id": id,
    "webhook-timestamp": String(Math.floor(at.getTime() / 1_000)),
    "webhook-signature": signature,
  };
}

async function post(path: string, body: string, headers: object = {}): Promise<{ status: number; message: string }> {
  const request = new Request(`http://receiver${path}`, { method: "POST", body, headers: { ...headers } });
  const response = await receiver.fetch(request);
  const json = (await response.json()) as { ok: boolean; message: string };
  expect(json.ok).toBe(response.status < 300);
  return { status: response.status, message: json.message };
}

const send = (body: object = answer(), signing: Signing = {}): Promise<{ status: number; message: string }> => {
  const text = JSON.stringify(body);
  return post("/answers", text, headersFor(text, signing));
};

describe("an answer", () => {
  test("with a good signature is taken, and confirmed after it is stored", async () => {
    let store: (taken: Taken) => void = () => undefined;
    memory.next = new Promise((resolve) => (store = resolve));
    let isConfirmed = false;
    const sent = send().then((response) => {
      isConfirmed = true;
      return response;
    });
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(memory.taken).toEqual([
      [ID, { decision: "Approve", comment: "fine", approver: "ann@example.com", at: NOW }],
    ]);
    expect(isConfirmed).toBe(false);
    store({ kind: "Stored" });
    expect(await sent).toMatchObject({ status: 200 });
    expect(memory.refusals).toEqual([]);
  });

  test("with one of several signatures that is good is taken", async () => {
    const text = JSON.stringify(answer());
    const headers = headersFor(text) as Record<string, string>;
    headers["webhook-signature"] = `v1,AAAA v2,xyz ${headers["webhook-signature"]}`;
    expect(await post("/answers", text, headers)).toMatchObject({ status: 200 });
  });

  test.each<[string, object, Partial<OpenQuestion>, number]>([
    ["rejects an approval", { decision: "Reject" }, {}, 200],
    ["responds to an approval", { decision: "Respond" }, {}, 422],
    ["responds to a question", { decision: "Respond" }, { kind: "Input" }, 200],
    ["responds with nothing", { decision: "Respond", comment: " " }, { kind: "Input" }, 422],
    ["approves a question", { decision: "Approve" }, { kind: "Input" }, 422],
    ["approves what may be confirmed", { decision: "Approve" }, { kind: "Input", mayBeApproved: true }, 200],
    ["rejects a question", { decision: "Reject", comment: null }, { kind: "Input" }, 200],
    ["approves an outcome", { decision: "Approve" }, { kind: "Outcome" }, 200],
    ["responds to an outcome", { decision: "Respond" }, { kind: "Outcome" }, 200],
    ["is of other arguments", { argumentsDigest: `sha256:${"b".repeat(64)}` }, {}, 422],
    ["is of no arguments", { argumentsDigest: undefined }, {}, 400],
    ["says nothing known", { decision: "Maybe" }, {}, 400],
    ["says nobody's name", { approver: " " }, {}, 400],
    ["has a comment that is none", { comment: 7 }, {}, 400],
  ])("that %s", async (_, more, question, status) => {
    memory.open.set(ID, open(question));
    expect((await send(answer(more))).status).toBe(status);
    expect(memory.taken).toHaveLength(status === 200 ? 1 : 0);
    expect(memory.refusals).toHaveLength(status === 422 ? 1 : 0);
  });

  test("is cut where it is longer than can be stored", async () => {
    await send(answer({ comment: "é".repeat(20_000) }));
    expect(memory.taken[0]?.[1].comment).toHaveLength(16_384);
  });
});

describe("what is not genuine", () => {
  const attacks: [what: string, signing: Signing, words: RegExp][] = [
    ["signed with another secret", { secret: "guessed" }, /signature is not of the channel's secret/],
    ["signed over another body", { over: JSON.stringify(answer({ decision: "Reject" })) }, /signature/],
    ["signed long ago", { at: new Date(NOW.getTime() - 301_000) }, /older or newer than 5 minutes/],
    ["signed in the future", { at: new Date(NOW.getTime() + 301_000) }, /older or newer than 5 minutes/],
  ];
  test.each(attacks)("is refused when it is %s, and the desk is told", async (_, signing, words) => {
    const { status, message } = await send(answer(), signing);
    expect(status).toBe(401);
    expect(message).toMatch(words);
    expect(memory.taken).toEqual([]);
    expect(memory.refusals).toEqual([[ID, "hook", message]]);
  });

  test.each(["webhook-id", "webhook-timestamp", "webhook-signature"])("is refused without %s", async (name) => {
    const text = JSON.stringify(answer());
    const headers = Object.entries(headersFor(text)).filter(([header]) => header !== name);
    expect(await post("/answers", text, Object.fromEntries(headers))).toMatchObject({ status: 401 });
    expect(memory.refusals).toHaveLength(1);
  });

  test("is told of once in a while, however often it is tried", async () => {
    for (let n = 0; n < 20; n++) await send(answer(), { secret: "guessed" });
    expect(memory.refusals).toHaveLength(1);
    await clock.advance(10_000);
    await send(answer(), { secret: "guessed" });
    expect(memory.refusals).toHaveLength(2);
  });

  test("is told to nobody when nobody knows the question", async () => {
    expect(await send(answer({ question: "ec-ffffffffffffffff" }))).toMatchObject({ status: 404 });
    expect(await send(answer({ question: "x".repeat(65) }))).toMatchObject({ status: 400 });
    expect(memory.refusals).toEqual([]);
  });

  test("is refused for a question that is asked over another kind of channel", async () => {
    const target = { uid: "c-1", namespace: "default", name: "mail", type: "email" as const, apiKey: SECRET };
    memory.open.set(ID, open({ target }));
    expect(await send()).toMatchObject({ status: 403, message: expect.stringContaining("email") as string });
    expect(memory.taken).toEqual([]);
    expect(memory.refusals).toHaveLength(1);
  });
});

describe("what comes twice", () => {
  test("a post that is replayed is refused, and the desk is told", async () => {
    expect(await send()).toMatchObject({ status: 200 });
    expect(await send()).toMatchObject({ status: 409, message: expect.stringContaining("webhook-id") as string });
    expect(memory.taken).toHaveLength(1);
    expect(memory.refusals).toHaveLength(1);
    await clock.advance(301_000);
    expect(await send()).toMatchObject({ status: 401 });
  });

  test("the id of a stored answer cannot carry another answer", async () => {
    memory.open.set("ec-0000000000000002", open());
    await send();
    expect(await send(answer({ question: "ec-0000000000000002" }))).toMatchObject({ status: 409 });
    expect(memory.taken).toHaveLength(1);
  });

  test("a second answer is told that it comes too late", async () => {
    memory.next = { kind: "TooLate", message: "Bob has approved already." };
    expect(await send(answer(), { id: "msg-2" })).toEqual({ status: 409, message: "Bob has approved already." });
  });

  test("what could not be stored may be sent again with the same id", async () => {
    memory.next = { kind: "NotNow", message: "The API server is away." };
    expect(await send()).toEqual({ status: 503, message: "The API server is away." });
    memory.next = { kind: "Stored" };
    expect(await send()).toMatchObject({ status: 200 });
    expect(memory.refusals).toEqual([]);
  });

  test("the same post twice at one time is stored once", async () => {
    const both = await Promise.all([send(), send()]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 503]);
    expect(memory.taken).toHaveLength(1);
  });
});

describe("HumanLayer's notices", () => {
  const notify = (body: unknown): Promise<{ status: number }> => post("/humanlayer", JSON.stringify(body));

  test.each<[string, unknown, number, string[]]>([
    ["of an item", { type: "function_call.completed", event: { call_id: ID, status: { approved: true } } }, 202, [ID]],
    ["of old, the bare item", { call_id: ID, run_id: "r", spec: {} }, 202, [ID]],
    ["of an item that nobody knows", { event: { call_id: "ec-unknown" } }, 202, ["ec-unknown"]],
    ["for a test", { type: "function_call.completed", is_test: true, event: { call_id: ID } }, 200, []],
    ["without an id", { type: "agent_email.received", event: {} }, 400, []],
    ["with an id that is none", { event: { call_id: 7 } }, 400, []],
    ["that is a list", [], 400, []],
  ])("%s", async (_, body, status, hinted) => {
    expect((await notify(body)).status).toBe(status);
    expect(memory.hinted).toEqual(hinted);
    expect(memory.taken).toEqual([]);
  });

  test("that is no JSON", async () => {
    expect((await post("/humanlayer", "{")).status).toBe(400);
  });
});

test("bodies that are too long are not read, on either address", async () => {
  const long = JSON.stringify(answer({ comment: "x".repeat(1024 * 1024) }));
  expect((await post("/answers", long, headersFor(long))).status).toBe(413);
  expect((await post("/humanlayer", long)).status).toBe(413);
});

test("it says that it lives, and that there is nothing elsewhere", async () => {
  expect((await receiver.fetch(new Request("http://receiver/healthz"))).status).toBe(200);
  expect((await post("/other", "")).status).toBe(404);
});

test("a desk that fails is no reason to say more than that", async () => {
  memory.next = Promise.reject(new Error("secret words"));
  const { status, message } = await send();
  expect(status).toBe(500);
  expect(message).not.toContain("secret");
});
