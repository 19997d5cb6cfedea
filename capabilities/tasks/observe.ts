/** Makes one plain value of everything a decision about a Task depends on. Reads memory only: stores, calls in flight, the clock. */
import type { Agent, LLM, Task } from "../../crds/index";
import type { Answerer, Call, Observed } from "./decision";
import { readState } from "./state";
import type { TaskWorld } from "./world";

export function observe(task: Task, world: TaskWorld): Observed {
  return {
    now: world.clock.now(),
    uid: task.metadata.uid,
    createdAt: new Date(task.metadata.creationTimestamp ?? 0),
    spec: task.spec,
    state: readState(task),
    answerer: answererOf(task, world),
    call: callOf(task, world),
    deleting: task.metadata.deletionTimestamp !== undefined,
    stopping: world.stopping(),
  };
}

function answererOf(task: Task, world: TaskWorld): Answerer {
  const found = findAnswerer(task, world);
  if (found.missing !== undefined) {
    return { kind: "Awaited", phrase: found.missing, ...(found.agent && { agent: found.agent.spec }) };
  }
  return { kind: "Ready", agent: found.agent.spec, llm: found.llm.spec, llmName: found.llm.metadata.name };
}

type Found = { agent: Agent; llm: LLM; missing?: undefined } | { agent?: Agent; missing: string };

/** The task's agent and its LLM when both are usable, or a phrase that completes "Waiting for …". */
export function findAnswerer(task: Task, world: Pick<TaskWorld, "agents" | "llms">): Found {
  const { namespace } = task.metadata;
  const agentName = task.spec.agentRef.name;
  const agent = world.agents.get(`${namespace}/${agentName}`);
  if (!agent || agent.metadata.deletionTimestamp)
    return { missing: `Agent "${agentName}", which does not exist, to be created` };
  if (!agent.status?.ready) return { agent, missing: `Agent "${agentName}" to become ready${because(agent)}` };
  const llmName = agent.spec.llmRef.name;
  const llm = world.llms.get(`${namespace}/${llmName}`);
  if (!llm || llm.metadata.deletionTimestamp)
    return { agent, missing: `LLM "${llmName}", which does not exist, to be created` };
  if (!llm.status?.ready) return { agent, missing: `LLM "${llmName}" to become ready${because(llm)}` };
  return { agent, llm };
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
