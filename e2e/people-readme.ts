/**
 * The README's walk "Incorporating Human Approval" as people do it: its manifests, a page of the test's own to be fetched in
 * place of one on the internet, and what kubectl shows while the call waits and when it is over. Who answers is the tests' business.
 */
import type { Server } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { ensureUv } from "../controlplane/uv";
import type { Task } from "../crds/index";
import type { Model } from "./model";
import { llm } from "./objects";
import { eventsIn, rowsOf } from "./printed";
import type { Scene } from "./scene";
import type { Service } from "./people";

const DATA = '{"name":"C-3PO","height":"167"}';
const HAIKU = "Golden C-3PO,\nSpeaks in many languages,\nDroid with gentle heart.";
export const CALL = "approved-fetch-task-tc-01";

/** The page, and how often it was fetched. */
export interface Page {
  url: string;
  fetched(): number;
  close(): void;
}

export async function startPage(): Promise<Page> {
  let fetched = 0;
  const server: Server = createServer((request, response) => {
    const isPage = request.url === "/api/people/2";
    if (isPage) fetched += 1;
    response.writeHead(isPage ? 200 : 404, { "content-type": "application/json" }).end(isPage ? DATA : "");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/people/2`;
  return { url, fetched: () => fetched, close: () => void server.close() };
}

/** The manifests in the README's order. `baseUrl`: a line that the README leaves to the operator's HUMANLAYER_API_BASE. */
const manifests = (baseUrl: string | undefined): string => `
apiVersion: kubechain.humanlayer.dev/v1alpha1
kind: ContactChannel
metadata:
  name: approval-channel
spec:
  type: email # Replace with "slack" if using Slack
  ${baseUrl === undefined ? "" : `baseUrl: ${baseUrl}`}
  apiKeyFrom:
    secretKeyRef:
      name: humanlayer
      key: HUMANLAYER_API_KEY
  email:
    address: "approver@example.com" # Replace with actual target email address
    subject: "Approval Request from Kubechain"
    contextAboutUser: "Primary approver for web fetch operations"
---
apiVersion: kubechain.humanlayer.dev/v1alpha1
kind: MCPServer
metadata:
  name: fetch
spec:
  transport: "stdio"
  command: "uvx"
  args: ["mcp-server-fetch", "--allow-private-ips"] # The page is on this machine.
  timeout: 120s
  approvalContactChannel:
    name: approval-channel
---
apiVersion: kubechain.humanlayer.dev/v1alpha1
kind: Agent
metadata:
  name: agent-with-fetch
spec:
  llmRef:
    name: gpt-4o
  system: |
    You are a helpful assistant. Your job is to help the user with their tasks.
  mcpServers:
    - name: fetch
`;

const taskManifest = (page: Page): string => `
apiVersion: kubechain.humanlayer.dev/v1alpha1
kind: Task
metadata:
  name: approved-fetch-task
spec:
  agentRef:
    name: agent-with-fetch
  message: "${questionAbout(page)}"
`;

const questionAbout = ({ url }: Page): string => `Write me a haiku about the character found at ${url}?`;

/** What the walk is done with. */
export interface Means {
  model: Model;
  page: Page;
  service: Service;
  /** The channel names the service; otherwise the operator's environment has to. */
  isNamed: boolean;
}

/** Walks until the call waits. */
export async function walk(scene: Scene, { model, page, service, isNamed }: Means): Promise<void> {
  await ensureUv();
  scene.patienceMs = 180_000;
  const fetching = { id: "call_FZaXJq1F", name: "fetch__fetch", arguments: JSON.stringify({ url: page.url }) };
  model.on(questionAbout(page), { reply: { calls: [fetching] } }, { reply: { text: HAIKU } });
  await scene.apply(llm("gpt-4o", model.url));
  const key = `--from-literal=HUMANLAYER_API_KEY=${service.key}`;
  await scene.mustKubectl(["create", "secret", "generic", "humanlayer", key]);
  await scene.mustKubectl(["apply", "-f", "-"], manifests(isNamed ? service.url : undefined));
  await scene.ready("Agent", "agent-with-fetch");
  await scene.mustKubectl(["apply", "-f", "-"], taskManifest(page));
  await scene.untilEvents("ToolCall", CALL, "that it was sent", (told) =>
    told.some(({ reason }) => reason === "HumanLayerRequestSent"),
  );
  await scene.until("ToolCall", CALL, "was sent", ({ status }) => status?.question?.sentAt !== undefined);
}

/** What the README shows while the call waits. */
export async function expectWaiting(scene: Scene, page: Page): Promise<void> {
  const [head, row] = rowsOf(await scene.mustKubectl(["get", "taskruntoolcall"]));
  expect(head?.slice(0, 4)).toEqual(["NAME", "PHASE", "TASK", "TOOL"]);
  expect(row?.slice(0, 5)).toEqual([CALL, "Pending", "approved-fetch-task", "fetch__fetch", "AwaitingHumanApproval"]);
  const description = await scene.mustKubectl(["describe", "taskruntoolcall", CALL]);
  for (const line of [
    /^Labels: +.*kubechain\.humanlayer\.dev\/taskruntoolcall=approved-fetch-task$/ms,
    /^ {2}Arguments: +\{"url":"http.*\/api\/people\/2"\}$/m,
    /^ {2}External Call ID: +ec-[0-9a-f]+$/m,
    /^ {2}Phase: +Pending$/m,
    /^ {2}Start Time: +\d{4}-/m,
    /^ {2}Status: +AwaitingHumanApproval$/m,
    /^ {2}Status Detail: +Waiting for human approval via contact channel approval-channel$/m,
  ])
    expect(description).toMatch(line);
  expect(eventsIn(description)).toEqual([
    [
      "Normal",
      "AwaitingHumanApproval",
      "toolcall-controller",
      "Tool execution requires approval via contact channel approval-channel",
    ],
    ["Normal", "HumanLayerRequestSent", "toolcall-controller", "HumanLayer request sent"],
  ]);
  expect((await scene.get("Task", "approved-fetch-task"))?.status).toMatchObject({ phase: "ToolCallsPending" });
  expect((await scene.get("Task", "approved-fetch-task"))?.status?.output).toBeUndefined();
  expect(page.fetched()).toBe(0);
}

/** What the README shows in the end. */
export async function expectAnswered(scene: Scene, page: Page): Promise<Task> {
  const task = await scene.ended("approved-fetch-task");
  expect(task.status).toMatchObject({
    phase: "FinalAnswer",
    output: HAIKU,
    contextWindow: [
      { role: "system" },
      { role: "user", content: questionAbout(page) },
      { role: "assistant", toolCalls: [{ function: { name: "fetch__fetch" } }] },
      { role: "tool", content: expect.stringContaining(DATA) as string },
      { role: "assistant", content: HAIKU },
    ],
  });
  expect(page.fetched()).toBe(1);
  const told = await scene.untilEvents("Task", "approved-fetch-task", "all six", ({ length }) => length >= 6);
  // An operator that was started meanwhile counts from one again.
  expect([...new Set(told.map(({ reason }) => reason))]).toEqual([
    "ValidationSucceeded",
    "SendingContextWindowToLLM",
    "ToolCallsPending",
    "ToolCallCreated",
    "AllToolCallsCompleted",
    "LLMFinalAnswer",
  ]);
  return task;
}
