/** Conversations are legal, whole and the model's own: what it said stands in the order in which it was said. */
import { isDeepStrictEqual } from "node:util";
import type { Agent, Message, Task } from "../../../crds/index";
import type { Evidence } from "./evidence";
import type { Check } from "./lives";
import { phaseOf, windowOf } from "./lives";

/** The answer is word for word what the model said to the very conversation it is the end of. */
export const answersAreTheModels: Check = (life) => {
  if (phaseOf(life.last) !== "FinalAnswer") return [];
  const said = windowOf(life.last).at(-1);
  const asked = windowOf(life.last).slice(0, -1);
  if (said?.content !== life.last.status?.output) return ["has an output that is not the last message"];
  const given = life.calls.some(
    ({ messages, outcome }) =>
      outcome?.kind === "Answer" && isDeepStrictEqual(outcome.message, said) && isDeepStrictEqual(messages, asked),
  );
  return given ? [] : ["has an answer that the model never gave to this conversation"];
};

/** Everything that the model said and that was stored stands in the order in which it was said. */
export const conversationsAreWhole: Check = (life, evidence) =>
  life.calls.flatMap((call) => [
    ...(opens(call.messages, life.last, evidence)
      ? []
      : [`sent a conversation (call ${call.number}) that does not begin with what the task says`]),
    ...brokenToolCalls(call.messages).map(
      (id) => `sent a conversation (call ${call.number}) in which tool call ${id} has not exactly one result after it`,
    ),
    ...(["user", "tool"].includes(call.messages.at(-1)?.role ?? "")
      ? []
      : [`sent a conversation (call ${call.number}) in which nobody awaits an answer`]),
  ]);

function opens(messages: Message[], { spec }: Task, { versions }: Evidence): boolean {
  const given: Message[] = spec.contextWindow ?? [{ role: "user", content: spec.userMessage ?? "" }];
  if (given.some(({ role }) => role === "system")) return isDeepStrictEqual(messages.slice(0, given.length), given);
  const systems = versions.flatMap(({ object }) => (object.kind === "Agent" ? (object as Agent).spec.system : []));
  const [first, ...rest] = messages;
  return (
    first?.role === "system" && systems.includes(first.content) && isDeepStrictEqual(rest.slice(0, given.length), given)
  );
}

/** The ids of tool calls that are not answered exactly once, at once and in order, and of results nobody asked for. */
function brokenToolCalls(messages: Message[]): string[] {
  const broken: string[] = [];
  let awaited: string[] = [];
  for (const message of messages) {
    if (message.role === "tool" && message.toolCallId === awaited[0]) awaited.shift();
    else if (message.role === "tool") broken.push(message.toolCallId ?? "without an id");
    else {
      broken.push(...awaited);
      awaited = (message.toolCalls ?? []).map(({ id }) => id);
    }
  }
  return [...broken, ...awaited];
}
