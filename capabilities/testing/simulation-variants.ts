/**
 * Operators that are wrong in one place each, to prove that the invariants can fail: the real stores, controllers and
 * task machine, with one step of a task replaced. Nothing here is in the product.
 */
import type { Agent, LLM, Task } from "../../crds/index";
import { resources } from "../../crds/index";
import type { ModelOutcome } from "../adapters/models/port";
import { createAgentController } from "../catalog/agent/controller";
import { createLLMController } from "../catalog/llm/controller";
import type { Neighbours, Operator } from "../operator";
import { createController } from "../runtime/controller";
import { InFlight } from "../runtime/in-flight";
import { keyOf } from "../runtime/objects";
import type { Outcome } from "../runtime/outcome";
import { done } from "../runtime/outcome";
import { Store } from "../runtime/store";
import type { Decision, Observed } from "../tasks/decision";
import { decide } from "../tasks/decide";
import { observe } from "../tasks/observe";
import type { Performed } from "../tasks/perform";
import { perform } from "../tasks/perform";
import { writeStatus } from "../tasks/status";
import type { TaskWorld } from "../tasks/world";

/** One look at one task, given what was seen and decided. */
export type Step = (decision: Decision, seen: Observed, task: Task, world: TaskWorld) => Promise<Performed>;

/** An operator whose tasks take `step` where the real one performs. */
export function operatorWith(step: Step): (neighbours: Neighbours) => Operator {
  return (neighbours) => {
    const { cluster, clock } = neighbours;
    const llms = new Store<LLM>({ clock });
    const agents = new Store<Agent>({ clock });
    const tasks = new Store<Task>({ clock });
    const around = { ...neighbours, llms, agents };
    const world: TaskWorld = {
      ...around,
      tasks,
      calls: new InFlight<ModelOutcome>(clock),
      wake: (key) => controller.wake(key),
      wakeAt: (key, when) => controller.wakeAt(key, when),
      stopping: () => false,
    };
    const controller = createController<Task>({
      ...neighbours,
      name: "task-controller",
      resource: resources.task,
      store: tasks,
      reconcile: (key) => look(tasks.get(key)),
    });
    const look = async (task: Task | undefined): Promise<Outcome> => {
      if (!task) return done;
      const seen = observe(task, world);
      const performed = await step(decide(seen), seen, task, world);
      return performed.kind === "Refused" ? done : performed;
    };
    const controllers = [createLLMController(around), createAgentController(around), controller] as const;
    for (const store of [llms, agents])
      store.subscribe(() => tasks.values().forEach((task) => controller.wake(keyOf(task))));
    return {
      llms: controllers[0],
      agents: controllers[1],
      tasks: Object.assign(controller, { drain: () => Promise.resolve() }),
      known: { llms, agents },
      cluster,
      environment: neighbours.environment,
      reachable: () => Promise.resolve(),
      synced: () => Promise.resolve(),
      stop: () => Promise.resolve(),
      start: () => {
        neighbours.secrets.start();
        for (const each of controllers) each.start();
      },
    };
  };
}

/** An operator that does what it should, but has decided something else. */
function deciding(change: (decision: Decision, seen: Observed) => Decision): (neighbours: Neighbours) => Operator {
  return operatorWith((decision, seen, task, world) => perform(change(decision, seen), seen, task, world));
}

/** The states entered, changed. */
function entering(
  change: (decision: Extract<Decision, { kind: "Enter" }>, seen: Observed) => Decision,
): (neighbours: Neighbours) => Operator {
  return deciding((decision, seen) => (decision.kind === "Enter" ? change(decision, seen) : decision));
}

/** Nothing is wrong with this one. */
export const sound = operatorWith(perform);

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
export const asksTwice = (neighbours: Neighbours): Operator => {
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
export const asksForNobody = (neighbours: Neighbours): Operator => {
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
