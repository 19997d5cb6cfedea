/**
 * MCP servers that hang, die, flood, babble or are not there: each says what is wrong with it in words, and costs nobody
 * but its own calls. Beside every one of them a healthy server's calls succeed.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { MCPServer } from "../crds/index";
import type { Lab } from "./harness";
import { sharedLab, START_LIMIT_MS } from "./harness";
import type { Model } from "./model";
import { call, startModel } from "./model";
import type { Manifest } from "./objects";
import { agent, ours, task } from "./objects";
import type { Scene } from "./scene";
import type { ToolServer } from "./tool-servers";
import { effectsOf, mcpServer, startToolServer } from "./tool-servers";

let lab: Lab;
let model: Model;
/** A tool server that runs already when it is connected to. */
let remote: ToolServer;
/** Has the healthy MCPServer "tools" and the Agent "helper" that uses it. */
let scene: Scene;
const folder = mkdtempSync(join(tmpdir(), "kubechain-hostile-"));
beforeAll(async () => {
  const effects = join(folder, "remote");
  [lab, model, remote] = await Promise.all([sharedLab(), startModel(), startToolServer({ effects })]);
  scene = await lab.scene("hostile");
  await scene.apply(mcpServer("tools"));
  await scene.team(model, { agent: { mcpServers: [{ name: "tools" }] } });
}, START_LIMIT_MS);
afterAll(async () => {
  lab.close();
  await Promise.all([model.close(), remote.end()]);
  rmSync(folder, { recursive: true, force: true });
});

/** For what never answers, and for what runs already. */
const IMPATIENT = { timeout: "2s" };
/** Within which even a starved machine starts a program: the same time bounds its start and its calls. */
const ENOUGH_TO_START = { timeout: "8s" };

/** A task of the healthy agent, with a call that must succeed. */
async function expectHealthy(name: string): Promise<void> {
  await scene.apply(task(name, { userMessage: `${name} ${call("tools__lookup", { text: name })}` }));
  const { status } = await scene.ended(name);
  expect(status).toMatchObject({ phase: "FinalAnswer", output: expect.stringContaining(`lookup ${name} `) as string });
}

const program = (name: string, command: string, ...args: string[]): Manifest =>
  ours("MCPServer", name, { transport: "stdio", command, args, ...ENOUGH_TO_START });

const isTrouble = ({ status }: MCPServer): boolean => status?.status === "Error";

test.concurrent.each<[what: string, Manifest, phrases: string[]]>([
  ["never answers", mcpServer("mute", ["--hang", "connect"], IMPATIENT), ["within 2 s"]],
  ["never lists its tools", mcpServer("listless", ["--hang", "list"], IMPATIENT), ["within 2 s"]],
  ["is not installed", program("absent", "no-such-program-here"), ["no-such-program-here"]],
  [
    "ends at once",
    program("brief", "node", "-e", "console.error('no settings found'); process.exit(3)"),
    ["3", "no settings found"],
  ],
  ["is no MCP server", program("cat", "cat"), []],
  ["is not there", ours("MCPServer", "gone", { transport: "http", url: "http://127.0.0.1:9/mcp", ...IMPATIENT }), []],
])("a server that %s says so, and others go on", async (_what, manifest, phrases) => {
  const { name } = manifest.metadata;
  await scene.apply(manifest);
  await expectHealthy(`beside-${name}`);
  const { status } = await scene.until("MCPServer", name, "says what is wrong", isTrouble);
  expect(status).toMatchObject({ connected: false, ready: false });
  expect(status?.statusDetail?.length).toBeGreaterThan(10);
  for (const phrase of phrases) expect(status?.statusDetail).toContain(phrase);
  const events = await scene.untilEvents("MCPServer", name, "a warning", (told) =>
    told.some(({ reason }) => reason === "ConnectionFailed"),
  );
  expect(events.find(({ reason }) => reason === "ConnectionFailed")?.type).toBe("Warning");
});

