import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fetch } from "undici";
import { listInPages } from "./list-in-pages";

const KINDS = "/apis/kubechain.humanlayer.dev/v1alpha1";
const seen: string[] = [];
const server = createServer((request, response) => {
  seen.push(`${request.method ?? ""} ${request.url ?? ""}`);
  response.end("{}");
});
let end = (): void => undefined;

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  end = listInPages();
});
afterAll(() => {
  end();
  server.closeAllConnections();
  server.close();
});

test.each<[sentence: string, method: string, path: string, sent: string]>([
  ["a list of one of our kinds is asked for in pages", "GET", `${KINDS}/tasks`, `${KINDS}/tasks?limit=500`],
  ["so is the rest of it", "GET", `${KINDS}/tasks?continue=abc`, `${KINDS}/tasks?continue=abc&limit=500`],
  ["a watch is left as it is", "GET", `${KINDS}/tasks?watch=true`, `${KINDS}/tasks?watch=true`],
  ["so is who names a limit", "GET", `${KINDS}/tasks?limit=7`, `${KINDS}/tasks?limit=7`],
  ["so is one object", "GET", `${KINDS}/namespaces/a/tasks/b`, `${KINDS}/namespaces/a/tasks/b`],
  ["so is everybody else's", "GET", "/api/v1/pods", "/api/v1/pods"],
  ["so is what is no reading", "DELETE", `${KINDS}/tasks`, `${KINDS}/tasks`],
])("%s", async (_sentence, method, path, sent) => {
  const { port } = server.address() as AddressInfo;
  await (await fetch(`http://127.0.0.1:${port}${path}`, { method })).text();
  expect(seen.at(-1)).toBe(`${method} ${sent}`);
});
