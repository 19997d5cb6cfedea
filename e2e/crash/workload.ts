/**
 * The load of the crash proof: as long as it is wanted, so many tasks are unfinished, and as soon as one ends, what came
 * of it is kept and its objects are deleted, so that the last kill meets no larger cluster than the first.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Task, ToolCall } from "../../crds/index";
import { task } from "../objects";
import type { Scene } from "../scene";
import type { Ended } from "./evidence";
import { groupedBy } from "./evidence";
import type { Plan } from "./plan";

const LOOK_AGAIN_MS = 400;

export interface Workload {
  /** Those that have ended, with what belongs to them. */
  ended: Ended[];
  /** Accepted tasks that have not ended: the name of each, and where it and its calls are. */
  unfinished(): Promise<string[]>;
  /** Adds no more; resolves when all have ended or nothing has ended for `patienceMs`. */
  finish(patienceMs: number): Promise<void>;
}

export interface WorkloadOptions {
  scene: Scene;
  atOnce: number;
  plan: (name: string) => Plan;
}

/** Starts adding tasks. */
export function startWorkload({ scene, atOnce, plan }: WorkloadOptions): Workload {
  const open = new Map<string, Plan>();
  const ended: Ended[] = [];
  /** Ended tasks whose objects are still to be deleted. */
  const kept = new Set<string>();
  let isOver = false;
  let count = 0;
  /** Why the last look failed, where it did: a busy machine may not answer for a while. */
  let trouble: unknown;

  const add = async (): Promise<void> => {
    while (!isOver && open.size < atOnce) {
      const next = plan(`t-${String(++count).padStart(5, "0")}`);
      // While no operator listens, nothing is accepted: the same task is offered until it is.
      while (!(await isAccepted(scene, next))) await sleep(50);
      open.set(next.name, next);
    }
  };
  const collect = async (): Promise<void> => {
    const over = (await scene.list("Task")).filter((one) => isOverIn(one) && open.has(one.metadata.name));
    if (over.length > 0) {
      const calls = groupedBy(await scene.list("ToolCall"), ({ spec }) => spec.taskRef?.name ?? "");
      for (const { metadata, status } of over) {
        const own = open.get(metadata.name);
        const toolCalls = inOrder(calls.get(metadata.name) ?? []);
        if (own && status) ended.push({ plan: own, status, toolCalls });
        open.delete(metadata.name);
        kept.add(metadata.name);
      }
    }
    await Promise.all([...kept].map(discard));
  };
  const discard = async (name: string): Promise<void> => {
    await scene.remove("Task", name);
    kept.delete(name);
  };
  const look = async (): Promise<void> => {
    try {
      await collect();
      trouble = undefined;
    } catch (error) {
      trouble = error;
    }
  };
  const adding = (async () => {
    for (; !isOver; await sleep(50)) await add();
  })();
  const collecting = (async () => {
    for (; !isOver || open.size > 0; await sleep(LOOK_AGAIN_MS)) await look();
  })();
  // Told by `finish`.
  adding.catch(() => undefined);

  const finish = async (patienceMs: number): Promise<void> => {
    isOver = true;
    await adding;
    for (let [before, since] = [open.size, Date.now()]; open.size > 0; await sleep(LOOK_AGAIN_MS)) {
      if (open.size !== before) [before, since] = [open.size, Date.now()];
      if (Date.now() - since <= patienceMs) continue;
      // Who cannot look must not say that nothing has ended.
      if (trouble !== undefined) throw new Error("the cluster could not be looked at", { cause: trouble });
      return;
    }
    await collecting;
  };
  const unfinished = async (): Promise<string[]> => {
    if (open.size === 0) return [];
    const left = [...(await scene.list("Task")), ...(await scene.list("ToolCall"))];
    return [...open.keys()].map((name) => `${name} (${left.flatMap((one) => whereIs(one, name)).join("; ")})`);
  };
  return { ended, unfinished, finish };
}

/** Where an object is, if it is the task of that name or belongs to it, and is not over. */
function whereIs({ kind, metadata, status }: Task | ToolCall, task: string): string[] {
  const isOwn = metadata.name === task || metadata.name.startsWith(`${task}-tc-`);
  const isLeft = status?.phase !== "Succeeded" && status?.phase !== "Failed";
  return isOwn && isLeft ? [`${kind} ${metadata.name}: ${status?.statusDetail ?? "nothing was done yet"}`] : [];
}

async function isAccepted(scene: Scene, { name, userMessage, agent, tells }: Plan): Promise<boolean> {
  const told = tells ? { contactChannelRef: { name: "mail" } } : {};
  const { status } = await scene.create(task(name, { userMessage, agentRef: { name: agent }, ...told }));
  // 409: the answer to an earlier attempt was lost, and it was accepted.
  return status === 201 || status === 409;
}

/** An answer that somebody is to be told is waited for: with its task, the wish to tell it would be deleted. */
function isOverIn({ spec, status }: Task): boolean {
  if (status?.phase === "FinalAnswer") return !spec.contactChannelRef || status.answerSentTime !== undefined;
  return ["Failed", "Cancelled"].includes(status?.phase ?? "");
}

const inOrder = (calls: ToolCall[]): ToolCall[] =>
  calls.sort((a, b) => a.metadata.name.localeCompare(b.metadata.name, "en", { numeric: true }));
