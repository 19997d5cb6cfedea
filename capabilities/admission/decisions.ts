/**
 * A request about a ToolCall on its way in: a decision becomes an entry that says who decided, when, on what and in answer
 * to which question, or is refused in words that are also told in an event. It finds out what the judgement needs, and only
 * when something is decided: every other update passes at once.
 */
import type { ContactChannel, Task, TaskRun } from "../../crds/index";
import { resources } from "../../crds/index";
import type { Clock } from "../runtime/clock";
import type { Recorder } from "../runtime/events";
import type { ClusterObject, Resource } from "../runtime/objects";
import type { Arguments } from "../toolcalls/arguments";
import { intentOf, withoutDecisions } from "./approval-intent";
import type { ChannelSeen } from "./approvals";
import { judge, objectionTo, openQuestion, storedCall } from "./approvals";
import type { AdmissionWorld } from "./existence";
import { LIVE_READ_MS } from "./existence";
import type { MayApprove } from "./may-approve";
import type { Preparation } from "./prepare";
import type { SignedRequest } from "./request";
import { annotationsOf } from "./request";

/** What decisions on ToolCalls need from outside. */
export interface ApprovalWorld extends AdmissionWorld {
  clock: Clock;
  recorder: Pick<Recorder, "record">;
  mayApprove: MayApprove;
  arguments: Pick<Arguments, "check">;
}

/** What is to happen to a request about a ToolCall. */
export async function prepareDecision(request: SignedRequest, world: ApprovalWorld): Promise<Preparation> {
  const intent = intentOf(request);
  if (intent.kind === "Nothing") return { kind: "AsIs" };
  const objection = objectionTo(intent, request);
  if (objection !== undefined || intent.kind !== "Entry") return refused(objection ?? "", request, world);
  const { namespace, name } = storedCall(request).metadata;
  const [mayApprove, channel] = await Promise.all([
    world.mayApprove(request.user, { namespace, name }),
    channelOf(request, world),
  ]);
  const facts = { mayApprove, channel, now: world.clock.now(), fitter: world.arguments };
  const judgement = judge(intent.draft, request, facts);
  if (judgement.kind === "Refused") return refused(judgement.message, request, world);
  return {
    kind: "Changed",
    spec: { ...request.object.spec, approvals: [...intent.before, judgement.entry] },
    annotations: withoutDecisions(annotationsOf(request.object)),
  };
}

/** The channel says who may answer. Memory first; a live read before anybody is told that it is gone. */
async function channelOf(request: SignedRequest, { known, cluster }: ApprovalWorld): Promise<ChannelSeen> {
  const name = openQuestion(storedCall(request))?.channel;
  if (name === undefined) return { kind: "None" };
  const { namespace } = request;
  const remembered = known.contactChannels.get(`${namespace}/${name}`);
  if (remembered) return found(remembered);
  const live = await cluster.get<ContactChannel>(
    resources.contactChannel,
    { namespace, name },
    { timeoutMs: LIVE_READ_MS },
  );
  if (live.ok) return found(live.value);
  return { kind: live.problem.kind === "gone" ? "Gone" : "Unreadable" };
}

function found({ spec: { approvers = {} } }: ContactChannel): ChannelSeen {
  const { quorum = 1, mayNotBeRequester = false } = approvers;
  return { kind: "Found", quorum, mayNotBeRequester };
}

/** A refusal and its event, for others than the one who is refused: somebody tried. */
async function refused(message: string, request: SignedRequest, world: ApprovalWorld): Promise<Preparation> {
  if (!request.isDryRun) {
    const about = request.stored ? storedCall(request) : await askerOf(request, world);
    const told = { component: "toolcall-controller", type: "Warning", reason: "ApprovalRefused" } as const;
    if (about) world.recorder.record({ about, ...told, message });
  }
  return { kind: "Refused", message };
}

/** A ToolCall that was not created can have no event: its Task or TaskRun has it, if there is one. */
async function askerOf({ namespace, object }: SignedRequest, world: ApprovalWorld): Promise<ClusterObject | undefined> {
  const spec = object.spec ?? {};
  const referred: [Resource, unknown][] = [
    [resources.task, spec["taskRef"]],
    [resources.taskRun, spec["taskRunRef"]],
  ];
  for (const [resource, reference] of referred) {
    const name = nameIn(reference);
    if (name === undefined) continue;
    const read = await world.cluster.get<Task | TaskRun>(resource, { namespace, name }, { timeoutMs: LIVE_READ_MS });
    if (read.ok) return { ...read.value, apiVersion: resource.apiVersion, kind: resource.kind };
  }
  return undefined;
}

function nameIn(reference: unknown): string | undefined {
  const isNamed = typeof reference === "object" && reference !== null && "name" in reference;
  return isNamed && typeof reference.name === "string" && reference.name !== "" ? reference.name : undefined;
}
