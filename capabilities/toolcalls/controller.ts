/** The ToolCall controller: what wakes a call, and what is dropped when one is gone. */
import type { ContactChannel, MCPServer, ToolCall } from "../../crds/index";
import { resources } from "../../crds/index";
import type { Desk } from "../adapters/channels/desk";
import type { McpOutcome } from "../adapters/mcp/port";
import { createController } from "../runtime/controller";
import type { Controller } from "../runtime/controller";
import { createExpressions } from "../runtime/expressions";
import { InFlight } from "../runtime/in-flight";
import { keyOf } from "../runtime/objects";
import type { Secrets } from "../runtime/secrets";
import type { WithinTime } from "../runtime/within-time";
import { createWatchdog } from "../runtime/within-time";
import { createArguments } from "./arguments";
import { BY_QUESTION, createDesk, questionsOf } from "./desk";
import { isTaskOver, ownerUid } from "./observe";
import { reconcileToolCall } from "./reconcile";
import { hasEnded, openQuestionOf } from "./state";
import type { ToolCallWorld } from "./world";

type Given = Omit<ToolCallWorld, keyof Made | "lookingSince" | "wake" | "wakeAt" | "secrets"> & {
  secrets: Pick<Secrets, "read" | "onChange">;
  random: () => number;
  /** What schemas and policies run under; a watchdog where nothing else is given. */
  within?: WithinTime;
};

/** What the machine keeps in this process. */
type Made = Pick<ToolCallWorld, "calls" | "unsent" | "arguments" | "expressions" | "notes">;

/** The controller, its orderly stop, and its desk for answers. */
export interface ToolCallController extends Controller<ToolCall> {
  /** Starts no more calls and lets those in flight finish, for at most so long; what finished is still recorded. */
  drain(graceMs: number): Promise<void>;
  /** Takes answers that come over HTTP. */
  desk: Desk;
}

/** Follows ToolCalls, and what they wait for: Tasks, MCPServers, ContactChannels, people. */
export function createToolCallController(given: Given): ToolCallController {
  const { toolCalls, tasks, mcpServers, mcp, cluster, clock, log, random, within = createWatchdog() } = given;
  const notes: ToolCallWorld["notes"] = new Map();
  const calls = new InFlight<McpOutcome>(clock);
  const unsent: ToolCallWorld["unsent"] = new Map();
  const world: ToolCallWorld = {
    ...given,
    calls,
    unsent,
    arguments: createArguments(within),
    expressions: createExpressions(within),
    notes,
    lookingSince: clock.now(),
    wake: (key) => controller.wake(key),
    wakeAt: (key, when) => controller.wakeAt(key, when),
  };
  const controller = createController<ToolCall>({
    name: "toolcall-controller",
    resource: resources.toolCall,
    store: toolCalls,
    reconcile: (key) => reconcileToolCall(key, world),
    cluster,
    clock,
    log,
    random,
  });

  // The stores are shared, so the names of these indexes say whose they are.
  toolCalls.index("toolcalls/task", (call) => (hasEnded(call) ? [] : [ownerUid(call) ?? ""]));
  toolCalls.index("toolcalls/server", (call) => (hasEnded(call) ? [] : serverKeys(call)));
  mcpServers.index("toolcalls/uid", (server) => [server.metadata.uid]);

  const wakeAll = (woken: ToolCall[]): void => {
    for (const call of woken) controller.wake(keyOf(call));
  };
  tasks.subscribe(({ uid, object, previous }) => {
    const isSame =
      object !== undefined &&
      previous !== undefined &&
      isTaskOver(object) === isTaskOver(previous) &&
      object.spec.suspended === previous.spec.suspended;
    if (!isSame) wakeAll(toolCalls.byIndex("toolcalls/task", uid)); // Its conversation, which changes often, is nothing to its calls.
  });
  mcpServers.subscribe(({ key }) => wakeAll(toolCalls.byIndex("toolcalls/server", key)));
  mcp.subscribe((uid) => {
    for (const server of mcpServers.byIndex("toolcalls/uid", uid))
      wakeAll(toolCalls.byIndex("toolcalls/server", keyOf(server)));
  });
  toolCalls.subscribe(({ object, previous }) => {
    if (object && hasEnded(object)) unsent.delete(object.metadata.uid);
    if (!previous || previous.metadata.uid === object?.metadata.uid) return;
    calls.forget(previous.metadata.uid);
    unsent.delete(previous.metadata.uid);
  });

  hearPeople(world, given.secrets, wakeAll);

  return Object.assign(controller, {
    drain: (graceMs: number) => calls.drain(graceMs),
    desk: createDesk(world),
  });
}

