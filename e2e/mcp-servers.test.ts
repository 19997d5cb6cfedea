/** Real servers that others have written, as they are published: over stdio and over streamable HTTP. */
import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../bench/launch";
import { projectFiles } from "../controlplane/project";
import type { Lab } from "./harness";
import { sharedLab, START_LIMIT_MS } from "./harness";
import type { Model } from "./model";
import { call, startModel } from "./model";
import type { Manifest } from "./objects";
import { ours, task } from "./objects";
import type { Scene } from "./scene";

let lab: Lab;
let model: Model;
const folder = mkdtempSync(join(tmpdir(), "kubechain-servers-"));
beforeAll(async () => void ([lab, model] = await Promise.all([sharedLab(), startModel()])), START_LIMIT_MS);
afterAll(async () => {
  lab.close();
  await model.close();
  rmSync(folder, { recursive: true, force: true });
});

const { node, root } = projectFiles();
const packaged = (name: string): string =>
  join(root, "node_modules", "@modelcontextprotocol", `server-${name}`, "dist", "index.js");

function stdio(name: string, args: string[], env: { name: string; value: string }[] = []): Manifest {
  return ours("MCPServer", name, { transport: "stdio", command: node, args: [packaged(name), ...args], env });
}

/** A scene with this server and an agent that uses it, both Ready. */
async function staff(manifest: Manifest): Promise<Scene> {
  const { name } = manifest.metadata;
  const scene = await lab.scene(name);
  await scene.apply(manifest);
  await scene.ready("MCPServer", name);
  await scene.team(model, { agent: { mcpServers: [{ name }] } });
  return scene;
}

/** Runs a task with these turns of calls, all of which must succeed: what the tools said. */
async function run(scene: Scene, name: string, ...turns: string[]): Promise<string[]> {
  await scene.apply(task(name, { userMessage: `${scene.namespace} ${name} ${turns.join("[then]")}` }));
  expect((await scene.ended(name)).status?.phase).toBe("FinalAnswer");
  const calls = (await scene.list("ToolCall")).sort((a, b) => a.metadata.name.localeCompare(b.metadata.name));
  expect(calls.map(({ status }) => `${status?.phase ?? ""} ${status?.error ?? ""}`)).toEqual(
    calls.map(() => "Succeeded "),
  );
  return calls.map(({ status }) => status?.result ?? "");
}

const everything = [
  call("everything__echo", { message: "high tide" }) + call("everything__get-sum", { a: 19, b: 23 }),
  call("everything__get-tiny-image", {}) + call("everything__get-structured-content", { location: "New York" }),
];

function expectEverything(results: string[]): void {
  const [echo, sum, image, structured] = results;
  expect(echo).toContain("high tide");
  expect(sum).toContain("42");
  expect(image).toMatch(/image/);
  expect(structured).toMatch(/temperature/);
}

test.concurrent("server-everything over stdio", async () => {
  expectEverything(await run(await staff(stdio("everything", [])), "t", ...everything));
});

describe("over streamable HTTP", () => {
  let server: ChildProcess;
  let url = "";
  beforeAll(async () => {
    const port = await freePort();
    const env = { ...process.env, PORT: String(port) };
    server = spawn(node, [packaged("everything"), "streamableHttp"], { env, stdio: "ignore" });
    url = `http://127.0.0.1:${port}/mcp`;
  });
  afterAll(() => void server.kill("SIGKILL"));

  test.concurrent("server-everything", async () => {
    const manifest = ours("MCPServer", "everything", { transport: "http", url });
    expectEverything(await run(await staff(manifest), "t", ...everything));
  });
});

test.concurrent(
  "server-filesystem writes and reads files where it may, and the model is told where it may not",
  async () => {
    const scene = await staff(stdio("filesystem", [folder]));
    const path = join(folder, "note.txt");
    const results = await run(
      scene,
      "t",
      call("filesystem__write_file", { path, content: "the tide is high" }),
      call("filesystem__read_text_file", { path }),
    );
    expect(readFileSync(path, "utf8")).toBe("the tide is high");
    expect(results[1]).toContain("the tide is high");
    const outside = call("filesystem__read_text_file", { path: "/etc/hostname" });
    await scene.apply(task("outside", { userMessage: `outside ${outside}[then][say:Not allowed.]` }));
    expect((await scene.ended("outside")).status).toMatchObject({ phase: "FinalAnswer", output: "Not allowed." });
    expect((await scene.get("ToolCall", "outside-tc-01"))?.status).toMatchObject({
      status: "Error",
      finishReason: "ToolFailed",
      result: expect.stringMatching(/denied|outside/i) as string,
    });
  },
);

test.concurrent("server-memory remembers from one call to the next", async () => {
  const file = [{ name: "MEMORY_FILE_PATH", value: join(folder, "memory.jsonl") }];
  const results = await run(
    await staff(stdio("memory", [], file)),
    "t",
    call("memory__create_entities", {
      entities: [{ name: "Tide", entityType: "water", observations: ["is high"] }],
    }),
    call("memory__read_graph", {}),
  );
  expect(results[1]).toMatch(/Tide[^]*is high/);
});
