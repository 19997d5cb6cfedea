/**
 * What people are asked about a ToolCall, in words and in the channels' terms: the ids of questions, the digest that binds
 * an answer to arguments, and the three kinds of questions. Pure; who is asked and what follows is said elsewhere.
 */
import { createHash } from "node:crypto";
import { DETAIL_TEXT } from "../../crds/index";
import type { QuestionKind, ToolCall, ToolType } from "../../crds/index";
import type { AnswerOption, Question } from "../adapters/channels/port";

/** Names of options, the same on every channel. */
const RUN_AGAIN = "run-again";
const RESULT_IS = "result-is";
const GIVE_UP = "give-up";
const DONE = "done";
const DECLINE = "decline";

/** What became of it? An unknown outcome can be ended in three ways. */
const OUTCOME_OPTIONS: AnswerOption[] = [
  { name: RUN_AGAIN, title: "Run it again", decision: "Approve", needsWords: false },
  { name: RESULT_IS, title: "It was done; here is the result", decision: "Respond", needsWords: true },
  { name: GIVE_UP, title: "Give up", decision: "Reject", needsWords: false },
];

/** Something is to be done elsewhere, and then to be said that it is done. */
const CONFIRM_OPTIONS: AnswerOption[] = [
  { name: DONE, title: "Done", decision: "Approve", needsWords: false },
  { name: DECLINE, title: "Decline", decision: "Reject", needsWords: false },
];

/** As many characters of arguments as are shown in a message; who wants all of them reads spec.arguments. */
const SHOWN_ARGUMENTS = 4_096;

/** What a question consists of, besides the call that it is about. */
export interface Asking {
  /** Of `questionId`. */
  id: string;
  kind: QuestionKind;
  /** The tool's name as people are told it. */
  tool: string;
  /** What is asked in words; `Approval` needs none on a channel, for the tool and the arguments are the question. */
  message: string;
  /** Input: the JSON Schema of the answer, where there is one. */
  schema?: Record<string, unknown>;
  /** The parsed arguments of the call. */
  arguments: Record<string, unknown>;
  /** Input: no words are wanted; somebody says that it is done (Approve) or will not be (Reject). */
  isConfirmation?: boolean;
}

/** `sha256:` and 64 hexadecimal digits of the UTF-8 of a call's arguments, exactly as they stand in spec.arguments. */
export function digestOf(argumentsText: string): string {
  return `sha256:${createHash("sha256").update(argumentsText, "utf8").digest("hex")}`;
}

/**
 * The id of a question: the same for the same call, kind and number of attempts, in every process and version; another one
 * for the next question of the same call. `hc-` where words are wanted, `ec-` where something is to be executed.
 */
export function questionId(uid: string, kind: QuestionKind, toolType: ToolType | undefined, attempts: number): string {
  const prefix = toolType === "HumanContact" || kind === "Input" ? "hc" : "ec";
  const hash = createHash("sha256").update(`${uid}/${kind}/${attempts}`, "utf8").digest("hex");
  return `${prefix}-${hash.slice(0, 16)}`;
}

/** The question as it is put over a channel; it names the call, so that an answer to it is an answer to nothing else. */
export function questionOf(call: ToolCall, asking: Asking): Question {
  const { namespace, name, uid } = call.metadata;
  const put = { id: asking.id, about: { kind: "ToolCall" as const, namespace, name, uid } };
  const argumentsDigest = digestOf(call.spec.arguments);
  if (asking.kind === "Approval") {
    return { ...put, kind: "Approval", tool: asking.tool, arguments: asking.arguments, argumentsDigest };
  }
  return { ...put, kind: "Input", message: asking.message, argumentsDigest, ...shapeOf(asking) };
}

/** What an answer has to look like. */
function shapeOf({ kind, schema, isConfirmation = false }: Asking): {
  schema?: Record<string, unknown>;
  options?: AnswerOption[];
} {
  if (kind === "Outcome") return { options: OUTCOME_OPTIONS };
  if (isConfirmation) return { options: CONFIRM_OPTIONS };
  return schema ? { schema } : {};
}

/** May it run? `argumentsText` is what stands in spec.arguments. */
export function approvalMessage(tool: string, argumentsText: string): string {
  return bounded(`May the tool ${tool} run${withArguments(argumentsText)}?`);
}

/** What became of it? `why` says in a sentence why nobody knows. */
export function outcomeMessage(tool: string, argumentsText: string, why: string): string {
  const called = `The tool ${tool} was called${withArguments(argumentsText)}, and nobody knows what became of it`;
  const choices =
    "Look whether it was done. Approve to run it again; respond with the result if it was done; reject to give up.";
  return bounded(`${called}: ${sentence(why)} ${choices}`);
}

/** What is the answer? `asked` is the question in the words of the tool or the model; `who` says whose question it is. */
export function inputMessage(who: string, asked: string): string {
  return bounded(asked.trim() === "" ? `${who} asks for an answer.` : `${who} asks: ${asked.trim()}`);
}

function withArguments(text: string): string {
  const trimmed = text.trim();
  if (trimmed === "" || trimmed === "{}") return " without arguments";
  const isLong = trimmed.length > SHOWN_ARGUMENTS;
  return ` with the arguments ${isLong ? `${headOf(trimmed, SHOWN_ARGUMENTS)}… (all of them are in spec.arguments)` : trimmed}`;
}

/** A sentence, also of words that came without their full stop. */
export function sentence(text: string): string {
  const trimmed = text.trim();
  return /[.!?]$/.test(trimmed) ? trimmed : `${trimmed}.`;
}

function bounded(text: string): string {
  return text.length <= DETAIL_TEXT ? text : `${headOf(text, DETAIL_TEXT - 1)}…`;
}

/** The first characters, never half of one: a lone surrogate cannot be stored. */
function headOf(text: string, length: number): string {
  return text.slice(0, length).replace(/[\ud800-\udbff]$/, "");
}
