/**
 * What travels: function calls (may this run?) and human contacts (what do you say?) as HumanLayer's API has them, and which
 * answers fit them. Names with underscores are the protocol's (that of @humanlayer/sdk 0.7.9). Pure.
 */
import { isRawNumber } from "./exact-json";

/** A JSON object of unknown fields. */
export type Json = Record<string, unknown>;

export const kinds = ["function_call", "human_contact"] as const;
export type Kind = (typeof kinds)[number];

/** What a client sends. */
export interface Put {
  run_id: string;
  call_id: string;
  spec: Json;
}

/** What the API answers with. `requested_at` and `responded_at` are ISO 8601; what is not answered yet is null. */
export interface Item extends Put {
  status: Json & { requested_at: string; responded_at: string | null };
}

/** An answer as it is stored: the status fields of its kind, without the times. */
export type Answer = Json & { user_info?: Json };

/** Something to press, of `reject_options` or `response_options`. */
export interface Option {
  name: string;
  title: string;
  description: string | undefined;
  /** What pressing it says, where the person adds nothing. */
  words: string;
  /** Whether words must go with it. */
  interactive: boolean;
}

/** The status fields of a kind; those that are not answered are null. */
const FIELDS: Record<Kind, readonly string[]> = {
  function_call: ["approved", "comment", "reject_option_name", "slack_message_ts", "user_info", "slack_context"],
  human_contact: ["response", "response_option_name", "slack_message_ts", "user_info", "slack_context"],
};

/** The item of a stored question. */
export function itemOf(kind: Kind, put: Put, requestedAt: string, answered?: { answer: Answer; at: string }): Item {
  const fields = FIELDS[kind].map((name) => [name, answered?.answer[name] ?? null] as const);
  return {
    run_id: put.run_id,
    call_id: put.call_id,
    spec: put.spec,
    status: { requested_at: requestedAt, responded_at: answered?.at ?? null, ...Object.fromEntries(fields) },
  };
}

/** The buttons a question comes with. The spec has been checked before it was stored. */
export function optionsOf(kind: Kind, spec: Json): Option[] {
  const listed = spec[kind === "function_call" ? "reject_options" : "response_options"];
  return (Array.isArray(listed) ? (listed as Json[]) : []).map((option) => {
    const name = String(option["name"]);
    const title = textOr(option["title"], name);
    return {
      name,
      title,
      description: textOr(option["description"], "") || undefined,
      words: textOr(option["prompt_fill"], title),
      interactive: option["interactive"] === true,
    };
  });
}

/** What was answered, as a participle: "approved", "rejected", "answered". */
export function outcomeOf({ status }: Item): "approved" | "rejected" | "answered" {
  if (status["approved"] === true) return "approved";
  return status["approved"] === false ? "rejected" : "answered";
}

/** Who answered, as far as the answer says. */
export function whoOf({ status }: Item): string {
  const info = isJson(status["user_info"]) ? status["user_info"] : {};
  const name = textOr(info["name"], "");
  const email = textOr(info["email"], "");
  if (name !== "" && email !== "") return `${name} (${email})`;
  return name || email || "somebody with the API key";
}

/** One sentence about an answered item: what became of it, by whom and when. */
export function verdictOf(item: Item): string {
  return `${item.call_id} was ${outcomeOf(item)} by ${whoOf(item)} at ${item.status.responded_at ?? "an unknown time"}`;
}

/** JSON with sorted names: the same content gives the same text. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (!isJson(value)) return JSON.stringify(value) ?? "null";
  const entries = Object.keys(value).sort();
  return `{${entries.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(",")}}`;
}

/** Whether a value is a JSON object. */
export function isJson(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !isRawNumber(value);
}

/** The text, or `otherwise` where there is none. */
export function textOr(value: unknown, otherwise: string): string {
  return typeof value === "string" && value !== "" ? value : otherwise;
}
