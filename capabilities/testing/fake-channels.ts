/**
 * A fake `Channels`: what one process of the operator has of the services of the simulation's world. It puts questions,
 * looks before it asks again where an earlier request may have been heard, asks after answers slowly, and forgets
 * everything with its process. Every request to a service goes through `pass`, where the simulation kills processes.
 */
import type { Asked, ChannelCheck, Channels, ChannelTarget, Question } from "../adapters/channels/port";
import type { Clock } from "../runtime/clock";
import { after } from "../runtime/clock";
import type { FakeItem, FakeService, Reply } from "./fake-contact-service";

export interface FakeChannelsOptions {
  service: FakeService;
  /** The process's own clock, whose timers end with it. */
  clock: Clock;
  /** The process's number. */
  process: number;
  /** The way of every request: leaves if the process lives, comes back if it still does. */
  pass?: Pass;
}

type Pass = <T>(what: string, name: string, act: () => Promise<T>) => Promise<T>;

/** Waits between attempts to put a question: doubled each time. */
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 60_000;
/** Waits between looks for an answer: doubled each time. */
const FIRST_POLL_MS = 5_000;
const LONGEST_POLL_MS = 60_000;
/** However often somebody hints, no question is looked for more often. */
const POLITE_MS = 1_000;

/** A question of this process. */
interface Held {
  target: ChannelTarget;
  question: Question;
  asked: Asked;
  /** It may be there already. */
  looksFirst: boolean;
  failures: number;
  polls: number;
  lookedAt: Date;
  /** A request is under way: its end decides what comes next. */
  isBusy: boolean;
  cancelTimer: () => void;
}

/** The channels of one process: none of its questions is known to begin with. */
export function createFakeChannels(options: FakeChannelsOptions): Channels {
  return new FakeChannels(options);
}

class FakeChannels implements Channels {
  readonly #service: FakeService;
  readonly #clock: Clock;
  readonly #process: number;
  readonly #pass: Pass;
  readonly #held = new Map<string, Held>();
  readonly #listeners: ((id: string) => void)[] = [];
  #isClosed = false;

  constructor({ service, clock, process, pass = (_what, _name, act) => act() }: FakeChannelsOptions) {
    this.#service = service;
    this.#clock = clock;
    this.#process = process;
    this.#pass = pass;
  }

  async check(target: ChannelTarget, signal: AbortSignal): Promise<ChannelCheck> {
    const aborted = new Promise<ChannelCheck>((resolve) => {
      const abort = (): void => resolve({ kind: "Unreachable", message: "The check was given up" });
      if (signal.aborted) abort();
      else signal.addEventListener("abort", abort, { once: true });
    });
    const checking = this.#pass("channels.check", target.name, () => this.#service.check(target, this.#process));
    return Promise.race([checking, aborted]);
  }

  put(target: ChannelTarget, question: Question, wasSent: boolean): void {
    if (this.#isClosed) return;
    const known = this.#held.get(question.id);
    if (known) return this.#retarget(known, target);
    const held: Held = {
      target: structuredClone(target),
      question: structuredClone(question),
      asked: { kind: "Sending" },
      looksFirst: wasSent,
      failures: 0,
      polls: 0,
      lookedAt: this.#clock.now(),
      isBusy: false,
      cancelTimer: () => undefined,
    };
    this.#held.set(question.id, held);
    void this.#send(held);
  }

  drop(id: string): void {
    this.#held.get(id)?.cancelTimer();
    this.#held.delete(id);
  }

  look(id: string): Asked | undefined {
    return this.#held.get(id)?.asked;
  }

  hint(id: string): void {
    const held = this.#held.get(id);
    if (held?.asked.kind !== "Sent" || held.question.kind === "Notice" || !canBeAsked(held)) return;
    const since = this.#clock.now().getTime() - held.lookedAt.getTime();
    this.#later(held, Math.max(0, POLITE_MS - since), () => this.#poll(held));
  }

  subscribe(listener: (id: string) => void): void {
    this.#listeners.push(listener);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const id of [...this.#held.keys()]) this.drop(id);
  }

  /** A new key may be what was missing. */
  #retarget(held: Held, target: ChannelTarget): void {
    const isSame = JSON.stringify(held.target) === JSON.stringify(target);
    held.target = structuredClone(target);
    if (!isSame && held.asked.kind === "Unsent" && !held.isBusy) void this.#send(held);
  }

