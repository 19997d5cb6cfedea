/** When a Task may ask its model, and what is stored before it does. Pure. */
import type { Waiting } from "../runtime/waiting";
import { waitFor } from "../runtime/waiting";
import type { Decision, Observed } from "./decision";
import { fail, stay, timeUp } from "./decision";
import { exceeded, limitsOf } from "./limits";
import type { Progress } from "./state";

/** Starts a call, if everything that it needs is there. The call is counted before it starts. */
export function ask(from: Progress & { attempts?: number; waiting?: Waiting }, seen: Observed): Decision {
  const { answerer, now } = seen;
  const { startedAt, conversation, turns, usage } = from;
  const ready = {
    phase: "ReadyForLLM",
    startedAt,
    conversation,
    turns,
    attempts: from.attempts ?? 0,
    suspended: false,
  } as const;
  if (seen.stopping || seen.spec.suspended)
    return seen.call.kind === "Finished" ? { kind: "Enter", state: { ...ready, usage } } : stay();
  if (answerer.kind === "Awaited") {
    const waiting = waitFor(answerer.phrase, from.waiting, now);
    return waiting === from.waiting ? stay(timeUp(seen)) : { kind: "Enter", state: { ...ready, usage, waiting } };
  }
  const limit = exceeded(limitsOf(seen.spec, answerer.agent), from);
  if (limit) return fail(seen, limit.reason, limit.message, from);
  const counted = { ...usage, requests: usage.requests + 1 };
  const waiting = { for: `LLM "${answerer.llmName}" to answer`, since: now };
  return { kind: "Enter", state: { ...ready, usage: counted, waiting }, then: { kind: "CallModel" } };
}
