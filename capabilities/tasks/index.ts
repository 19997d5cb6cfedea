/** What is watched for Tasks, and who answers: nothing more. */
import { Capability } from "pepr";
import { Task as TaskKind } from "../../crds/kinds";
import { watchAll } from "../watch-every-change";
import type { TaskController } from "./controller";

/** The capability: one watch. */
export function tasks(operator: { tasks: TaskController }): Capability {
  const capability = new Capability({ name: "tasks", description: "Drives Tasks: asks the model, waits, answers." });
  watchAll(capability, TaskKind, function noticeTask(task, phase) {
    operator.tasks.notice(task, phase);
  });
  return capability;
}
