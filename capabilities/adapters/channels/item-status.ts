/**
 * What an item's status means: whether it was answered, what, by whom and when. Owns the reading of fields that a service may
 * leave out or fill as it likes; whether the item is our question at all is said in item.ts. Pure.
 */
import { COMMENT_TEXT } from "../../../crds/index";
import type { Decided } from "../../../crds/index";
import { recordOf } from "../../runtime/json";
import type { AnswerOption, ChannelTarget, Heard, Question } from "./port";
import { cut, shown } from "./words";

/** What the status of an item says of our question. */
export type ItemStatus =
  | { kind: "Pending" }
  | { kind: "Answered"; answer: Heard; /** From asking to answering, where the service says it. */ tookMs?: number }
  /** Answered in a way that does not count. */
  | { kind: "Void"; detail: string };

type Fields = Record<string, unknown>;
type Said = Pick<Heard, "decision" | "comment">;

/** Reads the status of an item that is our question. `now` is when an answer without a time is heard. */
export function statusOf(item: unknown, question: Question, target: ChannelTarget, now: Date): ItemStatus {
  const status = recordOf(recordOf(item)["status"]);
  const said = question.kind === "Approval" ? approvalSaid(status) : wordsSaid(status, optionsOf(question));
  if (said === "Pending") return { kind: "Pending" };
  if (said === "Unclear") {
    return {
      kind: "Void",
      detail: "The HumanLayer item is answered with neither yes nor no, so the answer does not count.",
    };
  }
  const stranger = strangerIn(status, target);
  if (stranger !== undefined) {
    const detail = `Slack user ${stranger} answered, who is not in spec.slack.allowedResponderIDs of ContactChannel "${target.name}": the answer does not count. People can still answer with kubectl.`;
    return { kind: "Void", detail };
  }
  const answer = { ...said, approver: whoIn(status, target), at: momentIn(status["responded_at"], now) ?? now };
  return { kind: "Answered", answer, ...tookOf(status) };
}

function approvalSaid(status: Fields): Said | "Pending" | "Unclear" {
  const approved = status["approved"];
  if (approved === undefined || approved === null) return "Pending";
  if (typeof approved !== "boolean") return "Unclear";
  const comment = textIn(status["comment"]);
  if (approved) return { decision: "Approve", ...commentOf(comment) };
  const option = textIn(status["reject_option_name"]);
  return { decision: "Reject", ...commentOf([option, comment].filter((part) => part !== "").join(": ")) };
}

function wordsSaid(status: Fields, options: AnswerOption[]): Said | "Pending" {
  const [response, name] = [status["response"], textIn(status["response_option_name"])];
  if ((response === undefined || response === null) && name === "") return "Pending";
  const words = textIn(response);
  const named = options.find((option) => option.name === name);
  // Who answers an email writes what is on the button.
  const chosen = named ?? options.find((option) => !option.needsWords && isNamed(option, words));
  const decision: Decided = chosen?.decision ?? "Respond";
  return { decision, ...commentOf(chosen && isNamed(chosen, words) ? "" : words) };
}

function isNamed({ name, title }: AnswerOption, words: string): boolean {
  return [name.toLowerCase(), title.toLowerCase()].includes(words.toLowerCase());
}

function optionsOf(question: Question): AnswerOption[] {
  return question.kind === "Input" ? (question.options ?? []) : [];
}

/** A Slack user who answered and is not one of those who may; the service may have been asked before the list was made. */
function strangerIn(status: Fields, { slack }: ChannelTarget): string | undefined {
  const allowed = slack?.allowedResponderIDs ?? [];
  const responder = slackIdIn(status);
  if (allowed.length === 0 || responder === undefined || allowed.includes(responder)) return undefined;
  return shown(responder, "", MOST_OF_A_NAME);
}

function slackIdIn(status: Fields): string | undefined {
  const context = recordOf(status["slack_context"]);
  const user = recordOf(status["user_info"]);
  return firstOf([context["user_id"], context["user"], user["slack_user_id"], user["slack_id"]]);
}

/** As many characters as are shown of somebody's name. */
const MOST_OF_A_NAME = 253;

/** Who answered, by the best name that the service gives; else the address that was asked. */
function whoIn(status: Fields, { email, slack }: ChannelTarget): string {
  const user = recordOf(status["user_info"]);
  const context = recordOf(status["slack_context"]);
  const given = firstOf([
    user["email"],
    context["email"],
    user["name"],
    slackIdIn(status),
    user["id"],
    context["user_name"],
  ]);
  const name = shown(given ?? "", "", MOST_OF_A_NAME);
  return name === "" ? (email?.address ?? slack?.channelOrUserID ?? "unknown") : name;
}

function tookOf(status: Fields): { tookMs?: number } {
  const [from, to] = [momentIn(status["requested_at"]), momentIn(status["responded_at"])];
  return from && to ? { tookMs: to.getTime() - from.getTime() } : {};
}

/** A moment on the wire; one of a clock that is ahead counts as `latest`. */
function momentIn(value: unknown, latest?: Date): Date | undefined {
  const time = typeof value === "string" ? Date.parse(value) : NaN;
  if (Number.isNaN(time)) return undefined;
  return new Date(Math.min(time, latest?.getTime() ?? Infinity));
}

/** The comment of an answer, if there is one: what fits into the object that keeps it. */
export function commentOf(text: string): { comment?: string } {
  if (text === "") return {};
  return { comment: text.length <= COMMENT_TEXT ? text : `${cut(text, COMMENT_TEXT - 1)}…` };
}

/** Text without blanks around it, and without halves of characters, which cannot be stored. */
export function textIn(value: unknown): string {
  return typeof value === "string" ? Buffer.from(value.trim(), "utf8").toString("utf8") : "";
}

function firstOf(values: unknown[]): string | undefined {
  return values.find((value): value is string => typeof value === "string" && value.trim() !== "");
}
