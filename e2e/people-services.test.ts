/**
 * The services through which people are asked, when they are away, do not know us any more, say too much or lie: a
 * HumanLayer-compatible server and a webhook. What counts is what the tool did, what the service saw, and what people are told.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { recall } from "../controlplane/state";
import type { ToolCall } from "../crds/index";
import type { Json } from "../humanlayer/items";
import type { Lab } from "./harness";
import { sharedLab, START_LIMIT_MS } from "./harness";
import type { Model } from "./model";
import { startModel } from "./model";
import type { Manifest } from "./objects";
import { secret, task } from "./objects";
import type { Hook, Post, Request, Service } from "./people";
import { emailChannel, post, startHook, startService, webhookChannel } from "./people";
import { saying } from "./printed";
import type { Scene, Told } from "./scene";
import { until } from "./scene";
import { begunWith, mcpServer } from "./tool-servers";

let lab: Lab;
let model: Model;
let receiver = "";
const services: { close(): Promise<void> }[] = [];
const folder = mkdtempSync(join(tmpdir(), "kubechain-services-"));
beforeAll(async () => {
  [lab, model] = await Promise.all([sharedLab(), startModel()]);
  receiver = `http://127.0.0.1:${recall(lab.state).ports.receiver ?? 0}`;
}, START_LIMIT_MS);
afterAll(async () => {
  lab.close();
  await Promise.all([model, ...services].map((one) => one.close()));
  rmSync(folder, { recursive: true, force: true });
});

/** What one test needs: a scene whose calls are asked for over "people", all Ready, and the effects of its tools. */
class Office {
  private constructor(
    readonly scene: Scene,
    readonly effects: string,
  ) {}

  static async open(name: string, channels: Manifest[], approvalPolicy?: string): Promise<Office> {
    const scene = await lab.scene(name);
    const effects = join(folder, scene.namespace);
    const policy = approvalPolicy === undefined ? {} : { approvalPolicy };
    const asked = { approvalContactChannel: { name: "people" }, ...policy };
    await scene.apply(...channels, mcpServer("tools", ["--effects", effects], asked));
    await scene.team(model, { agent: { mcpServers: [{ name: "tools" }] } });
    return new Office(scene, effects);
  }

  /** A task with one call, which writes down the task's name. */
  async start(name: string): Promise<void> {
    const said = `[call:tools__append ${JSON.stringify({ text: name })}]`;
    await this.scene.apply(task(name, { userMessage: `${this.scene.namespace} ${said}` }));
  }

  /** The same, once the service has the question: the question's id. */
  async ask(name: string): Promise<string> {
    await this.start(name);
    return this.sent(name);
  }

  async sent(name: string): Promise<string> {
    const isSent = ({ status }: ToolCall): boolean => status?.question?.sentAt !== undefined;
    return (await this.scene.until("ToolCall", `${name}-tc-01`, "was sent", isSent)).status?.externalCallID ?? "";
  }

  async call(name: string): Promise<ToolCall> {
    const found = await this.scene.get("ToolCall", `${name}-tc-01`);
    if (!found) throw new Error(`there is no ToolCall ${name}-tc-01`);
    return found;
  }

  /** The task has its answer, and the tool has run once. */
  async expectDone(name: string): Promise<void> {
    expect((await this.scene.ended(name)).status?.phase).toBe("FinalAnswer");
    expect((await this.call(name)).status?.status).toBe("Succeeded");
    expect(begunWith(this.effects, "append").filter((text) => text === name)).toEqual([name]);
  }

  async expectWaiting(name: string): Promise<void> {
    expect((await this.call(name)).status).toMatchObject({ phase: "Pending", status: "AwaitingHumanApproval" });
    expect(begunWith(this.effects, "append")).not.toContain(name);
  }

  /** An event about the call, which tells it in such words. */
  told(name: string, reason: string, words: string): Promise<Told[]> {
    return this.scene.untilEvents("ToolCall", `${name}-tc-01`, `${reason}: ${words}`, (all) =>
      all.some((event) => event.reason === reason && event.message.includes(words)),
    );
  }
}

async function serviceOf(name: string, hints = false): Promise<{ service: Service; database: string }> {
  const database = join(folder, `${name}.sqlite`);
  const service = await startService({ database, ...(hints && { webhook: `${receiver}/humanlayer` }) });
  services.push(service);
  return { service, database };
}

const isPoll = ({ path }: Request): boolean => path.endsWith("/pending");
const isLook =
  (id: string) =>
  (one: Request): boolean =>
    one.method === "GET" && one.path.endsWith(`/${id}`);
const YES = { approved: true };

