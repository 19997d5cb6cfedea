/**
 * What the people of the crash proof say to a question, and when: thrown by dice that depend on the question alone, so that
 * whoever hears of it first, with kubectl or by email, everybody knows who answers what. Pure.
 */
import { createHash } from "node:crypto";
import { dice } from "../../capabilities/testing/dice";
import type { Decided, QuestionKind } from "../../crds/index";
import { isToBeRefused } from "./plan";

/** How somebody answers. */
export type Way = "kubectl" | "email";

/** What is asked. */
export interface Topic {
  /** Of the call. */
  words: string;
  kind: QuestionKind;
  /** Whether it is asked by email; kubectl works in any case. */
  byEmail: boolean;
  /** Questions of this kind about this call that were answered before. */
  before: number;
}

/** What one person says. */
export interface Saying {
  way: Way;
  decision: Decided;
  /** Why, or the answer itself; nobody else says the same words. */
  comment: string;
  /** After the question was seen; `isSecond`: after somebody else's answer was taken. */
  afterMs: number;
  isSecond: boolean;
  /** kubectl: as an entry that one writes oneself, instead of an annotation. */
  byHand: boolean;
}

/** How long people take, in milliseconds; no answer comes sooner than a person can give one. */
export const FASTEST_MS = 200;
const SLOWEST_MS = 2_000;

/** The share of questions that two people answer with the same at once, and of those where the second then says the opposite. */
const TOGETHER = 0.15;
const SECOND_THOUGHTS = 0.15;
/** The share of answers with kubectl that are entries written by hand. */
const BY_HAND = 0.3;
/** A call is run again this often at most. */
const MOST_REPEATS = 2;
/** When somebody at last reads an email whose question others have answered. */
const LATE_MS = 5_000;

/** Everything that will be said to a question, whether it still counts or not. */
export function answersTo(topic: Topic, seed: number): Saying[] {
  const random = diceFor(topic, seed);
  const ways = waysOf(topic, random);
  const way = ways[Math.floor(ways.length * random())] ?? "kubectl";
  const decision = decisionOn(topic, random);
  const say = (more: Partial<Saying>): Saying => ({
    way,
    decision,
    comment: commentOn(topic, more.way ?? way, more.decision ?? decision),
    afterMs: FASTEST_MS + (SLOWEST_MS - FASTEST_MS) * random(),
    isSecond: false,
    byHand: random() < BY_HAND,
    ...more,
  });
  const all = [say({}), ...second(topic, ways, random).map(say)];
  // Whoever has a mailbox answers what is in it, sooner or later.
  const isUnread = ways.includes("email") && all.every((one) => one.way !== "email");
  if (isUnread) all.push(say({ way: "email", afterMs: LATE_MS * (1 + random()) }));
  return all.map((one, i) => ({ ...one, comment: `${one.comment} (${i + 1})` }));
}

/** By email, HumanLayer's protocol has no way of not answering what has no options. */
function waysOf({ words, kind, byEmail }: Topic, random: () => number): Way[] {
  if (!byEmail || (kind === "Input" && isToBeRefused(words))) return ["kubectl"];
  return random() < 0.5 ? ["email", "kubectl"] : ["kubectl", "email"];
}

/** What a second person says, if there is one. What has become of a call, one person finds out. */
function second({ words, kind }: Topic, ways: Way[], random: () => number): Partial<Saying>[] {
  const throws = random();
  const way = ways[Math.floor(ways.length * random())] ?? "kubectl";
  if (kind === "Outcome") return [];
  if (throws < TOGETHER) return [{ way }];
  const isOpposed = kind === "Approval" && !isToBeRefused(words) && throws < TOGETHER + SECOND_THOUGHTS;
  return isOpposed ? [{ way, decision: "Reject", isSecond: true }] : [];
}

function decisionOn({ words, kind, before }: Topic, random: () => number): Decided {
  const throws = random();
  switch (kind) {
    case "Approval":
      return isToBeRefused(words) ? "Reject" : "Approve";
    case "Input":
      return isToBeRefused(words) ? "Reject" : "Respond";
    case "Outcome":
      if (throws < 0.35 && before < MOST_REPEATS) return "Approve";
      return throws < 0.65 ? "Respond" : "Reject";
  }
}

const SAID: Record<Decided, string> = { Approve: "go on with", Reject: "no to", Respond: "the answer to" };

function commentOn({ words, before }: Topic, way: Way, decision: Decided): string {
  return `${SAID[decision]} ${words} by ${way}${before > 0 ? `, answer ${before + 1}` : ""}`;
}

function diceFor({ words, kind, before }: Topic, seed: number): () => number {
  const hash = createHash("sha256").update(`${seed}/${words}/${kind}/${before}`).digest();
  return dice(hash.readUInt32BE(0));
}
