/**
 * What can be seen of people where a call is concerned: who has to agree first, over which ContactChannel they are asked,
 * how the question gets there, and what they said. Reads memory only, and judges nothing but what can be checked: an answer
 * against the question's schema, an approvalPolicy against the call.
 */
import type { ChannelType, ContactChannel, ToolCall } from "../../crds/index";
import { durationMs } from "../../crds/index";
import type { Asked } from "../adapters/channels/port";
import type { Said } from "./answers";
import { mayBeApproved, saidOf } from "./answers";
import type { Source } from "./observe";
import { digestOf } from "./question";
import type { AwaitingPeople, CallState, OpenQuestion } from "./state";
import { isTerminal } from "./state";
import type { Notes, ToolCallWorld } from "./world";

/** A ContactChannel, as far as it says who counts and how long one waits. */
export type ChannelSeen =
  /** There is no such object, or it is being deleted. */
  | { kind: "Missing"; name: string }
  | {
      kind: "Found";
      name: string;
      type: ChannelType;
      quorum: number;
      mayNotBeRequester: boolean;
      /** How long an answer is waited for, as the channel writes it, and what happens then. */
      limit?: { ms: number; text: string; then: "Reject" | "Fail" };
    };

/** How an open question gets to people. */
export type Delivery =
  /** There is nothing to send, or it is known to nobody: kubectl is all there is. */
  | { kind: "None" }
  /** It has not been put in this process, or the way to people has changed since. */
  | { kind: "Due" }
  | { kind: "Sending" }
  | { kind: "Sent"; at: Date }
  /** The way to people is not known: a value of a Secret is missing. It is looked for again at `retryAt`. */
  | ({ kind: "NoWay"; retryAt: Date } & Trouble)
  | ({ kind: "Unsent" } & Trouble)
  /** The service has another question under this id; its answers do not count. */
  | ({ kind: "Foreign" } & Trouble);

/** What is in the way, in words. `isTold`: this process has told it of this question. */
interface Trouble {
  detail: string;
  isTold: boolean;
}

/** What is seen of people where one call is concerned. */
export interface PeopleSeen {
  /** Of the arguments as they are; empty where nobody answers. */
  digest: string;
  /** Who created the task; undefined where that is not known. */
  requester?: string;
  /** People have to agree before the tool runs; `because`: the policy that would say so cannot be evaluated. */
  approval?: { because?: string };
  /** Over which channel people are asked, or would be. Undefined where nobody can be. */
  channel?: ChannelSeen;
  /** Approval: the channel over which the server would have people asked by now, where that is another one and there is it. */
  movedTo?: string;
  /** Input: approving is an answer too. */
  mayBeApproved: boolean;
  /** About the open question, by time. */
  said: Said[];
  delivery: Delivery;
}

const NOBODY: PeopleSeen = { digest: "", mayBeApproved: false, said: [], delivery: { kind: "None" } };

/** What is seen of them now, as far as the state of the call asks for it. */
export function observePeople(call: ToolCall, state: CallState, source: Source, world: ToolCallWorld): PeopleSeen {
  if (isTerminal(state)) return NOBODY;
  switch (state.status) {
    case "Pending":
      return beforeAsking(call, source, world);
    case "Executing":
      return { ...NOBODY, ...seenChannel(whoCanBeAsked(call, source, world), call, world) };
    case "AwaitingHumanApproval":
    case "AwaitingHumanInput":
    case "OutcomeUnknown":
      return { ...whileAsking(call, state, world), ...movedTo(call, state, source, world) };
    case "ReadyToExecuteApprovedTool":
      return { ...NOBODY, ...aboutAnswers(call, state, world) };
    case "ErrorBackoff":
    case "AwaitingSubAgent":
      return NOBODY;
  }
}

function beforeAsking(call: ToolCall, source: Source, world: ToolCallWorld): PeopleSeen {
  if (source.kind === "Channel") return { ...NOBODY, ...seenChannel(source.name, call, world) };
  const approval = approvalOf(call, source, world);
  if (!approval || source.kind !== "Server") return NOBODY;
  return { ...NOBODY, approval, ...seenChannel(source.server.spec.approvalContactChannel?.name, call, world) };
}

/** What is known of the one who has to agree; undefined where nobody has to. A policy that says nothing means yes. */
function approvalOf(call: ToolCall, source: Source, world: ToolCallWorld): PeopleSeen["approval"] {
  if (source.kind !== "Server" || !source.server.spec.approvalContactChannel) return undefined;
  const { approvalPolicy } = source.server.spec;
  if (approvalPolicy === undefined) return {};
  const parsed = world.arguments.read(call.spec.arguments);
  if (parsed.kind === "Unfit") return {}; // Which ends the call.
  const held = world.expressions.holds(approvalPolicy, {
    tool: source.tool,
    args: parsed.value,
    annotations: source.offered?.annotations ?? {},
    task: taskFacts(call, world),
  });
  if (held.kind === "Faulty") {
    const name = source.server.metadata.name;
    return { because: `the approvalPolicy of MCPServer "${name}" cannot be evaluated: ${held.why}` };
  }
  return held.kind === "Yes" ? {} : undefined;
}

