/**
 * Who may decide on a ToolCall, tried by real users with certificates and roles of their own: every attack once through the
 * webhook, which says what is wrong and tells it in an event, and once past it, where the API server's own policies hold.
 * The operator only admits here; the calls that wait for people are made by the test, and stay as they are.
 */
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ensureBinaries } from "../controlplane/binaries";
import { keyFiles, OPERATOR_USER } from "../controlplane/certificates";
import type { Kubectl, Ran } from "../controlplane/kubectl";
import { kubectlFor, must } from "../controlplane/kubectl";
import { SILENT } from "../controlplane/progress";
import { newCertificate } from "../controlplane/x509";
import type { Approval, ToolCall } from "../crds/index";
import type { OwnLab } from "./harness";
import { ownLab, START_LIMIT_MS } from "./harness";
import type { Manifest } from "./objects";
import { ours, task } from "./objects";
import type { Operator } from "./operator";
import { expectOperator, startOperator } from "./operator";
import type { Scene } from "./scene";
import { messageOf, until } from "./scene";

/** jane may decide; ann may decide on "by-name" alone; bob may edit everything and decide on nothing. */
const PEOPLE = ["jane", "joe", "ann", "bob"] as const;
type Person = (typeof PEOPLE)[number] | "operator";

let lab: OwnLab;
let people: Record<Person, Kubectl>;
beforeAll(async () => {
  lab = await ownLab();
  const { kubectl } = await ensureBinaries(SILENT);
  const of = (person: Person): [Person, Kubectl] => [person, kubectlFor(kubectl, kubeconfigOf(person))];
  people = Object.fromEntries([...PEOPLE, "operator" as const].map(of)) as Record<Person, Kubectl>;
}, START_LIMIT_MS);
afterAll(() => lab.end(), START_LIMIT_MS);

/** The kubeconfig of a user whom the API server knows by a certificate. */
function kubeconfigOf(person: Person): string {
  const { state } = lab;
  if (person === "operator") return state.operatorKubeconfig;
  const files = keyFiles(state, "ca");
  const authority = { key: readFileSync(files.key, "utf8"), certificate: readFileSync(files.certificate, "utf8") };
  // The authority's own name, as controlplane/certificates gives it.
  const { key, certificate } = newCertificate({ commonName: person }, authority, "kubechain");
  const config = JSON.parse(readFileSync(state.kubeconfig, "utf8")) as { users: { user: object }[] };
  const user = {
    "client-certificate-data": Buffer.from(certificate).toString("base64"),
    "client-key-data": Buffer.from(key).toString("base64"),
  };
  const file = join(state.dir, `${person}.kubeconfig`);
  const users = config.users.map((one) => ({ ...one, user }));
  writeFileSync(file, JSON.stringify({ ...config, users }), { mode: 0o600 });
  return file;
}

const digestOf = (text: string): string => `sha256:${createHash("sha256").update(text).digest("hex")}`;
const ARGUMENTS = '{"url":"https://example.com"}';
const entry = (approver: string, more: Partial<Approval> = {}): Approval => ({
  decision: "Approve",
  approver,
  at: "2026-01-31T09:30:00Z",
  argumentsDigest: digestOf(ARGUMENTS),
  question: "ec-0123456789abcdef",
  ...more,
});

const asking = {
  phase: "Pending",
  status: "AwaitingHumanApproval",
  externalCallID: "ec-0123456789abcdef",
  question: { kind: "Approval", channel: "people", askedAt: "2026-01-31T09:00:00Z" },
};
const wanting = { ...asking, status: "AwaitingHumanInput", question: { ...asking.question, kind: "Input" } };

function toolCall(name: string, spec: object = {}): Manifest {
  return ours("ToolCall", name, {
    toolCallId: "call_1",
    taskRef: { name: "asked" },
    toolRef: { name: "fetch__fetch" },
    toolType: "MCP",
    source: { kind: "MCPServer", name: "fetch", tool: "fetch" },
    arguments: ARGUMENTS,
    ...spec,
  });
}

/** A namespace with the task "asked", the channel "people", and the rights that everybody has in it. */
class Office {
  private constructor(readonly scene: Scene) {}

