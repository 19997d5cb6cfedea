import type { Agent, ContactChannel, LLM, MCPServer } from "../../crds/index";
import type { Cluster } from "../runtime/cluster";
import { systemClock } from "../runtime/clock";
import type { Problem } from "../runtime/errors";
import { failed, ok } from "../runtime/errors";
import type { Ref, Resource } from "../runtime/objects";
import { createExpressions } from "../runtime/expressions";
import { Store } from "../runtime/store";
import { REFERENCES_LABEL } from "./references";
import type { Request } from "./request";
import type { ReviewWorld, Verdict } from "./review";
import { review, reviewSafely } from "./review";

interface Given {
  /** "Kind/name" of what the API server has in namespace default. */
  live?: string[];
  /** The same, for what the stores know. */
  known?: string[];
  namespaceLabels?: Record<string, string>;
  trouble?: Problem;
}

/** An API server of which only reads are asked, and a count of them. */
function worldOf({ live = [], known = [], namespaceLabels = {}, trouble }: Given): ReviewWorld & { reads: string[] } {
  const reads: string[] = [];
  const metadata = (name: string, labels = {}) => ({
    name,
    namespace: "default",
    uid: name,
    resourceVersion: "1",
    labels,
  });
  const get = async ({ kind }: Resource, { namespace, name }: Ref) => {
    reads.push(`${kind}/${name}`);
    if (kind === "Namespace") return ok({ apiVersion: "v1", kind, metadata: metadata(name, namespaceLabels) });
    if (trouble) return failed(trouble);
    return live.includes(`${kind}/${name}`) && namespace === "default"
      ? ok({ apiVersion: "x", kind, metadata: metadata(name) })
      : failed({ kind: "gone" });
  };
  const llms = new Store<LLM>({ clock: systemClock });
  const agents = new Store<Agent>({ clock: systemClock });
  const mcpServers = new Store<MCPServer>({ clock: systemClock });
  const contactChannels = new Store<ContactChannel>({ clock: systemClock });
  for (const entry of known) {
    const [kind = "", name = ""] = entry.split("/");
    const object = { apiVersion: "x", kind, metadata: metadata(name), spec: {} };
    if (kind === "LLM") llms.learn(object as unknown as LLM);
    else if (kind === "ContactChannel") contactChannels.learn(object as unknown as ContactChannel);
    else agents.learn(object as unknown as Agent);
  }
  return {
    cluster: { get } as unknown as Cluster,
    known: { llms, agents, mcpServers, contactChannels },
    expressions: createExpressions(),
    reads,
  };
}

const agent = (spec: object, more: Partial<Request> = {}): Request => ({
  kind: "Agent",
  namespace: "default",
  object: { metadata: { name: "a" }, spec: { llmRef: { name: "gpt-4o" }, system: "Help.", ...spec } },
  ...more,
});
const task = (spec: object): Request => ({
  kind: "Task",
  namespace: "default",
  object: { metadata: { name: "t" }, spec: { agentRef: { name: "a" }, userMessage: "hi", ...spec } },
});
const llm = (spec: object): Request => ({
  kind: "LLM",
  namespace: "default",
  object: { metadata: { name: "l" }, spec: { provider: "openai", ...spec } },
});

const guarded = (approvalPolicy: string): Request => ({
  kind: "MCPServer",
  namespace: "default",
  object: {
    metadata: { name: "m" },
    spec: { transport: "stdio", command: "x", approvalContactChannel: { name: "c" }, approvalPolicy },
  },
});
const channel = (spec: object): Request => ({
  kind: "ContactChannel",
  namespace: "default",
  object: { metadata: { name: "c" }, spec: { ...spec } },
});

const everything = { live: ["LLM/gpt-4o", "Agent/a", "Task/t", "ContactChannel/c", "Tool/x", "MCPServer/m"] };

function summary({ kind, warnings }: Verdict): string {
  return warnings.length === 0 ? kind : `${kind}, warned ${warnings.length}x`;
}

