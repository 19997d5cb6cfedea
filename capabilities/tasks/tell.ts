/**
 * Where a Task's final answer leaves for its contact channel, and what has the task looked at meanwhile. Owns the id of
 * the answer. The channels' adapter sends, repeats and looks; what follows from it is decided in answers.ts.
 */
import { createHash } from "node:crypto";
import type { ContactChannel, Task } from "../../crds/index";
import type { Question } from "../adapters/channels/port";
import { readTarget } from "../adapters/channels/target";
import type { Key } from "../runtime/objects";
import { keyOf } from "../runtime/objects";
import type { Outcome } from "../runtime/outcome";
import { done } from "../runtime/outcome";
import type { Telling } from "./answers";
import { mustTell } from "./state";
import type { TaskWorld } from "./world";

/**
 * The id of a task's final answer at every service: always the same for the same task, so that telling again is no second
 * telling.
 */
export function finalAnswerId(uid: string): string {
  return `hc-${createHash("sha256").update(`${uid}/final-answer`, "utf8").digest("hex").slice(0, 16)}`;
}

/** What is known of the telling of a task's answer; undefined when there is none to be told. */
export function tellingOf(task: Task, world: Pick<TaskWorld, "channels" | "contactChannels">): Telling | undefined {
  const name = task.spec.contactChannelRef?.name;
  if (name === undefined || !mustTell(task)) return undefined;
  const asked = world.channels.look(finalAnswerId(task.metadata.uid));
  return { name, channel: conditionOf(channelOf(task, world)), ...(asked && { asked }) };
}

function conditionOf(channel: ContactChannel | undefined): Telling["channel"] {
  if (!channel) return "Missing";
  if (channel.spec.type === "kubernetes") return "NotNeeded";
  if (channel.status?.ready) return "Ready";
  return channel.status?.observedGeneration === undefined ? "Unchecked" : "NotReady";
}

/** The task's channel; one that is being deleted is none. */
function channelOf(task: Task, { contactChannels }: Pick<TaskWorld, "contactChannels">): ContactChannel | undefined {
  const channel = contactChannels.get(`${task.metadata.namespace}/${task.spec.contactChannelRef?.name ?? ""}`);
  return channel?.metadata.deletionTimestamp ? undefined : channel;
}

/** Hands the answer to the channel's adapter. It can be repeated at any time. */
export async function putAnswer(task: Task, world: TaskWorld): Promise<Outcome> {
  const channel = channelOf(task, world);
  if (!channel) return done; // Gone since it was decided; when it is there again, the task is looked at.
  const read = await readTarget(channel, world);
  // The channel says what is missing. It may not even have noticed, so nobody would wake the task.
  if (read.kind !== "Target") return { kind: "Retry", because: `ContactChannel ${keyOf(channel)} could not be read` };
  const known = world.tasks.get(keyOf(task));
  if (!known || !isToTell(known) || known.metadata.uid !== task.metadata.uid) return done; // Deleted meanwhile.
  world.channels.put(read.target, noticeOf(task), false);
  return done;
}

function noticeOf({ metadata, status }: Task): Question {
  const { namespace, name, uid } = metadata;
  return {
    id: finalAnswerId(uid),
    kind: "Notice",
    about: { kind: "Task", namespace, name, uid },
    message: status?.output ?? "",
  };
}

/**
 * Has tasks looked at when something is known of their answer or of their channel; lets answers go that are not to be
 * told any more.
 */
export function followAnswers(
  { tasks, contactChannels, channels }: Pick<TaskWorld, "tasks" | "contactChannels" | "channels">,
  wake: (key: Key) => void,
): void {
  tasks.index("answer/id", (task) => (isToTell(task) ? [finalAnswerId(task.metadata.uid)] : []));
  tasks.index("answer/channel", (task) =>
    isToTell(task) ? [`${task.metadata.namespace}/${task.spec.contactChannelRef?.name ?? ""}`] : [],
  );
  const wakeAll = (index: string, value: string): void => {
    for (const task of tasks.byIndex(index, value)) wake(keyOf(task));
  };
  channels.subscribe((id) => wakeAll("answer/id", id));
  contactChannels.subscribe(({ key }) => wakeAll("answer/channel", key));
  tasks.subscribe(({ object, previous }) => {
    if (!previous || !isToTell(previous)) return;
    const { uid } = previous.metadata;
    if (object?.metadata.uid !== uid || !isToTell(object)) channels.drop(finalAnswerId(uid));
  });
}

/** Whether the answer of a task that stays is still to be told. */
function isToTell(task: Task): boolean {
  return task.metadata.deletionTimestamp === undefined && mustTell(task);
}
