/**
 * Task: one question to an agent, and the whole conversation that answers it. Its spec never changes, save the two
 * switches, so the operator needs no bookkeeping of generations.
 */
import * as columns from "./columns";
import { reference, runLimits } from "./common";
import { define, moved, onChange, unchanged } from "./define";
import { conversation, writtenByPeople } from "./conversation";
import { requester, runSwitches, taskStatus, ttlSecondsAfterFinished } from "./run";
import type { Schema } from "./schema";
import * as s from "./schema";

const settled = [
  "userMessage",
  "contextWindow",
  "contactChannelRef",
  "limits",
  "ttlSecondsAfterFinished",
  "outputSchema",
  "requester",
];

const spec: Schema = {
  title: "TaskSpec",
  description:
    "You say here who is to answer what. Only cancelled and suspended can be changed later. Example: `{agentRef: {name: my-assistant}, userMessage: What is the capital of the moon?}`.",
  type: "object",
  properties: {
    agentRef: reference("Agent", "You name the agent that does the task.", "my-assistant"),
    userMessage: s.spokenText(
      "userMessage",
      "You ask your question here; leave it out when you give a contextWindow.",
      "What is the capital of the moon?",
    ),
    contextWindow: conversation(
      "You hand over a whole conversation instead of one question; its last message must be the user's, and the agent's system prompt is put first when it has none.",
      writtenByPeople,
      {
        minItems: 1,
        "x-kubernetes-validations": [
          s.rule(
            "self.size() == 0 || self[self.size() - 1].role == 'user'",
            "the last message must have role user: it is the one to be answered",
          ),
          s.rule(
            "self.size() == 0 || self[self.size() - 1].content.matches('\\\\S')",
            "the last message must say something: it is empty or only blanks",
          ),
        ],
      },
    ),
    contactChannelRef: reference(
      "ContactChannel",
      "You name the contact channel over which somebody is told the final answer.",
      "team-slack",
    ),
    limits: runLimits("You tighten the agent's limits for this task; the stricter of the two holds."),
    ttlSecondsAfterFinished,
    outputSchema: s.anyObject(
      "You demand an answer that is JSON of this JSON Schema.",
      "{type: object, properties: {capital: {type: string}}}",
    ),
    ...runSwitches,
    requester,
    message: s.text("This field is deprecated; you write userMessage instead.", "What is the capital of the moon?", {
      maxLength: s.LONG_TEXT,
    }),
    agent: s.text("This field is deprecated; you write agentRef instead.", "my-assistant"),
  },
  required: ["agentRef"],
  "x-kubernetes-validations": [
    moved("message", "userMessage"),
    moved("agent", "agentRef"),
    s.rule(
      "has(self.message) || has(self.userMessage) != has(self.contextWindow)",
      "give exactly one of userMessage and contextWindow",
    ),
    s.rule(
      onChange(["self.agentRef == oldSelf.agentRef", ...settled.map(unchanged)].join(" && ")),
      "a task cannot be changed once it exists, except cancelled and suspended: delete it or create another one",
    ),
  ],
};

/** The definition of the kind. */
export const task = define({
  kind: "Task",
  plural: "tasks",
  description:
    "A Task puts a question to an agent and keeps the whole conversation until the final answer. The names of the objects made for it begin with its own name, and its name is also a label of theirs; a name too long for that is shortened there and ends in a short hash.",
  columns: [
    columns.ready,
    columns.status,
    columns.shown("Phase", ".status.phase", "Where the task is."),
    columns.shown("Preview", ".status.userMsgPreview", "The first words of the question."),
    columns.shown("Output", ".status.output", "The final answer."),
    columns.detail,
    columns.wide("Agent", ".spec.agentRef.name", "The agent that does the task."),
    columns.error,
    columns.started,
    columns.completed,
    columns.age,
  ],
  spec,
  status: taskStatus("TaskStatus"),
});