/** What wakes calls that wait for people, and what is let go when they do no longer. Nothing is looked at by the clock. */
function hearPeople(
  { toolCalls, mcpServers, contactChannels, channels, notes }: ToolCallWorld,
  secrets: Pick<Secrets, "onChange">,
  wakeAll: (woken: ToolCall[]) => void,
): void {
  toolCalls.index(BY_QUESTION, questionsOf);
  toolCalls.index("toolcalls/channel", (call) => (hasEnded(call) ? [] : channelKeys(call)));
  mcpServers.index("toolcalls/channel", approvalKeys);
  contactChannels.index("toolcalls/secret", secretKeys);

  channels.subscribe((id) => wakeAll(toolCalls.byIndex(BY_QUESTION, id)));
  contactChannels.subscribe(({ key, object, previous }) => {
    // What a channel says of itself in its status is nothing to those who wait over it.
    if (object && previous && object.metadata.generation === previous.metadata.generation && !isLeaving(object)) return;
    wakeAll(toolCalls.byIndex("toolcalls/channel", key));
    for (const server of mcpServers.byIndex("toolcalls/channel", key))
      wakeAll(toolCalls.byIndex("toolcalls/server", keyOf(server)));
  });
  secrets.onChange((secret) => {
    for (const channel of contactChannels.byIndex("toolcalls/secret", secret)) {
      const waiting = toolCalls.byIndex("toolcalls/channel", keyOf(channel));
      for (const call of waiting) delete notes.get(openQuestionOf(call) ?? "")?.put;
      wakeAll(waiting);
    }
  });
  toolCalls.subscribe(({ object, previous }) => {
    const [before, now] = [previous && openQuestionOf(previous), object && openQuestionOf(object)];
    if (before === undefined || before === now) return;
    channels.drop(before);
    notes.delete(before);
  });
}

function isLeaving({ metadata }: ContactChannel): boolean {
  return metadata.deletionTimestamp !== undefined;
}

function channelKeys({ spec, status, metadata }: ToolCall): string[] {
  const asked = status?.question?.channel;
  const source = spec.source?.kind === "ContactChannel" ? spec.source.name : undefined;
  return [asked ?? source].flatMap((name) => (name === undefined ? [] : [`${metadata.namespace}/${name}`]));
}

function approvalKeys({ spec, metadata }: MCPServer): string[] {
  return spec.approvalContactChannel ? [`${metadata.namespace}/${spec.approvalContactChannel.name}`] : [];
}

function secretKeys({ spec, metadata }: ContactChannel): string[] {
  const refs = [spec.apiKeyFrom, spec.webhook?.secretFrom];
  return refs.flatMap((ref) => (ref ? [`${metadata.namespace}/${ref.secretKeyRef.name}`] : []));
}

function serverKeys({ spec, metadata }: ToolCall): string[] {
  return spec.source?.kind === "MCPServer" ? [`${metadata.namespace}/${spec.source.name}`] : [];
}

/** Of a finished call the task reads the text; the tool's own form of it may be large and is of no use here. The cluster has it. */
export function slimToolCall(call: ToolCall): void {
  if (!call.status || !hasEnded(call)) return;
  delete call.status.content;
  delete call.status.structuredContent;
  delete call.status.requestState;
  delete call.status.inputRequests;
}
