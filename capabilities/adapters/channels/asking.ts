/**
 * One question of this process, whatever carries it: what all have in common, and what they need from the adapter. Decides
 * nothing.
 */
import type { Clock } from "../../runtime/clock";
import type { Log } from "../../runtime/log";
import type { Projects } from "./projects";
import type { Asked, ChannelTarget, Question } from "./port";
import type { Wire } from "./wire";

/** A question that is put, as the adapter keeps it. */
export interface Asking {
  readonly asked: Asked;
  readonly question: Question;
  /** The same question over the same channel, which may be reached in another way now. */
  retarget(target: ChannelTarget): void;
  /** There may be an answer. */
  hint(): void;
  /** Ends everything that was begun for it. */
  close(): void;
}

/** What all questions share. */
export interface Home {
  clock: Clock;
  log: Log;
  /** [0, 1) */
  random: () => number;
  wire: Wire;
  projects: Projects;
  /** Where answers to webhooks go, if anywhere. */
  receiverUrl: string | undefined;
  /** Told the id whenever what is known of a question has changed. */
  tell: (id: string) => void;
}

/** Whether a question waits for an answer, as far as it is known. */
export function isOpen({ asked, question }: Pick<Asking, "asked" | "question">): boolean {
  return question.kind !== "Notice" && asked.kind !== "Answered";
}
