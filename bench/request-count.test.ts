import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { request } from "undici";
import { UNCOUNTED, countRequests, countsBetween, countsText, routeOf, totalOf } from "./request-count";

test("requests that a server of this process receives are counted by what they ask for, but for those of the bench", async () => {
  const counts = countRequests();
  const server = createServer((_request, response) => response.end());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const ask = async (path: string, headers = {}): Promise<void> => {
    const { body } = await request(`http://127.0.0.1:${port}${path}`, { headers });
    await body.dump();
  };
  await ask("/humanlayer/v1/function_calls/ec-0123456789abcdef");
  await ask("/function_calls/ec-fedcba9876543210?x=1");
  await ask("/project");
  await ask("/project", { [UNCOUNTED]: "yes" });
  server.close();
  server.closeAllConnections();
  expect(counts()).toEqual({ "GET /function_calls/:id": 2, "GET /project": 1 });
  expect(totalOf(counts())).toBe(3);
});

describe("what is asked for", () => {
  test.each([
    ["is the same for all items", "/humanlayer/v1/function_calls/hc-0123456789abcdef", "GET /function_calls/:id"],
    ["keeps words that are no ids", "/humanlayer/v1/agent/function_calls/pending", "GET /agent/function_calls/pending"],
    ["is without what follows a question mark", "/page?a=b", "GET /page"],
  ])("%s", (_sentence, url, route) => {
    expect(routeOf("GET", url)).toBe(route);
  });
});

test("between two readings only what came is left", () => {
  const came = countsBetween({ a: 2, b: 1 }, { a: 5, b: 1, c: 1 });
  expect(came).toEqual({ a: 3, c: 1 });
  expect(countsText(came)).toBe("3 a, 1 c");
  expect(countsText({})).toBe("none");
});
