/**
 * Carries a decision out: write by compare-and-set, then act. The order of the lines in `enter` is the durability of
 * the product. It chooses no state, and forgets the outcome of a call only once what it led to is stored.
 */
import { createHash } from "node:crypto";
import type { ToolCall } from "../../crds/index";
import { resources } from "../../crds/index";
import type { McpOutcome } from "../adapters/mcp/port";
import { assertNever } from "../runtime/assert-never";
import { after } from "../runtime/clock";
import { keyOf } from "../runtime/objects";
import type { Outcome } from "../runtime/outcome";
import { done, outcomeOf } from "../runtime/outcome";
import { spanIdOf, traceIdOf } from "../runtime/trace";
import { continuationOf } from "./continue-call";
import type { Decision, Effect, Observed } from "./decision";
import { timeoutOf } from "./limits";
import { findSource, ownerUid } from "./observe";
import { notesOf, putQuestion } from "./put-question";
import { eventsOf } from "./report";
import { writeStatus } from "./status";
import type { ToolCallWorld } from "./world";

/** How a step ended: as the queue understands it, or the API server refused the status for what it is. */
export type Performed = Outcome | { kind: "Refused"; message: string };

/** Does what was decided. Never rejects. */
export async function perform(
  decision: Decision,
  seen: Observed,
  call: ToolCall,
  world: ToolCallWorld,
): Promise<Performed> {
  switch (decision.kind) {
    case "Stay":
      if (decision.until) world.wakeAt(keyOf(call), decision.until);
      return done;
    case "Repeat":
      return start(decision.effect, call, world);
    case "Enter":
      return enter(decision, seen, call, world);
    default:
      return assertNever(decision);
  }
}

async function enter(
  decision: Extract<Decision, { kind: "Enter" }>,
  seen: Observed,
  call: ToolCall,
  world: ToolCallWorld,
): Promise<Performed> {
  const status = writeStatus(call, decision.state, seen.now);
  const written = await world.cluster.replaceStatus<ToolCall>(resources.toolCall, { ...call, status });
  // S5: losing the race is no error; what the call brought is kept, and decided about again with the winner's object.
  if (!written.ok) {
    if (written.problem.kind === "terminal") return { kind: "Refused", message: written.problem.message };
    if (decision.state.status === "Executing") {
      // It may have been stored for all that: an answer was lost. That nothing was sent is known here and nowhere else.
      unsend(
        call,
        decision.state.attempts,
        "The answer of the API server was lost, and so the call was not sent",
        world,
      );
    }
    return outcomeOf(written.problem);
  }
  world.toolCalls.wrote(written.value);
  if (seen.call.kind === "Finished") forget(call, world);
  const events = eventsOf(seen.state, decision.state, call.spec.toolRef.name);
  for (const event of [...events, ...(decision.tell ?? [])]) {
    world.recorder.record({ about: call, component: "toolcall-controller", ...event });
  }
  if ("trouble" in decision.state && decision.state.trouble !== undefined) {
    notesOf(written.value, world).told.add(decision.state.trouble);
  }
  return decision.then ? start(decision.then, written.value, world) : done; // The write itself has the call looked at again.
}

function forget(call: ToolCall, world: ToolCallWorld): void {
  world.calls.forget(call.metadata.uid);
  world.unsent.delete(call.metadata.uid);
}

function unsend(call: ToolCall, attempt: number, because: string, { unsent }: ToolCallWorld): void {
  unsent.set(call.metadata.uid, { attempt, because });
}

async function start(effect: Effect, call: ToolCall, world: ToolCallWorld): Promise<Outcome> {
  switch (effect.kind) {
    case "AskPerson":
      await putQuestion(call, world);
      return done;
    case "CallTool":
      begin(call, world);
      return done;
    case "AbortCall":
      world.calls.abort(call.metadata.uid, "The call is over");
      forget(call, world);
      return done;
    default:
      return assertNever(effect);
  }
}

/** The adapter ends every call by the server's timeout; the deadline here is for an adapter that does not. */
const BELT_MS = 5_000;

function begin(call: ToolCall, world: ToolCallWorld): void {
  const { uid } = call.metadata;
  const source = findSource(call, world);
  const timeoutMs = timeoutOf(source.kind === "Server" ? source.server.spec : undefined);
  const started = world.calls.start(uid, (signal) => callTool(call, world, signal), {
    until: after(world.clock, timeoutMs + BELT_MS),
    onSettled: () => world.wake(keyOf(call)),
    lost,
  });
  if (started) return void world.unsent.delete(uid);
  // The process began to stop while the intent was being written. Unsaid, the next one could not know that nothing was sent.
  unsend(call, call.status?.attempts ?? 1, "The operator was about to stop, and so the call was not sent", world);
  world.wake(keyOf(call));
}

/** One call of the tool. Everything that can go wrong is an outcome; what it needs is looked up when it is needed. */
async function callTool(call: ToolCall, world: ToolCallWorld, signal: AbortSignal): Promise<McpOutcome> {
  const source = findSource(call, world);
  const parsed = world.arguments.read(call.spec.arguments);
  if (source.kind !== "Server") return { kind: "NotSent", message: "The MCPServer is not there any more" };
  if (parsed.kind === "Unfit") return { kind: "Refused", message: `the arguments cannot be read: ${parsed.why}` };
  const continued = continuationOf(call, world);
  if (continued.kind === "Unanswered") return { kind: "NotSent", message: "What people answered cannot be known now" };
  const request = {
    ...continued.given,
    tool: source.tool,
    arguments: parsed.value,
    idempotencyKey: idempotencyKey(call),
    traceparent: traceparent(call),
  };
  return world.mcp.call(source.server.metadata.uid, request, signal);
}

/** The same for every repeat of this call, in any process, and for no other call: 32 hex digits. */
function idempotencyKey(call: ToolCall): string {
  const { toolCallId, arguments: text } = call.spec;
  const identity = `${ownerUid(call) ?? call.metadata.uid}/${toolCallId}/${text}`;
  return createHash("sha256").update(identity).digest("hex").slice(0, 32);
}

/** The trace of the task, and a span of the call's own: the same for every repeat. */
function traceparent(call: ToolCall): string {
  const { uid } = call.metadata;
  return `00-${traceIdOf(ownerUid(call) ?? uid)}-${spanIdOf(uid)}-01`;
}

function lost(error: unknown): McpOutcome {
  const message = error instanceof Error ? error.message : String(error);
  return { kind: "Unknown", message: `The call ended unexpectedly: ${message}` };
}
