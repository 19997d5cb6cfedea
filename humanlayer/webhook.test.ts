/** Telling others: again after a failure, not for ever, and never in anybody's way. */
import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { itemOf } from "./items";
import { createWebhook } from "./webhook";

const item = itemOf("human_contact", { run_id: "r", call_id: "hc-1", spec: { msg: "?" } }, "2026-11-21T10:00:00.000Z");

/** A receiver that answers with these statuses, one after the other; 0 is never answered. */
async function receiver(statuses: number[]): Promise<{ url: string; bodies: string[]; server: Server }> {
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk: Buffer) => (text += chunk.toString()));
    request.on("end", () => {
      const status = statuses[bodies.push(text) - 1] ?? 200;
      if (status !== 0) response.writeHead(status, { location: "/elsewhere" }).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/?token=secret`, bodies, server };
}

const until = async (isSo: () => boolean): Promise<void> => {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5));
};

describe("the webhook", () => {
  let server: Server | undefined;
  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
  });

  test("is told again after errors, redirects and silence, with the same words", async () => {
    const there = await receiver([500, 302, 0, 200]);
    server = there.server;
    const lines: string[] = [];
    const webhook = createWebhook({
      url: there.url,
      log: (line) => lines.push(line),
      pausesMs: [1, 1, 1, 1],
      withinMs: 800,
    });
    webhook.tell("human_contact", item);
    await until(() => there.bodies.length === 4);
    await new Promise((resolve) => setTimeout(resolve, 50));
    await webhook.close();
    expect(there.bodies).toEqual(Array(4).fill(JSON.stringify({ type: "human_contact.completed", event: item })));
    expect(lines).toEqual([]);
  });

  test("is given up after its attempts, in a line without the address", async () => {
    const there = await receiver([500, 500, 500]);
    server = there.server;
    const lines: string[] = [];
    const webhook = createWebhook({ url: there.url, log: (line) => lines.push(line), pausesMs: [1, 1] });
    webhook.tell("human_contact", item);
    await until(() => lines.length > 0);
    expect(there.bodies).toHaveLength(3);
    expect(lines[0]).toMatch(/hc-1 .*500/);
    expect(lines[0]).not.toContain("secret");
    await webhook.close();
  });

  test("keeps nobody from ending", async () => {
    const there = await receiver([0]);
    server = there.server;
    const webhook = createWebhook({ url: there.url, log: () => undefined });
    webhook.tell("human_contact", item);
    await until(() => there.bodies.length === 1);
    await webhook.close();
    expect(there.bodies).toHaveLength(1);
  });
});
