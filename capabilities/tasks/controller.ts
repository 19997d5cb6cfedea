/** The Task controller: what wakes a task, and what is dropped when one is gone. */
import type { Task } from "../../crds/index";
import { resources } from "../../crds/index";
import type { ModelOutcome } from "../adapters/models/port";
import { createController } from "../runtime/controller";
import type { Controller } from "../runtime/controller";
import { InFlight } from "../runtime/in-flight";
import { keyOf } from "../runtime/objects";
import { reconcileTask } from "./reconcile";
import { hasEnded } from "./state";
import type { TaskWorld } from "./world";

type Given = Omit<TaskWorld, "calls" | "wake" | "wakeAt"> & { random: () => number };

export interface TaskController extends Controller<Task> {
  /** Starts no more model calls and lets those in flight finish, for at most so long; what finished is still recorded. */
  drain(graceMs: number): Promise<void>;
}

export function createTaskController(given: Given): TaskController {
  const { tasks, agents, llms, cluster, clock, log, random } = given;
  const calls = new InFlight<ModelOutcome>(clock);
  const world: TaskWorld = {
    ...given,
    calls,
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
  tasks.subscribe(({ object, previous }) => {
    if (previous && previous.metadata.uid !== object?.metadata.uid) calls.forget(previous.metadata.uid);
  });

  return Object.assign(controller, { drain: (graceMs: number) => calls.drain(graceMs) });
}

/** A finished task's conversation is of no more use here, and thousands of them would fill the memory; the cluster has it. */
export function slimTask(task: Task): void {
  if (!task.status || !hasEnded(task)) return;
  delete task.status.contextWindow;
  delete task.spec.contextWindow;
}
