/**
 * The life of one question over HumanLayer: looked for, put when it is not there, listened for, found again. Owns what is
 * known of it and its own timers. There is one step, `#bring`, and it can be repeated at any time: it looks first.
 */
import { after } from "../../runtime/clock";
import { isSameJson } from "../../runtime/same-json";
import type { Asking, Home } from "./asking";
import { isOpen } from "./asking";
import type { Created, Found, Sort } from "./humanlayer";
import { differenceOf, itemOf, sortOf } from "./item";
import type { ItemStatus } from "./item-status";
import { statusOf } from "./item-status";
import { pauseMs } from "./pauses";
import type { Asked, ChannelTarget, Question } from "./port";
import type { Listener } from "./project";
import type { Lease } from "./projects";
import { projectKey } from "./projects";
import type { Trouble } from "./wire";
import { NOBODY_WAS_ASKED, notOurQuestion, spokenOf, wordsFor } from "./words";

/** However often somebody says that there may be an answer, an item is looked at no more often than this, milliseconds. */
const POLITE_MS = 1_000;
/** An approval that took no longer than this was given by no person, milliseconds. */
const INHUMAN_MS = 100;

/**
 * Whether an approval of the item can be a person's. A project can be set to approve everything by itself, so an item that
 * was never seen waiting is doubted. `Waited`: it was seen so, now or by an earlier process. `Automatic`: it was not.
 */
type Trust = "Unknown" | "Waited" | "Automatic";

/** One question over HumanLayer. */
export class HumanLayerQuestion implements Asking, Listener {
  readonly question: Question;
  readonly sort: Sort;
  readonly #home: Home;
  #target: ChannelTarget;
  #lease: Lease;
  #asked: Asked = { kind: "Sending" };
  #trust: Trust;
  #isListening = false;
  /** Ends what is under way; a new one for every target. */
  #attempt = new AbortController();
  /** The attempt whose step is under way. */
  #bringing: AbortSignal | undefined;
  #failures = 0;
  #hintedAt = 0;
  /** The next step is one that was hinted at. */
  #isHinted = false;
  #cancelTimer: () => void = () => undefined;

  constructor(target: ChannelTarget, question: Question, wasSent: boolean, home: Home) {
    this.question = question;
    this.sort = sortOf(question);
    this.#home = home;
    this.#target = target;
    this.#lease = home.projects.lease(target);
    this.#trust = wasSent ? "Waited" : "Unknown";
    // What an earlier process has put is found in the shared list, with all the others.
    if (wasSent && question.kind !== "Notice") this.#listen(true);
    else void this.#bring(false);
  }

  get id(): string {
    return this.question.id;
  }

  get asked(): Asked {
    return this.#asked;
  }

