/**
 * What is known of a run when it is over, from everybody but the operator: what the model was asked, what the tool servers
 * wrote down, what people were asked and said, what the service with their mailbox has, who was killed when, and the objects
 * as they were stored last. No judgement.
 */
import type { Json } from "../../capabilities/testing/model-server-http";
import type { Effect } from "../../capabilities/testing/tool-server";
import type { Decided, QuestionKind, Task, ToolCall } from "../../crds/index";
import type { Way } from "./answers";
import type { Plan } from "./plan";
import { wordsIn } from "./plan";

/** One life of the operator. */
export interface Life {
  pid: number;
  startedAtMs: number;
  /** Absent when it was killed before. */
  readyAtMs?: number;
  /** Absent when it was not killed: the last one. */
  killedAtMs?: number;
}

/** A task and everything that belongs to it. */
export interface Ended {
  plan: Plan;
  status: NonNullable<Task["status"]>;
  toolCalls: ToolCall[];
}

/** A request as the model received it. */
export interface Asked {
  question: string;
  messages: Json[];
}

/** A question about a call, as somebody with kubectl saw it first. */
export interface Seen {
  /** Of the call. */
  words: string;
  /** Its id. */
  question: string;
  kind: QuestionKind;
  /** Of the ToolCall at that time. */
  name: string;
  askedAtMs: number;
  holder?: string;
}

/** What one person said to a question. */
export interface Said {
  /** Of the call. */
  words: string;
  /** Its id. */
  question: string;
  kind: QuestionKind;
  way: Way;
  decision: Decided;
  comment: string;
  /** When it may have been heard for the first time; absent when it surely never was. */
  saidAtMs?: number;
  /**
   * `Taken`: accepted for good. `Refused`: it does not count, and the person was told so. `Unsaid`: the run ended before.
   * `Swallowed`: accepted, and yet it is nowhere.
   */
  ending: "Taken" | "Refused" | "Unsaid" | "Swallowed";
}

/** What the service with the mailbox was asked to put there, as a person reads it. */
export interface Mail {
  id: string;
  /** `Notice`: nobody is to answer. */
  kind: QuestionKind | "Notice";
  /** The message; of an approval, the arguments. */
  text: string;
}

export interface Evidence {
  ended: Ended[];
  /** Tasks that were accepted and have not ended: the name of each, and where it is. */
  unfinished: string[];
  /** In the order in which they came. */
  asked: Asked[];
  effects: Effect[];
  lives: Life[];
  seen: Seen[];
  said: Said[];
  mails: Mail[];
}

/** The words by which an execution is known; empty where it has none. */
export function textOf({ arguments: args }: Effect): string {
  return wordsIn(args);
}

/** The words of a ToolCall. */
export function wordsOf({ spec }: ToolCall): string {
  return wordsIn(JSON.parse(spec.arguments) as { text?: string; message?: string });
}

/** Things by what they have in common. */
export function groupedBy<T>(all: readonly T[], common: (one: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const one of all) {
    const group = groups.get(common(one));
    if (group) group.push(one);
    else groups.set(common(one), [one]);
  }
  return groups;
}
