/**
 * How the people of the crash proof decide with kubectl: by annotation or by an entry of their own, through the real API
 * server and the operator's webhook, which is down while the operator is. What they are told of it is read, not judged.
 */
import type { Approval, Decided, ToolCall } from "../../crds/index";
import { group } from "../../crds/index";
import type { Reply } from "../api";
import type { Scene } from "../scene";
import { messageOf } from "../scene";
import type { Saying } from "./answers";
import type { Seen } from "./evidence";
import { wordsOf } from "./evidence";
import type { Tried } from "./mailbox";

const ANNOTATIONS: Record<Decided, string> = { Approve: "approve", Reject: "reject", Respond: "respond" };
const WAITING = ["AwaitingHumanApproval", "AwaitingHumanInput", "OutcomeUnknown"];

/** The question that a call waits to be answered; undefined when it waits for nobody. */
export function questionOn(call: ToolCall): Seen | undefined {
  const { status: { status = "", phase, question, externalCallID, holder } = {}, metadata } = call;
  if (!WAITING.includes(status) || phase !== "Pending" || !question || externalCallID === undefined) return undefined;
  return {
    words: wordsOf(call),
    question: externalCallID,
    kind: question.kind,
    name: metadata.name,
    askedAtMs: Date.parse(question.askedAt),
    ...(holder !== undefined && { holder }),
  };
}

/** Says it, after a look whether it is still asked: an answer that is given late must not be one to the next question. */
export async function decide(scene: Scene, { name, question }: Seen, saying: Saying): Promise<Tried> {
  const call = await scene.get("ToolCall", name);
  if (!call || questionOn(call)?.question !== question) return "Refused";
  const patch = saying.byHand ? entry(call, question, saying) : annotation(saying);
  const reply = await scene.tryPatch("ToolCall", name, patch);
  if (reply.status < 300) return isIn(reply.body as ToolCall, saying) ? "Taken" : "Swallowed";
  return isWorthTrying(reply) ? "Busy" : "Refused";
}

/** Whether what somebody said stands in the object. */
export async function isHeard(scene: Scene, name: string, saying: Saying): Promise<boolean> {
  const call = await scene.get("ToolCall", name);
  return call !== undefined && isIn(call, saying);
}

function isIn({ spec }: ToolCall, { comment, decision }: Saying): boolean {
  return (spec.approvals ?? []).some((one) => one.comment === comment && one.decision === decision);
}

function annotation({ decision, comment }: Saying): object {
  return { metadata: { annotations: { [`${group}/${ANNOTATIONS[decision]}`]: comment } } };
}

/** The list with one more: what is left out, admission fills in. */
function entry({ metadata, spec }: ToolCall, question: string, { decision, comment }: Saying): object {
  const own: Partial<Approval> = { decision, comment, question };
  return {
    metadata: { resourceVersion: metadata.resourceVersion },
    spec: { approvals: [...(spec.approvals ?? []), own] },
  };
}

/** Nobody was there to take it, somebody else was faster, or it says so. */
function isWorthTrying(reply: Reply): boolean {
  return reply.status >= 500 || [409, 429].includes(reply.status) || /try again/i.test(messageOf(reply));
}
