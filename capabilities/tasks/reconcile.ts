/** One look at one Task: observe, decide, perform. Whatever it changes brings the task back here. */
import type { Key } from "../runtime/objects";
import type { Outcome } from "../runtime/outcome";
import { done } from "../runtime/outcome";
import { decide } from "./decide";
import { observe } from "./observe";
import { perform } from "./perform";
import type { TaskWorld } from "./world";

/** One look at the task of a key. Never rejects. */
export async function reconcileTask(key: Key, world: TaskWorld): Promise<Outcome> {
  const task = world.tasks.get(key);
  if (!task) return done; // Gone, and its calls with it: see controller.ts.
  const seen = observe(task, world);
  const performed = await perform(decide(seen), seen, task, world);
  if (performed.kind !== "Refused") return performed;
  // What the API server will not store must still end in words that it will.
  const refused = { ...seen, statusRefused: performed.message };
  const ended = await perform(decide(refused), refused, task, world);
  return ended.kind === "Refused" ? { kind: "Retry", because: ended.message } : ended;
}
