/**
 * Carries a decision out: write by compare-and-set, then act. The order of the lines in `enter` is the durability of
 * the product. It chooses no state, and forgets the outcome of a call only once what it led to is stored.
 */
import type { Task } from "../../crds/index";
import { resources } from "../../crds/index";
import { defaultSecretRef } from "../adapters/models/endpoint";
import type { ModelFailure, ModelOutcome, ModelTarget } from "../adapters/models/port";
import { assertNever } from "../runtime/assert-never";
import { keyOf } from "../runtime/objects";
import type { Outcome } from "../runtime/outcome";
import { done, outcomeOf } from "../runtime/outcome";
import type { Decision, Effect, Observed } from "./decision";
import { findAnswerer } from "./observe";
import { eventsOf } from "./report";
import { spanContext, writeStatus } from "./status";
import type { TaskState } from "./state";
import type { TaskWorld } from "./world";

/** How a step ended: as the queue understands it, or the API server refused the status for what it is. */
export type Performed = Outcome | { kind: "Refused"; message: string };

export async function perform(decision: Decision, seen: Observed, task: Task, world: TaskWorld): Promise<Performed> {
  switch (decision.kind) {
    case "Stay":
      if (decision.until) world.wakeAt(keyOf(task), decision.until);
      return done;
    case "Repeat":
      return start(decision.effect, task, world);
    case "Enter":
      return enter(decision, seen, task, world);
    default:
      return assertNever(decision);
  }
}

async function enter(
  decision: Extract<Decision, { kind: "Enter" }>,
  seen: Observed,
  task: Task,
  world: TaskWorld,
): Promise<Performed> {
  const status = writeStatus(task, decision.state, seen.now);
  const written = await world.cluster.replaceStatus<Task>(resources.task, { ...task, status });
  // S5: losing the race is no error; what the call brought is kept, and decided about again with the winner's object.
  if (!written.ok)
    return written.problem.kind === "terminal"
      ? { kind: "Refused", message: written.problem.message }
      : outcomeOf(written.problem);
  world.tasks.wrote(written.value);
  if (seen.call.kind === "Finished") world.calls.forget(task.metadata.uid);
  tell(seen.state, decision.state, task, world);
  return decision.then ? start(decision.then, written.value, world) : done; // The write itself has the task looked at again.
}

function tell(before: TaskState, after: TaskState, task: Task, world: TaskWorld): void {
  for (const event of eventsOf(before, after)) {
    world.recorder.record({ about: task, component: "task-controller", ...event });
  }
}

async function start(effect: Effect, task: Task, world: TaskWorld): Promise<Performed> {
  const { uid } = task.metadata;
  switch (effect.kind) {
    case "CallModel":
      world.calls.start(uid, (signal) => callModel(task, world, signal), {
        onSettled: () => world.wake(keyOf(task)),
        lost,
      });
      return done;
    case "AbortCall":
      world.calls.abort(uid, "The task is over");
      world.calls.forget(uid);
      world.wake(keyOf(task)); // Without its call the task looks different: a time to live may begin to count.
      return done;
    case "DeleteTask":
      return remove(task, world);
    default:
      return assertNever(effect);
  }
}

async function remove(task: Task, world: TaskWorld): Promise<Performed> {
  const removed = await world.cluster.remove(resources.task, task.metadata);
  return removed.ok ? done : outcomeOf(removed.problem);
}

/** One model call. Everything that can go wrong is an outcome; what it needs is looked up when it is needed. */
async function callModel(task: Task, world: TaskWorld, signal: AbortSignal): Promise<ModelOutcome> {
  const found = findAnswerer(task, world);
  if (found.missing !== undefined) return failure("ConnectionFailed", `Was waiting for ${found.missing}`);
  const key = await readKey(found.llm, world);
  if ("failure" in key) return key.failure;
  const { traceID, spanID } = spanContext(task.metadata.uid);
  const request = {
    messages: task.status?.contextWindow ?? [],
    tools: [],
    ...(task.spec.outputSchema && { outputSchema: task.spec.outputSchema }),
    traceparent: `00-${traceID}-${spanID}-01`,
  };
  return world.models.ask({ llm: found.llm, ...key }, request, signal);
}

async function readKey(
  llm: ModelTarget["llm"],
  world: TaskWorld,
): Promise<{ apiKey?: string } | { failure: ModelFailure }> {
  const ref = defaultSecretRef(llm);
  if (!ref) return {};
  const secret = await world.secrets.read({ namespace: llm.metadata.namespace, ...ref });
  if (secret.kind === "Value") return { apiKey: secret.value };
  return {
    failure: failure(
      "AuthenticationFailed",
      `LLM "${llm.metadata.name}" has no API key: key ${ref.key} of Secret "${ref.name}" could not be read`,
    ),
  };
}

/** Retryable, because the LLM's own readiness follows its Secret and says what to do; the task waits for that. */
function failure(reason: ModelFailure["reason"], message: string): ModelFailure {
  return { kind: "Failure", retryable: true, reason, message };
}

function lost(error: unknown): ModelOutcome {
  return failure(
    "ConnectionFailed",
    `The model call ended unexpectedly: ${error instanceof Error ? error.message : String(error)}`,
  );
}