describe("a HumanLayer server", () => {
  test.concurrent("shows buttons where nobody knows what became of a call, and every question is its own", async () => {
    const { service } = await serviceOf("outcome", true);
    const office = await Office.open("outcome", emailChannel("people", service), "tool != 'die'");
    await office.scene.apply(task("t", { userMessage: "[call:tools__die {}]" }));
    const isAsked = async (attempts: number): Promise<string> => {
      const { status } = await office.scene.until("ToolCall", "t-tc-01", `is asked about (${attempts})`, (now) => {
        const { status: fine, question } = now.status ?? {};
        return now.status?.attempts === attempts && fine === "OutcomeUnknown" && question?.sentAt !== undefined;
      });
      return status?.externalCallID ?? "";
    };
    const first = await isAsked(1);
    const [item] = await service.pending("human_contacts");
    expect(item).toMatchObject({
      call_id: first,
      spec: { response_options: [{ name: "run-again" }, { name: "result-is" }, { name: "give-up" }] },
    });
    await service.answer(first, { response_option_name: "run-again" });
    const second = await isAsked(2);
    expect(second).not.toBe(first);
    await service.answer(second, { response: "It has ended, as it should.", response_option_name: "result-is" });
    expect((await office.scene.ended("t")).status?.phase).toBe("FinalAnswer");
    expect((await office.call("t")).status).toMatchObject({
      phase: "Succeeded",
      attempts: 2,
      result: saying("It has ended, as it should."),
    });
  });

  test.concurrent("that is away is told of in words, and asked once it is back", async () => {
    const { service } = await serviceOf("away");
    const office = await Office.open("away", emailChannel("people", service));
    await service.leave();
    await office.start("t");
    const unsent = await office.scene.until("ToolCall", "t-tc-01", "says why it is not asked", ({ status }) =>
      (status?.statusDetail ?? "").includes("could not be reached"),
    );
    expect(unsent.status).toMatchObject({
      phase: "Pending",
      status: "AwaitingHumanApproval",
      statusDetail: saying(`(The HumanLayer API at ${service.url} could not be reached: ECONNREFUSED.)`),
    });
    expect(unsent.status?.question?.sentAt).toBeUndefined();
    await office.told("t", "RequestNotSent", "It can be answered with kubectl all the same");
    await service.comeBack();
    const id = await office.sent("t");
    expect((await office.call("t")).status?.statusDetail).toBe("Waiting for human approval via contact channel people");
    await service.answer(id, YES);
    await office.expectDone("t");
    expect(service.puts(id)).toBe(1);
  });

  test.concurrent("that is away can be done without: kubectl answers the same question", async () => {
    const { service } = await serviceOf("without");
    const office = await Office.open("without", emailChannel("people", service));
    await service.leave();
    await office.start("t");
    await office.told("t", "RequestNotSent", "could not be reached");
    await office.scene.mustKubectl(["annotate", "tc", "t-tc-01", "kubechain.humanlayer.dev/approve=fine"]);
    await office.expectDone("t");
  });

  test.concurrent("that does not take the key any more says so, and is asked with the Secret's new one", async () => {
    const { service } = await serviceOf("key");
    const office = await Office.open("key", emailChannel("people", service));
    await service.leave();
    await service.comeBack("another-key-0123456789abcdef");
    await office.start("t");
    const { status } = await office.scene.until("ToolCall", "t-tc-01", "says why it is not asked", (now) =>
      (now.status?.statusDetail ?? "").includes("API key is not valid"),
    );
    expect(status?.statusDetail).toContain("Put a valid one into the Secret of spec.apiKeyFrom");
    await office.scene.apply(secret("humanlayer", { HUMANLAYER_API_KEY: service.key }));
    await service.answer(await office.sent("t"), YES);
    await office.expectDone("t");
  });

  test.concurrent("that is started again on its file has the question still, and is not told it twice", async () => {
    const { service } = await serviceOf("restart");
    const office = await Office.open("restart", emailChannel("people", service));
    const id = await office.ask("t");
    await service.leave();
    await service.comeBack();
    expect((await service.pending("function_calls")).map(({ call_id }) => call_id)).toEqual([id]);
    await service.answer(id, YES);
    await office.expectDone("t");
    expect(service.puts(id)).toBe(1);
  });

  test.concurrent("whose notice arrives is looked at without waiting for the next poll", async () => {
    const { service } = await serviceOf("notice", true);
    const office = await Office.open("notice", emailChannel("people", service));
    service.treat((request) => (isPoll(request) ? "refuse" : "pass"));
    const id = await office.ask("t");
    await service.answer(id, YES);
    await office.expectDone("t");
    expect(service.requests().some(isLook(id))).toBe(true);
  });

  test.concurrent("a notice that nobody sent is a reason to look, and nothing else", async () => {
    const { service } = await serviceOf("forged");
    const office = await Office.open("forged", emailChannel("people", service));
    const id = await office.ask("t");
    const before = service.requests().filter(isLook(id)).length;
    const notice = { type: "function_call.completed", event: { call_id: id, status: { approved: true } } };
    const answer = await fetch(`${receiver}/humanlayer`, { method: "POST", body: JSON.stringify(notice) });
    expect(answer.status).toBe(202);
    await until("the item is read", () => service.requests().filter(isLook(id)).length > before);
    // What it reads is heard of before the next answer is.
    await service.answer(id, { approved: false, comment: "never" });
    const over = await office.scene.until("ToolCall", "t-tc-01", "ends", ({ status }) => status?.phase === "Failed");
    expect(over.status?.status).toBe("ToolCallRejected");
    expect(over.status?.answers).toMatchObject([{ decision: "Reject", comment: "never" }]);
    expect(begunWith(office.effects, "append")).toEqual([]);
  });

  test.concurrent("whose items were swapped is not believed, and an event says so", async () => {
    const { service, database } = await serviceOf("swapped");
    const office = await Office.open("swapped", emailChannel("people", service));
    const [one, other] = [await office.ask("one"), await office.ask("other")];
    swap(database, one, other);
    await service.answer(one, YES);
    await service.answer(other, YES);
    for (const name of ["one", "other"]) {
      await office.told(name, "AnswerRefused", "an item that is not this question");
      await office.expectWaiting(name);
    }
    await office.scene.mustKubectl(["annotate", "tc", "one-tc-01", "kubechain.humanlayer.dev/approve=fine"]);
    await office.expectDone("one");
    await office.expectWaiting("other");
  });

  test.concurrent("whose item has other arguments than the call is not believed", async () => {
    const { service, database } = await serviceOf("changed");
    const office = await Office.open("changed", emailChannel("people", service));
    const id = await office.ask("t");
    change(database, id, (spec) => ({ ...spec, kwargs: { text: "something harmless" } }));
    await service.answer(id, YES);
    await office.told("t", "AnswerRefused", "it is about other arguments");
    await office.expectWaiting("t");
  });
});

