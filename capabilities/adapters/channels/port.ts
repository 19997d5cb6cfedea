/**
 * The seam between the machines and the people who are reached over services: HumanLayer (email, Slack) and webhooks.
 * What a question means, who may answer and what follows is the machines' business; here it is carried out and back.
 * A channel of type `kubernetes` never comes here: kubectl needs no service. Answers that come by themselves go to the
 * desk (desk.ts). Nothing here throws.
 */
import type { ChannelType, Decided, EmailOptions, SlackOptions } from "../../../crds/index";

/** A channel as it is reached: the object's spec with the values of its Secrets put in. Held in memory, never stored or logged. */
export interface ChannelTarget {
  /** Of the ContactChannel object. */
  uid: string;
  namespace: string;
  name: string;
  type: Exclude<ChannelType, "kubernetes">;
  /** email, slack: where the HumanLayer API is; the service's own address when left out. */
  baseUrl?: string;
  /** email, slack: the key of the project. */
  apiKey?: string;
  email?: EmailOptions;
  slack?: SlackOptions;
  /** webhook: where posts go, and the secret with which both ways are signed (Standard Webhooks 1.0). */
  webhook?: { url: string; secret: string };
}

/** The object on whose behalf people are asked; it is told to them, and binds the answer to it. */
export interface About {
  kind: "ToolCall" | "Task";
  namespace: string;
  name: string;
  uid: string;
}

/** What every question has. The same question always has the same id, so that putting it again is no second question. */
interface Put {
  /** `ec-…` for what is to be executed, `hc-…` for what is to be said; computed from the object, at most 24 characters. */
  id: string;
  about: About;
}

/** What is put to people, or told to them. */
export type Question =
  /** May this run? Answered by yes or no. */
  | (Put & { kind: "Approval"; tool: string; arguments: Record<string, unknown>; argumentsDigest: string })
  /** Answered by words: JSON of `schema` where there is one, or one of `options`, or anything. */
  | (Put & {
      kind: "Input";
      message: string;
      argumentsDigest: string;
      schema?: Record<string, unknown>;
      options?: AnswerOption[];
    })
  /** Something to be told; nobody is to answer. */
  | (Put & { kind: "Notice"; message: string });

/** An answer that can be given by pressing a button. `decision` is what pressing it means; with `needsWords`, words go with it. */
export interface AnswerOption {
  name: string;
  title: string;
  decision: Decided;
  needsWords: boolean;
}

/** What somebody answered. */
export interface Heard {
  decision: Decided;
  /** Why, or the answer itself. */
  comment?: string;
  /** Who, as the service says; the channel's address where it does not. */
  approver: string;
  at: Date;
}

/** What this process knows of a question that was put. */
export type Asked =
  /** It is on its way for the first time in this process. */
  | { kind: "Sending" }
  /** The service has it, and its answer is listened for. */
  | { kind: "Sent"; at: Date }
  /** It could not be put yet; `detail` says why. It is tried again at `retryAt`, slower and slower, for ever. */
  | { kind: "Unsent"; detail: string; retryAt: Date }
  /** What the service has under this id is not this question: an answer to it does not count. */
  | { kind: "Foreign"; detail: string }
  | { kind: "Answered"; answer: Heard };

/** Whether a channel can be used. */
export type ChannelCheck =
  | { kind: "Usable"; projectSlug?: string; orgSlug?: string }
  /** The service is there and says no: what is wrong, and what to do. */
  | { kind: "Refused"; message: string }
  /** Nothing can be said; worth trying again. */
  | { kind: "Unreachable"; message: string };

/** The questions of this process, over all channels. A slow or dead service costs nobody but its own questions. */
export interface Channels {
  /** Asks the service behind a channel whether it would take questions; for webhooks, whether the address can be one. */
  check(target: ChannelTarget, signal: AbortSignal): Promise<ChannelCheck>;
  /**
   * Sees to it that the question is put and its answer listened for, now and for as long as it is not dropped. Repeating it
   * changes nothing but the target, which may have a new key. `wasSent`: an earlier process knows that the service took it;
   * it is looked for before it is put (again).
   */
  put(target: ChannelTarget, question: Question, wasSent: boolean): void;
  /** Lets a question go: nobody waits for its answer any more. */
  drop(id: string): void;
  /** What is known of a question; undefined when nobody has put it in this process. */
  look(id: string): Asked | undefined;
  /** Somebody outside says that there may be an answer: look now, but no more often than is polite. */
  hint(id: string): void;
  /** `listener` is told the id whenever what `look` says of it has changed. */
  subscribe(listener: (id: string) => void): void;
  /** Ends everything that is under way. */
  close(graceMs: number): Promise<void>;
}
