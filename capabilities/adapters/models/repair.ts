/**
 * Makes any history legal for the server that is asked next: each call gets exactly one result, directly after it and in
 * order; ids are unique and in the target's alphabet; nothing is blank; the user begins and the model is always the one to
 * speak next. Runs before every send, because a crash, an edit or another provider may have left anything. Pure.
 */
import type { Message } from "../../../crds/index";
import { CallIds, nativeCallIds, withCallIds } from "./call-ids";
import type { Endpoint } from "./endpoint";
import type { Call, Conversation, Result, Turn } from "./wire";
import { wellFormed } from "../../runtime/storable";
import { isRecord, parseJson } from "../../runtime/json";

/** Stands in for the result of a call that has none, most often because the operator died in between. */
export const NO_RESULT =
  "No result was recorded for this call: it may or may not have been carried out. Do not assume that it was.";

const EMPTY_RESULT = "The tool returned nothing.";
const EMPTY_MESSAGE = "(empty message)";
const EARLIER = "(earlier messages are not shown)";
const GO_ON = "Please continue.";

type Target = Pick<Endpoint, "api" | "provider" | "model">;

/** A call and the message that answers it, once found. */
interface Pair {
  call: Call;
  answer?: Message;
}

/** The conversation in `messages`, oldest first, as `target` accepts it. */
export function repair(messages: readonly Message[], target: Target): Conversation {
  const pairs = pairUp(messages);
  const ids = new CallIds(target);
  const turns: Turn[] = [];
  for (const message of messages) {
    if (message.role === "user") addUser(turns, message);
    if (message.role === "assistant")
      addAssistant(turns, message, {
        pairs: pairs.get(message) ?? [],
        ids,
        target,
      });
  }
  if (turns[0]?.role !== "user") turns.unshift({ role: "user", text: turns.length === 0 ? GO_ON : EARLIER });
  if (turns.at(-1)?.role === "assistant") turns.push({ role: "user", text: GO_ON });
  return { system: systemOf(messages), turns };
}

function systemOf(messages: readonly Message[]): string {
  return messages
    .filter(({ role, content }) => role === "system" && !isBlank(content))
    .map(({ content }) => wellFormed(content))
    .join("\n\n");
}

/**
 * Finds each call's result. Ids repeat in the wild, so a result belongs to the newest message before it that asked under
 * that id; a second result, or one nobody asked for, belongs to nothing and is thereby dropped.
 */
function pairUp(messages: readonly Message[]): Map<Message, Pair[]> {
  const all = new Map<Message, Pair[]>();
  const open = new Map<string, Pair[]>();
  for (const message of messages) {
    if (message.role === "assistant") {
      const pairs = (message.toolCalls ?? []).map(toPair);
      all.set(message, pairs);
      for (const { call } of pairs)
        open.set(
          call.id,
          pairs.filter((pair) => pair.call.id === call.id),
        );
    } else if (message.role === "tool") {
      const waiting = open.get(message.toolCallId ?? "")?.find((pair) => !pair.answer);
      if (waiting) waiting.answer = message;
    }
  }
  return all;
}

function toPair(call: NonNullable<Message["toolCalls"]>[number]): Pair {
  const { name, arguments: args } = call.function;
  return {
    call: {
      id: call.id,
      name: legalName(name),
      arguments: legalArguments(args),
    },
  };
}

function addUser(turns: Turn[], message: Message): void {
  const text = isBlank(message.content) ? EMPTY_MESSAGE : wellFormed(message.content);
  const last = turns.at(-1);
  // Some servers' templates demand that user and assistant take turns.
  if (last?.role === "user") last.text = `${last.text}\n\n${text}`;
  else turns.push({ role: "user", text });
}

interface AssistantContext {
  pairs: Pair[];
  ids: CallIds;
  target: Target;
}

function addAssistant(turns: Turn[], message: Message, context: AssistantContext): void {
  const { pairs, ids, target } = context;
  const text = isBlank(message.content) ? "" : wellFormed(message.content);
  if (text === "" && pairs.length === 0) return;
  const newIds = pairs.map(({ call }) => ids.next(call.id));
  const calls = pairs.map(({ call }, i) => ({
    ...call,
    id: newIds[i] ?? call.id,
  }));
  const native = replayable(message, newIds, target);
  const last = turns.at(-1);
  if (last?.role === "assistant" && native === undefined) {
    last.text = [last.text, text].filter((part) => part !== "").join("\n\n");
    last.calls = calls;
  } else {
    turns.push({
      role: "assistant",
      text,
      calls,
      ...(native === undefined ? {} : { native }),
    });
  }
  if (pairs.length > 0)
    turns.push({
      role: "results",
      results: pairs.map((pair, i) => toResult(pair, newIds[i] ?? pair.call.id)),
    });
}

/** What the provider wrote, if this is the API and model it must go back to, and if it still says what the message says. */
function replayable(message: Message, newIds: string[], target: Target): unknown {
  const { native } = message;
  if (native?.api !== target.api || native.model !== target.model) return undefined;
  const ids = nativeCallIds(target.api, native.value);
  if (ids === undefined || ids.length !== newIds.length || ids.length === 0) return undefined;
  return withCallIds(target.api, native.value, newIds);
}

function toResult({ answer }: Pair, callId: string): Result {
  if (!answer) return { callId, text: NO_RESULT, missing: true };
  const text = isBlank(answer.content) ? EMPTY_RESULT : wellFormed(answer.content);
  return { callId, text, missing: false };
}

/** Both vendors take these characters; OpenAI takes 64 of them. */
function legalName(name: string): string {
  return name.replace(/[^a-zA-Z0-9_-]/g, "_").slice(0, 64) || "tool";
}

/**
 * Arguments stay the text the model wrote, so that big integers survive. Only what is no JSON object is wrapped: Anthropic
 * demands one, and several servers parse it and fail on anything else.
 */
function legalArguments(text: string): string {
  if (isBlank(text)) return "{}";
  const whole = wellFormed(text);
  const value = parseJson(whole);
  return isRecord(value) ? whole : JSON.stringify({ input: value ?? whole });
}

function isBlank(text: string | undefined): boolean {
  return text === undefined || text.trim() === "";
}
