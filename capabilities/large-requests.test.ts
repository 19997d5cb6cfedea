/** What a webhook is sent is read whole, and handed on as Pepr's own reader of bodies would have left it. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { RequestListener, Server } from "node:http";
import type { AddressInfo } from "node:net";
import { LARGEST_REQUEST, readingBodies } from "./large-requests";

/** What Pepr's reader asks before it reads for itself (on-finished 2.4.2, `isFinished`), and what Pepr then looks at. */
const likePepr: RequestListener = (request, response) => {
  const isRead = request.complete && !request.readable;
  const { text } = ("body" in request ? request.body : {}) as { text?: string };
  response.end(JSON.stringify({ isRead, length: text?.length }));
};

let server: Server;
let url: string;
beforeAll(async () => {
  server = createServer(readingBodies(likePepr)).listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

const post = (body: string): Promise<Response> =>
  fetch(`${url}/mutate`, { method: "POST", headers: { "content-type": "application/json" }, body });

test.each([1, 1_000, 3_400_000])("an object of %i bytes reaches the webhook", async (length) => {
  const answer = await post(JSON.stringify({ text: "x".repeat(length) }));
  expect(await answer.json()).toEqual({ isRead: true, length });
});

test("letters beyond ASCII arrive whole, wherever the packets are cut", async () => {
  const answer = await post(JSON.stringify({ text: "日本語🌍".repeat(100_000) }));
  expect(await answer.json()).toEqual({ isRead: true, length: 500_000 });
});

test("what is larger than any object is refused without being kept", async () => {
  const answer = await post(JSON.stringify({ text: "x".repeat(LARGEST_REQUEST) }));
  expect(answer.status).toBe(413);
});

test("what is no JSON is refused", async () => {
  expect((await post("{")).status).toBe(400);
});

test("questions without a body are answered as before", async () => {
  const answer = await fetch(`${url}/healthz`);
  expect(answer.status).toBe(200);
});

test("a caller that hangs up in the middle disturbs nobody", async () => {
  const leaving = new AbortController();
  const body = new ReadableStream({
    start: (controller) => {
      controller.enqueue(Buffer.from('{"text": "'));
      setTimeout(() => leaving.abort(), 50);
    },
  });
  const cut = fetch(`${url}/mutate`, { method: "POST", body, duplex: "half", signal: leaving.signal } as RequestInit);
  await expect(cut).rejects.toThrow();
  expect((await post('{"text": "abc"}')).status).toBe(200);
});