  static async open(name: string): Promise<Office> {
    const scene = await lab.scene(name, { "kubechain.humanlayer.dev/references": "warn" });
    const office = new Office(scene);
    const bind = (title: string, role: string, ...users: string[]) =>
      scene.mustKubectl(["create", "rolebinding", title, role, ...users.map((user) => `--user=${user}`)]);
    const role = (title: string, verbs: string, resources: string, ...more: string[]) =>
      scene.mustKubectl(["create", "role", title, `--verb=${verbs}`, `--resource=${resources}`, ...more]);
    const calls = "toolcalls.kubechain.humanlayer.dev";
    const all = `${calls},${calls}/status,tasks.kubechain.humanlayer.dev`;
    await role("edits-all", "get,list,watch,create,update,patch,delete", all);
    await role("looks", "get,patch,update", calls);
    await role("decides-by-name", "approve", calls, "--resource-name=by-name");
    // Even an operator that somebody has made an approver is none.
    await bind("approvers", "--clusterrole=kubechain-approver", "jane", "joe", OPERATOR_USER);
    await bind("editors", "--role=edits-all", "bob");
    await bind("looking", "--role=looks", "ann");
    await bind("by-name", "--role=decides-by-name", "ann");
    await scene.apply(task("asked"), ours("ContactChannel", "people", { type: "kubernetes" }));
    await until("the roles are known", async () => {
      const asked = await office.as("ann", ["auth", "can-i", "approve", `${calls}/by-name`]);
      return asked.stdout.trim() === "yes";
    });
    return office;
  }

  as(person: Person, args: readonly string[], stdin?: string): Promise<Ran> {
    return people[person]([...args, `--namespace=${this.scene.namespace}`], stdin);
  }

  patch(person: Person, name: string, patch: object, ...more: string[]): Promise<Ran> {
    return this.as(person, ["patch", "toolcall", name, "--type=merge", "-p", JSON.stringify(patch), ...more]);
  }

  /** `said` such as `approve=looks fine`. */
  decide(person: Person, name: string, said: string, ...more: string[]): Promise<Ran> {
    return this.as(person, ["annotate", "toolcall", name, `kubechain.humanlayer.dev/${said}`, ...more]);
  }

  /** A call that waits for people, made as the operator makes it. */
  async waiting(name: string, { status = asking as object, requester = "" } = {}): Promise<void> {
    const made = toolCall(name, requester ? { requester } : {});
    await must((args, stdin) => this.as("operator", args, stdin), ["create", "-f", "-"], json(made));
    const reply = await this.scene.tryPatch("ToolCall", name, { status }, "/status");
    if (reply.status !== 200) throw new Error(messageOf(reply));
  }

  async call(name: string): Promise<ToolCall> {
    const found = await this.scene.get("ToolCall", name);
    if (!found) throw new Error(`there is no ToolCall ${name}`);
    return found;
  }

  async approvals(name: string): Promise<Approval[]> {
    return (await this.call(name)).spec.approvals ?? [];
  }
}

const json = (value: object): string => JSON.stringify(value);
const approvals = (...entries: object[]): object => ({ spec: { approvals: entries } });

/** Attacks on the call "t-tc-01", which jane has approved already and which wants a second person. */
interface Attack {
  sentence: string;
  by: Person;
  attempt: (office: Office) => Promise<Ran>;
  /** What the webhook says; where it says nothing itself, the policy does. */
  webhook?: string;
  policy: string;
}

const create = (person: Person, spec: object) => (office: Office) =>
  office.as(person, ["create", "-f", "-"], json(toolCall("slipped-in", spec)));
const add =
  (person: Person, ...entries: object[]) =>
  async (office: Office): Promise<Ran> =>
    office.patch(person, "t-tc-01", approvals(...(await office.approvals("t-tc-01")), ...entries));

