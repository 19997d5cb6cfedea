/**
 * The life of one question over a webhook: posted, signed, until the address takes it. Its answer comes by itself, to the
 * desk. Owns its own timers. An address cannot be asked what it has: the id of the post lets it tell a repetition.
 */
import { after } from "../../runtime/clock";
import { isSameJson } from "../../runtime/same-json";
import type { Asking, Home } from "./asking";
import { pauseMs } from "./pauses";
import type { Asked, ChannelTarget, Question } from "./port";
import { signed } from "./signature";
import type { Trouble } from "./wire";
import { spokenOf, wordsFor } from "./words";

/** The longest that one post may take, milliseconds. */
const TIMEOUT_MS = 10_000;

/** What the body of a post is about. */
const TYPES = { Approval: "approval.requested", Input: "input.requested", Notice: "notice" } as const;

/** One question over a webhook. */
export class WebhookQuestion implements Asking {
  readonly question: Question;
  readonly #home: Home;
  #target: ChannelTarget;
  #asked: Asked;
  #attempt = new AbortController();
  #failures = 0;
  #cancelNext: () => void = () => undefined;

  constructor(target: ChannelTarget, question: Question, wasSent: boolean, home: Home) {
    this.question = question;
    this.#home = home;
    this.#target = target;
    this.#asked = wasSent ? { kind: "Sent", at: home.clock.now() } : { kind: "Sending" };
    if (wasSent) home.tell(question.id);
    else void this.#post();
  }

  get asked(): Asked {
    return this.#asked;
  }

  retarget(target: ChannelTarget): void {
    if (isSameJson(target, this.#target)) return;
    this.#target = target;
    if (this.#asked.kind === "Sent") return;
    this.#stop();
    this.#attempt = new AbortController();
    this.#failures = 0;
    void this.#post();
  }

  hint(): void {
    // There is nobody to look at: an answer comes by itself, to the desk.
  }

  close(): void {
    this.#stop();
  }

  async #post(): Promise<void> {
    const { signal } = this.#attempt;
    const { clock, wire, receiverUrl } = this.#home;
    const { url = "", secret = "" } = this.#target.webhook ?? {};
    const body = bodyOf(this.question, this.#target, receiverUrl);
    const answer = await wire.exchange({
      method: "POST",
      url,
      headers: { "content-type": "application/json", ...signed(this.question.id, clock.now(), body, secret) },
      body,
      signal,
      timeoutMs: TIMEOUT_MS,
    });
    if (signal.aborted) return;
    if (answer.kind !== "Answer") return this.#fail(answer);
    this.#become({ kind: "Sent", at: clock.now() });
  }

  #fail(trouble: Trouble): void {
    const { clock, random, log } = this.#home;
    this.#failures++;
    const asked = trouble.kind === "Status" ? (trouble.retryAfterMs ?? 0) : 0;
    const retryAt = after(clock, Math.max(asked, pauseMs(this.#failures, random())));
    const { namespace, name } = this.#target;
    const fields = { namespace, channel: name, question: this.question.id };
    if (this.#failures === 1) log.warn(fields, "Question could not be posted");
    this.#cancelNext = clock.at(retryAt, () => void this.#post());
    this.#become({ kind: "Unsent", detail: wordsFor(trouble, spokenOf(this.#target)), retryAt });
  }

  #stop(): void {
    this.#cancelNext();
    this.#attempt.abort();
  }

  #become(asked: Asked): void {
    this.#asked = asked;
    this.#home.tell(this.question.id);
  }
}

/** The body of a post: the question, and where its answer is to go. What is undefined is left out. */
function bodyOf(question: Question, { namespace, name }: ChannelTarget, receiverUrl: string | undefined): string {
  const { kind, id, about, ...content } = question;
  const answerTo = kind === "Notice" || receiverUrl === undefined ? undefined : `${receiverUrl}/answers`;
  return JSON.stringify({ type: TYPES[kind], id, channel: { namespace, name }, about, ...content, answerTo });
}
