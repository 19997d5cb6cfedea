/** The contract of `McpServers`, kept by the real one with servers of every transport and both ages of the protocol. */
import { jest } from "@jest/globals";
import { mcpContract } from "../../testing/mcp-contract";
import type { TestServer } from "./test-servers";
import { FIXTURE, makeServers, pass, startHttp } from "./test-servers";

const PATIENCE_MS = 60_000;
jest.setTimeout(PATIENCE_MS);

for (const mode of ["stdio", "old-stdio"]) {
  mcpContract(
    `The adapter over stdio (${mode})`,
    async () => {
      const shared = { namespace: "default", transport: "stdio" as const, timeoutMs: 20_000 };
      return {
        servers: makeServers(),
        anew: () => makeServers(),
        target: { ...shared, uid: "many", name: "many", command: process.execPath, args: [FIXTURE, mode] },
        absent: { ...shared, uid: "none", name: "none", command: "kubechain-no-such-program" },
        pass,
        end: async () => undefined,
      };
    },
    { asks: mode === "stdio" },
  );
}

/** Servers over HTTP live through all tests of their mode; `absent` is at a port that somebody has just left. */
describe.each(["http", "old-http", "sse"])("over HTTP", (mode) => {
  let server: TestServer;
  let absent: string;
  beforeAll(async () => {
    server = await startHttp(mode, { comesBack: true });
    const left = await startHttp(mode, { comesBack: false });
    await left.stop();
    absent = left.url;
  });
  afterAll(() => server.stop());

  mcpContract(
    `The adapter (${mode})`,
    async () => {
      const shared = { namespace: "default", transport: "http" as const, timeoutMs: 20_000 };
      return {
        servers: makeServers(),
        anew: () => makeServers(),
        target: { ...shared, uid: "many", name: "many", url: server.url },
        absent: { ...shared, uid: "none", name: "none", url: absent },
        pass,
        end: async () => undefined,
      };
    },
    { asks: mode === "http" },
  );
});
