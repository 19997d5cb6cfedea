/**
 * From what was read to what the machines get: ids made unique over the conversation, the provider's own form kept where
 * it must go back, the output checked against its schema. Pure.
 */
import type { Message } from "../../../crds/index";
import { CallIds, withCallIds } from "./call-ids";
import type { Caller } from "./failure";
import { unreadable } from "./failure";
import type { ModelAnswer, ModelFailure, ModelRequest } from "./port";
import { checkOutput } from "./schemas";
import type { Read } from "./wire";

/** The outcome of a call whose answer was read. */
export function conclude(heard: Read, request: ModelRequest, caller: Caller): ModelAnswer | ModelFailure {
  const isOutput = request.outputSchema !== undefined && heard.stop === "Complete";
  const read = isOutput ? { ...heard, text: unfenced(heard.text) } : heard;
  return (
    misfit(read, request, caller) ?? {
      kind: "Answer",
      message: toMessage(read, request.messages, caller),
      stop: read.stop,
      usage: read.usage,
    }
  );
}

const FENCE = "```";

/** What stands in a fence of Markdown that is the whole text: many models put JSON there, whatever they are told. */
function unfenced(text: string): string {
  const whole = text.trim();
  const opening = /^```(?:json)?[ \t\r]*\n/i.exec(whole)?.[0];
  if (opening === undefined || !whole.endsWith(FENCE)) return text;
  const inner = whole.slice(opening.length, -FENCE.length).trim();
  return inner.includes(FENCE) ? text : inner;
}

function misfit(read: Read, { outputSchema }: ModelRequest, caller: Caller): ModelFailure | undefined {
  if (outputSchema === undefined || read.stop !== "Complete") return undefined;
  const check = checkOutput(read.text, outputSchema);
  if (check.kind === "Fits") return undefined;
  if (check.kind === "Misfit") {
    const failure = unreadable(`does not fit the outputSchema: ${check.why}`, caller);
    return { ...failure, reason: "OutputMismatch", usage: read.usage };
  }
  return {
    kind: "Failure",
    retryable: false,
    reason: "InvalidRequest",
    message: `The outputSchema cannot be used: ${check.why} Correct it.`,
  };
}

function toMessage(read: Read, history: readonly Message[], { endpoint }: Caller): Message {
  if (read.calls.length === 0) return { role: "assistant", content: read.text };
  const used = history.flatMap(({ toolCalls }) => (toolCalls ?? []).map(({ id }) => id));
  const ids = new CallIds(endpoint, used);
  const calls = read.calls.map((call) => ({ ...call, id: ids.next(call.id) }));
  return {
    role: "assistant",
    content: read.text,
    toolCalls: calls.map(({ id, name, arguments: args }) => ({
      id,
      type: "function",
      function: { name, arguments: args },
    })),
    ...(read.native === undefined
      ? {}
      : {
          native: {
            api: endpoint.api,
            model: endpoint.model,
            value: withCallIds(
              endpoint.api,
              read.native,
              calls.map(({ id }) => id),
            ),
          },
        }),
  };
}