  /** One attempt to put a question: where it may be there already, it is looked for. */
  async #send(held: Held): Promise<void> {
    held.cancelTimer();
    const reply = (await this.#find(held)) ?? (await this.#request("create", held));
    if (!this.#isHeld(held)) return;
    if (reply.kind === "Item") return this.#settle(held, reply.item);
    // It may be there after all, or something else is: the next attempt finds out.
    held.looksFirst ||= reply.kind !== "Refused";
    if (reply.kind === "Different") return this.#send(held);
    this.#sendLater(held, "message" in reply ? reply.message : "It is not there any more");
  }

  /** What is there already, where something may be. */
  async #find(held: Held): Promise<Reply | undefined> {
    if (!held.looksFirst || !canBeAsked(held)) return undefined;
    const found = await this.#request("get", held);
    return found.kind === "None" ? undefined : found;
  }

  #sendLater(held: Held, detail: string): void {
    const waitMs = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** held.failures++);
    this.#become(held, { kind: "Unsent", detail, retryAt: after(this.#clock, waitMs) });
    this.#later(held, waitMs, () => this.#send(held));
  }

  async #poll(held: Held): Promise<void> {
    if (held.isBusy) return;
    const reply = await this.#request("get", held);
    if (!this.#isHeld(held) || held.asked.kind !== "Sent") return;
    if (reply.kind === "Item") return this.#settle(held, reply.item);
    if (reply.kind !== "None") return this.#pollLater(held);
    held.looksFirst = false; // The service has lost it.
    return this.#send(held);
  }

  async #request(what: "create" | "get", held: Held): Promise<Reply> {
    const { target, question } = held;
    held.isBusy = true;
    const reply = await this.#pass(`channels.${what}`, question.id, () =>
      what === "create"
        ? this.#service.create(target, question, this.#process)
        : this.#service.get(target, question.id, this.#process),
    );
    held.isBusy = false;
    held.lookedAt = this.#clock.now();
    return reply;
  }

  #settle(held: Held, { question, answer }: FakeItem): void {
    held.failures = 0;
    if (!isSame(question, held.question))
      return this.#become(held, { kind: "Foreign", detail: `It is about ${question.about.name}` });
    if (answer) return this.#become(held, { kind: "Answered", answer: { ...answer } });
    if (held.asked.kind !== "Sent") this.#become(held, { kind: "Sent", at: this.#clock.now() });
    if (question.kind !== "Notice" && canBeAsked(held)) this.#pollLater(held);
  }

  #pollLater(held: Held): void {
    const waitMs = Math.min(LONGEST_POLL_MS, FIRST_POLL_MS * 2 ** held.polls++);
    this.#later(held, waitMs, () => this.#poll(held));
  }

  #isHeld(held: Held): boolean {
    return this.#held.get(held.question.id) === held;
  }

  #become(held: Held, asked: Asked): void {
    held.asked = asked;
    for (const listener of this.#listeners) listener(held.question.id);
  }

  #later(held: Held, ms: number, run: () => Promise<void>): void {
    held.cancelTimer();
    held.cancelTimer = this.#clock.at(after(this.#clock, ms), () => void run());
  }
}

/** A webhook is only ever told: its answers come by themselves. */
function canBeAsked({ target }: Held): boolean {
  return target.type !== "webhook";
}

/** Whether what the service has is what this process asks: the same thing of the same object. */
function isSame(there: Question, asked: Question): boolean {
  const digest = (question: Question): string => ("argumentsDigest" in question ? question.argumentsDigest : "");
  return there.kind === asked.kind && there.about.uid === asked.about.uid && digest(there) === digest(asked);
}