const attacks: Attack[] = [
  {
    sentence: "an editor without the verb, in her own name",
    by: "bob",
    attempt: add("bob", entry("bob")),
    webhook: `"bob" may not decide on ToolCall "t-tc-01"`,
    policy: `"bob" may not decide on ToolCall "t-tc-01": that takes the verb approve on toolcalls.`,
  },
  {
    sentence: "an editor without the verb, in a colleague's name",
    by: "bob",
    attempt: add("bob", entry("joe")),
    webhook: `names "joe" as its approver, but "bob" sent it`,
    policy: `names "joe" as its approver, but "bob" sent it`,
  },
  {
    sentence: "an approver in a colleague's name",
    by: "jane",
    attempt: add("jane", entry("joe")),
    webhook: `names "joe" as its approver, but "jane" sent it`,
    policy: `names "joe" as its approver, but "jane" sent it`,
  },
  {
    sentence: "somebody who may decide on another call",
    by: "ann",
    attempt: add("ann", entry("ann")),
    webhook: `"ann" may not decide on ToolCall "t-tc-01"`,
    policy: `"ann" may not decide on ToolCall "t-tc-01"`,
  },
  {
    sentence: "an approval of another question",
    by: "joe",
    attempt: add("joe", entry("joe", { question: "ec-ffffffffffffffff" })),
    webhook: "answers another question than the one that is put now, ec-0123456789abcdef",
    policy: "does not answer the question that is put now",
  },
  {
    sentence: "two people's approvals at once",
    by: "joe",
    attempt: add("joe", entry("joe"), entry("ann")),
    webhook: "and this one adds 2",
    policy: "One request may add one approval",
  },
  {
    sentence: "the removal of an old entry",
    by: "joe",
    attempt: (office) => office.patch("joe", "t-tc-01", approvals()),
    webhook: "cannot be changed, moved or removed",
    policy: "cannot be changed, moved or removed",
  },
  {
    sentence: "an old entry turned into its opposite",
    by: "joe",
    attempt: async (office) => {
      const turned = (await office.approvals("t-tc-01")).map((one) => ({ ...one, decision: "Reject" }));
      return office.patch("joe", "t-tc-01", approvals(...turned));
    },
    webhook: "cannot be changed, moved or removed",
    policy: "cannot be changed, moved or removed",
  },
  {
    sentence: "the operator's own account, with the verb",
    by: "operator",
    attempt: add("operator", entry(OPERATOR_USER)),
    webhook: `"${OPERATOR_USER}" is an account of the operator`,
    policy: `"${OPERATOR_USER}" is an account of the operator`,
  },
  {
    sentence: "a status forged by an editor",
    by: "bob",
    attempt: (office) =>
      office.patch("bob", "t-tc-01", { status: { status: "ReadyToExecuteApprovedTool" } }, "--subresource=status"),
    policy: `"bob" may not write the status of ToolCall "t-tc-01"`,
  },
  {
    sentence: "other owners, by an editor",
    by: "bob",
    attempt: (office) =>
      office.patch("bob", "t-tc-01", {
        metadata: { ownerReferences: [{ apiVersion: "v1", kind: "ConfigMap", name: "x", uid: "x" }] },
      }),
    policy: "The owners of ToolCall",
  },
  {
    sentence: "a call of her own making, by an editor",
    by: "bob",
    attempt: create("bob", {}),
    policy: `"bob" may not create ToolCalls`,
  },
  {
    sentence: "an approval slipped in at creation, by an editor",
    by: "bob",
    attempt: create("bob", { approvals: [entry("bob")] }),
    webhook: "cannot be created with approvals",
    policy: "cannot be created with approvals",
  },
  {
    sentence: "an approval slipped in at creation, by the operator's account",
    by: "operator",
    attempt: create("operator", { approvals: [entry("jane")] }),
    webhook: "cannot be created with approvals",
    policy: "cannot be created with approvals",
  },
];

