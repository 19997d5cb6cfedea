/** The API as clients see it: HumanLayer's own client, every call of the protocol, and what is refused. */
import { CloudHumanLayerBackend, HumanLayer, HumanLayerCloudConnection } from "@humanlayer/sdk";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Item, Json } from "./items";
import type { HumanLayerOptions, HumanLayerServer } from "./server";
import { startHumanLayer } from "./server";

const KEY = "hl-test-0123456789";
const started: HumanLayerServer[] = [];

async function start(options: HumanLayerOptions = {}): Promise<HumanLayerServer> {
  const server = await startHumanLayer({ key: KEY, ...options });
  started.push(server);
  return server;
}

afterEach(async () => {
  await Promise.all(started.splice(0).map((server) => server.close()));
});

interface Answered {
  status: number;
  body: Item & { error?: { message: string; code: string }; detail?: { loc: unknown[]; msg: string; type: string }[] };
}

/** Calls the API with the key; `body` makes it a POST. */
async function call({ url }: HumanLayerServer, path: string, body?: unknown, headers: Json = {}): Promise<Answered> {
  const response = await fetch(`${url}${path}`, {
    ...(body === undefined ? {} : { method: "POST", body: typeof body === "string" ? body : JSON.stringify(body) }),
    headers: { authorization: `Bearer ${KEY}`, "content-type": "application/json", ...headers } as Record<
      string,
      string
    >,
  });
  return { status: response.status, body: (await response.json()) as Answered["body"] };
}

const fetching = { fn: "web__fetch", kwargs: { url: "https://example.com" } };
const functionCall = (callId: string, spec: Json = fetching) => ({ run_id: "run", call_id: callId, spec });
const contact = (callId: string, spec: Json = { msg: "Which city?" }) => ({ run_id: "run", call_id: callId, spec });

describe("HumanLayer's own client", () => {
  test.each(["/humanlayer/v1", ""])("asks, looks and is answered at the base %j", async (base) => {
    const server = await start();
    const backend = new CloudHumanLayerBackend(new HumanLayerCloudConnection(KEY, `${server.url}${base}`));
    const client = new HumanLayer({ runId: "run", backend, genid: (prefix: string) => `${prefix}-1` });

    const asked = await client.createFunctionCall({
      spec: { ...fetching, channel: { email: { address: "ada@example.com" } } },
    });
    expect(asked).toMatchObject({ call_id: "call-1", status: { approved: null, responded_at: null } });
    expect(Date.parse(String(asked.status?.requested_at))).not.toBeNaN();
    await backend.functions().respond("call-1", { requested_at: new Date(), approved: false, comment: "Not today." });
    expect(await client.getFunctionCall("call-1")).toMatchObject({
      status: { approved: false, comment: "Not today." },
    });

    await client.createHumanContact({ spec: { msg: "Which city?" } });
    await client.escalateEmailHumanContact("human_call-1", { escalation_msg: "It is urgent." });
    await backend.contacts().respond("human_call-1", { response: "Rome" });
    expect(await client.getHumanContact("human_call-1")).toMatchObject({ status: { response: "Rome" } });
    await expect(client.getFunctionCall("call-2")).rejects.toThrow("404");
  });
});

