/**
 * How a Task's state is shown to people: the whole of `status`, made from the state alone. It holds no rule about
 * what happens next, only words. Pure, so that the same state always reads the same.
 */
import type { Condition, Message, Task, TaskStatus, WantedCondition } from "../../crds/index";
import { conditionsOf, DETAIL_TEXT, timestamp } from "../../crds/index";
import { spanIdOf, traceIdOf } from "../runtime/trace";
import type { Waiting } from "../runtime/waiting";
import { waitingSentence } from "../runtime/waiting";
import type { TaskState, Told } from "./state";
import { ANSWER_SENT, isTerminal } from "./state";

/** `status` of a task in `state`, written at `now`; conditions keep their transition time while their value stands. */
export function writeStatus(task: Task, state: TaskState, now: Date): TaskStatus {
  const words = bounded(describe(state));
  return {
    ...words,
    phase: state.phase,
    ...progress(state),
    ...ending(state),
    ...retry(state),
    ...(state.phase === "ToolCallsPending" && state.allMade && { toolCallsCreated: true }),
    userMsgPreview: preview(task),
    spanContext: spanContext(task.metadata.uid),
    observedGeneration: task.metadata.generation ?? 0,
    conditions: conditions(task, state, words, now),
  };
}

/** The schema bounds this text, and a status that breaks a bound is refused whole; nobody reads that far. */
function bounded(words: Words): Words {
  return { ...words, statusDetail: words.statusDetail.slice(0, DETAIL_TEXT) };
}

interface Words {
  ready: boolean;
  status: string;
  statusDetail: string;
  waitingFor?: string;
}

function describe(state: TaskState): Words {
  if (!isTerminal(state) && state.suspended) {
    const waitingFor = "spec.suspended to be set to false";
    const statusDetail = "Suspended; set spec.suspended to false to go on";
    return { ready: false, status: "Suspended", statusDetail, waitingFor, ...waits(state) };
  }
  switch (state.phase) {
    case "Pending":
      return {
        ready: false,
        status: "Pending",
        ...waits(state),
        statusDetail: detail(state, "Waiting to be validated"),
      };
    case "ReadyForLLM":
      return {
        ready: true,
        status: "Ready",
        ...waits(state),
        statusDetail: detail(state, "Sending context window to LLM"),
      };
    case "ToolCallsPending":
      return {
        ready: true,
        status: "Ready",
        ...waits(state),
        statusDetail: "LLM response received, tool calls pending",
      };
    case "ErrorBackoff":
      return retrying(state);
    case "FinalAnswer":
      return { ready: true, status: "Ready", statusDetail: "LLM final response received" };
    case "Failed":
      return { ready: false, status: "Error", statusDetail: state.message };
    case "Cancelled":
      return { ready: false, status: "Cancelled", statusDetail: "Cancelled by spec.cancelled" };
  }
}

function retrying(state: Extract<TaskState, { phase: "ErrorBackoff" }>): Words {
  const { because, attempts, retryAt } = state;
  const times = attempts === 1 ? "once" : `${attempts} times`;
  const next = timestamp(retryAt);
  const statusDetail = `${because.replace(/\.$/, "")} (failed ${times}; asking again at ${next})`;
  // An older version stored no beginning of this wait.
  return { ready: false, status: "Retrying", statusDetail, waitingFor: `the next attempt at ${next}`, ...waits(state) };
}

interface Waits {
  waiting?: Waiting;
}

function waits(state: TaskState & Waits): { waitingFor?: string } {
  return state.waiting ? { waitingFor: waitingSentence(state.waiting) } : {};
}

function detail({ waiting }: Waits, otherwise: string): string {
  return waiting ? `Waiting for ${waiting.for}` : otherwise;
}

function progress(state: TaskState): Partial<TaskStatus> {
  if (state.phase === "Pending") return state.startedAt ? { startTime: state.startedAt.toISOString() } : {};
  return {
    startTime: state.startedAt.toISOString(),
    contextWindow: state.conversation,
    messageCount: state.conversation.length,
    ...counted({ turns: state.turns }),
    usage: counted(state.usage),
  };
}

/** Without what is still zero: the API server checks every field of every write, and half the writes are a task's first. */
function counted<Counts extends object>(counts: Counts): Partial<Counts> {
  return Object.fromEntries(Object.entries(counts).filter(([, value]) => value !== 0)) as Partial<Counts>;
}

function ending(state: TaskState): Partial<TaskStatus> {
  if (!isTerminal(state)) return {};
  const completionTime = state.completedAt.toISOString();
  switch (state.phase) {
    case "FinalAnswer":
      return {
        completionTime,
        output: state.output,
        ...(state.told?.kind === "Sent" && { answerSentTime: state.told.at.toISOString() }),
      };
    case "Failed":
      return { completionTime, error: state.message.slice(0, DETAIL_TEXT), finishReason: state.reason };
    case "Cancelled":
      return { completionTime };
  }
}

function retry(state: TaskState): Partial<TaskStatus> {
  if (state.phase === "ErrorBackoff") {
    return {
      attempts: state.attempts,
      retryAt: state.retryAt.toISOString(),
      error: state.because.slice(0, DETAIL_TEXT),
    };
  }
  return state.phase === "ReadyForLLM" && state.attempts > 0 ? { attempts: state.attempts } : {};
}

/** Characters of the user's message that `kubectl get` shows. */
const PREVIEW_CHARACTERS = 50;

function preview(task: Task): string {
  const given = task.spec.userMessage ?? lastUserMessage(task.spec.contextWindow ?? []);
  const line = given.replace(/\s+/g, " ").trim();
  const characters = Array.from(line);
  return characters.length <= PREVIEW_CHARACTERS ? line : `${characters.slice(0, PREVIEW_CHARACTERS - 1).join("")}…`;
}

function lastUserMessage(messages: Message[]): string {
  return messages.findLast((message) => message.role === "user")?.content ?? "";
}

/** The ids by which the task's trace is found. */
export function spanContext(uid: string): { traceID: string; spanID: string } {
  return { traceID: traceIdOf(uid), spanID: spanIdOf(uid) };
}

function conditions(task: Task, state: TaskState, words: Words, now: Date): Condition[] {
  const wanted = [condition("Ready", words.ready, words.status, words.statusDetail)];
  // As with a Job, there is no such condition until it holds; kubectl wait waits for it all the same.
  if (isTerminal(state)) wanted.push(condition("Completed", true, state.phase, words.statusDetail));
  if (state.phase === "FinalAnswer" && state.told) wanted.push(answerSent(state.told));
  return conditionsOf(wanted, { old: task.status?.conditions, generation: task.metadata.generation ?? 0, now });
}

function answerSent(told: Told): WantedCondition {
  return told.kind === "Sent"
    ? condition(ANSWER_SENT, true, "Sent", sentSentence(told))
    : condition(ANSWER_SENT, false, told.reason, told.message);
}

/** What people read once the final answer is with the contact channel. */
export function sentSentence({ channel }: { channel: string }): string {
  return `Final answer sent via contact channel ${channel}`;
}

/** The schema allows 32 KiB of message; a person wants a sentence. */
const CONDITION_MESSAGE_CHARACTERS = 1024;

function condition(type: string, value: boolean, reason: string, message: string): WantedCondition {
  return { type, status: value ? "True" : "False", reason, message: message.slice(0, CONDITION_MESSAGE_CHARACTERS) };
}
