/**
 * People in the loop, as they meet it: the README's walk over a HumanLayer-compatible server and with kubectl alone, yes and
 * no, silence, several people who must agree, questions, and final answers. What a tool really did is read from its own file.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Kubectl } from "../controlplane/kubectl";
import type { Agent, ContactChannel, MCPServer, ToolCall } from "../crds/index";
import type { Lab } from "./harness";
import { sharedLab, START_LIMIT_MS } from "./harness";
import type { Model } from "./model";
import { call, startModel } from "./model";
import type { Manifest } from "./objects";
import { ours, task } from "./objects";
import type { Service } from "./people";
import { emailChannel, kubectlOf, startService } from "./people";
import type { Page } from "./people-readme";
import { CALL, expectAnswered, expectWaiting, startPage, walk } from "./people-readme";
import { rowsOf, saying } from "./printed";
import type { Scene } from "./scene";
import { until } from "./scene";
import { begunWith, mcpServer } from "./tool-servers";

let lab: Lab;
let model: Model;
let service: Service;
const folder = mkdtempSync(join(tmpdir(), "kubechain-people-"));
beforeAll(async () => {
  [lab, model, service] = await Promise.all([
    sharedLab(),
    startModel(),
    startService({ database: join(folder, "humanlayer.sqlite") }),
  ]);
}, START_LIMIT_MS);
afterAll(async () => {
  lab.close();
  await Promise.all([model.close(), service.close()]);
  rmSync(folder, { recursive: true, force: true });
});

const withKubectl = (more: Partial<ContactChannel["spec"]> = {}): Manifest =>
  ours("ContactChannel", "people", { type: "kubernetes", ...more });

/** A scene with these channels, the MCPServer "tools" and an agent that uses it; all Ready. */
async function staff(
  name: string,
  channels: Manifest[],
  more: { server?: Partial<MCPServer["spec"]>; agent?: Partial<Agent["spec"]> } = {},
): Promise<{ scene: Scene; effects: string }> {
  const scene = await lab.scene(name);
  const effects = join(folder, scene.namespace);
  const asked = { approvalContactChannel: { name: "people" }, ...more.server };
  await scene.apply(...channels, mcpServer("tools", ["--effects", effects], asked));
  await scene.team(model, { agent: { mcpServers: [{ name: "tools" }], ...more.agent } });
  return { scene, effects };
}

/** A task that makes these calls, and its first call once somebody is asked about it. */
async function ask(scene: Scene, name: string, said: string): Promise<ToolCall> {
  await scene.apply(task(name, { userMessage: `${scene.namespace} ${name} ${said}` }));
  return scene.until("ToolCall", `${name}-tc-01`, "waits for a person", ({ status }) =>
    ["AwaitingHumanApproval", "AwaitingHumanInput"].includes(status?.status ?? ""),
  );
}

const ended = (scene: Scene, name: string): Promise<ToolCall> =>
  scene.until("ToolCall", name, "ends", ({ status }) => status?.completionTime !== undefined);
const decide = (scene: Scene, name: string, said: string) =>
  scene.kubectl(["annotate", "toolcall", name, `kubechain.humanlayer.dev/${said}`]);
const reasons = async (scene: Scene, name: string): Promise<string[]> =>
  (await scene.events("ToolCall", name)).map(({ reason }) => reason);
/** What the model was shown last of the results of the tools. */
const shown = (question: string): string[] =>
  (model.asked(question).at(-1)?.messages ?? []).filter(({ role }) => role === "tool").map(({ content }) => content);