describe("what a schema cannot see", () => {
  test.each<[sentence: string, Request, Given, expected: string]>([
    ["an agent of an existing LLM is welcome", agent({}), everything, "Approve"],
    ["an agent of a missing LLM is refused", agent({}), {}, "Deny"],
    ["an LLM in another namespace does not count", { ...agent({}), namespace: "other" }, everything, "Deny"],
    [
      "a memory that is behind refuses nobody: the live read decides",
      agent({}),
      { live: ["LLM/gpt-4o"], known: [] },
      "Approve",
    ],
    ["what memory has is believed", agent({}), { known: ["LLM/gpt-4o"] }, "Approve"],
    ["an agent may be its own sub-agent", agent({ subAgents: [{ name: "a" }] }), { live: ["LLM/gpt-4o"] }, "Approve"],
    ["another sub-agent must exist", agent({ subAgents: [{ name: "b" }] }), { live: ["LLM/gpt-4o"] }, "Deny"],
    [
      "every sort of tool of an agent must exist",
      agent({ mcpServers: [{ name: "m" }], tools: [{ name: "x" }], humanContactChannels: [{ name: "c" }] }),
      everything,
      "Approve",
    ],
    ["a missing channel is refused", agent({ humanContactChannels: [{ name: "gone" }] }), everything, "Deny"],
    ["a task of a missing agent is refused", task({}), {}, "Deny"],
    ["a task with a missing channel is refused", task({ contactChannelRef: { name: "gone" } }), everything, "Deny"],
    [
      "a task run of a missing task is refused",
      { kind: "TaskRun", namespace: "default", object: { spec: { taskRef: { name: "gone" } } } },
      everything,
      "Deny",
    ],
    [
      "a tool with a missing approval channel is refused",
      { kind: "Tool", namespace: "default", object: { spec: { approvalContactChannel: { name: "gone" } } } },
      everything,
      "Deny",
    ],
    [
      "a tool that is an agent needs that agent",
      { kind: "Tool", namespace: "default", object: { spec: { agent: { name: "a" } } } },
      everything,
      "Approve",
    ],
    [
      "an MCP server with an existing channel is welcome",
      { kind: "MCPServer", namespace: "default", object: { spec: { approvalContactChannel: { name: "c" } } } },
      everything,
      "Approve",
    ],
    [
      "a channel that memory has is believed",
      { kind: "MCPServer", namespace: "default", object: { spec: { approvalContactChannel: { name: "c" } } } },
      { known: ["ContactChannel/c"] },
      "Approve",
    ],
    [
      "an approval policy that can be evaluated is welcome",
      guarded("tool == 'fetch' && args.size() > 0"),
      everything,
      "Approve",
    ],
    ["an approval policy that cannot be read is refused", guarded("tool =="), everything, "Deny"],
    ["an approval policy about what there is not is refused", guarded("user == 'jane'"), everything, "Deny"],
    ["an approval policy that is neither true nor false is refused", guarded("'yes'"), everything, "Deny"],
    ["a channel that needs nothing is welcome", channel({ type: "kubernetes" }), {}, "Approve"],
    [
      "a webhook without a key will not be Ready",
      channel({ type: "webhook", webhook: { url: "https://x" } }),
      {},
      "Approve, warned 1x",
    ],
    [
      "an email channel without a key will not be Ready",
      channel({ type: "email", email: { address: "a@b.c" } }),
      {},
      "Approve, warned 1x",
    ],
    [
      "an address with a password in it is refused",
      channel({ type: "email", baseUrl: "https://a:b@x" }),
      {},
      "Deny, warned 1x",
    ],
    [
      "so is a webhook's",
      channel({
        type: "webhook",
        webhook: { url: "https://a@x", secretFrom: { secretKeyRef: { name: "s", key: "k" } } },
      }),
      {},
      "Deny",
    ],
    [
      "a namespace may ask for warnings",
      agent({ tools: [{ name: "gone" }] }),
      { namespaceLabels: { [REFERENCES_LABEL]: "warn" } },
      "Approve, warned 2x",
    ],
    [
      "another value of that label changes nothing",
      agent({}),
      { namespaceLabels: { [REFERENCES_LABEL]: "ignore" } },
      "Deny",
    ],
    [
      "trouble with the API server refuses nobody",
      agent({}),
      { trouble: { kind: "retryable", message: "busy" } },
      "Approve, warned 1x",
    ],
    [
      "a missing right of the operator refuses nobody",
      agent({}),
      { trouble: { kind: "terminal", message: "forbidden" } },
      "Approve, warned 1x",
    ],
    [
      "an object on its way out is left alone",
      {
        ...agent({}),
        object: { metadata: { name: "a", deletionTimestamp: "now" }, spec: { llmRef: { name: "gone" } } },
      },
      {},
      "Approve",
    ],
    ["a change of labels is left alone", agent({}, { stored: agent({}).object }), {}, "Approve"],
    [
      "an edit elsewhere does not bring up a reference that has gone",
      agent({ system: "New." }, { stored: agent({}).object }),
      {},
      "Approve",
    ],
    [
      "an edit that brings a new reference is checked",
      agent({ tools: [{ name: "gone" }] }, { stored: agent({}).object }),
      {},
      "Deny",
    ],
    [
      "a name that no object can have is refused though the API server cannot be asked about it",
      agent({ llmRef: { name: "other/gpt-4o" } }),
      { trouble: { kind: "retryable", message: "no such path" } },
      "Deny",
    ],
    [
      "a name that no object can have is not waited for",
      agent({ tools: [{ name: "My Tool" }] }),
      { ...everything, namespaceLabels: { [REFERENCES_LABEL]: "warn" } },
      "Deny",
    ],
    ["an LLM refers to nothing, for its Secret may come later", llm({}), {}, "Approve"],
    [
      "a parameter that the provider refuses is a warning",
      llm({ provider: "anthropic", parameters: { model: "claude-sonnet-4-5", seed: 1 } }),
      {},
      "Approve, warned 1x",
    ],
    [
      "a field that has no effect is a warning",
      llm({ provider: "google", google: { location: "europe-west4" } }),
      {},
      "Approve, warned 1x",
    ],
    ["a provider that this version does not reach is a warning", llm({ provider: "vertex" }), {}, "Approve, warned 1x"],
    [
      "an output schema that is one is welcome",
      task({ outputSchema: { type: "object", properties: { city: { type: "string" } }, required: ["city"] } }),
      everything,
      "Approve",
    ],
    [
      "an output schema of an unknown type is refused",
      task({ outputSchema: { properties: { city: { type: "text" } } } }),
      everything,
      "Deny",
    ],
  ])("%s", async (_sentence, request, given, expected) => {
    expect(summary(await review(request, worldOf(given)))).toBe(expected);
  });

  test("everything that is missing is said at once, with where, and how to go on", async () => {
    const verdict = await review(
      agent({ tools: [{ name: "x" }], subAgents: [{ name: "b" }] }),
      worldOf({ known: ["LLM/gpt-4o-mini"] }),
    );
    const message = verdict.kind === "Deny" ? verdict.message : "";
    for (const part of [
      'Agent "a" in namespace "default"',
      'refers to LLM "gpt-4o", Tool "x" and Agent "b", which do not exist',
      'Did you mean LLM "gpt-4o-mini"?',
      "spec.llmRef.name, spec.tools and spec.subAgents",
      "kubectl label namespace default",
    ]) {
      expect(message).toContain(part);
    }
  });

  test("a reference into another namespace is told how references are written", async () => {
    const verdict = await review(task({ agentRef: { name: "other/a" } }), worldOf(everything));
    expect(verdict).toMatchObject({
      kind: "Deny",
      message:
        'Task "t" in namespace "default" refers to Agent "other/a", which cannot be the name of an object. Correct spec.agentRef.name: it takes the name alone, of an object in the same namespace.',
    });
  });

  test("what is wrong with an approval policy is said, and where", async () => {
    const verdict = await review(guarded("tool =="), worldOf(everything));
    expect(verdict).toMatchObject({
      kind: "Deny",
      message: expect.stringMatching(
        /^MCPServer "m" in namespace "default" cannot be used: spec\.approvalPolicy /,
      ) as string,
    });
  });

  test("a password in an address is not repeated", async () => {
    const verdict = await review(channel({ type: "email", baseUrl: "https://jane:hunter2@x" }), worldOf({}));
    expect(JSON.stringify(verdict)).not.toContain("hunter2");
  });

  test("nobody is asked about what memory has, and the namespace only when something is missing", async () => {
    const hit = worldOf({ known: ["LLM/gpt-4o"] });
    await review(agent({}), hit);
    expect(hit.reads).toEqual([]);

    const miss = worldOf({});
    await review(agent({}), miss);
    expect(miss.reads).toEqual(["LLM/gpt-4o", "Namespace/default"]);
  });

  test("no warning is long enough to be cut by the API server, with names of a usual length", async () => {
    const verdict = await review(agent({}), worldOf({ namespaceLabels: { [REFERENCES_LABEL]: "warn" } }));
    for (const warning of verdict.warnings) expect(warning.length).toBeLessThan(256);
  });

  test("a fault of ours is refused in words without its details, and reported whole", async () => {
    const world = worldOf({});
    const broken = {
      ...world,
      cluster: {
        get: () => {
          throw new TypeError("boom at line 7");
        },
      } as unknown as Cluster,
    };
    const reported: unknown[] = [];

    const verdict = await reviewSafely(agent({}), broken, (thrown) => reported.push(thrown));

    expect(verdict).toMatchObject({ kind: "Deny", message: expect.not.stringContaining("boom") as string });
    expect(reported).toEqual([expect.any(TypeError)]);
  });
});
