/**
 * Makes one plain value of everything a decision about a Task depends on. Reads memory only: stores, calls in flight, the
 * clock.
 */
import type { Agent, LLM, Task, ToolCall } from "../../crds/index";
import { recordedCalls } from "./children";
import type { Answerer, Call, Observed, SeenToolCall } from "./decision";
import type { Gone } from "./known-calls";
import { asksPeople, hasFinished, isSlimmed, ownerOf } from "./known-calls";
import { readState } from "./state";
import { tellingOf } from "./tell";
import type { TaskWorld } from "./world";

/** What is seen of a task now. */
export function observe(task: Task, world: TaskWorld): Observed {
  const telling = tellingOf(task, world);
  return {
    now: world.clock.now(),
    name: task.metadata.name,
    uid: task.metadata.uid,
    createdAt: new Date(task.metadata.creationTimestamp ?? 0),
    spec: task.spec,
    state: readState(task),
    answerer: answererOf(task, world),
    call: callOf(task, world),
    toolCalls: task.status?.phase === "ToolCallsPending" ? toolCallsOf(task, world) : [],
    ...(telling && { telling }),
    deleting: task.metadata.deletionTimestamp !== undefined,
    stopping: world.stopping(),
  };
}

function answererOf(task: Task, world: TaskWorld): Answerer {
  const found = findAnswerer(task, world);
  const tools = found.agent?.status?.tools ?? [];
  if (found.missing !== undefined) {
    return { kind: "Awaited", phrase: found.missing, ...(found.agent && { agent: found.agent.spec }), tools };
  }
  return { kind: "Ready", agent: found.agent.spec, tools, llm: found.llm.spec, llmName: found.llm.metadata.name };
}

type Found = { agent: Agent; llm: LLM; missing?: undefined } | { agent?: Agent; missing: string };

/** The task's agent and its LLM when both are usable, or a phrase that completes "Waiting for …". */
function findAnswerer(task: Task, world: Pick<TaskWorld, "agents" | "llms">): Found {
  const agentName = task.spec.agentRef.name;
  const agent = findAgent(task, world);
  if (!agent) return { missing: `Agent "${agentName}", which does not exist, to be created` };
  if (!agent.status?.ready) return { agent, missing: `Agent "${agentName}" to become ready${because(agent)}` };
  const llmName = agent.spec.llmRef.name;
  const llm = findLLM(agent, world);
  if (!llm) return { agent, missing: `LLM "${llmName}", which does not exist, to be created` };
  if (!llm.status?.ready) return { agent, missing: `LLM "${llmName}" to become ready${because(llm)}` };
  return { agent, llm };
}

/** The task's agent, ready or not; one that is being deleted is none. */
export function findAgent(task: Task, { agents }: Pick<TaskWorld, "agents">): Agent | undefined {
  const agent = agents.get(`${task.metadata.namespace}/${task.spec.agentRef.name}`);
  return agent?.metadata.deletionTimestamp ? undefined : agent;
}

/** The agent's LLM, ready or not; one that is being deleted is none. */
export function findLLM({ metadata, spec }: Agent, { llms }: Pick<TaskWorld, "llms">): LLM | undefined {
  const llm = llms.get(`${metadata.namespace}/${spec.llmRef.name}`);
  return llm?.metadata.deletionTimestamp ? undefined : llm;
}

function because(object: Agent | LLM): string {
  const detail = object.status?.statusDetail?.slice(0, 500);
  return detail ? ` (${detail})` : "";
}

function callOf(task: Task, world: TaskWorld): Call {
  const effect = world.calls.look(task.metadata.uid);
  if (!effect) return { kind: "None" };
  return effect.kind === "Running" ? { kind: "Running" } : { kind: "Finished", outcome: effect.outcome };
}

/** The calls of the last answer and what is known of their ToolCalls. One of that name that belongs to somebody else is none. */
export function toolCallsOf(
  task: Task,
  { toolCalls, departed }: Pick<TaskWorld, "toolCalls" | "departed">,
): SeenToolCall[] {
  const { name, namespace, uid } = task.metadata;
  const asked = recordedCalls({ name, spec: task.spec, conversation: task.status?.contextWindow ?? [] });
  return asked.map((call) => {
    const found = toolCalls.get(`${namespace}/${call.name}`);
    if (found && ownerOf(found)?.uid === uid) return { ...call, ...endOf(found) };
    const gone = departed.look(uid, call.name);
    return gone ? { ...call, ...endOfDeleted(gone) } : { ...call, kind: "Missing" };
  });
}

type Finish = { kind: "Finished"; ended: "Succeeded" | "Failed"; result: string; isDeleted?: boolean };
type End = { kind: "Unfinished"; asksPeople?: boolean } | Finish;

function endOf(call: ToolCall): End {
  const { status } = call;
  if (!hasFinished(call) || isSlimmed(call))
    return { kind: "Unfinished", ...(asksPeople(call) && { asksPeople: true }) };
  const ended = status?.phase === "Succeeded" ? "Succeeded" : "Failed";
  return { kind: "Finished", ended, result: status?.result ?? withoutResult(ended, status?.error) };
}

/** What somebody deleted is not made again: it may have happened. */
function endOfDeleted({ call }: Gone): Finish {
  const end = call && endOf(call);
  if (end?.kind === "Finished") return { ...end, isDeleted: true };
  const when = call ? " before it had ended" : "";
  const result = `Error: It is not known whether the tool did its work: its ToolCall was deleted${when}. The call was not repeated. Check what is the case before you call the tool again.`;
  return { kind: "Finished", ended: "Failed", result, isDeleted: true };
}

/** Words for a call that says that it ended and not how; the model needs a result for each of its calls. */
function withoutResult(ended: "Succeeded" | "Failed", error = "the tool call failed and says no more"): string {
  return ended === "Succeeded" ? "" : `Error: ${error}`;
}
