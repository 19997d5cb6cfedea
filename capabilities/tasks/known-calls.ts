/**
 * ToolCalls as they lie in memory: whose they are, whether they are over, and how they are made small once nobody needs
 * them. What is dropped here is in the cluster still; an object made small is never written back.
 */
import type { OwnerReference, Task, ToolCall, ToolCallState } from "../../crds/index";
import { resources } from "../../crds/index";
import type { Store } from "../runtime/store";
import { hasEnded } from "./state";

/** The one that made the ToolCall: its controlling owner. */
export function ownerOf(call: ToolCall): OwnerReference | undefined {
  return call.metadata.ownerReferences?.find(({ controller }) => controller);
}

/** The Task that made the ToolCall, if it was a Task. */
export function owningTask(call: ToolCall): OwnerReference | undefined {
  const owner = ownerOf(call);
  const { apiVersion, kind } = resources.task;
  return owner?.kind === kind && owner.apiVersion === apiVersion ? owner : undefined;
}

/** Whether a task waits for its ToolCalls. */
export function awaitsCalls({ status }: Task): boolean {
  return status?.phase === "ToolCallsPending";
}

/** Whether the call is over, however it ended. */
export function hasFinished({ status }: ToolCall): boolean {
  return status?.phase === "Succeeded" || status?.phase === "Failed";
}

const ASKING: ReadonlySet<string> = new Set<ToolCallState>([
  "AwaitingHumanApproval",
  "AwaitingHumanInput",
  "OutcomeUnknown",
]);

/** Whether the call waits for a person. */
export function asksPeople(call: ToolCall): boolean {
  return !hasFinished(call) && ASKING.has(call.status?.status ?? "");
}

/**
 * For the store of ToolCalls: drops from a finished call whose task is over what only that task could still need. Calls
 * that are not over keep everything.
 */
export function slimResult(call: ToolCall, tasks: Store<Task>): void {
  const owner = owningTask(call);
  const task = owner && tasks.get(`${call.metadata.namespace}/${owner.name}`);
  if (owner && task?.metadata.uid === owner.uid && hasEnded(task)) dropResult(call);
}

/** As `slimResult`, of one whose task is known to be over. */
export function dropResult(call: ToolCall): void {
  if (!call.status || !hasFinished(call)) return;
  delete call.status.result;
  delete call.status.content;
  delete call.status.structuredContent;
  delete (call.spec as Partial<ToolCall["spec"]>).arguments;
}

/** A ToolCall that is gone: as it was last seen, if this process has ever seen it. */
export interface Gone {
  call?: ToolCall;
}

/**
 * Remembers ToolCalls that somebody deleted while their task waited for them. To the task they would look as if they had
 * never been made, and it would make them again: a tool that is not safe to repeat would run twice. It is memory only; the
 * task stores that all its calls have been made, and the policy in crds/policies.ts keeps unfinished ones from being deleted.
 */
export class Departed {
  readonly #byTask = new Map<string, Map<string, Gone>>();

  /** Keeps a call that is gone, if its task is still waiting for it. */
  keep(call: ToolCall, tasks: Store<Task>): void {
    const owner = owningTask(call);
    const task = owner && tasks.get(`${call.metadata.namespace}/${owner.name}`);
    if (!owner || task?.metadata.uid !== owner.uid || !awaitsCalls(task)) return;
    this.#note(owner.uid, call.metadata.name, { call });
  }

  /** A live read has shown that a call which had been made is not there. */
  miss(taskUid: string, name: string): void {
    this.#note(taskUid, name, {});
  }

  #note(taskUid: string, name: string, gone: Gone): void {
    const calls = this.#byTask.get(taskUid) ?? new Map<string, Gone>();
    this.#byTask.set(taskUid, calls.set(name, gone));
  }

  look(taskUid: string, name: string): Gone | undefined {
    return this.#byTask.get(taskUid)?.get(name);
  }

  /** The task has heard of its calls, or is gone. */
  forget(taskUid: string): void {
    this.#byTask.delete(taskUid);
  }
}

/** Whether a call has been made small: the API server gives none without arguments. */
export function isSlimmed(call: ToolCall): boolean {
  return !("arguments" in call.spec);
}
