/**
 * What a Task and a TaskRun have in common: the phases, the status, and the switches that stay mutable.
 */
import { conversation, storedByOperator } from "./conversation";
import type { Schema } from "./schema";
import * as s from "./schema";
import { statusOf } from "./status";

/** Every phase of a task, in the order in which a task can meet them. */
export const taskPhases = [
  "Pending",
  "ReadyForLLM",
  "ToolCallsPending",
  "ErrorBackoff",
  "FinalAnswer",
  "Failed",
  "Cancelled",
] as const;
/** One of them. */
export type TaskPhase = (typeof taskPhases)[number];

/** What model calls have used. */
export const usage: Schema = s.object(
  "You read here what the task has used so far.",
  "{inputTokens: 1200, outputTokens: 80, requests: 2}",
  {
    inputTokens: s.count("You read here how many tokens were sent, cached ones included.", "1200"),
    outputTokens: s.count("You read here how many tokens the model wrote.", "80"),
    cachedInputTokens: s.count("You read here how many of the sent tokens came from the provider's cache.", "1024"),
    requests: s.count(
      "You read here how many calls to the model were started, those repeated after a crash included.",
      "2",
    ),
    cost: s.quantity(
      "You read here the cost, in the currency of the LLM's pricing; it is absent without pricing.",
      "0.0042",
      {
        minimum: 0,
      },
    ),
  },
  { title: "Usage" },
);

/** The ids of a trace. */
export const spanContext: Schema = s.object(
  "You find the task's trace by these ids.",
  "{traceID: d3fb4171016bcab77d63b02e52e006cd, spanID: 648ca5bf05d0ec05}",
  {
    traceID: s.text("You search your tracing system for this id.", "d3fb4171016bcab77d63b02e52e006cd", {
      maxLength: 64,
    }),
    spanID: s.text("You find the task's first span by this id.", "648ca5bf05d0ec05", { maxLength: 32 }),
  },
  { title: "SpanContext" },
);

const progress: Record<string, Schema> = {
  phase: s.choice("You read here where the run is: what it waits for, or how it ended.", "FinalAnswer", taskPhases),
  output: s.text("You read the final answer here.", "The Moon does not have a capital.", { maxLength: s.STORED_TEXT }),
  error: s.text("You read here what went wrong and what to change.", "The model gpt-5o does not exist", {
    maxLength: s.DETAIL_TEXT,
  }),
  finishReason: s.text("You read here in one word why the run ended.", "Refused", { maxLength: 64 }),
  waitingFor: s.text("You read here for whom or what the run waits, and since when.", "LLM gpt-4o to become ready", {
    maxLength: s.DETAIL_TEXT,
  }),
  toolCallsCreated: s.flag(
    "You read here that every tool call of the last answer has been created; one that is not there any more was deleted, and is not created again. It is noted when it matters: while a person is waited for, or once a tool call was deleted.",
    "true",
  ),
  attempts: s.count("You read here how many calls to the model have failed in a row in the present turn.", "2"),
  retryAt: s.moment("You read here when the model is called again after a failed call."),
  answerSentTime: s.moment("You read here when the final answer was handed to the contact channel."),
  startTime: s.moment("You read here when work on the run began."),
  completionTime: s.moment("You read here when the run ended."),
};

/** The status of a Task or TaskRun. `statusDetail` is what it shows before the operator has looked. */
export function taskStatus(title: string, statusDetail?: string): Schema {
  const before = statusDetail === undefined ? {} : { statusDetail };
  const own = {
    ...progress,
    userMsgPreview: s.text(
      "You recognise the run by the first words of its question.",
      "What is the capital of the moon?",
      {
        maxLength: 1_024,
      },
    ),
    contextWindow: conversation("You read the whole conversation here, oldest message first.", storedByOperator),
    messageCount: s.count("You read here how many messages the conversation has.", "3"),
    turns: s.count("You read here how often the model has answered.", "1"),
    usage,
    spanContext,
  };
  return { title, ...statusOf(own, { phase: "Pending", ...before }) };
}

/** The switches that stay mutable while the rest of a run's spec does not. */
export const runSwitches: Record<string, Schema> = {
  cancelled: s.flag("You end the run by setting this to true; calls in flight are aborted.", "true"),
  suspended: s.flag("You pause the run by setting this to true and let it go on by setting it to false.", "true"),
};

/** Who asked, as a CertificateSigningRequest has it: filled in by admission, true, and never changed. */
export const requester: Schema = s.text(
  "You find here who created the task, as the API server knows them; you leave it out, and it is filled in.",
  "jane@example.com",
  { maxLength: s.LONG_TEXT },
);

/** When a finished run removes itself. */
export const ttlSecondsAfterFinished: Schema = s.count(
  "You have the object deleted this many seconds after its end; without it, it stays.",
  "3600",
  { maximum: 2_147_483_647 },
);
