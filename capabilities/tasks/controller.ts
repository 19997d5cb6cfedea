/** The Task controller: what wakes a task, and what is dropped when one is gone. */
import type { Task, ToolCall } from "../../crds/index";
import { resources } from "../../crds/index";
import type { ModelOutcome } from "../adapters/models/port";
import { createController } from "../runtime/controller";
import type { Controller } from "../runtime/controller";
import { InFlight } from "../runtime/in-flight";
import { keyOf } from "../runtime/objects";
import { asksPeople, awaitsCalls, Departed, dropResult, hasFinished, owningTask } from "./known-calls";
import { reconcileTask } from "./reconcile";
import { hasEnded } from "./state";
import { followAnswers } from "./tell";
import type { TaskWorld } from "./world";

type Given = Omit<TaskWorld, "calls" | "departed" | "wake" | "wakeAt"> & { random: () => number };

/** The controller, and its orderly stop. */
export interface TaskController extends Controller<Task> {
  /** Starts no more model calls and lets those in flight finish, for at most so long; what finished is still recorded. */
  drain(graceMs: number): Promise<void>;
}

/** Follows Tasks, and what they wait for: Agents, LLMs, ToolCalls, ContactChannels. */
export function createTaskController(given: Given): TaskController {
  const { tasks, agents, llms, toolCalls, cluster, clock, log, random } = given;
  const calls = new InFlight<ModelOutcome>(clock);
  const departed = new Departed();
  const world: TaskWorld = {
    ...given,
    calls,
    departed,
    wake: (key) => controller.wake(key),
    wakeAt: (key, when) => controller.wakeAt(key, when),
  };
  const controller = createController<Task>({
    name: "task-controller",
    resource: resources.task,
    store: tasks,
    reconcile: (key) => reconcileTask(key, world),
    cluster,
    clock,
    log,
    random,
  });

  tasks.index("agent", (task) => (hasEnded(task) ? [] : [`${task.metadata.namespace}/${task.spec.agentRef.name}`]));
  agents.index("llm", (agent) => [`${agent.metadata.namespace}/${agent.spec.llmRef.name}`]);

  const wakeTasksOf = (agentKey: string): void => {
    for (const task of tasks.byIndex("agent", agentKey)) controller.wake(keyOf(task));
  };
  agents.subscribe(({ key }) => wakeTasksOf(key));
  llms.subscribe(({ key }) => {
    for (const agent of agents.byIndex("llm", key)) wakeTasksOf(keyOf(agent));
  });
  followAnswers(world, (key) => controller.wake(key));
  toolCalls.index(CALLS_OF_TASK, uidsOf);
  toolCalls.subscribe(({ object, previous }) => {
    if (!object && previous) departed.keep(previous, tasks);
    const call = object ?? previous;
    const owner = call && owningTask(call);
    // What has only begun changes nothing for the task; what has ended or gone may, and what may now take days.
    if (owner && (!object || hasFinished(object) || asksPeople(object)))
      controller.wake(`${call.metadata.namespace}/${owner.name}`);
  });
  tasks.subscribe(({ object, previous }) => {
    if (previous && !(object && awaitsCalls(object))) departed.forget(previous.metadata.uid);
    if (previous && previous.metadata.uid !== object?.metadata.uid) calls.forget(previous.metadata.uid);
    if (object && hasEnded(object))
      for (const call of toolCalls.byIndex(CALLS_OF_TASK, object.metadata.uid)) dropResult(call);
  });

  return Object.assign(controller, { drain: (graceMs: number) => calls.drain(graceMs) });
}

/** The index of ToolCalls by the uid of the Task that made them. */
const CALLS_OF_TASK = "tasks/owner";

function uidsOf(call: ToolCall): string[] {
  const owner = owningTask(call);
  return owner ? [owner.uid] : [];
}

/** A finished task's conversation is of no more use here, and thousands of them would fill the memory; the cluster has it. */
export function slimTask(task: Task): void {
  if (!task.status || !hasEnded(task)) return;
  delete task.status.contextWindow;
  delete task.spec.contextWindow;
}
