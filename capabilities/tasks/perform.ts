/**
 * Carries a decision out: write by compare-and-set, then act. The order of the lines in `enter` is the durability of
 * the product. It chooses no state, and forgets the outcome of a call only once what it led to is stored.
 */
import type { Agent, Task } from "../../crds/index";
import { resources } from "../../crds/index";
import { defaultSecretRef } from "../adapters/models/endpoint";
import type { ModelFailure, ModelOutcome, ModelTarget, OfferedTool } from "../adapters/models/port";
import { assertNever } from "../runtime/assert-never";
import { keyOf } from "../runtime/objects";
import type { Outcome } from "../runtime/outcome";
import { done, outcomeOf } from "../runtime/outcome";
import { createToolCalls, createToolCallsAgain } from "./create-tool-calls";
import type { Decision, Effect, Observed } from "./decision";
import { limitsOf } from "./limits";
import { findAgent, findLLM } from "./observe";
import { eventsOf } from "./report";
import { spanContext, writeStatus } from "./status";
import type { TaskState } from "./state";
import { isTerminal } from "./state";
import { putAnswer } from "./tell";
import { offeredTools } from "./tools";
import type { TaskWorld } from "./world";

/** How a step ended: as the queue understands it, or the API server refused the status for what it is. */
export type Performed = Outcome | { kind: "Refused"; message: string };

/** Does what was decided. Never rejects. */
export async function perform(decision: Decision, seen: Observed, task: Task, world: TaskWorld): Promise<Performed> {
  switch (decision.kind) {
    case "Stay":
      if (decision.until) world.wakeAt(keyOf(task), decision.until);
      return done;
    case "Repeat":
      return decision.effect.kind === "CreateToolCalls"
        ? createToolCallsAgain(task, world)
        : start(decision.effect, task, world);
    case "Enter":
      return isTerminal(seen.state) ? enterWhole(decision, seen, task, world) : enter(decision, seen, task, world);
    default:
      return assertNever(decision);
  }
}

type Entering = Extract<Decision, { kind: "Enter" }>;

/** A finished task lies in memory without its conversation (controller.ts); what is written of it once more is read live before. */
async function enterWhole(decision: Entering, seen: Observed, task: Task, world: TaskWorld): Promise<Performed> {
  const live = await world.cluster.get<Task>(resources.task, task.metadata);
  if (!live.ok) return outcomeOf(live.problem);
  const { uid, resourceVersion } = live.value.metadata;
  const isCurrent = uid === task.metadata.uid && resourceVersion === task.metadata.resourceVersion;
  if (!isCurrent) return { kind: "Refresh" };
  const state = { ...decision.state, conversation: live.value.status?.contextWindow ?? [] };
  return enter({ ...decision, state }, seen, live.value, world);
}

async function enter(decision: Entering, seen: Observed, task: Task, world: TaskWorld): Promise<Performed> {
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
    case "CreateToolCalls":
      return createToolCalls(task, world);
    case "TellAnswer":
      return putAnswer(task, world);
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
  // Whether they are ready has been decided; what has become of that while the decision was stored, the call will show.
  const agent = findAgent(task, world);
  const llm = agent && findLLM(agent, world);
  if (!llm) return failure("ConnectionFailed", `Agent "${task.spec.agentRef.name}" or its LLM has just been deleted`);
  const key = await readKey(llm, world);
  if ("failure" in key) return key.failure;
  const { traceID, spanID } = spanContext(task.metadata.uid);
  const request = {
    messages: task.status?.contextWindow ?? [],
    tools: toolsFor(task, agent, world),
    ...(task.spec.outputSchema && { outputSchema: task.spec.outputSchema }),
    traceparent: `00-${traceID}-${spanID}-01`,
  };
  return world.models.ask({ llm, ...key }, request, signal);
}

/** What the agent offers; nothing where limits.maxToolCalls forbids every call, for then the model had better not know. */
function toolsFor(task: Task, agent: Agent, { mcpServers, contactChannels }: TaskWorld): OfferedTool[] {
  if (limitsOf(task.spec, agent.spec).maxToolCalls === 0) return [];
  const { namespace } = task.metadata;
  return offeredTools(
    agent.status?.tools ?? [],
    (name) => mcpServers.get(`${namespace}/${name}`),
    (name) => contactChannels.get(`${namespace}/${name}`),
  );
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
