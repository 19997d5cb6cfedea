/**
 * The ToolCalls of a Task, before they exist: which calls the conversation records, what each is called and what is
 * written down of it. Names are computed, so that creating again is harmless and what exists can be found. Pure.
 */
import type { AgentTool, Message, Task, TaskSpec, ToolCall, ToolCallRequest } from "../../crds/index";
import { group, LONG_TEXT, NAME_TEXT, resources } from "../../crds/index";
import type { Draft } from "../runtime/objects";
import { shortHash } from "../runtime/short-hash";
import { sourceOf } from "./tools";
import { openingLength } from "./transcript";

/** A call that the conversation records, and the name of the ToolCall that stands for it. */
export interface RecordedCall {
  name: string;
  request: ToolCallRequest;
}

/** What of a task says which calls it has made; a status that is only about to be written will do. */
export interface Asked {
  name: string;
  spec: TaskSpec;
  conversation: Message[];
}

/** How many tools the task has called: what stands in a conversation that the task was given is not among them. */
export function countCalls({ spec, conversation }: Omit<Asked, "name">): number {
  return requestsIn(conversation.slice(openingLength(spec))).length;
}

/** The calls of the last answer, in its order; none when the last answer asks for none. */
export function recordedCalls({ name, spec, conversation }: Asked): RecordedCall[] {
  const said = conversation.slice(openingLength(spec));
  const last = said.findLast(({ role }) => role === "assistant");
  const requests = last?.toolCalls ?? [];
  const before = requestsIn(said).length - requests.length;
  return requests.map((request, i) => ({ name: toolCallName(name, before + i + 1), request }));
}

function requestsIn(messages: Message[]): ToolCallRequest[] {
  return messages.flatMap(({ role, toolCalls }) => (role === "assistant" ? (toolCalls ?? []) : []));
}

/** The name of a task's nth ToolCall, counted from 1 over the whole task: `<task>-tc-01`. */
export function toolCallName(task: string, n: number): string {
  const ending = `-tc-${String(n).padStart(2, "0")}`;
  return shortened(task, NAME_TEXT - ending.length) + ending;
}

/** The longest label value Kubernetes allows. */
const LABEL_TEXT = 63;

/** The labels that find a task's ToolCalls; `kubectl get tc -l kubechain.humanlayer.dev/task=NAME`. */
export function childLabels(task: string): Record<string, string> {
  const value = shortened(task, LABEL_TEXT);
  return { [`${group}/task`]: value, [`${group}/taskruntoolcall`]: value };
}

/** A name cut to fit, with a hash of the whole: still a legal name, and still its own. */
function shortened(name: string, length: number): string {
  if (name.length <= length) return name;
  const hash = shortHash(name);
  const start = name.slice(0, length - hash.length - 1).replace(/[^a-z0-9]+$/i, "");
  return `${start}-${hash}`;
}

/** The ToolCall to be created for a recorded call. `offer`: the agent's tool of that name, if it offers one. */
export function draftToolCall(
  task: Task,
  { name, request }: RecordedCall,
  offer: AgentTool | undefined,
): Draft<ToolCall> {
  const { namespace, name: taskName, uid } = task.metadata;
  const { requester } = task.spec;
  const { apiVersion, kind } = resources.toolCall;
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      namespace,
      labels: childLabels(taskName),
      ownerReferences: [
        { apiVersion: resources.task.apiVersion, kind: resources.task.kind, name: taskName, uid, controller: true },
      ],
    },
    spec: {
      toolCallId: request.id,
      taskRef: { name: taskName },
      toolRef: { name: request.function.name.slice(0, LONG_TEXT) },
      ...(offer && { toolType: offer.kind, source: sourceOf(offer) }),
      arguments: request.function.arguments,
      ...(requester !== undefined && { requester }),
    },
  };
}
