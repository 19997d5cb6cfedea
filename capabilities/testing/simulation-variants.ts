/**
 * Operators that are wrong with tasks, in one place each, to prove that the invariants can fail. Those that are wrong
 * with tools are in simulation-variants-tools.ts. Nothing here is in the product.
 */
import { keyOf } from "../runtime/objects";
import { decide } from "../tasks/decide";
import { perform } from "../tasks/perform";
import { writeStatus } from "../tasks/status";
import type { Made } from "./simulation-operator";
import { deciding, entering, operatorWith, sound } from "./simulation-operator";

/** Starts the call, and then writes that it has. */
export const actsBeforeItWrites = operatorWith(async (decision, seen, task, world) => {
  if (decision.kind !== "Enter" || !decision.then) return perform(decision, seen, task, world);
  const unwritten = { ...task, status: writeStatus(task, decision.state, seen.now) };
  await perform({ kind: "Repeat", effect: decision.then }, seen, unwritten, world);
  return perform({ kind: "Enter", state: decision.state }, seen, task, world);
});

/** Takes the call of a process that died for one that is still in flight. */
export const waitsForTheDead = deciding((decision, seen) =>
  seen.state.phase === "ReadyForLLM" && seen.call.kind === "None" ? { kind: "Stay" } : decision,
);

/** Drops the answer before what it led to is stored. */
export const forgetsTooEarly = operatorWith((decision, seen, task, world) => {
  if (seen.call.kind === "Finished") world.calls.forget(task.metadata.uid);
  return perform(decision, seen, task, world);
});

/** Does not count a repeated call. */
export const countsOnlyOnce = entering((decision, seen) => {
  const { state } = decision;
  return state.phase === "ReadyForLLM" && seen.state.phase === "ReadyForLLM"
    ? { ...decision, state: { ...state, usage: { ...state.usage, requests: seen.state.usage.requests } } }
    : decision;
});

/** Begins the conversation anew when it has to ask again. */
export const startsOver = entering((decision, seen) => {
  const { state } = decision;
  const isRestart = state.phase === "ReadyForLLM" && seen.state.phase === "ReadyForLLM" && seen.call.kind === "None";
  return isRestart ? { ...decision, state: { ...state, conversation: state.conversation.slice(0, 2) } } : decision;
});

/** Does not wait between attempts. */
export const isImpatient = operatorWith((_decision, seen, task, world) => {
  const waited = seen.state.phase === "ErrorBackoff" ? { ...seen, now: seen.state.retryAt } : seen;
  return perform(decide(waited), seen, task, world);
});

/** Tells what it is going to write. */
export const talksTooSoon = operatorWith((decision, seen, task, world) => {
  if (decision.kind === "Enter" && decision.state.phase === "FinalAnswer") {
    world.recorder.record({
      about: task,
      component: "task-controller",
      type: "Normal",
      reason: "LLMFinalAnswer",
      message: "LLM response received successfully",
    });
  }
  return perform(decision, seen, task, world);
});

/** Sees neither cancelling nor suspending. */
export const ignoresPeople = operatorWith((_decision, seen, task, world) => {
  const { cancelled: _cancelled, suspended: _suspended, ...spec } = seen.spec;
  return perform(decide({ ...seen, spec }), seen, task, world);
});

/** Loses a tool result. */
export const losesToolResults = entering((decision) => {
  const { state } = decision;
  return state.phase === "ReadyForLLM" && state.conversation.at(-1)?.role === "tool"
    ? { ...decision, state: { ...state, conversation: state.conversation.slice(0, -1) } }
    : decision;
});

/** Puts its own words into the model's mouth. */
export const makesThingsUp = entering((decision) => {
  const { state } = decision;
  return state.phase === "FinalAnswer" ? { ...decision, state: { ...state, output: "42" } } : decision;
});

/** Cannot leave a finished task alone. */
export const neverRests = operatorWith((decision, seen, task, world) => {
  if (seen.state.phase !== "FinalAnswer") return perform(decision, seen, task, world);
  world.wakeAt(keyOf(task), new Date(seen.now.getTime() + 10_000));
  return perform({ kind: "Enter", state: { ...seen.state, completedAt: seen.now } }, seen, task, world);
});

/** Throws a task away as soon as it has ended. */
export const throwsAway = deciding((decision, seen) =>
  seen.state.phase === "FinalAnswer" ? { kind: "Repeat", effect: { kind: "DeleteTask" } } : decision,
);

/** Asks twice, to be sure. */
export const asksTwice: Made = (neighbours) => {
  const { models } = neighbours;
  const ask: typeof models.ask = (target, request, signal) => {
    void models.ask(target, request, signal);
    return models.ask(target, request, signal);
  };
  return sound({ ...neighbours, models: { ...models, ask } });
};

/** Improves on the model's words, in the conversation too. */
export const changesAnswers = entering((decision) => {
  const { state } = decision;
  if (state.phase !== "FinalAnswer") return decision;
  const output = state.output.toUpperCase();
  return {
    ...decision,
    state: {
      ...state,
      output,
      conversation: [...state.conversation.slice(0, -1), { role: "assistant", content: output }],
    },
  };
});

/** Says first that it will ask, and then that it asks. */
export const writesTwice = entering((decision, seen) => {
  const { state } = decision;
  const isFirst = state.phase === "ReadyForLLM" && seen.state.phase === "Pending" && !seen.state.waiting;
  return isFirst
    ? {
        kind: "Enter",
        state: {
          phase: "Pending",
          startedAt: seen.now,
          suspended: false,
          waiting: { for: "nothing in particular", since: seen.now },
        },
      }
    : decision;
});

/** Says in a status what does not fit there. */
export const rambles = entering((decision) => {
  const { state } = decision;
  return state.phase === "Failed"
    ? { ...decision, state: { ...state, reason: "Refused".repeat(100) as typeof state.reason } }
    : decision;
});

/** Leaves out what the agent is told to be. */
export const forgetsTheSystemPrompt = entering((decision, seen) => {
  const { state } = decision;
  return state.phase === "ReadyForLLM" && seen.state.phase === "Pending"
    ? { ...decision, state: { ...state, conversation: state.conversation.slice(1) } }
    : decision;
});

/** Asks without saying on whose behalf. */
export const asksForNobody: Made = (neighbours) => {
  const { models } = neighbours;
  const ask: typeof models.ask = (target, { messages, tools }, signal) =>
    models.ask(target, { messages, tools }, signal);
  return sound({ ...neighbours, models: { ...models, ask } });
};

/** Writes the same again and again while it waits. */
export const spins = operatorWith((decision, seen, task, world) => {
  if (seen.call.kind !== "Running") return perform(decision, seen, task, world);
  world.wakeAt(keyOf(task), new Date(seen.now.getTime() + 10));
  return perform({ kind: "Enter", state: seen.state }, seen, task, world);
});
