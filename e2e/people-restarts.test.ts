/**
 * Waiting for people outlives processes: the README's walk with the operator's HUMANLAYER_API_BASE, a tool that wants an
 * answer, calls that were in flight and a final answer on its way, all there when the operator is killed. While it is down
 * people answer where they can, and the tool server is started anew; then everything goes on, once.
 */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { projectFiles } from "../controlplane/project";
import type { ToolCall } from "../crds/index";
import type { OwnLab } from "./harness";
import { ownLab, START_LIMIT_MS } from "./harness";
import type { Model } from "./model";
import { call, startModel } from "./model";
import { agent, llm, ours, task } from "./objects";
import type { Operator } from "./operator";
import { expectOperator, startOperator } from "./operator";
import type { Service } from "./people";
import { emailChannel, startService } from "./people";
import type { Page } from "./people-readme";
import { CALL, expectAnswered, expectWaiting, startPage, walk } from "./people-readme";
import type { Scene } from "./scene";
import { until } from "./scene";
import { begunWith, mcpServer } from "./tool-servers";

const folder = mkdtempSync(join(tmpdir(), "kubechain-restarts-"));
const ANSWER = "All is told.";
/** Long enough for the operator to be killed meanwhile, and to be waited for once. */
const IN_FLIGHT_MS = 6_000;

let lab: OwnLab;
let model: Model;
let service: Service;
let operator: Operator;
let page: Page;
let readme: Scene;
let scene: Scene;
let effects: string;
let asking: AskingServer;
let stateBefore: string | undefined;
let approvalId = "";
/** What kubectl said while nobody was there to admit anything. */
let whileDown: { code: number; stderr: string };

beforeAll(async () => {
  [lab, model, service, page, asking] = await Promise.all([
    ownLab(),
    startModel(),
    startService({ database: join(folder, "humanlayer.sqlite") }),
    startPage(),
    startAskingServer(),
  ]);
  await expectOperator(lab);
  operator = startOperator(lab, { env: { HUMANLAYER_API_BASE: service.url } });
  await operator.ready();
  [readme, scene] = await Promise.all([lab.scene("readme-restart"), lab.scene("restarts")]);
  effects = join(folder, "effects");
  await Promise.all([walk(readme, { model, page, service, isNamed: false }), prepare()]);
}, START_LIMIT_MS);

afterAll(async () => {
  await operator.end("SIGKILL");
  page.close();
  await Promise.all([lab.end(), model.close(), service.close(), asking.end()]);
  rmSync(folder, { recursive: true, force: true });
}, START_LIMIT_MS);

const said: Record<string, string> = {
  asked: call("many__ask", { text: "about the door" }),
  again: call("tools__append", { text: "again", delayMs: IN_FLIGHT_MS }),
  known: call("tools__append", { text: "known", delayMs: IN_FLIGHT_MS }),
  "given-up": call("tools__append", { text: "given-up", delayMs: IN_FLIGHT_MS }),
};
const start = (name: string): Promise<unknown> =>
  scene.apply(task(name, { userMessage: `${name} ${said[name] ?? ""}` }));
const shown = (name: string): string[] =>
  (model.asked(`${name} ${said[name] ?? ""}`).at(-1)?.messages ?? [])
    .filter(({ role }) => role === "tool")
    .map(({ content }) => content);
const decide = (name: string, words: string) =>
  scene.kubectl(["annotate", "toolcall", `${name}-tc-01`, `kubechain.humanlayer.dev/${words}`]);
const stands = (name: string, status: string): Promise<ToolCall> =>
  scene.until("ToolCall", `${name}-tc-01`, `is ${status}`, (now) => now.status?.status === status);

/** A server of protocol 2026-07-28 whose tool `ask` asks a person and keeps nothing in memory. */
interface AskingServer {
  url: string;
  restart(): Promise<void>;
  end(): Promise<void>;
}

async function startAskingServer(): Promise<AskingServer> {
  const { root, node } = projectFiles();
  const program = join(root, "capabilities", "adapters", "mcp", "many-tools.fixture.mjs");
  const run = async (port: string): Promise<{ child: ChildProcess; port: string }> => {
    const child = spawn(node, [program, "http", port], { stdio: ["ignore", "pipe", "inherit"] });
    process.once("exit", () => void child.kill("SIGKILL"));
    const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
    return { child, port: line };
  };
  let running = await run("0");
  const end = async (): Promise<void> => {
    const gone = once(running.child, "exit");
    running.child.kill("SIGKILL");
    await gone;
  };
  return {
    url: `http://127.0.0.1:${running.port}/mcp`,
    restart: async () => {
      await end();
      running = await run(running.port);
    },
    end,
  };
}

/** Objects, and everything that will be under way when the operator is killed. */
async function prepare(): Promise<void> {
  const people = { humanContactChannels: [{ name: "people" }] };
  await scene.apply(
    ...emailChannel("boss", service),
    ours("ContactChannel", "people", { type: "kubernetes" }),
    mcpServer("tools", ["--effects", effects]),
    ours("MCPServer", "many", { transport: "http", url: asking.url }),
    llm("gpt-4o", model.url),
    agent("helper", "gpt-4o", { mcpServers: [{ name: "tools" }, { name: "many", tools: ["ask"] }], ...people }),
  );
  await scene.ready("Agent", "helper");
  await start("asked");
  await stands("asked", "AwaitingHumanInput");
}

const noticeId = (): string => {
  const put = service.requests().find(({ method, callId }) => method === "POST" && callId?.startsWith("hc-"));
  return put?.callId ?? "";
};
const isPut = (): boolean => noticeId() !== "";

