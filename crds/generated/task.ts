// Generated from the definitions in crds/ by `npm run generate`. Do not edit.

import type { ObjectMeta } from "../object";
import type { Condition, Limits, Message, Reference, SpanContext, Usage } from "./shared";

/**
 * A Task puts a question to an agent and keeps the whole conversation until the final answer. The names of the objects made for it begin with its own name, and its name is also a label of theirs; a name too long for that is shortened there and ends in a short hash. You write it with apiVersion kubechain.humanlayer.dev/v1alpha1.
 */
export interface Task {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  spec: TaskSpec;
  status?: TaskStatus;
}
/**
 * You say here who is to answer what. Only cancelled and suspended can be changed later. Example: `{agentRef: {name: my-assistant}, userMessage: What is the capital of the moon?}`.
 */
export interface TaskSpec {
  /**
   * You name the agent that does the task. Example: `{name: my-assistant}`.
   */
  agentRef: Reference;
  /**
   * You ask your question here; leave it out when you give a contextWindow. Example: `What is the capital of the moon?`.
   */
  userMessage?: string;
  /**
   * You hand over a whole conversation instead of one question; its last message must be the user's, and the agent's system prompt is put first when it has none. Example: `[{role: user, content: What is the capital of the moon?}]`.
   */
  contextWindow?: Message[];
  /**
   * You name the contact channel over which somebody is told the final answer. Example: `{name: team-slack}`.
   */
  contactChannelRef?: Reference;
  /**
   * You tighten the agent's limits for this task; the stricter of the two holds. Example: `{maxTurns: 20, timeout: 1h}`.
   */
  limits?: Limits;
  /**
   * You have the object deleted this many seconds after its end; without it, it stays. Example: `3600`.
   */
  ttlSecondsAfterFinished?: number;
  /**
   * You demand an answer that is JSON of this JSON Schema. Example: `{type: object, properties: {capital: {type: string}}}`.
   */
  outputSchema?: Record<string, unknown>;
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
   * This field is deprecated; you write userMessage instead. Example: `What is the capital of the moon?`.
   */
  message?: string;
  /**
   * This field is deprecated; you write agentRef instead. Example: `my-assistant`.
   */
  agent?: string;
}
/**
 * You read here what the operator found and did; only the operator writes it. Example: `{ready: true, status: Ready}`.
 */
export interface TaskStatus {
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