describe("past the webhooks", () => {
  let office: Office;
  beforeAll(async () => {
    office = await Office.open("policies");
    await until(
      "the policies are in force",
      async () => (await create("bob", { approvals: [entry("bob")] })(office)).code !== 0,
    );
    await office.waiting("t-tc-01");
    const { code, stderr } = await office.patch("jane", "t-tc-01", approvals(entry("jane")));
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  }, START_LIMIT_MS);

  test.each(attacks)("$sentence is refused by the API server itself", async ({ attempt, policy }) => {
    const { code, stderr } = await attempt(office);
    expect(stderr).toContain(policy);
    expect(code).toBe(1);
    expect(await office.approvals("t-tc-01")).toEqual([entry("jane")]);
    expect((await office.call("t-tc-01")).status?.status).toBe("AwaitingHumanApproval");
  });

  test("an approval of other arguments is kept as what it is, and names them", async () => {
    await office.waiting("other");
    const other = entry("jane", { argumentsDigest: digestOf("{}") });
    expect((await office.patch("jane", "other", approvals(other))).code).toBe(0);
    expect(await office.approvals("other")).toEqual([other]);
  });

  test("an annotation that nobody would turn into an approval is refused, with what to do", async () => {
    const { stderr } = await office.decide("joe", "t-tc-01", "approve=fine");
    expect(stderr).toContain("its webhook is not registered");
  });

  test("a second person is heard, and so is one whose right is for one call by name", async () => {
    await office.waiting("by-name");
    expect((await office.patch("ann", "by-name", approvals(entry("ann")))).stderr).toBe("");
    expect((await office.patch("joe", "by-name", approvals(entry("ann"), entry("joe")))).stderr).toBe("");
    expect(await office.approvals("by-name")).toEqual([entry("ann"), entry("joe")]);
  });

  test("labels and notes need no more than the right to edit", async () => {
    expect((await office.as("bob", ["label", "toolcall", "t-tc-01", "team=blue"])).stderr).toBe("");
    expect((await office.as("bob", ["annotate", "toolcall", "t-tc-01", "note=later"])).stderr).toBe("");
  });

  test("who asked is the truth or nothing, and stays", async () => {
    const claiming = (name: string, requester: string): string => json(task(name, { requester }));
    const claimed = await office.as("bob", ["create", "-f", "-"], claiming("claimed", "jane"));
    expect(claimed.stderr).toContain(`says who asked, and that is "bob"`);
    expect((await office.as("bob", ["create", "-f", "-"], claiming("true", "bob"))).stderr).toBe("");
    for (const requester of ["jane", null]) {
      const patch = JSON.stringify({ spec: { requester } });
      const changed = await office.as("bob", ["patch", "task", "true", "--type=merge", "-p", patch]);
      expect(changed.stderr).toContain("a task cannot be changed once it exists");
    }
    expect((await office.as("bob", ["annotate", "task", "true", "note=later"])).stderr).toBe("");
  });

  test.each<[role: string, may: string[], mayNot: string[]]>([
    ["kubechain-approver", ["approve toolcalls", "patch toolcalls"], ["update toolcalls/status", "create tasks"]],
    [
      "kubechain-edit",
      ["create tasks", "delete agents"],
      ["approve toolcalls", "update toolcalls/status", "patch contactchannels"],
    ],
    ["kubechain-view", ["list toolcalls", "watch tasks"], ["approve toolcalls", "create tasks"]],
    ["edit", ["create tasks"], ["approve toolcalls", "patch mcpservers", "patch contactchannels"]],
    ["view", ["list toolcalls"], ["approve toolcalls", "create tasks"]],
  ])("the role %s lets people do what it says and no more", async (role, may, mayNot) => {
    await office.scene.mustKubectl(["create", "rolebinding", role, `--clusterrole=${role}`, `--user=has-${role}`]);
    const can = async (what: string): Promise<string> => {
      const [verb = "", resource = ""] = what.split(" ");
      const [plural = "", subresource = ""] = resource.split("/");
      const about = [verb, `${plural}.kubechain.humanlayer.dev`, `--subresource=${subresource}`];
      return (await office.scene.kubectl(["auth", "can-i", ...about, `--as=has-${role}`])).stdout.trim();
    };
    await until("the role is known", async () => (await can(may[0] ?? "")) === "yes");
    expect(await Promise.all(may.map(can))).toEqual(may.map(() => "yes"));
    expect(await Promise.all(mayNot.map(can))).toEqual(mayNot.map(() => "no"));
  });

  test("the garbage collector may still let a call go from its task", async () => {
    const parent = await office.scene.get("Task", "true");
    const ownerReferences = [{ apiVersion: parent?.apiVersion, kind: "Task", name: "true", uid: parent?.metadata.uid }];
    const child = { ...toolCall("orphan"), metadata: { name: "orphan", ownerReferences } };
    await must((args, stdin) => office.as("operator", args, stdin), ["create", "-f", "-"], json(child));
    await office.scene.mustKubectl(["delete", "task", "true", "--cascade=orphan", "--wait=false"]);
    await office.scene.until("ToolCall", "orphan", "is let go", ({ metadata }) => !metadata.ownerReferences?.length);
  });
});