describe("the API", () => {
  test.each([
    ["no key", {}],
    ["a wrong key", { authorization: "Bearer hl-test-0123456780" }],
    ["the beginning of the key", { authorization: "Bearer hl-test" }],
    ["another scheme", { authorization: `Basic ${KEY}` }],
  ])("refuses %s everywhere but at /healthz, /version and /status", async (_what, headers) => {
    const { url } = await start();
    const statusOf = async (path: string, method = "GET"): Promise<number> =>
      (await fetch(`${url}${path}`, { method, headers: headers as Record<string, string> })).status;
    for (const base of ["/humanlayer/v1", ""]) {
      for (const path of ["/project", "/function_calls/ec-1", "/agent/human_contacts/pending"])
        expect([path, await statusOf(base + path)]).toEqual([path, 401]);
      expect(await statusOf(`${base}/function_calls`, "POST")).toBe(401);
      expect(await statusOf(`${base}/agent/function_calls/ec-1/respond`, "POST")).toBe(401);
      // HumanLayer's own description of its API has no key here, so clients send none.
      expect(await statusOf(`${base}/status`)).toBe(200);
    }
    expect(await Promise.all([statusOf("/healthz"), statusOf("/version")])).toEqual([200, 200]);
    const refused = await fetch(`${url}/project`, { headers: headers as Record<string, string> });
    expect(await refused.json()).toEqual({
      error: { message: expect.stringMatching(/key/) as string, code: "unauthorized" },
    });
  });

  test("says which project and organisation the key belongs to", async () => {
    const server = await start();
    const { body } = await call(server, "/humanlayer/v1/project");
    expect(body).toMatchObject({
      slug: "kubechain",
      organization: "local",
      project_slug: "kubechain",
      org_slug: "local",
    });
    expect((await call(server, "/status")).status).toBe(200);
  });

  test("creates once, answers a repeat with what is there, and refuses another spec under the same id", async () => {
    const server = await start();
    const first = await call(server, "/humanlayer/v1/function_calls", functionCall("ec-1"));
    const again = await call(server, "/function_calls", functionCall("ec-1"));
    expect([first.status, again.status]).toEqual([200, 200]);
    expect(again.body).toEqual(first.body);
    const other = await call(server, "/function_calls", functionCall("ec-1", { fn: "shell", kwargs: {} }));
    expect(other).toMatchObject({ status: 409, body: { error: { code: "id_taken" } } });
    const { body } = await call(server, "/agent/function_calls/pending");
    expect(body).toEqual([first.body]);
  });

  test("takes many identical posts at the same time as one", async () => {
    const server = await start();
    const all = await Promise.all(Array.from({ length: 20 }, () => call(server, "/contact_requests", contact("hc-1"))));
    expect(new Set(all.map(({ status, body }) => `${status} ${body.status.requested_at}`)).size).toBe(1);
    expect((await call(server, "/agent/human_contacts/pending")).body).toHaveLength(1);
  });

  test("takes no answer along with the question", async () => {
    const server = await start();
    const { body } = await call(server, "/function_calls", { ...functionCall("ec-1"), status: { approved: true } });
    expect(body.status["approved"]).toBeNull();
  });

  test("lets exactly one of many responders win, and tells the others who was first", async () => {
    const server = await start();
    await call(server, "/function_calls", functionCall("ec-1"));
    const names = Array.from({ length: 12 }, (_, i) => `person-${i}`);
    const answers = await Promise.all(
      names.map((name, i) =>
        call(server, "/agent/function_calls/ec-1/respond", { approved: i % 2 === 0, user_info: { name } }),
      ),
    );
    const winners = answers.filter(({ status }) => status === 200);
    expect(winners).toHaveLength(1);
    const { name } = winners[0]?.body.status["user_info"] as { name: string };
    const losers = answers.filter(({ status }) => status === 409);
    expect(losers).toHaveLength(names.length - 1);
    for (const { body } of losers)
      expect(body.error).toEqual({ code: "already_answered", message: expect.stringContaining(name) as string });
    expect((await call(server, "/function_calls/ec-1")).body).toEqual(winners[0]?.body);
  });

  test("has both names of human contacts, and options that speak for themselves", async () => {
    const server = await start();
    const spec = {
      msg: "Go on?",
      response_options: [{ name: "yes", title: "Yes, go on", prompt_fill: "Please go on." }],
    };
    await call(server, "/human_contacts", contact("hc-1", spec));
    await call(server, "/humanlayer/v1/agent/human_contacts/hc-1/respond", { response_option_name: "yes" });
    const { body } = await call(server, "/humanlayer/v1/human_contacts/hc-1");
    expect(body.status).toMatchObject({ response: "Please go on.", response_option_name: "yes" });
    expect((await call(server, "/contact_requests/hc-1")).body).toEqual(body);
  });

  test("gives every rejection a comment, by which clients tell it from an open call", async () => {
    const server = await start();
    const reject_options = [{ name: "later", title: "Not now" }];
    for (const id of ["ec-1", "ec-2"])
      await call(server, "/function_calls", functionCall(id, { ...fetching, reject_options }));
    const bare = await call(server, "/agent/function_calls/ec-1/respond", { approved: false });
    const named = await call(server, "/agent/function_calls/ec-2/respond", {
      approved: false,
      reject_option_name: "later",
    });
    expect(bare.body.status).toMatchObject({ approved: false, comment: "" });
    expect(named.body.status).toMatchObject({ comment: "Not now", reject_option_name: "later" });
  });

  test.each<[what: string, path: string, body: unknown, loc: unknown[]]>([
    ["no JSON", "/function_calls", "{", ["body"]],
    ["a list", "/function_calls", [], ["body"]],
    ["no id", "/function_calls", { run_id: "r", spec: fetching }, ["body", "call_id"]],
    ["a function without arguments", "/function_calls", functionCall("x", { fn: "f" }), ["body", "spec", "kwargs"]],
    [
      "arguments that are a list",
      "/function_calls",
      functionCall("x", { fn: "f", kwargs: [] }),
      ["body", "spec", "kwargs"],
    ],
    ["an id that is no path", "/function_calls", functionCall("../x"), ["body", "call_id"]],
    ["ids of 65 bytes", "/function_calls", functionCall("x".repeat(62)), ["body", "call_id"]],
    [
      "ids of 65 bytes in 64 letters",
      "/function_calls",
      { ...functionCall("x".repeat(62)), run_id: "éa" },
      ["body", "call_id"],
    ],
    ["a question without words", "/contact_requests", contact("x", {}), ["body", "spec", "msg"]],
    [
      "an option without a name",
      "/contact_requests",
      contact("x", { msg: "?", response_options: [{}] }),
      ["body", "spec", "response_options", 0, "name"],
    ],
    [
      "nobody who may respond",
      "/contact_requests",
      contact("x", { msg: "?", channel: { slack: { channel_or_user_id: "C1", allowed_responder_ids: [] } } }),
      ["body", "spec", "channel", "slack", "allowed_responder_ids"],
    ],
    [
      "a carbon copy to nobody",
      "/contact_requests",
      contact("x", {
        msg: "?",
        channel: { email: { address: "a@b.c", additional_recipients: [{ address: "d@e.f", field: "fcc" }] } },
      }),
      ["body", "spec", "channel", "email", "additional_recipients", 0, "field"],
    ],
    [
      "arguments without a floor",
      "/function_calls",
      `{"run_id":"r","call_id":"c","spec":{"fn":"f","kwargs":{"a":${"[".repeat(50_000)}${"]".repeat(50_000)}}}}`,
      ["body"],
    ],
    [
      "an approval that is no yes or no",
      "/agent/function_calls/ec-0/respond",
      { approved: "true" },
      ["body", "approved"],
    ],
    ["an answer without a decision", "/agent/function_calls/ec-0/respond", { comment: "hm" }, ["body", "approved"]],
    [
      "an option that is not offered",
      "/agent/function_calls/ec-0/respond",
      { approved: false, reject_option_name: "no" },
      ["body", "reject_option_name"],
    ],
    ["a response without words", "/agent/human_contacts/hc-0/respond", {}, ["body", "response"]],
    ["an escalation without words", "/agent/human_contacts/hc-0/escalate_email", {}, ["body", "escalation_msg"]],
  ])("refuses %s, and says where", async (_what, path, body, loc) => {
    const server = await start();
    await call(server, "/function_calls", functionCall("ec-0"));
    await call(server, "/contact_requests", contact("hc-0"));
    const answered = await call(server, path, body);
    expect(answered).toMatchObject({ status: 422, body: { detail: [{ loc }] } });
    expect((await call(server, "/agent/function_calls/pending")).body).toHaveLength(1);
    expect((await call(server, "/agent/human_contacts/pending")).body).toHaveLength(1);
  });

  test.each(["call_a|fc_b", "YWI+Yw==", "_private", "-dash", "a,b", "...x"])("takes the id %s", async (id) => {
    const server = await start();
    await call(server, "/function_calls", functionCall(id));
    expect(await call(server, `/function_calls/${encodeURIComponent(id)}`)).toMatchObject({ body: { call_id: id } });
    const answered = await call(server, `/agent/function_calls/${id}/respond`, { approved: true });
    expect(answered).toMatchObject({ status: 200, body: { call_id: id, status: { approved: true } } });
  });

  test("is found at an address with a slash too many, as people write it into HUMANLAYER_API_BASE", async () => {
    const server = await start();
    for (const base of ["/humanlayer/v1/", "/"]) {
      expect((await call(server, `${base}/contact_requests`, contact("hc-1"))).status).toBe(200);
      expect((await call(server, `${base}/contact_requests/hc-1`)).body.call_id).toBe("hc-1");
    }
    expect((await call(server, "/humanlayer/v1/contact_requests/", contact("hc-1"))).status).toBe(200);
    expect((await fetch(`${server.url}//`)).headers.get("content-type")).toContain("text/html");
  });

  test("keeps numbers as they were written, for what is approved must be what is executed", async () => {
    const server = await start();
    const spec =
      '{"fn":"send","kwargs":{"channel":1234567890123456789,"amount":1e400,"price":0.1,"text":"1e5 12345678901234567"}}';
    const body = `{"run_id":"r","call_id":"ec-1","spec":${spec}}`;
    await call(server, "/function_calls", body);
    expect((await call(server, "/function_calls", body)).status).toBe(200);
    expect((await call(server, "/function_calls", body.replace("456789,", "456788,"))).status).toBe(409);
    const headers = { authorization: `Bearer ${KEY}` };
    const read = await fetch(`${server.url}/function_calls/ec-1`, { headers });
    expect(await read.text()).toContain(`"spec":${spec}`);
    const number = functionCall("ec-2", { fn: "f", kwargs: "@" });
    const refused = await call(
      server,
      "/function_calls",
      JSON.stringify(number).replace('"@"', "12345678901234567890"),
    );
    expect(refused).toMatchObject({ status: 422, body: { detail: [{ loc: ["body", "spec", "kwargs"] }] } });
  });

  test("refuses a body that is no UTF-8, instead of asking about other characters than were meant", async () => {
    const server = await start();
    const [before, after] = JSON.stringify(functionCall("ec-1", { fn: "f@", kwargs: {} })).split("@");
    const response = await fetch(`${server.url}/function_calls`, {
      method: "POST",
      headers: { authorization: `Bearer ${KEY}` },
      body: Buffer.concat([Buffer.from(String(before)), Buffer.from([0xff]), Buffer.from(String(after))]),
    });
    expect([response.status, await response.json()]).toMatchObject([422, { detail: [{ loc: ["body"] }] }]);
  });

  test("takes ids of exactly 64 bytes", async () => {
    const server = await start();
    expect((await call(server, "/function_calls", functionCall("x".repeat(61)))).status).toBe(200);
  });

  test("knows no other ids and paths, and reads no body above a mebibyte", async () => {
    const server = await start();
    for (const path of ["/function_calls/ec-9", "/contact_requests/hc-9", "/nothing", "/humanlayer/v1/nothing"])
      expect([path, (await call(server, path)).status]).toEqual([path, 404]);
    expect((await call(server, "/agent/function_calls/ec-9/respond", { approved: true })).status).toBe(404);
    const large = functionCall("ec-1", { fn: "f", kwargs: { text: "x".repeat(1024 * 1024) } });
    expect(await call(server, "/function_calls", large)).toMatchObject({
      status: 413,
      body: { error: { code: "too_large" } },
    });
  });

  test("keeps hostile names and broken characters as they are", async () => {
    const server = await start();
    const body = `{"run_id":"r","call_id":"ec-1","spec":{"fn":"f","kwargs":{"__proto__":{"x":1},"half":"\\ud800","nul":"\\u0000"}}}`;
    await call(server, "/function_calls", body);
    expect((await call(server, "/function_calls", body)).status).toBe(200);
    const response = await fetch(`${server.url}/function_calls/ec-1`, { headers: { authorization: `Bearer ${KEY}` } });
    expect(await response.text()).toContain('"kwargs":{"__proto__":{"x":1},"half":"\\ud800","nul":"\\u0000"}');
  });

  test("makes a key of its own that nobody could guess, and takes none that fits into no header", async () => {
    const [one, other] = [await startHumanLayer(), await startHumanLayer()];
    started.push(one, other);
    expect(one.key).not.toBe(other.key);
    expect(one.key.length).toBeGreaterThan(40);
    await expect(startHumanLayer({ key: "two words" })).rejects.toThrow("key");
  });

  test("tells the webhook of an answer, not of a question", async () => {
    const told: unknown[] = [];
    let seen = (): void => undefined;
    const first = new Promise<void>((resolve) => (seen = resolve));
    const receiver = createServer((request, response) => {
      let text = "";
      request.on("data", (chunk: Buffer) => (text += chunk.toString()));
      request.on("end", () => {
        told.push(JSON.parse(text));
        response.end();
        seen();
      });
    });
    await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
    const server = await start({ webhook: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook` });
    await call(server, "/contact_requests", contact("hc-1"));
    await call(server, "/function_calls", functionCall("ec-1"));
    const { body } = await call(server, "/agent/function_calls/ec-1/respond", { approved: true });
    await first;
    expect(told).toEqual([{ type: "function_call.completed", event: body }]);
    receiver.closeAllConnections();
    receiver.close();
  });
});