test.concurrent.each([
  ["floods its stderr", "flood"],
  ["babbles on its stdout", "junk"],
])("a server that %s works all the same", async (_what, name) => {
  await scene.apply(mcpServer(name, [`--${name}`]), agent(`${name}-user`, "gpt-4o", { mcpServers: [{ name }] }));
  await scene.ready("MCPServer", name);
  await scene.ready("Agent", `${name}-user`);
  const userMessage = `${name} ${call(`${name}__lookup`, { text: name })}`;
  await scene.apply(task(name, { agentRef: { name: `${name}-user` }, userMessage }));
  await expectHealthy(`beside-${name}`);
  expect((await scene.ended(name)).status?.output).toContain(`lookup ${name} `);
});

/** A server of its own, with an agent of its own. */
async function own(name: string, more: Partial<MCPServer["spec"]> = {}): Promise<string> {
  const effects = join(folder, name);
  const user = agent(`${name}-user`, "gpt-4o", { mcpServers: [{ name }] });
  await scene.apply(mcpServer(name, ["--effects", effects], more), user);
  await scene.ready("Agent", `${name}-user`);
  return effects;
}

test.concurrent("a server that dies in a call costs that call, is started again, and works", async () => {
  const effects = await own("mortal");
  const said = `mortal ${call("mortal__die")}[then]${call("mortal__lookup", { text: "alive" })}[then][say:Over.]`;
  await scene.apply(task("mortal", { agentRef: { name: "mortal-user" }, userMessage: said }));
  await expectHealthy("beside-mortal");
  expect((await scene.ended("mortal")).status).toMatchObject({ phase: "FinalAnswer", output: "Over." });
  expect((await scene.get("ToolCall", "mortal-tc-01"))?.status).toMatchObject({
    phase: "Failed",
    status: "OutcomeUnknown",
    attempts: 1,
  });
  expect((await scene.get("ToolCall", "mortal-tc-02"))?.status).toMatchObject({ phase: "Succeeded" });
  const deaths = effectsOf(effects).filter(({ tool, moment }) => tool === "die" && moment === "begin");
  expect(deaths).toHaveLength(1);
  const events = await scene.untilEvents("ToolCall", "mortal-tc-01", "one", ({ length }) => length > 0);
  expect(events[0]).toMatchObject({ type: "Warning", reason: "OutcomeUnknown" });
});

test.concurrent("a call that hangs ends by the server's timeout, and is not made again", async () => {
  const effects = await own("stuck", ENOUGH_TO_START);
  const said = `stuck ${call("stuck__hang")}[then][say:Over.]`;
  await scene.apply(task("stuck", { agentRef: { name: "stuck-user" }, userMessage: said }));
  await expectHealthy("beside-stuck");
  expect((await scene.ended("stuck")).status).toMatchObject({ phase: "FinalAnswer", output: "Over." });
  expect((await scene.get("ToolCall", "stuck-tc-01"))?.status).toMatchObject({ status: "OutcomeUnknown" });
  expect(effectsOf(effects).filter(({ tool, moment }) => tool === "hang" && moment === "begin")).toHaveLength(1);
});

test.concurrent("a trusted, safe tool that hangs is called again, and given up in words in the end", async () => {
  const { url, effects } = remote;
  const server = { transport: "http", url, trustAnnotations: true, ...IMPATIENT };
  await scene.apply(
    ours("MCPServer", "slow", server),
    agent("slow-user", "gpt-4o", { mcpServers: [{ name: "slow" }] }),
  );
  await scene.ready("Agent", "slow-user");
  const said = `slow ${call("slow__lookup", { text: "slow", delayMs: 60_000 })}[then][say:Over.]`;
  await scene.apply(task("slow", { agentRef: { name: "slow-user" }, userMessage: said }));
  expect((await scene.ended("slow")).status).toMatchObject({ phase: "FinalAnswer", output: "Over." });
  const found = await scene.get("ToolCall", "slow-tc-01");
  expect(found?.status).toMatchObject({ status: "Error", finishReason: "NoAnswer" });
  const begun = effectsOf(effects).filter(({ tool, moment }) => tool === "lookup" && moment === "begin");
  expect(begun.length).toBe(found?.status?.attempts);
  expect(new Set(begun.map(({ key }) => key)).size).toBe(1);
});
