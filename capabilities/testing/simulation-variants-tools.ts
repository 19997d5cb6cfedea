/**
 * Operators that are wrong with tools, in one place each, to prove that the invariants can fail. Nothing here is in the
 * product.
 */
import type { ToolCall } from "../../crds/index";
import { resources } from "../../crds/index";
import type { McpRequest, McpServers } from "../adapters/mcp/port";
import { perform } from "../tasks/perform";
import { decide as decideTask } from "../tasks/decide";
import { decide } from "../toolcalls/decide";
import { perform as performCall } from "../toolcalls/perform";
import { writeStatus } from "../toolcalls/status";
import type { Made } from "./simulation-operator";
import { decidingCalls, entering, operatorWith, sound } from "./simulation-operator";

/** Starts the call of the tool, and then writes that it has. */
export const callsBeforeItWrites = operatorWith(perform, async (decision, seen, call, world) => {
  if (decision.kind !== "Enter" || !decision.then) return performCall(decision, seen, call, world);
  const unwritten = { ...call, status: writeStatus(call, decision.state, seen.now) };
  await performCall({ kind: "Repeat", effect: decision.then }, seen, unwritten, world);
  return performCall({ kind: "Enter", state: decision.state }, seen, call, world);
});

/** Takes every tool for one that is safe to repeat. */
export const repeatsLostWork = operatorWith(perform, (_decision, seen, call, world) => {
  const { tool } = seen;
  const trusting = tool.kind === "Known" ? { ...seen, tool: { ...tool, isSafe: true } } : seen;
  return performCall(decide(trusting), seen, call, world);
});

/** Takes the ToolCalls that it knows of for all that there are. */
export const trustsAnIncompleteList = operatorWith((_decision, seen, task, world) => {
  const known = seen.toolCalls.filter(({ kind }) => kind !== "Missing");
  const believed = known.length > 0 ? { ...seen, toolCalls: known } : seen;
  return perform(decideTask(believed), seen, task, world);
});

/** Goes on with a call though its task is over. */
export const callsForTheDead = operatorWith(perform, (_decision, seen, call, world) => {
  const { task } = seen;
  const alive = task.kind === "Found" ? { ...seen, task: { ...task, isOver: false } } : seen;
  return performCall(decide(alive), seen, call, world);
});

/** Leaves a call as it is once its task is over. */
export const neverEnds = decidingCalls((decision, { task }) =>
  task.kind === "Found" && task.isOver ? { kind: "Stay" } : decision,
);

/** Does not see that a task is suspended. */
export const callsForTheSuspended = operatorWith(perform, (_decision, seen, call, world) => {
  const { task } = seen;
  const awake = task.kind === "Found" ? { ...seen, task: { ...task, isSuspended: false } } : seen;
  return performCall(decide(awake), seen, call, world);
});

/** Gives up what it has only just begun. */
export const despairsTooSoon = operatorWith(perform, (decision, seen, call, world) => {
  const { state } = seen;
  if (state.status !== "Executing" || seen.call.kind !== "Running") return performCall(decision, seen, call, world);
  return performCall(decide({ ...seen, holder: "somebody else", call: { kind: "None" } }), seen, call, world);
});

/** Hears an answer and says that there was none. */
export const losesAnswers = operatorWith(perform, (_decision, seen, call, world) => {
  const deaf = seen.call.kind === "Finished" ? { ...seen, call: { kind: "None" as const } } : seen;
  return performCall(decide(deaf), seen, call, world);
});

/** Counts the first attempt only. */
export const countsOneAttempt = decidingCalls((decision) =>
  decision.kind === "Enter" && decision.state.status === "Executing"
    ? { ...decision, state: { ...decision.state, attempts: 1 } }
    : decision,
);

/** Improves on what tools give back. */
export const changesResults = decidingCalls((decision) =>
  decision.kind === "Enter" && decision.state.status === "Succeeded"
    ? { ...decision, state: { ...decision.state, result: "All is well." } }
    : decision,
);

/** Says nothing of what went wrong. */
export const saysNothingOfFailures = decidingCalls((decision) =>
  decision.kind === "Enter" && decision.state.status === "Error"
    ? { ...decision, state: { ...decision.state, result: "" } }
    : decision,
);

/** Tells the model something else than what is stored of the tool. */
export const tellsAnotherStory = entering((decision) => {
  const { state } = decision;
  const last = "conversation" in state ? state.conversation.at(-1) : undefined;
  return state.phase === "ReadyForLLM" && last?.role === "tool"
    ? {
        ...decision,
        state: { ...state, conversation: [...state.conversation.slice(0, -1), { ...last, content: "ok" }] },
      }
    : decision;
});

/** Cannot leave a finished call alone. */
export const rewritesEnds = operatorWith(perform, (decision, seen, call, world) => {
  const { state } = seen;
  if (state.status !== "Succeeded" || state.completedAt >= seen.now) return performCall(decision, seen, call, world);
  return performCall({ kind: "Enter", state: { ...state, completedAt: seen.now } }, seen, call, world);
});

/** Makes a second ToolCall of everything, to be sure. */
export const makesTwins: Made = (neighbours) => {
  const { cluster } = neighbours;
  const create: typeof cluster.create = async (resource, object) => {
    const created = await cluster.create(resource, object);
    if (resource.kind !== resources.toolCall.kind) return created;
    const twin = structuredClone(object) as unknown as ToolCall;
    twin.metadata.name += "b";
    await cluster.create(resource, twin);
    return created;
  };
  return sound({ ...neighbours, cluster: { ...cluster, create } });
};

/** Does not tell the model what tools there are. */
export const offersNothing: Made = (neighbours) => {
  const { models } = neighbours;
  const ask: typeof models.ask = (target, request, signal) => models.ask(target, { ...request, tools: [] }, signal);
  return sound({ ...neighbours, models: { ...models, ask } });
};

/** An operator whose requests to tools are other than they should be. */
function sending(change: (request: McpRequest, nth: number) => McpRequest, times = 1): Made {
  return (neighbours) => {
    const { mcp } = neighbours;
    let sent = 0;
    const call: McpServers["call"] = (uid, request, signal) => {
      for (let i = 1; i < times; i++) void mcp.call(uid, change(request, ++sent), signal);
      return mcp.call(uid, change(request, ++sent), signal);
    };
    return sound({ ...neighbours, mcp: { ...mcp, call } });
  };
}

/** Sends everything twice, to be sure. */
export const sendsTwice = sending((request) => request, 2);
/** Says of every attempt that it is another call. */
export const changesKeys = sending((request, nth) => ({
  ...request,
  idempotencyKey: `${request.idempotencyKey}-${nth}`,
}));
/** Says of all calls that they are the same. */
export const hasOneKey = sending((request) => ({ ...request, idempotencyKey: "key" }));
/** Calls without saying on whose behalf. */
export const callsForNobody = sending(({ traceparent: _trace, ...request }) => request);