/** Gives two questions each other's content, in the service's own file. */
function swap(file: string, one: string, other: string): void {
  const database = new DatabaseSync(file);
  const content = (id: string) =>
    database.prepare("SELECT run_id, spec FROM questions WHERE call_id = ?").get(id) ?? {};
  const contents = [content(one), content(other)];
  const write = database.prepare("UPDATE questions SET run_id = ?, spec = ? WHERE call_id = ?");
  for (const [i, id] of [other, one].entries()) {
    const { run_id = null, spec = null } = contents[i] ?? {};
    write.run(run_id, spec, id);
  }
  database.close();
}

function change(file: string, id: string, edit: (spec: Json) => Json): void {
  const database = new DatabaseSync(file);
  const row = database.prepare("SELECT spec FROM questions WHERE call_id = ?").get(id);
  const spec = edit(JSON.parse(String(row?.["spec"])) as Json);
  database.prepare("UPDATE questions SET spec = ? WHERE call_id = ?").run(JSON.stringify(spec), id);
  database.close();
}

describe("a webhook", () => {
  let hook: Hook;
  beforeAll(async () => void services.push((hook = await startHook())));

  /** An answer to what was posted, signed by whoever has the secret. */
  const answerTo = (asked: Post, decision = "Approve", more: Json = {}): Json => {
    const { id, argumentsDigest } = asked.body;
    return { question: id, argumentsDigest, decision, approver: "jane@example.com", ...more };
  };
  const url = (): string => `${receiver}/answers`;

  test.concurrent(
    "is posted what is asked, signed, and its signed answer is stored before it is confirmed",
    async () => {
      const office = await Office.open("hook", webhookChannel("people", hook));
      const id = await office.ask("signed");
      const asked = await hook.postAbout("signed-tc-01");
      expect(asked.body).toMatchObject({
        type: "approval.requested",
        id,
        channel: { namespace: office.scene.namespace, name: "people" },
        about: { kind: "ToolCall", namespace: office.scene.namespace, name: "signed-tc-01" },
        tool: "tools__append",
        arguments: { text: "signed" },
        argumentsDigest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) as string,
        answerTo: url(),
      });
      expect(asked.headers["webhook-id"]).toBe(id);
      await office.told("signed", "RequestSent", "Request sent to webhook of contact channel people");
      const body = answerTo(asked, "Approve", { comment: "fine" });
      expect(await post({ url: String(asked.body["answerTo"]), body, secret: hook.secret })).toMatch(/^200 /);
      expect((await office.call("signed")).status?.answers).toMatchObject([
        { decision: "Approve", comment: "fine", approver: "jane@example.com", question: id, channel: "people" },
      ]);
      await office.expectDone("signed");
    },
  );

  test.concurrent("a no comes back the same way", async () => {
    const office = await Office.open("hook-no", webhookChannel("people", hook));
    await office.ask("refused");
    const body = answerTo(await hook.postAbout("refused-tc-01"), "Reject", { comment: "too dear" });
    expect(await post({ url: url(), body, secret: hook.secret })).toMatch(/^200 /);
    expect((await office.scene.ended("refused")).status?.phase).toBe("FinalAnswer");
    expect((await office.call("refused")).status).toMatchObject({
      status: "ToolCallRejected",
      result: saying("too dear"),
    });
  });

  test.concurrent(
    "an answer that is not one is refused in words and told in an event, and nothing is executed",
    async () => {
      const office = await Office.open("hook-attacks", webhookChannel("people", hook));
      await office.ask("attacked");
      const asked = await hook.postAbout("attacked-tc-01");
      const good = { url: url(), body: answerTo(asked), secret: hook.secret };
      const other = `whsec_${Buffer.from("not the secret of this channel").toString("base64")}`;
      const digest = `sha256:${"0".repeat(64)}`;
      const attempts: [refused: string, answering: Parameters<typeof post>[0]][] = [
        ["401 .*is not signed", { ...good, headers: {} }],
        ["401 .*is not of the channel's secret", { ...good, secret: other }],
        ["401 .*older or newer than 5 minutes", { ...good, at: new Date(Date.now() - 3_600_000) }],
        ["422 .*about other arguments", { ...good, body: answerTo(asked, "Approve", { argumentsDigest: digest }) }],
        ["422 .*answer Approve or Reject", { ...good, body: answerTo(asked, "Respond", { comment: "yes" }) }],
      ];
      for (const [refused, answering] of attempts) {
        const said = await post(answering);
        expect(said).toMatch(new RegExp(`^${refused}`));
        await office.told("attacked", "AnswerRefused", said.slice("401 ".length));
      }
      expect(await post({ ...good, body: { ...good.body, question: "ec-0123456789abcdef" } })).toMatch(
        /^404 There is no question "ec-0123456789abcdef"/,
      );
      await office.expectWaiting("attacked");
    },
  );

  test.concurrent("whoever has the secret of one channel cannot answer what is asked over another", async () => {
    const { service } = await serviceOf("strange");
    const [own, stranger, email] = await Promise.all([
      Office.open("hook-own", webhookChannel("people", hook)),
      startHook().then(async (strange) => {
        services.push(strange);
        return Office.open("hook-strange", webhookChannel("people", strange));
      }),
      Office.open("hook-email", emailChannel("people", service)),
    ]);
    await Promise.all([own.ask("own"), stranger.ask("strange"), email.ask("email")]);
    const asked = await hook.postAbout("own-tc-01");
    const attempts: [Office, name: string, refused: RegExp][] = [
      [stranger, "strange", /^401 .*is not of the channel's secret/],
      [email, "email", /^403 .*asked over email, and no answer to it is taken here/],
    ];
    for (const [office, name, refused] of attempts) {
      const question = (await office.call(name)).status?.externalCallID;
      const said = await post({ url: url(), body: { ...answerTo(asked), question }, secret: hook.secret });
      expect(said).toMatch(refused);
      await office.told(name, "AnswerRefused", said.slice("401 ".length));
      await office.expectWaiting(name);
    }
    // Of the same channel it is still an answer to one question: the digest is of the other call's arguments.
    const question = await own.ask("second");
    expect(await post({ url: url(), body: { ...answerTo(asked), question }, secret: hook.secret })).toMatch(/^422 /);
    await own.told("second", "AnswerRefused", "about other arguments");
    await own.expectWaiting("second");
  });

  test.concurrent("a delivery is good once, and a second answer is too late", async () => {
    const office = await Office.open("hook-twice", webhookChannel("people", hook));
    await office.ask("twice");
    const good = { url: url(), body: answerTo(await hook.postAbout("twice-tc-01")), secret: hook.secret, id: "msg_1" };
    expect(await post(good)).toMatch(/^200 /);
    const replayed = await post(good);
    expect(replayed).toMatch(/^409 .*a post with its webhook-id has been used already/);
    await office.told("twice", "AnswerRefused", replayed.slice("409 ".length));
    await office.expectDone("twice");
    const second = { ...good, id: "msg_2", body: { ...good.body, decision: "Reject", approver: "joe@example.com" } };
    expect(await post(second)).toMatch(/^409 This was answered before/);
    expect((await office.call("twice")).status?.answers).toHaveLength(1);
    await office.expectDone("twice");
  });
});