  retarget(target: ChannelTarget): void {
    if (isSameJson(target, this.#target)) return;
    const isElsewhere = projectKey(target) !== projectKey(this.#target);
    this.#target = target;
    const isPut = this.#asked.kind === "Sent";
    if (this.#asked.kind === "Answered" || (isPut && (!isElsewhere || this.question.kind === "Notice"))) return;
    const wasListening = this.#isListening;
    this.#stop();
    this.#attempt = new AbortController();
    this.#failures = 0;
    if (isElsewhere) {
      this.#lease.release();
      this.#lease = this.#home.projects.lease(target);
    }
    if (wasListening) this.#listen(true);
    else void this.#bring(false);
  }

  hint(): void {
    if (!isOpen(this) || this.#trust === "Automatic" || this.#isHinted) return;
    const now = this.#home.clock.now().getTime();
    const due = Math.max(now, this.#hintedAt + POLITE_MS, this.#isBringing ? now + POLITE_MS : 0);
    // An attempt that is due anyway looks, too.
    if (this.#asked.kind === "Unsent" && this.#asked.retryAt.getTime() <= due) return;
    this.#bringAt(new Date(due), true);
    this.#hintedAt = due;
    this.#isHinted = true;
  }

  close(): void {
    this.#stop();
    this.#lease.release();
  }

  async read(): Promise<"Settled" | "Waiting" | "Failed"> {
    if (!(await this.#bring(true))) return "Failed";
    return this.#isListening ? "Waiting" : "Settled";
  }

  isPending(item: unknown): boolean {
    if (differenceOf(item, this.question, this.#target) !== undefined) return false;
    if (statusOf(item, this.question, this.#target, this.#home.clock.now()).kind !== "Pending") return false;
    this.#sent();
    return true;
  }

  get #isBringing(): boolean {
    return this.#bringing === this.#attempt.signal;
  }

  /** Looks for the item, and puts it if there is none. False when the service is in trouble. */
  async #bring(isUrgent: boolean): Promise<boolean> {
    if (this.#isBringing) return true;
    const { signal } = this.#attempt;
    const { project } = this.#lease;
    this.#bringing = signal;
    this.#cancelNext();
    const found = await project.request(() => project.api.find(this.sort, this.id, signal), isUrgent);
    const got = found.kind === "None" && !signal.aborted ? await this.#create(signal) : found;
    if (signal.aborted) return true; // Let go or put elsewhere meanwhile.
    this.#bringing = undefined;
    return this.#take(got);
  }

  async #create(signal: AbortSignal): Promise<Created | Found> {
    const { project } = this.#lease;
    const item = itemOf(this.question, this.#target);
    this.#stopListening();
    if (this.#asked.kind === "Sent") this.#become({ kind: "Sending" });
    this.#trust = "Unknown"; // Whatever was there before, what is put now was not seen waiting.
    const made = await project.request(() => project.api.create(this.sort, item, signal), false);
    // It did not exist a moment ago: nobody has read it yet.
    if (made.kind === "Item" && this.#statusOf(made.item).kind === "Answered") this.#trust = "Automatic";
    if (made.kind !== "Taken" || signal.aborted) return made;
    return project.request(() => project.api.find(this.sort, this.id, signal), true);
  }

  #take(got: Created | Found): boolean {
    switch (got.kind) {
      case "Item":
        this.#judge(got.item);
        return true;
      case "None":
      case "Taken":
        return this.#fail(
          "The HumanLayer API says that the id of the question is taken, and that there is nothing of that id.",
        );
      default:
        return this.#fail(wordsFor(got, spokenOf(this.#target)), got);
    }
  }

  #judge(item: unknown): void {
    const difference = differenceOf(item, this.question, this.#target);
    if (difference !== undefined) return this.#foreign(notOurQuestion(this.id, difference));
    const status = this.#statusOf(item);
    if (this.question.kind === "Notice" || status.kind === "Pending") return this.#sent();
    if (status.kind === "Void") return this.#foreign(status.detail);
    if (this.#isAutomatic(status)) return this.#foreign(NOBODY_WAS_ASKED);
    this.#stop();
    this.#become({ kind: "Answered", answer: status.answer });
  }

  #isAutomatic({ answer, tookMs = 0 }: Extract<ItemStatus, { kind: "Answered" }>): boolean {
    const isDoubtful = this.#trust === "Unknown" && answer.decision === "Approve" && tookMs < INHUMAN_MS;
    if (isDoubtful) this.#trust = "Automatic";
    return this.#trust === "Automatic";
  }

  #statusOf(item: unknown): ItemStatus {
    return statusOf(item, this.question, this.#target, this.#home.clock.now());
  }

  #sent(): void {
    this.#trust = "Waited";
    this.#failures = 0;
    if (this.question.kind !== "Notice") this.#listen(false);
    if (this.#asked.kind !== "Sent") this.#become({ kind: "Sent", at: this.#home.clock.now() });
  }

  #foreign(detail: string): void {
    this.#stopListening();
    if (!isSameJson(this.#asked, { kind: "Foreign", detail })) this.#become({ kind: "Foreign", detail });
  }

  /** What the service has is not lost by its being away; what it does not have is put later. */
  #fail(detail: string, trouble?: Trouble): false {
    if (this.#isListening || this.#asked.kind === "Foreign") return false;
    const { clock, random, log } = this.#home;
    this.#failures++;
    const pause = pauseMs(this.#failures, random());
    const asked = trouble?.kind === "Status" ? (trouble.retryAfterMs ?? 0) : 0;
    // Those who are asked for patience at one time do not come back at one time.
    const retryAt = after(clock, asked > pause ? asked + pause : pause);
    const { namespace, name } = this.#target;
    if (this.#failures === 1) log.warn({ namespace, channel: name, question: this.id }, "Question could not be put");
    this.#bringAt(retryAt, false);
    this.#become({ kind: "Unsent", detail, retryAt });
    return false;
  }

  #bringAt(when: Date, isUrgent: boolean): void {
    this.#cancelNext();
    this.#cancelTimer = this.#home.clock.at(when, () => void this.#bring(isUrgent));
  }

  #cancelNext(): void {
    this.#cancelTimer();
    this.#isHinted = false;
  }

  #listen(isOld: boolean): void {
    this.#isListening = true;
    this.#lease.project.join(this, isOld);
  }

  #stopListening(): void {
    this.#isListening = false;
    this.#lease.project.leave(this);
  }

  #stop(): void {
    this.#cancelNext();
    this.#attempt.abort();
    this.#stopListening();
  }

  #become(asked: Asked): void {
    this.#asked = asked;
    this.#home.tell(this.id);
  }
}