/** `requester` is left out where it is not known: a policy that depends on it cannot be evaluated then, and people are asked. */
function taskFacts(call: ToolCall, world: ToolCallWorld): Record<string, unknown> {
  const { namespace } = call.metadata;
  const name = call.spec.taskRef?.name ?? "";
  const task = world.tasks.get(`${namespace}/${name}`);
  const requester = requesterOf(call);
  return {
    name,
    namespace,
    ...(task && { agent: task.spec.agentRef.name }),
    ...(requester !== undefined && { requester }),
  };
}

/** Who created the task, as admission has written it; undefined where it is not known. */
export function requesterOf({ spec }: ToolCall): string | undefined {
  return spec.requester;
}

/** Who is asked what a tool wants to know, or what has become of a call: the first of these channels that there is. */
function whoCanBeAsked(call: ToolCall, source: Source, world: ToolCallWorld): string | undefined {
  const names = [
    source.kind === "Server" ? source.server.spec.approvalContactChannel?.name : undefined,
    ...channelsOfTask(call, world),
  ];
  return names.find((name) => name !== undefined && channelOf(call, name, world) !== undefined);
}

function channelsOfTask({ metadata, spec }: ToolCall, { tasks, agents }: ToolCallWorld): (string | undefined)[] {
  const task = tasks.get(`${metadata.namespace}/${spec.taskRef?.name ?? ""}`);
  if (!task) return [];
  const agent = agents.get(`${metadata.namespace}/${task.spec.agentRef.name}`);
  return [task.spec.contactChannelRef?.name, agent?.spec.humanContactChannels?.[0]?.name];
}

/** The ContactChannel of that name in the call's namespace; one that is being deleted is none. */
export function channelOf(
  call: ToolCall,
  name: string,
  world: Pick<ToolCallWorld, "contactChannels">,
): ContactChannel | undefined {
  const channel = world.contactChannels.get(`${call.metadata.namespace}/${name}`);
  return channel?.metadata.deletionTimestamp === undefined ? channel : undefined;
}

function seenChannel(name: string | undefined, call: ToolCall, world: ToolCallWorld): { channel?: ChannelSeen } {
  if (name === undefined) return {};
  const spec = channelOf(call, name, world)?.spec;
  if (!spec) return { channel: { kind: "Missing", name } };
  const { type, approvers, timeout, onTimeout } = spec;
  const ms = durationMs(timeout);
  return {
    channel: {
      kind: "Found",
      name,
      type,
      quorum: approvers?.quorum ?? 1,
      mayNotBeRequester: approvers?.mayNotBeRequester === true,
      ...(ms !== undefined && timeout && { limit: { ms, text: timeout, then: onTimeout ?? "Fail" } }),
    },
  };
}

function aboutAnswers(
  call: ToolCall,
  state: Extract<CallState, { question: OpenQuestion }>,
  world: ToolCallWorld,
): Omit<PeopleSeen, "delivery"> {
  const requester = requesterOf(call);
  const digest = digestOf(call.spec.arguments);
  return {
    digest,
    ...(requester !== undefined && { requester }),
    ...seenChannel(state.question.channel, call, world),
    mayBeApproved: mayBeApproved(state, world),
    said: saidOf(call, state, world),
  };
}

function whileAsking(call: ToolCall, state: AwaitingPeople, world: ToolCallWorld): PeopleSeen {
  const about = aboutAnswers(call, state, world);
  return { ...about, delivery: deliveryOf(call, state, world) };
}

/** A server that wants no approval any more changes nothing: what has been asked is not done without a word. */
function movedTo(
  call: ToolCall,
  { status, question }: AwaitingPeople,
  source: Source,
  world: ToolCallWorld,
): Pick<PeopleSeen, "movedTo"> {
  if (status !== "AwaitingHumanApproval" || source.kind !== "Server") return {};
  const name = source.server.spec.approvalContactChannel?.name ?? question.channel;
  return name !== question.channel && channelOf(call, name, world) ? { movedTo: name } : {};
}

/** Of what a service says, so much is repeated. */
const TROUBLE_CHARACTERS = 1_000;

function deliveryOf(call: ToolCall, { question }: AwaitingPeople, world: ToolCallWorld): Delivery {
  const channel = channelOf(call, question.channel, world);
  if (!channel || channel.spec.type === "kubernetes") return { kind: "None" };
  const notes = world.notes.get(question.id);
  if (notes?.put?.version !== versionOf(channel)) return { kind: "Due" };
  const { trouble } = notes.put;
  if (!trouble) return sentAs(world.channels.look(question.id), notes);
  const { retryAt } = trouble;
  return world.clock.now() < retryAt ? { kind: "NoWay", retryAt, ...troubleIn(trouble, notes) } : { kind: "Due" };
}

function sentAs(asked: Asked | undefined, notes: Notes): Delivery {
  if (asked === undefined || asked.kind === "Answered") return { kind: "None" };
  return "detail" in asked ? { kind: asked.kind, ...troubleIn(asked, notes) } : asked;
}

function troubleIn({ detail }: { detail: string }, { told }: Notes): Trouble {
  const short = detail.slice(0, TROUBLE_CHARACTERS);
  return { detail: short, isTold: told.has(short) };
}

/** Changes with everything in the object that says how people are reached. */
export function versionOf({ metadata }: ContactChannel): string {
  return `${metadata.uid}/${metadata.generation ?? 0}`;
}
