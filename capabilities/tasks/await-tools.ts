/**
 * A Task between its model's wish for tools and their results: what has to be created, what is waited for, and what
 * the model is told. Pure. It never takes a list of ToolCalls for complete: what the conversation records is what counts.
 */
import type { Message } from "../../crds/index";
import { listed } from "../runtime/listed";
import { waitFor } from "../runtime/waiting";
import { ask } from "./ask";
import { countCalls, recordedCalls } from "./children";
import type { Decision, Observed, SeenToolCall } from "./decision";
import { fail, stay, timeUp } from "./decision";
import { exceeded, limitsOf, tooManyCalls } from "./limits";
import type { Progress, TaskState } from "./state";
import { progressOf } from "./state";

type UsingTools = Extract<TaskState, { phase: "ToolCallsPending" }>;
type Finished = Extract<SeenToolCall, { kind: "Finished" }>;

/** Records what the model asked for, then has it called. `heard` ends with the answer that asks. */
export function callTools(heard: Progress, seen: Observed): Decision {
  const calls = recordedCalls({ ...seen, conversation: heard.conversation });
  const missing = calls.map((call) => ({ ...call, kind: "Missing" as const }));
  const state: UsingTools = { ...heard, phase: "ToolCallsPending", suspended: false };
  return overLimit(heard, seen) ?? enter(state, missing, seen);
}

/** Until every recorded call has ended, however it ended; then the model is told, and asked again. */
export function awaitTools(state: UsingTools, seen: Observed): Decision {
  const { toolCalls } = seen;
  if (toolCalls.every(isFinished)) {
    const told = [...state.conversation, ...toolCalls.map(toMessage)];
    return ask({ ...progressOf(state, seen.now), conversation: told }, seen);
  }
  const isWhole = !toolCalls.some(isMissing);
  if (!isWhole) {
    const over = overLimit(state, seen);
    if (over) return over;
  }
  const entered = enter(state, toolCalls, seen);
  if (entered.state.waiting !== state.waiting || mustNote(state, toolCalls)) return entered;
  return entered.then ? { kind: "Repeat", effect: entered.then } : stay(timeUp(seen));
}

/** For a state that is written anyway: that all calls have been made, where it is so. */
export function noted(calls: SeenToolCall[]): Pick<UsingTools, "allMade"> {
  return calls.length > 0 && !calls.some(isMissing) ? { allMade: true } : {};
}

/**
 * That all have been made is worth a write of its own where one that has run could be deleted before the task hears of it: to
 * the next process it would look as if it had never been made, and a tool that is not safe to repeat would run twice.
 */
function mustNote(state: UsingTools, calls: SeenToolCall[]): boolean {
  if (state.allMade || calls.some(isMissing)) return false;
  const isLong = calls.some((call) => call.kind === "Unfinished" && call.asksPeople === true);
  return (isLong && calls.some(isFinished)) || calls.some((call) => isFinished(call) && call.isDeleted === true);
}

/** What a task waits for while its tools are called; completes "Waiting for …". */
export function callsPhrase(calls: readonly { name: string }[]): string {
  const names = calls.map(({ name }) => name);
  const rest = names.length - NAMED_CALLS;
  const shown = rest > 1 ? [...names.slice(0, NAMED_CALLS), `${rest} more`] : names;
  return `ToolCall${names.length === 1 ? "" : "s"} ${listed(shown)} to finish`;
}

/** How many ToolCalls a sentence names; a model may ask for hundreds at once. */
const NAMED_CALLS = 4;

function enter(
  state: UsingTools,
  calls: SeenToolCall[],
  seen: Observed,
): Extract<Decision, { kind: "Enter" }> & { state: UsingTools } {
  const missing = calls.filter(isMissing);
  const held = unsettled(missing, seen);
  const waiting = waitFor(held ?? callsPhrase(calls), state.waiting, seen.now);
  const creates = missing.length > 0 && held === undefined && !seen.stopping && !seen.spec.suspended;
  return {
    kind: "Enter",
    state: { ...state, waiting, ...noted(calls) },
    ...(creates && { then: { kind: "CreateToolCalls" } }),
  };
}

/**
 * What the calls that are to be created wait for, if anything: a tool that an agent does not offer, while it is away or
 * not ready, may be one that it offers again in a moment. The model must not be told that there is no such tool.
 */
function unsettled(missing: SeenToolCall[], { answerer }: Observed): string | undefined {
  if (answerer.kind === "Ready") return undefined;
  const offered = new Set(answerer.tools.map(({ name }) => name));
  return missing.every(({ request }) => offered.has(request.function.name)) ? undefined : answerer.phrase;
}

/** No tool is called whose result the model could never be told. An agent that is away for a moment is asked later. */
function overLimit(progress: Progress, seen: Observed): Decision | undefined {
  const { spec, answerer } = seen;
  const limits = limitsOf(spec, answerer.agent);
  const calls = countCalls({ spec, conversation: progress.conversation });
  const limit = (answerer.agent && exceeded(limits, progress)) ?? tooManyCalls(limits, calls);
  return limit && fail(seen, limit.reason, limit.message, progress);
}

function toMessage({ request, result }: Finished): Message {
  return { role: "tool", toolCallId: request.id, content: result };
}

function isFinished(call: SeenToolCall): call is Finished {
  return call.kind === "Finished";
}

function isMissing(call: SeenToolCall): boolean {
  return call.kind === "Missing";
}
