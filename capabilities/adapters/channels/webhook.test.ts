/** Questions that are posted to a webhook: what arrives there, signed, and what happens until it does. */
import { Webhook } from "standardwebhooks";
import type { Fault, Received } from "../../testing/model-server-http";
import { startJsonServer } from "../../testing/model-server-http";
import type { ChannelTarget } from "./port";
import type { Bench } from "./test-service";
import { approval, digest, input, makeBench, notice, status } from "./test-service";

const SECRET = "a text of any kind ✓";
const requests: Received[] = [];
let fault: Fault | undefined;
let server: Awaited<ReturnType<typeof startJsonServer>>;
let target: ChannelTarget;
let bench: Bench;

beforeEach(async () => {
  requests.length = 0;
  fault = undefined;
  server = await startJsonServer(0, (request) => {
    requests.push(request);
    return fault ? { kind: "Fault", fault } : { kind: "Json", body: {} };
  });
  const webhook = { url: `${server.origin}/hook?token=hidden`, secret: SECRET };
  target = { uid: "w-1", namespace: "default", name: "hook", type: "webhook", webhook };
  bench = makeBench({ KUBECHAIN_RECEIVER_URL: "https://answers.example.com/" });
});
afterEach(async () => {
  await bench.channels.close(0);
  await server.close();
});

const id = approval().id;

/** The signature by the standard's own library, over what was posted. */
function signatureOf({ headers, body }: Received, key: Webhook): string {
  const at = new Date(Number(headers["webhook-timestamp"]) * 1_000);
  return key.sign(String(headers["webhook-id"]), at, JSON.stringify(body));
}

test("an approval is posted with everything that it is about, and signed", async () => {
  bench.channels.put(target, approval(), false);
  expect(bench.channels.look(id)).toEqual({ kind: "Sending" });
  await bench.comesTo(id, "Sent");
  expect(requests).toHaveLength(1);
  const [request] = requests;
  if (!request) throw new Error("Nothing was posted.");
  expect(request).toMatchObject({ method: "POST", url: "/hook?token=hidden" });
  expect(request.headers).toMatchObject({ "webhook-id": id, "webhook-timestamp": "1767225600" });
  const key = new Webhook(Buffer.from(SECRET), { format: "raw" });
  expect(request.headers["webhook-signature"]).toBe(signatureOf(request, key));
  expect(request.body).toEqual({
    type: "approval.requested",
    id,
    channel: { namespace: "default", name: "hook" },
    about: { kind: "ToolCall", namespace: "default", name: "t-tc-01", uid: "uid-1" },
    tool: "fetch__fetch",
    arguments: { url: "https://example.com" },
    argumentsDigest: digest,
    answerTo: "https://answers.example.com/answers",
  });
});

test("a secret in the standard's own form is one", async () => {
  const secret = `whsec_${Buffer.from("0123456789abcdef0123").toString("base64")}`;
  bench.channels.put({ ...target, webhook: { url: server.origin, secret } }, approval(), false);
  await bench.comesTo(id, "Sent");
  const [request] = requests;
  expect(request && signatureOf(request, new Webhook(secret))).toBe(request?.headers["webhook-signature"]);
});

test("a question is posted with its schema and options, and a notice without a place for answers", async () => {
  const options = [{ name: "again", title: "Again", decision: "Approve" as const, needsWords: false }];
  bench.channels.put(target, input(undefined, { options, schema: { type: "object" } }), false);
  bench.channels.put(target, notice(), false);
  await bench.until(() => requests.length === 2);
  const bodyOf = (of: string): unknown => requests.find(({ headers }) => headers["webhook-id"] === of)?.body;
  expect(bodyOf(input().id)).toMatchObject({
    ...{ type: "input.requested", message: "Which colour?", schema: { type: "object" }, options },
    answerTo: "https://answers.example.com/answers",
  });
  expect(bodyOf(notice().id)).toMatchObject({ type: "notice", message: "It is done.", about: { kind: "Task" } });
  expect(bodyOf(notice().id)).not.toHaveProperty("answerTo");
});

test.each<[string, Fault, RegExp]>([
  ["refuses", status(401, `I know ${SECRET}`), /answered 401 \("I know \*\*\*"\)/],
  ["breaks", status(500, "oops"), /answered 500 \("oops"\)/],
  ["redirects", status(302, "", { location: "/elsewhere" }), /redirect, which is not followed.*spec\.webhook\.url/],
  ["resets", { kind: "Reset" }, /could not be reached/],
])("an address that %s is tried again, with the same id", async (_, what, words) => {
  fault = what;
  bench.channels.put(target, approval(), false);
  await bench.comesTo(id, "Unsent");
  expect(bench.detail(id)).toMatch(words);
  expect(bench.detail(id)).not.toMatch(/any kind|hidden/);
  fault = undefined;
  await bench.passUntil(() => bench.channels.look(id)?.kind === "Sent");
  expect(requests.map(({ headers }) => headers["webhook-id"])).toEqual([id, id]);
});

test("an address that hangs is left after ten seconds, and one that asks for patience gets it", async () => {
  fault = { kind: "Hang" };
  bench.channels.put(target, approval(), false);
  await bench.until(() => requests.length === 1);
  await bench.clock.advance(10_000);
  await bench.comesTo(id, "Unsent");
  expect(bench.detail(id)).toMatch(/did not answer within 10s/);
  fault = status(503, "Later", { "retry-after": "300" });
  await bench.passUntil(() => requests.length === 2);
  await bench.comesTo(id, "Unsent");
  await bench.pass(295_000, 5_000);
  expect(requests).toHaveLength(2);
});

test("what an earlier process has posted is not posted again, whatever is hinted at", async () => {
  bench.channels.put(target, approval(), true);
  await bench.pass(60_000, 5_000);
  expect(requests).toHaveLength(0);
  expect(bench.channels.look(id)?.kind).toBe("Sent");
  bench.channels.hint(id);
  bench.channels.put(target, approval(), true);
  await bench.pass(60_000, 5_000);
  expect(requests).toHaveLength(0);
  expect(bench.channels.look(id)?.kind).toBe("Sent");
});

test("a question that is answered and let go before its post has ended is not posted again", async () => {
  fault = { kind: "Hang" };
  bench.channels.put(target, approval(), false);
  await bench.until(() => requests.length === 1);
  bench.channels.drop(id);
  await bench.pass(30_000, 5_000);
  expect(bench.channels.look(id)).toBeUndefined();
  expect(requests).toHaveLength(1);
});

test("another address is tried at once when the first does not take it", async () => {
  bench.channels.put({ ...target, webhook: { url: "http://127.0.0.1:1/", secret: SECRET } }, approval(), false);
  await bench.comesTo(id, "Unsent");
  bench.channels.put(target, approval(), false);
  await bench.comesTo(id, "Sent");
});

test("a channel that becomes one of another kind puts its questions there", async () => {
  bench.channels.put(
    {
      uid: "w-1",
      namespace: "default",
      name: "hook",
      type: "email",
      baseUrl: "http://127.0.0.1:1",
      apiKey: "k",
      email: { address: "a@example.com" },
    },
    approval(),
    false,
  );
  await bench.comesTo(id, "Unsent");
  bench.channels.put(target, approval(), false);
  await bench.comesTo(id, "Sent");
  expect(requests).toHaveLength(1);
});
