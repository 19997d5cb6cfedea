/** One look at one ToolCall: observe, decide, perform. Whatever it changes brings the call back here. */
import type { Task, ToolCall } from "../../crds/index";
import { resources } from "../../crds/index";
import type { Key } from "../runtime/objects";
import type { Outcome } from "../runtime/outcome";
import { done, outcomeOf } from "../runtime/outcome";
import { decide } from "./decide";
import type { Observed } from "./decision";
import { observe, ownerUid } from "./observe";
import { perform } from "./perform";
import { isLater, isTerminal } from "./state";
import type { ToolCallWorld } from "./world";

/** One look at the call of a key. Never rejects. */
export async function reconcileToolCall(key: Key, world: ToolCallWorld): Promise<Outcome> {
  const call = world.toolCalls.get(key);
  if (!call) return done; // Gone, and what it had in flight with it: see controller.ts.
  const seen = observe(call, world);
  return isAstray(seen) ? lookForTask(call, seen, world) : step(seen, call, world);
}

async function step(seen: Observed, call: ToolCall, world: ToolCallWorld): Promise<Outcome> {
  const performed = await perform(decide(seen), seen, call, world);
  if (performed.kind !== "Refused") return performed;
  // What the API server will not store must still end in words that it will.
  const refused = { ...seen, statusRefused: performed.message };
  const ended = await perform(decide(refused), refused, call, world);
  return ended.kind === "Refused" ? { kind: "Retry", because: ended.message } : ended;
}

/** Whether the call has no task that can be seen, and would wait for it for ever. */
function isAstray({ task, state, deleting }: Observed): boolean {
  return task.kind === "Missing" && !deleting && !isTerminal(state) && !isLater(state);
}

/** Only a live read may say that a task is gone; its calls end then, where nobody collects them too. */
async function lookForTask(call: ToolCall, seen: Observed, world: ToolCallWorld): Promise<Outcome> {
  const name = call.spec.taskRef?.name;
  if (name === undefined) return step(seen, call, world);
  const live = await world.cluster.get<Task>(resources.task, { namespace: call.metadata.namespace, name });
  if (!live.ok && live.problem.kind !== "gone") return outcomeOf(live.problem);
  if (live.ok && live.value.metadata.uid === ownerUid(call)) {
    world.tasks.learn(live.value); // Which has the call looked at again.
    return done;
  }
  return step({ ...seen, task: { kind: "Found", name, isSuspended: false, isOver: true } }, call, world);
}
