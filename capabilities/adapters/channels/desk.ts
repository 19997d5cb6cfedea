/**
 * The desk to which the receiver carries what comes in over HTTP. Implemented where questions are stored; the receiver
 * checks signatures and shapes, the desk says what is asked and keeps the answers.
 */
import type { QuestionKind } from "../../../crds/index";
import type { About, ChannelTarget, Heard } from "./port";

/** A question that is open, or was. */
export interface OpenQuestion {
  /** Over which channel it is asked. */
  target: ChannelTarget;
  about: About;
  kind: QuestionKind;
  /** Of the arguments as they are; left out where the question is over and they are not known any more. */
  argumentsDigest?: string;
  /** Input: saying that it is done is an answer too. It is not when left out. */
  mayBeApproved?: boolean;
}

/** What became of an answer. */
export type Taken =
  /** It is in the object: it will not be lost. */
  | { kind: "Stored" }
  /** It was answered before, or is not asked any more; `message` says so to whoever answers. */
  | { kind: "TooLate"; message: string }
  /** It could not be stored now; the same answer may be sent again. */
  | { kind: "NotNow"; message: string };

/** Where questions are found and answers kept. */
export interface Desk {
  /** The question of that id; undefined when nobody knows of one. */
  find(id: string): Promise<OpenQuestion | undefined>;
  /** Stores an answer whose signature was verified. */
  take(id: string, answer: Heard): Promise<Taken>;
  /** There may be an answer at the service: somebody says so who is not believed. */
  hint(id: string): void;
  /** Somebody tried what is not allowed; `message` says what was refused and why. It is shown in an event. */
  refused(id: string | undefined, channel: { namespace: string; name: string } | undefined, message: string): void;
}
