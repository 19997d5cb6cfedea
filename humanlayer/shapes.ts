/**
 * Whether a body is what HumanLayer's API takes: required fields, types, lengths. Fields the protocol does not name are
 * kept and not looked at. Faults are worded as the service words them (`{loc, msg, type}`, status 422). Pure.
 */
import type { Item, Json, Kind, Option } from "./items";
import { isJson, optionsOf } from "./items";

/** One thing that is wrong: where, what, and its name for programs. */
export interface Fault {
  loc: (string | number)[];
  msg: string;
  type: string;
}

type Check = (value: unknown, loc: Fault["loc"]) => Fault[];

/** HumanLayer takes no more than this for run_id and call_id together, in bytes. */
const IDS_BYTES = 64;
/** Deeper than anybody writes, and shallow enough for every reader of JSON. */
const DEPTH = 64;
/** Ids stand in paths, which clients do not encode. */
const ID = /^(?!\.{1,2}$)[A-Za-z0-9_.:~@+=|,-]+$/;

const text: Check = (value, loc) =>
  typeof value === "string" ? [] : [{ loc, msg: "Input should be a valid string", type: "string_type" }];
const someText: Check = (value, loc) =>
  value === "" ? [{ loc, msg: "String should have at least 1 character", type: "string_too_short" }] : text(value, loc);
const flag: Check = (value, loc) =>
  typeof value === "boolean" ? [] : [{ loc, msg: "Input should be a valid boolean", type: "bool_type" }];
const anyObject: Check = (value, loc) =>
  isJson(value) ? [] : [{ loc, msg: "Input should be a valid dictionary", type: "dict_type" }];
const id: Check = (value, loc) =>
  typeof value === "string" && !ID.test(value)
    ? [{ loc, msg: "Input should be letters, digits and any of _ . : ~ @ + = | , -", type: "string_pattern_mismatch" }]
    : text(value, loc);
const recipientField: Check = (value, loc) =>
  value === "to" || value === "cc" || value === "bcc"
    ? []
    : [{ loc, msg: "Input should be 'to', 'cc' or 'bcc'", type: "literal_error" }];

function list(check: Check, least = 0): Check {
  return (value, loc) => {
    if (!Array.isArray(value)) return [{ loc, msg: "Input should be a valid list", type: "list_type" }];
    if (value.length < least)
      return [{ loc, msg: `List should have at least ${least} item after validation`, type: "too_short" }];
    return value.flatMap((element, i) => check(element, [...loc, i]));
  };
}

/** Fields that must be there, and fields that may be missing or null. */
function object(required: Record<string, Check>, optional: Record<string, Check> = {}): Check {
  return (value, loc) => {
    if (!isJson(value)) return anyObject(value, loc);
    const missing = (name: string): Fault => ({ loc: [...loc, name], msg: "Field required", type: "missing" });
    const must = Object.entries(required).flatMap(([name, check]) =>
      Object.hasOwn(value, name) ? check(value[name], [...loc, name]) : [missing(name)],
    );
    const may = Object.entries(optional).flatMap(([name, check]) =>
      value[name] === undefined || value[name] === null ? [] : check(value[name], [...loc, name]),
    );
    return [...must, ...may];
  };
}

const option = object({ name: someText }, { title: text, description: text, prompt_fill: text, interactive: flag });
const recipient = object({ address: someText, field: recipientField }, { context_about_user: text });
const phone = object({ phone_number: someText }, { context_about_user: text });
const channel = object(
  {},
  {
    slack: object(
      { channel_or_user_id: text }, // Empty means: whoever installed the app.
      {
        context_about_channel_or_user: text,
        bot_token: text,
        allowed_responder_ids: list(someText, 1),
        experimental_slack_blocks: flag,
        thread_ts: text,
      },
    ),
    email: object(
      { address: someText },
      {
        context_about_user: text,
        additional_recipients: list(recipient),
        experimental_subject_line: text,
        experimental_in_reply_to_message_id: text,
        experimental_references_message_id: text,
        template: text,
      },
    ),
    sms: phone,
    whatsapp: phone,
  },
);

const specs: Record<Kind, Check> = {
  function_call: object(
    { fn: someText, kwargs: anyObject },
    { channel, reject_options: list(option), state: anyObject },
  ),
  human_contact: object({ msg: text }, { subject: text, channel, response_options: list(option), state: anyObject }),
};

const statuses: Record<Kind, Check> = {
  function_call: object(
    { approved: flag },
    { comment: text, reject_option_name: text, slack_message_ts: text, user_info: anyObject, slack_context: anyObject },
  ),
  human_contact: object(
    {},
    {
      response: text,
      response_option_name: text,
      slack_message_ts: text,
      user_info: anyObject,
      slack_context: anyObject,
    },
  ),
};

const escalation = object({ escalation_msg: text }, { additional_recipients: list(recipient), channel });

/** What is wrong with a new function call or human contact. */
export function faultsInPut(kind: Kind, body: unknown): Fault[] {
  const faults = checked(object({ run_id: someText, call_id: id, spec: specs[kind] }), body);
  if (faults.length > 0 || !isJson(body)) return faults;
  const bytes = Buffer.byteLength(`${String(body["run_id"])}${String(body["call_id"])}`);
  const msg = `run_id and call_id together should have at most ${IDS_BYTES} bytes, not ${bytes}`;
  return bytes > IDS_BYTES ? [{ loc: ["body", "call_id"], msg, type: "string_too_long" }] : [];
}

/** What is wrong with an answer to this item. */
export function faultsInAnswer(kind: Kind, body: unknown, item: Item): Fault[] {
  const faults = checked(statuses[kind], body);
  return faults.length > 0 || !isJson(body) ? faults : faultsInChoice(kind, body, item);
}

/** An option must be one of the item's; a human contact is answered by words or an option. */
function faultsInChoice(kind: Kind, body: Json, item: Item): Fault[] {
  const field = kind === "function_call" ? "reject_option_name" : "response_option_name";
  const options = optionsOf(kind, item.spec);
  const chosen = body[field] ?? undefined;
  if (chosen !== undefined)
    return options.some(({ name }) => name === chosen)
      ? []
      : [{ loc: ["body", field], msg: `Input should be ${namesOf(options)}`, type: "literal_error" }];
  const isSilent = kind === "human_contact" && typeof body["response"] !== "string";
  return isSilent ? [{ loc: ["body", "response"], msg: "Field required", type: "missing" }] : [];
}

/** What is wrong with an escalation. */
export function faultsInEscalation(body: unknown): Fault[] {
  return checked(escalation, body);
}

function checked(check: Check, body: unknown): Fault[] {
  if (isDeeperThan(body, DEPTH))
    return [{ loc: ["body"], msg: `Input should be nested at most ${DEPTH} levels deep`, type: "recursion_loop" }];
  return check(body, ["body"]);
}

function namesOf(options: Option[]): string {
  return options.length === 0
    ? "absent: this question has no options"
    : options.map(({ name }) => `'${name}'`).join(" or ");
}

/** Looks level by level, for a look that calls itself would fail on exactly what it is to find. */
function isDeeperThan(value: unknown, levels: number): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > levels) return true;
    level = level.flatMap((one) => (typeof one === "object" && one !== null ? Object.values(one as Json) : []));
  }
  return false;
}