describe("the README's approval by email, the server's address in spec.baseUrl", () => {
  let scene: Scene;
  let page: Page;
  beforeAll(async () => {
    page = await startPage();
    scene = await lab.scene("readme-approval");
    await walk(scene, { model, page, service, isNamed: true });
  }, START_LIMIT_MS);
  afterAll(() => page.close());

  test("while it waits, kubectl shows what the README shows; answered with kubectl, it goes on once", async () => {
    await expectWaiting(scene, page);
    const [item] = await service.pending("function_calls");
    expect(item).toMatchObject({
      spec: {
        fn: "fetch__fetch",
        kwargs: { url: page.url },
        channel: { email: { address: "approver@example.com", context_about_user: saying("Primary approver") } },
      },
    });
    expect((await decide(scene, CALL, "approve=looks fine")).code).toBe(0);
    await expectAnswered(scene, page);
    const { spec, status } = await ended(scene, CALL);
    expect(spec.approvals).toMatchObject([{ decision: "Approve", comment: "looks fine", question: item?.call_id }]);
    expect(status).toMatchObject({ phase: "Succeeded", attempts: 1 });
    expect(await reasons(scene, CALL)).toEqual([
      "AwaitingHumanApproval",
      "HumanLayerRequestSent",
      "Approved",
      "ExecutionSucceeded",
    ]);
  });

  test("who comes later is told so by kubectl, and whoever answers the email changes nothing", async () => {
    const late = await decide(scene, CALL, "reject=no");
    expect(late.code).not.toBe(0);
    expect(late.stderr).toMatch(/does not wait for anybody: \S+ approved it at .*; it is Succeeded/);
    const { status } = await ended(scene, CALL);
    await service.answer(status?.externalCallID ?? "", { approved: false, comment: "no" });
    expect((await scene.get("ToolCall", CALL))?.status).toEqual(status);
    expect(page.fetched()).toBe(1);
  });
});

describe("yes and no", () => {
  let scene: Scene;
  let effects: string;
  beforeAll(async () => void ({ scene, effects } = await staff("yes-no", emailChannel("people", service))));

  test.concurrent("what the email says goes: it runs once, with who approved it", async () => {
    const { status } = await ask(scene, "yes", call("tools__append", { text: "yes" }));
    const id = status?.externalCallID ?? "";
    await scene.until("ToolCall", "yes-tc-01", "was sent", (now) => now.status?.question?.sentAt !== undefined);
    expect(begunWith(effects, "append")).not.toContain("yes");
    const said = { approved: true, comment: "go", user_info: { name: "Jane", email: "jane@example.com" } };
    expect((await service.answer(id, said)).status).toBe(200);
    const over = await ended(scene, "yes-tc-01");
    expect(over.status).toMatchObject({ phase: "Succeeded", result: saying("append yes ") });
    expect(over.status?.answers).toMatchObject([
      { decision: "Approve", comment: "go", approver: saying("jane@example.com"), question: id, channel: "people" },
    ]);
    expect((await scene.ended("yes")).status?.phase).toBe("FinalAnswer");
    expect(begunWith(effects, "append").filter((text) => text === "yes")).toHaveLength(1);
    expect(service.puts(id)).toBe(1);
  });

  test.concurrent.each(["by email", "with kubectl"])("a no %s reaches the model with its comment", async (how) => {
    const name = how.replace(" ", "-");
    const said = `${call("tools__append", { text: name })}[then][say:Sorry.]`;
    const { status } = await ask(scene, name, said);
    await scene.until("ToolCall", `${name}-tc-01`, "was sent", (now) => now.status?.question?.sentAt !== undefined);
    if (how === "by email") {
      await service.answer(status?.externalCallID ?? "", { approved: false, comment: "ask the accountants" });
    } else {
      expect((await decide(scene, `${name}-tc-01`, "reject=ask the accountants")).code).toBe(0);
    }
    const over = await ended(scene, `${name}-tc-01`);
    expect(over.status).toMatchObject({ phase: "Failed", status: "ToolCallRejected", finishReason: "Rejected" });
    expect((await scene.ended(name)).status).toMatchObject({ phase: "FinalAnswer", output: "Sorry." });
    const [told] = shown(`${scene.namespace} ${name} ${said}`);
    expect(told).toMatch(/A person rejected this call.*ask the accountants/);
    expect(begunWith(effects, "append")).not.toContain(name);
  });

  test.concurrent("kubectl get tc shows who waits for whom since when", async () => {
    await ask(scene, "shown", call("tools__append", { text: "shown" }));
    const [head = [], ...rows] = rowsOf(await scene.mustKubectl(["get", "tc"]));
    const row = rows.find(([name]) => name === "shown-tc-01") ?? [];
    expect(row[head.indexOf("WAITING")]).toMatch(/^human approval via contact channel people, since \d{4}-/);
  });
});

