/**
 * How an answer comes into being, whether over the API or on the page: what is missing is filled in, the first one is stored,
 * and only then is anybody told of it.
 */
import type { Answer, Item, Json, Kind } from "./items";
import { optionsOf } from "./items";
import type { Settled, Store } from "./store";

/** Tells others of an answer that is stored; must not throw or wait. */
export type Tell = (kind: Kind, item: Item) => void;

/**
 * The answer to store for a status somebody sent: an option says its own words where the person added none, and a rejection
 * always has a comment, by which the protocol tells it from an open call.
 */
export function answerFrom(kind: Kind, status: Json, item: Item): Answer {
  const people = keep(status, ["slack_message_ts", "user_info", "slack_context"]);
  return { ...(kind === "function_call" ? verdict(status, item) : response(status, item)), ...people };
}

function verdict(status: Json, { spec }: Item): Answer {
  if (status["approved"] === true) return { approved: true, ...keep(status, ["comment"]) };
  const chosen = optionsOf("function_call", spec).find(({ name }) => name === status["reject_option_name"]);
  const comment = status["comment"] ?? chosen?.words ?? "";
  return { approved: false, comment, ...keep(status, ["reject_option_name"]) };
}

function response(status: Json, { spec }: Item): Answer {
  const chosen = optionsOf("human_contact", spec).find(({ name }) => name === status["response_option_name"]);
  return { response: status["response"] ?? chosen?.words ?? "", ...keep(status, ["response_option_name"]) };
}

function keep(status: Json, names: string[]): Json {
  return Object.fromEntries(
    names.flatMap((name) => (status[name] === undefined || status[name] === null ? [] : [[name, status[name]]])),
  );
}

/** Stores the answer if it is the first, and tells of it then. */
export function settle(around: { store: Store; tell: Tell }, kind: Kind, callId: string, answer: Answer): Settled {
  const settled = around.store.answer(kind, callId, answer, new Date());
  if (settled.kind === "Settled") around.tell(kind, settled.item);
  return settled;
}
