/**
 * TaskRun: an existing Task once more, from its question on. It has the status and the machine of a Task.
 */
import * as columns from "./columns";
import { reference } from "./common";
import { define, moved, unchanged } from "./define";
import { requester, runSwitches, taskStatus, ttlSecondsAfterFinished } from "./run";
import type { Schema } from "./schema";
import * as s from "./schema";

const spec: Schema = {
  title: "TaskRunSpec",
  description:
    "You say here which task is to be run again. Only cancelled and suspended can be changed later. Example: `{taskRef: {name: hello-world-1}}`.",
  type: "object",
  properties: {
    taskRef: reference("Task", "You name the task that is run again, from its question on.", "hello-world-1"),
    ttlSecondsAfterFinished,
    ...runSwitches,
    requester,
    task: s.text("This field is deprecated; you write taskRef instead.", "hello-world-1"),
  },
  required: ["taskRef"],
  "x-kubernetes-validations": [
    moved("task", "taskRef"),
    s.rule(
      `self.taskRef == oldSelf.taskRef && ${unchanged("ttlSecondsAfterFinished")} && ${unchanged("requester")}`,
      "a task run cannot be changed once it exists, except cancelled and suspended: delete it or create another one",
    ),
  ],
};

/** The definition of the kind. */
export const taskRun = define({
  kind: "TaskRun",
  plural: "taskruns",
  description:
    "A TaskRun runs an existing task again and keeps its own conversation. It belongs to its task and is deleted with it.",
  columns: [
    columns.ready,
    columns.status,
    columns.shown("Phase", ".status.phase", "Where the run is."),
    columns.shown("Task", ".spec.taskRef.name", "The task that is run again."),
    columns.shown("Preview", ".status.userMsgPreview", "The first words of the question."),
    columns.shown("Output", ".status.output", "The final answer."),
    columns.detail,
    columns.error,
    columns.started,
    columns.completed,
    columns.age,
  ],
  spec,
  status: taskStatus(
    "TaskRunStatus",
    "This version of KubeChain keeps task runs but does not run them yet: the run waits. Create a Task to get an answer now.",
  ),
});