describe("silence", () => {
  test.concurrent.each([
    ["Reject" as const, "ToolCallRejected"],
    ["Fail" as const, "Error"],
  ])("that ends by onTimeout: %s is never called a refusal", async (onTimeout, status) => {
    const channel = withKubectl({ timeout: "1s", onTimeout });
    const { scene, effects } = await staff(`silence-${onTimeout.toLowerCase()}`, [channel]);
    const said = `${call("tools__append", { text: "silence" })}[then][say:Nobody there.]`;
    const question = `${scene.namespace} t ${said}`;
    await scene.apply(task("t", { userMessage: question }));
    expect((await scene.ended("t")).status).toMatchObject({ phase: "FinalAnswer", output: "Nobody there." });
    const over = await ended(scene, "t-tc-01");
    expect(over.status).toMatchObject({ phase: "Failed", status, finishReason: "NobodyAnswered" });
    const told = await scene.untilEvents("ToolCall", "t-tc-01", "the end", ({ length }) => length > 1);
    for (const words of [over.status?.error, shown(question)[0], told.at(-1)?.message]) {
      expect(words).toMatch(/Nobody answered within 1s, and nobody refused/);
      expect(words).not.toMatch(/rejected|denied|declined|refused (by|the)/i);
    }
    expect(told.map(({ reason }) => reason)).toEqual(["AwaitingHumanApproval", "NobodyAnswered"]);
    expect(begunWith(effects, "append")).toEqual([]);
  });
});

describe("several people", () => {
  const CALLS = "toolcalls.kubechain.humanlayer.dev";

  test("two must agree, and whoever created the task is none of them", async () => {
    const [jane, joe, ann] = (await Promise.all(
      ["jane", "joe", "ann"].map((person) => kubectlOf(person, lab.state)),
    )) as [Kubectl, Kubectl, Kubectl];
    const channel = withKubectl({ approvers: { quorum: 2, mayNotBeRequester: true } });
    const { scene, effects } = await staff("several", [channel]);
    const users = ["jane", "joe", "ann"].map((person) => `--user=${person}`);
    await scene.mustKubectl(["create", "rolebinding", "approvers", "--clusterrole=kubechain-approver", ...users]);
    await scene.mustKubectl(["create", "rolebinding", "asks", "--clusterrole=kubechain-edit", "--user=jane"]);
    const here = `--namespace=${scene.namespace}`;
    await until("the roles are known", async () => {
      const can = (...args: string[]) => ["auth", "can-i", ...args, here];
      const both = await Promise.all([
        ann(can("approve", CALLS)),
        jane(can("create", "tasks.kubechain.humanlayer.dev")),
      ]);
      return both.every(({ stdout }) => stdout.trim() === "yes");
    });
    const said = call("tools__append", { text: "several" });
    const created = await jane(
      ["create", "-f", "-", here],
      JSON.stringify(task("t", { userMessage: `${scene.namespace} t ${said}` })),
    );
    expect(created).toMatchObject({ code: 0 });
    await scene.until("ToolCall", "t-tc-01", "waits", (now) => now.status?.status === "AwaitingHumanApproval");
    const approve = ["annotate", "toolcall", "t-tc-01", "kubechain.humanlayer.dev/approve=fine", here];

    expect((await jane(approve)).stderr).toContain('"jane" created the task');
    expect(await joe(approve)).toMatchObject({ code: 0 });
    await scene.until("ToolCall", "t-tc-01", "says who has agreed", (now) =>
      (now.status?.waitingFor ?? "").includes("1 of 2: joe"),
    );
    expect((await joe([...approve, "--overwrite"])).stderr).toMatch(/"joe" approved.*already.*one more person/);
    expect(begunWith(effects, "append")).toEqual([]);
    expect(await ann([...approve, "--overwrite"])).toMatchObject({ code: 0 });
    expect((await scene.ended("t")).status?.phase).toBe("FinalAnswer");
    expect((await scene.get("ToolCall", "t-tc-01"))?.spec.approvals?.map(({ approver }) => approver)).toEqual([
      "joe",
      "ann",
    ]);
    expect(begunWith(effects, "append")).toEqual(["several"]);
  });
});

