/**
 * Every file under examples/ is applied as people do it and reaches what its head comment says. Files that reach for the
 * internet are turned to a page of the test's own, and those that ask by email to a server of the test's own.
 */
import { readdirSync, readFileSync } from "node:fs";
import type { Server } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { projectRoot } from "../controlplane/project";
import { ensureUv } from "../controlplane/uv";
import type { Lab } from "./harness";
import { sharedLab, START_LIMIT_MS } from "./harness";
import type { Manifest } from "./objects";
import { ours, secret } from "./objects";
import type { Service } from "./people";
import { startService } from "./people";
import type { Scene } from "./scene";

const folder = join(projectRoot(), "examples");
const files = readdirSync(folder).filter((file) => file.endsWith(".yaml"));
const PAGE = "The tide is high but this page holds on.";
/** Servers are downloaded when they first start. */
const DOWNLOAD_LIMIT_MS = 180_000;

let lab: Lab;
let page: Server;
let address = "";
let service: Service;
beforeAll(async () => {
  [lab, service] = await Promise.all([sharedLab(), startService({ database: ":memory:" })]);
  page = createServer((request, response) => {
    if (request.url === "/page") response.writeHead(200, { "content-type": "text/plain" }).end(PAGE);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => page.listen(0, "127.0.0.1", resolve));
  address = `http://127.0.0.1:${(page.address() as AddressInfo).port}/page`;
}, START_LIMIT_MS);
afterAll(async () => {
  lab.close();
  await service.close();
  await new Promise((resolve) => page.close(resolve));
});

/** What a head comment promises beyond "everything becomes Ready and every task is answered". */
const promises: Record<string, (scene: Scene) => Promise<void>> = {
  "01-ask.yaml": async (scene) => {
    const { status } = await scene.ended("hello-world-1");
    expect(status).toMatchObject({
      phase: "FinalAnswer",
      output: expect.stringMatching(/^The Moon has no capital/) as string,
    });
  },
  "02-fetch-a-page.yaml": async (scene) => {
    const { status } = await scene.ended("fetch-a-page");
    expect(status).toMatchObject({ phase: "FinalAnswer", output: expect.stringContaining(PAGE) as string });
    const [call] = await scene.list("ToolCall");
    expect(call).toMatchObject({
      metadata: { name: "fetch-a-page-tc-01" },
      spec: { toolRef: { name: "fetch__fetch" } },
      status: { phase: "Succeeded", result: expect.stringContaining(PAGE) as string },
    });
  },
  "02-use-a-tool.yaml": async (scene) => {
    const { status } = await scene.ended("use-a-tool");
    expect(status).toMatchObject({
      phase: "FinalAnswer",
      output: expect.stringContaining("the tide is high") as string,
    });
    const calls = await scene.list("ToolCall");
    expect(calls.map(({ spec, status: now }) => [spec.toolRef.name, now?.phase])).toEqual([
      ["everything__echo", "Succeeded"],
    ]);
  },
  "03-approve-a-tool.yaml": async (scene) => {
    expect((await scene.ended("let-through")).status?.phase).toBe("FinalAnswer");
    const through = (await scene.get("ToolCall", "let-through-tc-01"))?.status;
    expect(through?.result).toContain("the tide is high");
    expect(through?.question).toBeUndefined();
    await asked(scene, "approve-a-tool-tc-01", "AwaitingHumanApproval");
    await scene.mustKubectl(["annotate", "tc", "approve-a-tool-tc-01", `${GROUP}/approve=looks fine`]);
    await expectSum(scene, "approve-a-tool");
    await expectRefusal(scene, "approve-a-tool");
  },
  "04-approve-by-email.yaml": async (scene) => {
    await asked(scene, "approve-by-email-tc-01", "AwaitingHumanApproval");
    await scene.until("ContactChannel", "approval-channel", "is Ready", ({ status }) => status?.ready === true);
    const call = await scene.until("ToolCall", "approve-by-email-tc-01", "was sent", ({ status }) =>
      Boolean(status?.question?.sentAt),
    );
    await service.answer(call.status?.externalCallID ?? "", { approved: true });
    await expectSum(scene, "approve-by-email");
  },
  "05-ask-a-person.yaml": async (scene) => {
    const { status: offers } = await scene.ready("Agent", "my-assistant");
    expect(offers?.tools?.map(({ name }) => name)).toEqual(["team__human_contact"]);
    await asked(scene, "ask-a-person-tc-01", "AwaitingHumanInput");
    const answer = "Green, like the old one.";
    await scene.mustKubectl(["annotate", "tc", "ask-a-person-tc-01", `${GROUP}/respond=${answer}`]);
    expect((await scene.ended("ask-a-person")).status).toMatchObject({
      phase: "FinalAnswer",
      output: expect.stringContaining(answer) as string,
    });
    expect((await scene.get("ToolCall", "ask-a-person-tc-01"))?.status).toMatchObject({
      phase: "Succeeded",
      result: answer,
    });
  },
};

const GROUP = "kubechain.humanlayer.dev";

async function asked(scene: Scene, name: string, status: string): Promise<void> {
  await scene.until("ToolCall", name, `is ${status}`, (call) => call.status?.status === status);
}

/** The other answer, to the same task once more. */
async function expectRefusal(scene: Scene, name: string): Promise<void> {
  const again = (await scene.get("Task", name))?.spec ?? {};
  await scene.apply(ours("Task", "refused", again));
  await asked(scene, "refused-tc-01", "AwaitingHumanApproval");
  await scene.mustKubectl(["annotate", "tc", "refused-tc-01", `${GROUP}/reject=ask the accountants`]);
  expect((await scene.ended("refused")).status).toMatchObject({
    phase: "FinalAnswer",
    output: expect.stringContaining("ask the accountants") as string,
  });
  const refused = await scene.get("ToolCall", "refused-tc-01");
  expect(refused?.status?.status).toBe("ToolCallRejected");
  expect(refused?.status?.attempts).toBeUndefined();
}

/** The sum is in the answer, and was worked out once. */
async function expectSum(scene: Scene, name: string): Promise<void> {
  expect((await scene.ended(name)).status).toMatchObject({
    phase: "FinalAnswer",
    output: expect.stringContaining("42") as string,
  });
  const calls = (await scene.list("ToolCall")).filter(({ spec }) => spec.taskRef?.name === name);
  expect(calls.map(({ spec, status }) => [spec.toolRef.name, status?.phase, status?.attempts])).toEqual([
    ["everything__get-sum", "Succeeded", 1],
  ]);
}

/** What is changed of a file so that it needs no internet but the package registries, and no account. */
const offline: Record<string, (manifest: Manifest) => Manifest> = {
  // As the operator's HUMANLAYER_API_BASE would have it.
  "04-approve-by-email.yaml": (manifest) => {
    if (manifest.kind === "ContactChannel") (manifest["spec"] as Record<string, unknown>)["baseUrl"] = service.url;
    return manifest;
  },
  "02-fetch-a-page.yaml": (manifest) => {
    const { spec } = manifest as unknown as { spec: Record<string, unknown> };
    if (manifest.kind === "MCPServer") spec["args"] = [...(spec["args"] as string[]), "--allow-private-ips"];
    if (manifest.kind === "Task")
      spec["userMessage"] = String(spec["userMessage"]).replace("https://example.com", address);
    return manifest;
  },
};

test("each states what to expect, and that is checked here", () => {
  for (const file of files) expect(readFileSync(join(folder, file), "utf8")).toMatch(/^#.*\n(#.*\n)*# Expected: /);
  expect(Object.keys(promises)).toEqual(files);
});

test.concurrent.each(files)(
  "%s does what its head comment says",
  async (file) => {
    const text = readFileSync(join(folder, file), "utf8");
    const manifests = parseAllDocuments(text).map((document) => document.toJS() as Manifest);
    // As `npm run up` does it, for the operator that the tests share.
    if (manifests.some(({ spec }) => (spec as { command?: string }).command === "uvx")) await ensureUv();
    const scene = await lab.scene("example");
    scene.patienceMs = DOWNLOAD_LIMIT_MS;
    await scene.apply(secret("openai", { OPENAI_API_KEY: "sk-any" }));
    await scene.apply(secret("humanlayer", { HUMANLAYER_API_KEY: service.key }));
    const changed = manifests.map((manifest) => JSON.stringify(offline[file]?.(manifest) ?? manifest));
    await scene.mustKubectl(["apply", "-f", "-"], file in offline ? changed.join("\n---\n") : text);
    for (const { kind, metadata } of manifests) {
      if (kind === "LLM" || kind === "Agent" || kind === "MCPServer") await scene.ready(kind, metadata.name);
    }
    await promises[file]?.(scene);
  },
  DOWNLOAD_LIMIT_MS,
);