describe("killed while people are waited for", () => {
  beforeAll(async () => {
    await expectWaiting(readme, page);
    approvalId = (await readme.get("ToolCall", CALL))?.status?.externalCallID ?? "";
    stateBefore = (await scene.get("ToolCall", "asked-tc-01"))?.status?.requestState;
    // The service takes the final answer, and the operator does not live to hear of it.
    service.treat(({ callId = "", path }) => (/hc-[0-9a-f]{16}/.test(callId + path) && isPut() ? "swallow" : "pass"));
    await scene.apply(task("told", { userMessage: `[say:${ANSWER}]`, contactChannelRef: { name: "boss" } }));
    await until("the final answer is put", isPut);
    await Promise.all(["again", "known", "given-up"].map(start));
    await until("all three are in flight", () => begunWith(effects, "append").length === 3);
    await operator.end("SIGKILL");
    service.treat(() => "pass");
    whileDown = await readme.kubectl(["annotate", "toolcall", CALL, "kubechain.humanlayer.dev/approve=down"]);
    await service.answer(approvalId, { approved: true, comment: "while it was down" });
    await asking.restart();
    operator = startOperator(lab, { env: { HUMANLAYER_API_BASE: service.url } });
    await operator.ready();
  }, START_LIMIT_MS);

  test.concurrent("with nobody to admit it, kubectl says so and nothing is stored", async () => {
    expect(whileDown.code).not.toBe(0);
    expect(whileDown.stderr).toMatch(/failed calling webhook/);
    expect((await readme.get("ToolCall", CALL))?.spec.approvals).toBeUndefined();
  });

  test.concurrent("an answer given over the service meanwhile counts, and it was asked once", async () => {
    await expectAnswered(readme, page);
    const { status } = await readme.until("ToolCall", CALL, "is there", () => true);
    expect(status).toMatchObject({ phase: "Succeeded", attempts: 1 });
    expect(status?.answers).toMatchObject([{ decision: "Approve", comment: "while it was down" }]);
    expect(service.puts(approvalId)).toBe(1);
  });

  test.concurrent("a final answer that was on its way is told once", async () => {
    await scene.until("Task", "told", "was told", ({ status }) => status?.answerSentTime !== undefined);
    expect(service.puts(noticeId())).toBe(1);
    const items = await service.pending("human_contacts");
    expect(items.filter(({ spec }) => spec["msg"] === ANSWER).map(({ call_id }) => call_id)).toEqual([noticeId()]);
  });

  test.concurrent("what a tool wanted to know is told to the server of after", async () => {
    const { status } = await stands("asked", "AwaitingHumanInput");
    expect(status).toMatchObject({ question: { kind: "Input", channel: "people" }, requestState: stateBefore });
    expect(stateBefore).toEqual(expect.any(String));
    expect(status?.question?.schema).toMatchObject({ properties: { yes: { type: "boolean" } } });
    const wrong = await decide("asked", "respond=perhaps");
    expect(wrong.code).not.toBe(0);
    expect(wrong.stderr).toMatch(/does not fit what .*asks: .*yes/);
    const told = await scene.untilEvents("ToolCall", "asked-tc-01", "what was wrong", (all) =>
      all.some(({ reason }) => reason === "ApprovalRefused"),
    );
    expect(told.find(({ reason }) => reason === "ApprovalRefused")?.message).toMatch(/does not fit what .*asks/);
    expect((await decide("asked", "respond=yes")).code).toBe(0);
    const over = await stands("asked", "Succeeded");
    expect(over.status).toMatchObject({ attempts: 2, result: 'asked about the door: {"yes":true}' });
    expect((await scene.ended("asked")).status?.phase).toBe("FinalAnswer");
    expect(shown("asked")).toEqual(['asked about the door: {"yes":true}']);
  });

  describe("of what was in flight nobody knows whether it happened, so a person is asked", () => {
    const begun = (name: string): number => begunWith(effects, "append").filter((text) => text === name).length;
    const isAsked = async (name: string): Promise<void> => {
      const { status } = await stands(name, "OutcomeUnknown");
      expect(status).toMatchObject({ phase: "Pending", question: { kind: "Outcome", channel: "people" } });
      expect(status?.completionTime).toBeUndefined();
      expect(begun(name)).toBe(1);
    };

    test.concurrent("approve runs it again", async () => {
      await isAsked("again");
      expect((await decide("again", "approve=it did not happen")).code).toBe(0);
      expect((await scene.ended("again")).status?.phase).toBe("FinalAnswer");
      expect((await stands("again", "Succeeded")).status?.attempts).toBe(2);
      expect(begun("again")).toBe(2);
    });

    test.concurrent("respond is its result", async () => {
      await isAsked("known");
      expect((await decide("known", "respond=the line is there")).code).toBe(0);
      expect((await scene.ended("known")).status?.phase).toBe("FinalAnswer");
      expect((await stands("known", "Succeeded")).status?.result).toContain("the line is there");
      expect(shown("known")).toEqual([expect.stringContaining("the line is there")]);
      expect(begun("known")).toBe(1);
    });

    test.concurrent("reject gives it up, and the model is told that it may have happened", async () => {
      await isAsked("given-up");
      expect((await decide("given-up", "reject=leave it")).code).toBe(0);
      expect((await scene.ended("given-up")).status?.phase).toBe("FinalAnswer");
      expect((await stands("given-up", "Error")).status?.finishReason).toBe("OutcomeUnknown");
      expect(shown("given-up")).toEqual([
        expect.stringMatching(/gave the call up.*leave it.*may have happened or not/),
      ]);
      expect(begun("given-up")).toBe(1);
    });
  });
});