describe("questions and final answers", () => {
  let scene: Scene;
  beforeAll(async () => {
    const channels = [...emailChannel("boss", service), withKubectl()];
    const humanContactChannels = [{ name: "boss" }, { name: "people" }];
    ({ scene } = await staff("questions", channels, { agent: { humanContactChannels } }));
  });

  test.concurrent("what the agent offers its model is a tool for each channel", async () => {
    const { status } = await scene.ready("Agent", "helper");
    expect(status?.tools).toEqual(
      expect.arrayContaining([
        { name: "boss__human_contact_email", kind: "HumanContact", source: "ContactChannel/boss" },
        { name: "people__human_contact", kind: "HumanContact", source: "ContactChannel/people" },
      ]),
    );
  });

  test.concurrent.each(["boss__human_contact_email", "people__human_contact"])(
    "%s: a person's words are the result",
    async (tool) => {
      const isEmail = tool.startsWith("boss");
      const name = isEmail ? "by-email" : "by-kubectl";
      const said = call(tool, { message: "Which colour?" });
      const asked = await ask(scene, name, said);
      expect(asked.status).toMatchObject({ status: "AwaitingHumanInput", question: { message: "Which colour?" } });
      expect(asked.status?.externalCallID).toMatch(/^hc-[0-9a-f]{16}$/);
      if (isEmail) {
        const id = asked.status?.externalCallID ?? "";
        await scene.until("ToolCall", `${name}-tc-01`, "was sent", (now) => now.status?.question?.sentAt !== undefined);
        const item = (await service.pending("human_contacts")).find(({ call_id }) => call_id === id);
        expect(item?.spec).toMatchObject({ msg: "Which colour?", channel: { email: { address: "boss@example.com" } } });
        await service.answer(id, { response: "Green, like the old one." });
      } else {
        expect((await decide(scene, `${name}-tc-01`, "respond=Green, like the old one.")).code).toBe(0);
      }
      expect((await ended(scene, `${name}-tc-01`)).status).toMatchObject({
        phase: "Succeeded",
        result: "Green, like the old one.",
      });
      expect((await scene.ended(name)).status?.phase).toBe("FinalAnswer");
      expect(shown(`${scene.namespace} ${name} ${said}`)).toEqual(["Green, like the old one."]);
    },
  );

  test.concurrent("a final answer is told over the task's channel, once", async () => {
    await scene.apply(task("told", { userMessage: "[say:All is well.]", contactChannelRef: { name: "boss" } }));
    const { status } = await scene.until("Task", "told", "was told", (now) => now.status?.answerSentTime !== undefined);
    expect(status).toMatchObject({ phase: "FinalAnswer", output: "All is well." });
    const items = (await service.pending("human_contacts")).filter(({ spec }) => spec["msg"] === "All is well.");
    expect(items).toHaveLength(1);
    expect(service.puts(items[0]?.call_id ?? "")).toBe(1);
    const told = await scene.untilEvents("Task", "told", "that it was sent", (all) =>
      all.some(({ reason }) => reason === "AnswerSent"),
    );
    expect(told.filter(({ reason }) => reason === "AnswerSent")).toHaveLength(1);
  });
});
