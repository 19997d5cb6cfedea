/**
 * Questions as HumanLayer has them: a FunctionCall for what is to be executed, a HumanContact for what is to be said. Owns
 * what makes an item ours: ids, content, and in `state` the object and the digest of the arguments. Pure.
 */
import type { ContactChannel, FunctionCall, HumanContact, ResponseOption } from "@humanlayer/sdk";
import { isSameJson } from "../../runtime/same-json";
import { shortHash } from "../../runtime/short-hash";
import type { Sort } from "./humanlayer";
import type { ChannelTarget, Question } from "./port";
import { isRecord } from "../../runtime/json";

/** As many bytes as HumanLayer allows for the ids of run and call together. */
const IDS_LIMIT = 64;

/** Which sort of item a question is. */
export function sortOf(question: Question): Sort {
  return question.kind === "Approval" ? "function_calls" : "human_contacts";
}

/** The question as an item: the same for the same question, whenever and by whichever process it is made. */
export function itemOf(question: Question, target: ChannelTarget): FunctionCall | HumanContact {
  const ids = { run_id: runIdOf(question), call_id: question.id };
  const channel = channelOf(target);
  const state = stateOf(question);
  if (question.kind === "Approval") {
    return { ...ids, spec: { fn: question.tool, kwargs: question.arguments, channel, state } };
  }
  // The service knows a subject, the types of its SDK (0.7.9) do not.
  const subject = target.email?.subject;
  const spec = {
    msg: messageOf(question),
    ...(subject !== undefined && { subject }),
    channel,
    ...(question.kind === "Input" && question.options && { response_options: question.options.map(responseOption) }),
    state,
  };
  return { ...ids, spec };
}

/** What is different about an item under our question's id; undefined when it is our question. */
export function differenceOf(item: unknown, question: Question, target: ChannelTarget): string | undefined {
  const ours = overTheWire(itemOf(question, target));
  if (!isRecord(item) || !isRecord(item["spec"])) return "it is not of the protocol";
  if (item["call_id"] !== ours.call_id) return "it has another id";
  if (item["run_id"] !== ours.run_id) return "it belongs to another run";
  const different =
    question.kind === "Approval" ? otherCall(item["spec"], ours.spec) : otherWords(item["spec"], ours.spec);
  if (different !== undefined) return different;
  const isBound = isSameBinding(item["spec"]["state"], ours.spec["state"]);
  return isBound ? undefined : "it was asked for another object or other arguments";
}

type Spec = Record<string, unknown>;

/** An item as it is read again: numbers too large for JSON, for one, do not come back. */
function overTheWire(item: FunctionCall | HumanContact): { run_id: string; call_id: string; spec: Spec } {
  return JSON.parse(JSON.stringify(item)) as { run_id: string; call_id: string; spec: Spec };
}

function otherCall(its: Spec, ours: Spec): string | undefined {
  if (its["fn"] !== ours["fn"]) return "it is about another tool";
  return isSameJson(its["kwargs"], ours["kwargs"]) ? undefined : "it is about other arguments";
}

function otherWords(its: Spec, ours: Spec): string | undefined {
  return its["msg"] === ours["msg"] ? undefined : "it asks something else";
}

/** What binds an item to an object. Other fields of a state may be added by later versions. */
function isSameBinding(its: unknown, ours: unknown): boolean {
  if (!isRecord(its) || !isRecord(ours)) return false;
  return its["uid"] === ours["uid"] && its["argumentsDigest"] === ours["argumentsDigest"];
}

function stateOf(question: Question): Record<string, unknown> {
  const { kind, namespace, name, uid } = question.about;
  const digest = question.kind === "Notice" ? {} : { argumentsDigest: question.argumentsDigest };
  return { uid, kind, namespace, name, ...digest };
}

/** Names are of ASCII letters, so characters are bytes. */
function runIdOf({ id, about }: Question): string {
  const room = IDS_LIMIT - id.length;
  if (about.name.length <= room) return about.name;
  const hash = shortHash(about.name);
  return `${about.name.slice(0, room - hash.length - 1)}-${hash}`;
}

/** An item of this sort has no place for a schema, so people are shown it. */
function messageOf(question: Extract<Question, { kind: "Input" | "Notice" }>): string {
  if (question.kind === "Notice" || question.schema === undefined) return question.message;
  return `${question.message}\n\nThe answer has to be JSON of this schema: ${JSON.stringify(question.schema)}`;
}

function responseOption({
  name,
  title,
  needsWords,
}: {
  name: string;
  title: string;
  needsWords: boolean;
}): ResponseOption {
  return { name, title, interactive: needsWords };
}

function channelOf({ email, slack }: ChannelTarget): ContactChannel {
  if (email) {
    const { address, subject, contextAboutUser } = email;
    return {
      email: {
        address,
        ...(contextAboutUser !== undefined && { context_about_user: contextAboutUser }),
        ...(subject !== undefined && { experimental_subject_line: subject }),
      },
    };
  }
  const { channelOrUserID = "", contextAboutChannelOrUser, allowedResponderIDs = [] } = slack ?? {};
  const options = {
    channel_or_user_id: channelOrUserID,
    ...(contextAboutChannelOrUser !== undefined && { context_about_channel_or_user: contextAboutChannelOrUser }),
    // Not in the types of the SDK (0.7.9); the service refuses an empty list.
    ...(allowedResponderIDs.length > 0 && { allowed_responder_ids: allowedResponderIDs }),
  };
  return { slack: options };
}
