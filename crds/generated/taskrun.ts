// Generated from the definitions in crds/ by `npm run generate`. Do not edit.

import type { ObjectMeta } from "../object";
import type { Condition, Message, Reference, SpanContext, Usage } from "./shared";

/**
 * A TaskRun runs an existing task again and keeps its own conversation. It belongs to its task and is deleted with it. You write it with apiVersion kubechain.humanlayer.dev/v1alpha1.
 */
export interface TaskRun {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  spec: TaskRunSpec;
  status?: TaskRunStatus;
}
/**
 * You say here which task is to be run again. Only cancelled and suspended can be changed later. Example: `{taskRef: {name: hello-world-1}}`.
 */
export interface TaskRunSpec {
  /**
   * You name the task that is run again, from its question on. Example: `{name: hello-world-1}`.
   */
  taskRef: Reference;
  /**
   * You have the object deleted this many seconds after its end; without it, it stays. Example: `3600`.
   */
  ttlSecondsAfterFinished?: number;
  /**
   * You end the run by setting this to true; calls in flight are aborted. Example: `true`.
   */
  cancelled?: boolean;
  /**
   * You pause the run by setting this to true and let it go on by setting it to false. Example: `true`.
   */
  suspended?: boolean;
  /**
   * You find here who created the task, as the API server knows them; you leave it out, and it is filled in. Example: `jane@example.com`.
   */
  requester?: string;
  /**
   * This field is deprecated; you write taskRef instead. Example: `hello-world-1`.
   */
  task?: string;
}
/**
 * You read here what the operator found and did; only the operator writes it. Example: `{ready: true, status: Ready}`.
 */
export interface TaskRunStatus {
  /**
   * You see true here once the object can be used. Example: `true`.
   */
  ready?: boolean;
  /**
   * You get the state in one word. Example: `Ready`.
   */
  status?: string;
  /**
   * You get the state in a sentence, with what to do when something is missing. Example: `Waiting for the operator to look at this object.`.
   */
  statusDetail?: string;
  /**
   * You can wait for these with kubectl wait. Example: `[{type: Ready, status: True}]`.
   */
  conditions?: Condition[];
  /**
   * You can tell from this which generation of the spec the status speaks of. Example: `3`.
   */
  observedGeneration?: number;
  /**
   * You read here where the run is: what it waits for, or how it ended. Example: `FinalAnswer`.
   */
  phase?: "Pending" | "ReadyForLLM" | "ToolCallsPending" | "ErrorBackoff" | "FinalAnswer" | "Failed" | "Cancelled";
  /**
   * You read the final answer here. Example: `The Moon does not have a capital.`.
   */
  output?: string;
  /**
   * You read here what went wrong and what to change. Example: `The model gpt-5o does not exist`.
   */
  error?: string;
  /**
   * You read here in one word why the run ended. Example: `Refused`.
   */
  finishReason?: string;
  /**
   * You read here for whom or what the run waits, and since when. Example: `LLM gpt-4o to become ready`.
   */
  waitingFor?: string;
  /**
   * You read here that every tool call of the last answer has been created; one that is not there any more was deleted, and is not created again. It is noted when it matters: while a person is waited for, or once a tool call was deleted. Example: `true`.
   */
  toolCallsCreated?: boolean;
  /**
   * You read here how many calls to the model have failed in a row in the present turn. Example: `2`.
   */
  attempts?: number;
  /**
   * You read here when the model is called again after a failed call. Example: `2026-01-31T09:30:00Z`.
   */
  retryAt?: string;
  /**
   * You read here when the final answer was handed to the contact channel. Example: `2026-01-31T09:30:00Z`.
   */
  answerSentTime?: string;
  /**
   * You read here when work on the run began. Example: `2026-01-31T09:30:00Z`.
   */
  startTime?: string;
  /**
   * You read here when the run ended. Example: `2026-01-31T09:30:00Z`.
   */
  completionTime?: string;
  /**
   * You recognise the run by the first words of its question. Example: `What is the capital of the moon?`.
   */
  userMsgPreview?: string;
  /**
   * You read the whole conversation here, oldest message first. Example: `[{role: user, content: What is the capital of the moon?}]`.
   */
  contextWindow?: Message[];
  /**
   * You read here how many messages the conversation has. Example: `3`.
   */
  messageCount?: number;
  /**
   * You read here how often the model has answered. Example: `1`.
   */
  turns?: number;
  /**
   * You read here what the task has used so far. Example: `{inputTokens: 1200, outputTokens: 80, requests: 2}`.
   */
  usage?: Usage;
  /**
   * You find the task's trace by these ids. Example: `{traceID: d3fb4171016bcab77d63b02e52e006cd, spanID: 648ca5bf05d0ec05}`.
   */
  spanContext?: SpanContext;
}
