/** The tool server does what tests rely on: it writes down what it did before it says so, on both transports. */
import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import type { Effect } from "./tool-server";

const PROGRAM = join(process.cwd(), "capabilities", "testing", "tool-server.ts");
const NODE = join(process.cwd(), "node_modules", "node", "bin", "node");
const node = existsSync(NODE) ? NODE : process.execPath;
const folder = mkdtempSync(join(tmpdir(), "kubechain-tools-"));
const effects = join(folder, "effects");
const KEY = "kubechain.humanlayer.dev/idempotency-key";

let http: ChildProcess;
let url = "";
beforeAll(async () => {
  http = spawn(node, [PROGRAM, "--http", "0", "--effects", effects], { stdio: ["ignore", "ignore", "pipe"] });
  for (let said = ""; url === ""; url = /http:\S+/.exec(said)?.[0] ?? "") {
    said += String((await once(http.stderr ?? process.stdin, "data"))[0]);
  }
}, 20_000);
afterAll(() => {
  http.kill("SIGKILL");
  rmSync(folder, { recursive: true });
});

const written = (): Effect[] =>
  readFileSync(effects, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Effect);

const overStdio = (...more: string[]): Transport =>
  new StdioClientTransport({ command: node, args: [PROGRAM, "--effects", effects, ...more], stderr: "ignore" });

async function withClient(transport: Transport, use: (client: Client) => Promise<void>): Promise<void> {
  const client = new Client({ name: "test", version: "1" });
  await client.connect(transport);
  try {
    await use(client);
  } finally {
    await client.close();
  }
}

describe.each([
  ["stdio", () => overStdio()],
  ["stdio with junk and a flood", () => overStdio("--junk", "--flood")],
  ["streamable HTTP", () => new StreamableHTTPClientTransport(new URL(url)) as Transport],
])("over %s", (title, transport) => {
  test("an execution is in the file, with its key, before it is answered, and can be traced by its receipt", () =>
    withClient(transport(), async (client) => {
      const args = { text: title, delayMs: 50 };
      const answer = await client.callTool({ name: "append", arguments: args, _meta: { [KEY]: `key of ${title}` } });
      const own = written().filter((effect) => effect.arguments["text"] === title);
      expect(own.map(({ tool, key, moment }) => ({ tool, key, moment }))).toEqual([
        { tool: "append", key: `key of ${title}`, moment: "begin" },
        { tool: "append", key: `key of ${title}`, moment: "end" },
      ]);
      expect(answer.content).toEqual([{ type: "text", text: `append ${title} ${own[1]?.receipt ?? "none"}` }]);
    }));

  test("tools say whether they are safe, fail, show pictures and give data", () =>
    withClient(transport(), async (client) => {
      const { tools } = await client.listTools();
      expect(tools.filter(({ annotations }) => annotations?.readOnlyHint).map(({ name }) => name)).toEqual([
        "lookup",
        "env",
      ]);
      expect(await client.callTool({ name: "fail", arguments: { text: "so" } })).toMatchObject({ isError: true });
      expect(await client.callTool({ name: "structured", arguments: { n: 4 } })).toMatchObject({
        structuredContent: { doubled: 8 },
      });
      expect((await client.callTool({ name: "image", arguments: {} })).content).toContainEqual(
        expect.objectContaining({ type: "image", mimeType: "image/png" }),
      );
      await expect(client.callTool({ name: "none", arguments: {} })).rejects.toThrow("There is no tool none");
    }));

  test("a call that is given up is written down as cancelled", () =>
    withClient(transport(), async (client) => {
      const ms = 10_000 + title.length;
      const call = client.callTool({ name: "sleep", arguments: { ms } }, undefined, { timeout: 300 });
      await expect(call).rejects.toThrow();
      if (title === "streamable HTTP") return; // Without a session nobody knows whose call a cancellation is of.
      const isCancelled = (): boolean =>
        written().some(({ arguments: args, moment }) => moment === "cancelled" && args["ms"] === ms);
      while (!isCancelled()) await new Promise((resolve) => setTimeout(resolve, 20));
    }));
});

test("a server that is told to die in a call is gone without an answer", () =>
  withClient(overStdio(), async (client) => {
    await expect(client.callTool({ name: "die", arguments: {} })).rejects.toThrow();
  }));

test.each(["connect", "list"])("told to hang on %s, it does", async (where) => {
  const client = new Client({ name: "test", version: "1" });
  const patience = { timeout: 400 };
  const attempt = client
    .connect(overStdio("--hang", where), where === "connect" ? patience : undefined)
    .then(() => client.listTools(undefined, patience));
  await expect(attempt).rejects.toThrow(/timed out/i);
  await client.close();
});