describe("through the webhook", () => {
  let office: Office;
  let operator: Operator;
  beforeAll(async () => {
    await expectOperator(lab);
    // It admits and does nothing else, so that the calls stay as the tests have made them.
    operator = startOperator(lab, { env: { PEPR_MODE: "", PEPR_WATCH_MODE: "false" } });
    await operator.ready();
    office = await Office.open("webhook");
    await office.scene.apply(
      ours("ContactChannel", "two", { type: "kubernetes", approvers: { quorum: 2 } }),
      ours("ContactChannel", "others", { type: "kubernetes", approvers: { mayNotBeRequester: true } }),
    );
    await office.waiting("t-tc-01", { status: over("two") });
    await decided(office.decide("jane", "t-tc-01", "approve=looks fine"));
  }, START_LIMIT_MS);
  afterAll(() => operator.end("SIGTERM"));

  const DENIED = 'admission webhook "pepr-kubechain.pepr.dev" denied the request: ';
  const over = (channel: string): object => ({ ...asking, question: { ...asking.question, channel } });

  /** What kubectl said to a decision that was taken. */
  async function decided(decision: Promise<Ran>): Promise<string> {
    const { code, stdout, stderr } = await decision;
    expect({ code, refusal: code === 0 ? "" : stderr }).toEqual({ code: 0, refusal: "" });
    return stdout;
  }

  async function refused(decision: Promise<Ran>, message: string): Promise<void> {
    const { code, stderr } = await decision;
    expect(stderr).toContain(DENIED);
    expect(stderr).toContain(message);
    expect(code).toBe(1);
  }

  const told = (kind: "ToolCall" | "Task", name: string, message: string): Promise<unknown> =>
    office.scene.untilEvents(kind, name, `ApprovalRefused: ${message}`, (events) =>
      events.some(
        (event) =>
          `${event.type} ${event.reason} ${event.source}` === "Warning ApprovalRefused toolcall-controller" &&
          event.message.includes(message),
      ),
    );

  test.each(attacks.filter(({ webhook }) => webhook !== undefined))(
    "$sentence is refused in words, and told in an event",
    async ({ attempt, webhook = "", sentence }) => {
      const before = await office.approvals("t-tc-01");
      await refused(attempt(office), webhook);
      expect(await office.approvals("t-tc-01")).toEqual(before);
      if (sentence.includes("creation")) await told("Task", "asked", webhook);
      else await told("ToolCall", "t-tc-01", webhook);
    },
  );

  test.each(attacks.filter(({ webhook }) => webhook === undefined))(
    "$sentence is refused by the policy, as without a webhook",
    async ({ attempt, policy }) => {
      const { code, stderr } = await attempt(office);
      expect(stderr).toContain(policy);
      expect(code).toBe(1);
    },
  );

  test("an approval of other arguments is refused, and told in an event", async () => {
    const message = "is about other arguments than those of the call";
    await refused(add("joe", entry("joe", { argumentsDigest: digestOf("{}") }))(office), message);
    await told("ToolCall", "t-tc-01", message);
  });

  test("what jane said by annotation is kept with who, when, on what and in answer to what", async () => {
    const { metadata, spec } = await office.call("t-tc-01");
    expect(spec.approvals).toEqual([
      { ...entry("jane"), comment: "looks fine", at: expect.stringMatching(/^20\d\d-.*Z$/) as string },
    ]);
    expect(metadata.annotations).toBeUndefined();
    expect(Math.abs(Date.parse(spec.approvals?.[0]?.at ?? "") - Date.now())).toBeLessThan(START_LIMIT_MS);
  });

  test("the same person cannot make up the number, and somebody else can", async () => {
    await office.waiting("quorum", { status: over("two") });
    await decided(office.decide("jane", "quorum", "approve="));
    await refused(office.decide("jane", "quorum", "approve=again"), "It waits for one more person to approve");
    expect(await decided(office.decide("joe", "quorum", "approve=me too"))).toBe(
      "toolcall.kubechain.humanlayer.dev/quorum annotated\n",
    );
    expect((await office.approvals("quorum")).map(({ approver }) => approver)).toEqual(["jane", "joe"]);
    await refused(
      office.decide("joe", "quorum", "reject=no"),
      "has its answer already: jane and joe approved it, last at",
    );
  });

  test("a right for one call by name is enough for that call", async () => {
    await office.waiting("by-name");
    await decided(office.decide("ann", "by-name", "reject=not on a Friday"));
    expect(await office.approvals("by-name")).toMatchObject([
      { decision: "Reject", approver: "ann", comment: "not on a Friday" },
    ]);
  });

  test("who asked may not decide where the channel says so, and a colleague may", async () => {
    await office.waiting("own", { status: over("others"), requester: "jane" });
    await refused(office.decide("jane", "own", "approve="), `"jane" created the task of ToolCall "own"`);
    await told("ToolCall", "own", "wants somebody else to decide");
    await decided(office.decide("joe", "own", "approve="));
    expect((await office.call("own")).spec.requester).toBe("jane");
    await office.waiting("nobodys", { status: over("others") });
    await refused(office.decide("joe", "nobodys", "approve="), "It is not known who created the task");
  });

  test("a word that does not answer the question is refused with the one that does", async () => {
    await office.waiting("question", { status: wanting });
    await refused(
      office.decide("jane", "question", "approve=yes"),
      `Write: kubectl annotate toolcall question -n ${office.scene.namespace} kubechain.humanlayer.dev/respond="the answer" (or /reject instead)`,
    );
    await refused(office.decide("jane", "question", "respond="), "is empty");
    await refused(office.decide("jane", "t-tc-01", "respond=yes"), "words are no answer to that");
    await decided(office.decide("jane", "question", "respond=Paris"));
    expect(await office.approvals("question")).toMatchObject([{ decision: "Respond", comment: "Paris" }]);
  });

  test("a call that is past deciding says where it is and who decided", async () => {
    await office.waiting("past");
    await decided(office.decide("jane", "past", "approve="));
    await office.scene.patch("ToolCall", "past", { metadata: { labels: { team: "blue" } } });
    const executing = { status: { ...asking, status: "Executing", phase: "Running" } };
    expect((await office.scene.tryPatch("ToolCall", "past", executing, "/status")).status).toBe(200);
    const { stderr } = await office.decide("joe", "past", "approve=");
    expect(stderr).toMatch(/does not wait for anybody: jane approved it at 20\d\d-[-\d]*T[\d:]*Z; it is Executing\./);
  });

  test("a dry run decides nothing, and tells nobody of a refusal", async () => {
    await office.waiting("dry");
    const shown = await decided(
      office.decide("jane", "dry", "approve=", "--dry-run=server", "-o", "jsonpath={.spec.approvals[0].approver}"),
    );
    expect(shown).toBe("jane");
    await refused(office.decide("bob", "dry", "approve=", "--dry-run=server"), `"bob" may not decide`);
    await refused(office.decide("bob", "dry", "reject="), `"bob" may not decide`);
    await told("ToolCall", "dry", `"bob" may not decide`);
    expect((await office.scene.events("ToolCall", "dry")).map(({ count }) => count)).toEqual([1]);
    expect(await office.approvals("dry")).toEqual([]);
  });

  test("who asked is written by admission, and nothing changes it", async () => {
    const { scene } = office;
    const claiming = task("claimed", { requester: "jane" });
    await decided(office.as("bob", ["create", "-f", "-"], json(claiming)));
    const requesterOf = async () => (await scene.get("Task", "claimed"))?.spec.requester;
    expect(await requesterOf()).toBe("bob");
    for (const requester of ["jane", null]) {
      const patch = JSON.stringify({ spec: { requester } });
      await decided(office.as("bob", ["patch", "task", "claimed", "--type=merge", "-p", patch]));
    }
    await decided(office.as("bob", ["replace", "-f", "-"], json(task("claimed"))));
    expect(await requesterOf()).toBe("bob");
  });
});
