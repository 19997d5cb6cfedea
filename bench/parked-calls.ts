/**
 * Calls that wait for a person: hears of them through a watch, and answers them as people do. It answers nothing by itself.
 */
import type { Kubectl } from "../controlplane/kubectl";
import { must } from "../controlplane/kubectl";
import type { ToolCall } from "../crds/index";
import { group } from "../crds/index";
import type { Api } from "./api";
import type { News } from "./news";
import { listen } from "./news";
import { NAMESPACE, pathOf } from "./objects";

/** A call that waits. `name` is its task's. */
export interface ParkedCall {
  name: string;
  call: string;
  /** The id of what is asked. */
  question: string;
}

interface Event {
  object: Pick<ToolCall, "metadata" | "spec" | "status">;
}

/**
 * Hears, by the task's name, of every call that waits for approval from now on; over a service, once that has the question.
 * `stallMs` is how long no call may begin to wait while some are waited for.
 */
export function observeParked(api: Api, over: "kubectl" | "service", stallMs: number): Promise<News<ParkedCall>> {
  const read = (line: string): ParkedCall | undefined => readParked(line, over);
  return listen(api, { kind: "toolCall", read, stallMs, expected: "call has begun to wait for a person" });
}

/** The waiting call that a line of the watch tells of; undefined if it tells of something else. */
export function readParked(line: string, over: "kubectl" | "service"): ParkedCall | undefined {
  // A call that was never asked about is not parsed; one that was answered says something else by then.
  if (!line.includes('"AwaitingHumanApproval"')) return undefined;
  const { metadata, spec, status } = (JSON.parse(line) as Event).object;
  const { status: state, question, externalCallID = "" } = status ?? {};
  const isThere = over === "kubectl" || question?.sentAt !== undefined;
  if (state !== "AwaitingHumanApproval" || !isThere) return undefined;
  return { name: spec.taskRef?.name ?? "", call: metadata.name, question: externalCallID };
}

const WORDS = "looks fine";
const APPROVE = `${group}/approve`;

/** Approves with the very request that `kubectl annotate` sends (as kubectl 1.36 -v=9 shows it). */
export async function approve(api: Api, { call }: ParkedCall): Promise<void> {
  const body = { metadata: { annotations: { [APPROVE]: WORDS } } };
  await api.ask({ method: "PATCH", path: `${pathOf("toolCall", call)}?fieldManager=kubectl-annotate`, body });
}

/** Approves with kubectl itself. */
export async function approveWithKubectl(kubectl: Kubectl, { call }: ParkedCall): Promise<void> {
  await must(kubectl, ["annotate", "toolcall", call, `${APPROVE}=${WORDS}`, "--namespace", NAMESPACE]);
}
