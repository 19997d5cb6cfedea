/**
 * What is posted to the receiver, as data: the shapes that are accepted and whether an answer fits its question. Pure; who may
 * say it is found out by the signature.
 */
import { decisions } from "../../../crds/index";
import type { Decided, QuestionKind } from "../../../crds/index";
import type { OpenQuestion } from "./desk";
import { commentOf, textIn } from "./item-status";
import type { Heard } from "./port";
import { shown } from "./words";
import { isRecord, parseJson } from "../../runtime/json";

/** An answer as it is posted. */
export interface AnswerBody {
  /** The id of the question. */
  question: string;
  argumentsDigest: string;
  said: Pick<Heard, "decision" | "comment" | "approver">;
}

/** Longer than any id of ours: a longer one is none, and need not be looked up. */
const LONGEST_ID = 64;
/** As many characters as are kept of somebody's name. */
const LONGEST_NAME = 253;

/** The id of the question that a body claims to answer, whoever sent it. */
export function questionIn(body: string): string | undefined {
  const json = parseJson(body);
  return isRecord(json) ? idIn(json["question"]) : undefined;
}

/** Reads an answer; a string says what is wrong with it. */
export function answerIn(body: string): AnswerBody | string {
  const json = parseJson(body);
  if (!isRecord(json)) return "The body has to be a JSON object.";
  const question = idIn(json["question"]);
  if (question === undefined) return "question has to be the id of the question.";
  const decision = decisions.find((one) => one === json["decision"]);
  if (decision === undefined) return `decision has to be one of ${decisions.join(", ")}.`;
  const approver = shown(textIn(json["approver"]), "", LONGEST_NAME);
  if (approver === "") return "approver has to say who decided.";
  const digest = json["argumentsDigest"];
  if (typeof digest !== "string") return "argumentsDigest has to be the one of the question.";
  const comment = json["comment"];
  if (comment !== undefined && comment !== null && typeof comment !== "string") return "comment has to be a text.";
  return { question, argumentsDigest: digest, said: { decision, approver, ...commentOf(textIn(comment)) } };
}

/** Why an answer does not fit its question; undefined when it does. */
export function misfitOf({ said, argumentsDigest }: AnswerBody, open: OpenQuestion): string | undefined {
  if (open.argumentsDigest !== undefined && argumentsDigest !== open.argumentsDigest) {
    return "the answer is about other arguments than those of the call (argumentsDigest differs)";
  }
  return wrongDecision(said.decision, said.comment, open);
}

const ASKED: Record<QuestionKind, string> = {
  Approval: "it is asked whether the tool may run: answer Approve or Reject",
  Input: "words are asked for: answer Respond with a comment, or Reject",
  Outcome: "",
};

function wrongDecision(decision: Decided, comment: string | undefined, open: OpenQuestion): string | undefined {
  if (decision === "Respond" && open.kind === "Approval") return ASKED.Approval;
  if (decision === "Approve" && open.kind === "Input" && open.mayBeApproved !== true) return ASKED.Input;
  if (decision === "Respond" && comment === undefined) return "the answer is empty: give it in comment";
  return undefined;
}

/** What HumanLayer's webhook says: that something happened to an item. */
export type Notification = { kind: "Test" } | { kind: "Item"; id: string } | { kind: "Malformed" };

/** Reads a post of HumanLayer's: `{type, event: {call_id}}`, in older versions the bare item. */
export function notificationIn(body: string): Notification {
  const json = parseJson(body);
  if (!isRecord(json)) return { kind: "Malformed" };
  if (json["is_test"] === true) return { kind: "Test" };
  const item = isRecord(json["event"]) ? json["event"] : json;
  const id = idIn(item["call_id"]);
  return id === undefined ? { kind: "Malformed" } : { kind: "Item", id };
}

function idIn(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" && value.length <= LONGEST_ID ? value : undefined;
}
