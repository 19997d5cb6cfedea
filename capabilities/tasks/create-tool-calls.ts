/**
 * Makes the ToolCalls that a Task's last answer asks for and that are not there yet: create-if-absent under computed
 * names, so it can be repeated at any time. What lies in the way of a name is removed only if its owner is gone for certain.
 */
import type { AgentTool, Task, ToolCall } from "../../crds/index";
import { resources } from "../../crds/index";
import { ok } from "../runtime/errors";
import type { Result } from "../runtime/errors";
import { keyOf } from "../runtime/objects";
import type { Outcome } from "../runtime/outcome";
import { done, outcomeOf } from "../runtime/outcome";
import type { RecordedCall } from "./children";
import { draftToolCall } from "./children";
import { ownerOf, owningTask } from "./known-calls";
import { findAgent, toolCallsOf } from "./observe";
import type { TaskWorld } from "./world";

/** How the making of one ToolCall ended; `made` when it was us, and now. */
type Made = Outcome & { made?: string };

/**
 * Creates what is missing of ToolCalls that may have existed. When a Task is deleted its ToolCalls go too, and that may be
 * heard of first: to create them again would run their tools twice. So the Task is read live, after they were missed.
 */
export async function createToolCallsAgain(task: Task, world: TaskWorld): Promise<Outcome> {
  const live = await world.cluster.get<Task>(resources.task, task.metadata);
  if (!live.ok) return outcomeOf(live.problem);
  const { uid, resourceVersion } = live.value.metadata;
  const isCurrent = uid === task.metadata.uid && resourceVersion === task.metadata.resourceVersion;
  return isCurrent ? createToolCalls(task, world) : { kind: "Refresh" };
}

/**
 * For a task that has just been written, and so surely lives. Creates all that are missing, at once. The task is looked
 * at again afterwards.
 */
export function createToolCalls(task: Task, world: TaskWorld): Promise<Outcome> {
  return task.status?.toolCallsCreated ? lookForToolCalls(task, world) : createMissing(task, world);
}

async function createMissing(task: Task, world: TaskWorld): Promise<Outcome> {
  const offers = findAgent(task, world)?.status?.tools ?? [];
  const missing = toolCallsOf(task, world).filter(({ kind }) => kind === "Missing");
  const all = await Promise.all(missing.map((call) => create(call, offers, task, world)));
  for (const { made } of all) {
    if (made !== undefined) tell(task, world, "Normal", "ToolCallCreated", `Created ToolCall ${made}`);
  }
  const open = all.find(({ kind }) => kind === "Retry") ?? all.find(({ kind }) => kind === "Refresh");
  if (open) return open;
  if (toolCallsOf(task, world).some(({ kind }) => kind === "Missing")) return again("not all ToolCalls are known yet");
  world.wake(keyOf(task)); // All are there: now the task waits for them, and for its own time.
  return done;
}

/** All have been made: what is not known is only late to be seen, or somebody has deleted it. Read live, one is not made again. */
async function lookForToolCalls(task: Task, world: TaskWorld): Promise<Outcome> {
  const { namespace, uid } = task.metadata;
  for (const { name, kind } of toolCallsOf(task, world)) {
    if (kind !== "Missing") continue;
    const live = await world.cluster.get<ToolCall>(resources.toolCall, { name, namespace });
    if (!live.ok && live.problem.kind !== "gone") return outcomeOf(live.problem);
    if (live.ok && ownerOf(live.value)?.uid === uid) world.toolCalls.learn(live.value);
    else world.departed.miss(uid, name);
  }
  world.wake(keyOf(task));
  return done;
}

async function create(call: RecordedCall, offers: AgentTool[], task: Task, world: TaskWorld): Promise<Made> {
  const offer = offers.find(({ name }) => name === call.request.function.name);
  const draft = draftToolCall(task, call, offer);
  const created = await world.cluster.create<ToolCall>(resources.toolCall, draft);
  if (created.ok) {
    world.toolCalls.wrote(created.value);
    return { ...done, made: call.name };
  }
  return created.problem.kind === "conflict" ? settle(call.name, task, world) : outcomeOf(created.problem);
}

/** The name is taken: by ourselves, whom a lost answer or a late watch has kept from knowing, or by somebody else. */
async function settle(name: string, task: Task, world: TaskWorld): Promise<Outcome> {
  const live = await world.cluster.get<ToolCall>(resources.toolCall, { name, namespace: task.metadata.namespace });
  if (!live.ok) {
    return live.problem.kind === "gone" ? again(`ToolCall ${name} has just gone`) : outcomeOf(live.problem);
  }
  if (ownerOf(live.value)?.uid === task.metadata.uid) {
    world.toolCalls.learn(live.value);
    return done;
  }
  return replace(live.value, task, world);
}

/** A ToolCall of an earlier task of the same name goes, as its task has; anybody else's stays, and people are told. */
async function replace(call: ToolCall, task: Task, world: TaskWorld): Promise<Outcome> {
  const orphaned = await isOrphaned(call, world);
  if (!orphaned.ok) return outcomeOf(orphaned.problem);
  if (!orphaned.value) return standInWay(call, task, world);
  const { name, namespace, uid } = call.metadata;
  const removed = await world.cluster.remove(resources.toolCall, { name, namespace, uid });
  if (!removed.ok && removed.problem.kind !== "gone") return outcomeOf(removed.problem);
  return again(`ToolCall ${name} of an earlier Task was in the way and is removed`);
}

/** Whether the Task that made the call is gone for certain: read live. What no Task has made is never an orphan. */
async function isOrphaned(call: ToolCall, { cluster }: TaskWorld): Promise<Result<boolean>> {
  const owner = owningTask(call);
  if (!owner) return ok(false);
  const live = await cluster.get<Task>(resources.task, { name: owner.name, namespace: call.metadata.namespace });
  if (live.ok) return ok(live.value.metadata.uid !== owner.uid);
  return live.problem.kind === "gone" ? ok(true) : live;
}

/** Its owner lives: either we are the earlier task and do not know yet that we are gone, or the name is taken for good. */
async function standInWay(call: ToolCall, task: Task, world: TaskWorld): Promise<Outcome> {
  const { name, namespace } = call.metadata;
  if (owningTask(call)?.name === task.metadata.name) return { kind: "Refresh" };
  const message = `ToolCall ${name} exists and is not this Task's; delete it: kubectl delete toolcall ${name} -n ${namespace}`;
  tell(task, world, "Warning", "ToolCallNameTaken", message);
  return again(message);
}

function again(because: string): Outcome {
  return { kind: "Retry", because };
}

function tell(...[task, world, type, reason, message]: [Task, TaskWorld, "Normal" | "Warning", string, string]): void {
  world.recorder.record({ about: task, component: "task-controller", type, reason, message });
}
