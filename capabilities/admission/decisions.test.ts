import type { ContactChannel } from "../../crds/index";
import { systemClock } from "../runtime/clock";
import type { Cluster } from "../runtime/cluster";
import { failed, ok } from "../runtime/errors";
import type { EventNote } from "../runtime/events";
import type { Ref, Resource } from "../runtime/objects";
import { Store } from "../runtime/store";
import { createArguments } from "../toolcalls/arguments";
import { ANNOTATIONS } from "./approval-intent";
import type { ApprovalWorld } from "./decisions";
import { prepareDecision } from "./decisions";
import type { SignedRequest } from "./request";

const NOW = new Date("2026-01-31T10:00:00Z");

interface Given {
  mayApprove?: "Yes" | "No" | "Unknown";
  /** Objects that the API server has, by "Kind/name"; the value is their spec. */
  live?: Record<string, object>;
  known?: ContactChannel[];
}

/** The outside, with a list of what was asked of it and what was told. */
function worldOf({
  mayApprove = "Yes",
  live = {},
  known = [],
}: Given): ApprovalWorld & { asked: string[]; told: EventNote[] } {
  const asked: string[] = [];
  const told: EventNote[] = [];
  const contactChannels = new Store<ContactChannel>({ clock: systemClock });
  for (const channel of known) contactChannels.learn(channel);
  const get = async ({ kind }: Resource, { namespace, name }: Ref) => {
    asked.push(`${kind}/${name}`);
    const spec = live[`${kind}/${name}`];
    return spec ? ok({ metadata: { namespace, name, uid: `uid of ${name}` }, spec }) : failed({ kind: "gone" });
  };
  return {
    cluster: { get } as unknown as Cluster,
    known: { contactChannels } as unknown as ApprovalWorld["known"],
    clock: { ...systemClock, now: () => NOW },
    recorder: { record: (note) => void told.push(note) },
    arguments: createArguments(),
    mayApprove: async ({ username }, { namespace, name }) => {
      asked.push(`${username} on ${namespace}/${name}`);
      return { kind: mayApprove };
    },
    asked,
    told,
  };
}

const channel = (spec: object): ContactChannel =>
  ({
    apiVersion: "x",
    kind: "ContactChannel",
    metadata: { namespace: "default", name: "people", uid: "u", resourceVersion: "1" },
    spec,
  }) as unknown as ContactChannel;

const metadata = { name: "t-tc-01", namespace: "default", uid: "1", annotations: { team: "a" } };
const spec = { arguments: "{}", taskRef: { name: "t" }, requester: "jane" };
const stored = {
  apiVersion: "kubechain.humanlayer.dev/v1alpha1",
  kind: "ToolCall",
  metadata,
  spec,
  status: {
    phase: "Pending",
    status: "AwaitingHumanApproval",
    externalCallID: "ec-1",
    question: { kind: "Approval", channel: "people", askedAt: "2026-01-31T09:00:00Z" },
  },
} as unknown as NonNullable<SignedRequest["stored"]>;

const saying = (annotations: Record<string, string>): SignedRequest => ({
  kind: "ToolCall",
  namespace: "default",
  object: { ...stored, metadata: { ...metadata, annotations: { ...metadata.annotations, ...annotations } } },
  stored,
  user: { username: "jane", isOperator: false },
  isDryRun: false,
});
const approving = saying({ [ANNOTATIONS.Approve]: "fine" });

describe("a decision on its way in", () => {
  test("becomes an entry, and its annotation goes; all else stays", async () => {
    const world = worldOf({ known: [channel({ type: "kubernetes" })] });
    const { decision, approver, question } = { decision: "Approve", approver: "jane", question: "ec-1" };
    expect(await prepareDecision(approving, world)).toEqual({
      kind: "Changed",
      spec: {
        ...spec,
        approvals: [
          {
            decision,
            comment: "fine",
            approver,
            at: NOW.toISOString(),
            argumentsDigest: expect.stringMatching(/^sha256:/) as string,
            question,
          },
        ],
      },
      annotations: metadata.annotations,
    });
    expect(world.asked).toEqual(["jane on default/t-tc-01"]);
    expect(world.told).toEqual([]);
  });

  test("asks nobody anything when nothing is decided", async () => {
    const world = worldOf({});
    expect(await prepareDecision(saying({ note: "x" }), world)).toEqual({ kind: "AsIs" });
    expect(world.asked).toEqual([]);
  });

  test("asks nobody anything when it is plain that it cannot count", async () => {
    const world = worldOf({});
    const user = { username: "kubechain-operator", isOperator: true };
    expect(await prepareDecision({ ...approving, user }, world)).toMatchObject({ kind: "Refused" });
    expect(world.asked).toEqual([]);
  });

  test.each<[sentence: string, Given, expected: string]>([
    ["a channel that memory does not have is read live", { live: { "ContactChannel/people": {} } }, "Changed"],
    [
      "what the live channel says counts",
      { live: { "ContactChannel/people": { approvers: { mayNotBeRequester: true } } } },
      "Refused",
    ],
    ["a channel that is gone lets nobody decide", {}, "Refused"],
    ["what memory has is believed", { known: [channel({ approvers: { mayNotBeRequester: true } })] }, "Refused"],
  ])("%s", async (_sentence, given, expected) => {
    expect((await prepareDecision(approving, worldOf(given))).kind).toBe(expected);
  });
});

describe("a refusal", () => {
  test("is told in an event on the call, in the same words", async () => {
    const world = worldOf({ mayApprove: "No" });
    const refused = await prepareDecision(approving, world);
    expect(refused.kind).toBe("Refused");
    expect(world.told).toEqual([
      {
        about: stored,
        component: "toolcall-controller",
        type: "Warning",
        reason: "ApprovalRefused",
        message: refused.kind === "Refused" && refused.message,
      },
    ]);
  });

  test("of a call that was not created is told on its task", async () => {
    const world = worldOf({ live: { "Task/t": {} } });
    const object = { metadata, spec: { ...spec, approvals: [{ decision: "Approve" }] } };
    const { stored: _none, ...creating } = approving;
    expect(await prepareDecision({ ...creating, object }, world)).toMatchObject({ kind: "Refused" });
    expect(world.told).toMatchObject([{ about: { kind: "Task", metadata: { name: "t", uid: "uid of t" } } }]);
  });

  test("is refused still when there is nothing to tell it on", async () => {
    const world = worldOf({});
    const object = { metadata, spec: { approvals: [{ decision: "Approve" }] } };
    const { stored: _none, ...creating } = approving;
    expect(await prepareDecision({ ...creating, object }, world)).toMatchObject({ kind: "Refused" });
    expect(world.told).toEqual([]);
  });

  test("in a dry run is told to nobody else", async () => {
    const world = worldOf({ mayApprove: "No" });
    expect(await prepareDecision({ ...approving, isDryRun: true }, world)).toMatchObject({ kind: "Refused" });
    expect(world.told).toEqual([]);
  });
});
