/**
 * The services of the simulation's world that carry questions to people: outside every process, so they survive kills and
 * remember every request. People who live behind them answer after a while, by a script. What is recorded is what a
 * service saw: a question is stored some milliseconds after its request has left and before the answer to it, so a process
 * killed in between has asked and does not know it. It judges nothing but what a service can see by itself.
 */
import type { Decided } from "../../crds/index";
import type { Taken } from "../adapters/channels/desk";
import type { ChannelCheck, ChannelTarget, Heard, Question } from "../adapters/channels/port";
import type { Clock } from "../runtime/clock";
import { after } from "../runtime/clock";
import { isSameJson } from "../runtime/same-json";

/** What a person does with a question; the first answer to it is the one that stays. */
export interface FakeAnswer {
  /** From the moment when the service has the question. */
  afterMs: number;
  decision: Decided;
  comment?: string;
  /** The name that the service gives; the address of the channel where it knows none. */
  approver?: string;
  /** The service tells the operator at once that there is an answer; otherwise it is found by asking. */
  hints?: boolean;
}

/** What is behind one channel; times are milliseconds since the world began. */
export interface FakeContact {
  /** From sending to the effect, and from there to the answer; 5 and 100 ms when not given. */
  reachMs?: number;
  latencyMs?: number;
  /** Spells in which nobody reaches it. */
  away?: { fromMs: number; toMs: number }[];
  /** The only key that it takes; any when not given. */
  apiKey?: string;
  /** Which creations (1 is the first of the channel) are stored, but answered with an error. */
  loses?: (nth: number) => boolean;
  /** Which new ids (1 is the first of the channel) turn out to be taken by a question of somebody else's. */
  squats?: (nth: number) => boolean;
  /** It sends answers to the operator by itself, again and again until it is told that one is stored or comes too late. */
  posts?: boolean;
  /** What people do with a question; nobody answers when not given. */
  people?: (item: FakeItem) => FakeAnswer[];
}

/** One question as its service has it. */
export interface FakeItem {
  /** 1 for the first that any service ever had. */
  number: number;
  id: string;
  /** The ContactChannel's name. */
  channel: string;
  question: Question;
  /** Not put by any process of the operator, but by somebody else, under an id that the operator took later. */
  isForeign: boolean;
  /** Its answer is sent to the operator. */
  posts: boolean;
  /** Which process put it. */
  process: number;
  createdAt: Date;
  /** Whatever `mark` said when it was stored: the simulation's order of all things. */
  mark: number;
  answer?: Heard;
  /** What the operator said to the answer that was sent to it, and when. */
  confirmed?: { as: Taken["kind"]; mark: number };
}

/** One request as its service saw it, or would have seen it. */
export interface ServiceRequest {
  what: "check" | "create" | "get";
  channel: string;
  /** Empty for a check. */
  id: string;
  process: number;
  at: Date;
  mark: number;
  outcome: "Done" | "Existing" | "Different" | "None" | "Refused" | "Unreachable" | "AnswerLost";
}

/** How a request ends for who made it. `Unreachable` says nothing about what the service has done. */
export type Reply =
  | { kind: "Item"; item: FakeItem }
  | { kind: "None" }
  /** The id is taken by something else. */
  | { kind: "Different" }
  | { kind: "Refused"; message: string }
  | { kind: "Unreachable"; message: string };

export interface FakeServiceOptions {
  clock: Clock;
  /** What is behind a channel; nobody is there when undefined. */
  contact: (target: ChannelTarget) => FakeContact | undefined;
  /** Read when something is stored, to order it among everything else that happened. */
  mark?: () => number;
  /** Told of an answer whose service tells of it. */
  hint?: (item: FakeItem) => void;
  /** Takes an answer that a service sends; resolves with what the operator says to it, or never. */
  post?: (item: FakeItem, answer: Heard) => Promise<Taken>;
}

const REACH_MS = 5;
const LATENCY_MS = 100;
/** From one attempt to send an answer to the next. */
const POST_AGAIN_MS = 10_000;
const awayNow = "The connection was refused";

export class FakeService {
  /** Every question that any service has, in order. */
  readonly items: FakeItem[] = [];
  /** Every request ever made, in order. */
  readonly requests: ServiceRequest[] = [];
  /** What a service itself can tell to be wrong, as sentences. */
  readonly violations: string[] = [];
  readonly #options: FakeServiceOptions;
  readonly #start: number;

  constructor(options: FakeServiceOptions) {
    this.#options = options;
    this.#start = options.clock.now().getTime();
  }

  /** The question of that id, as it is stored. */
  find(channel: string, id: string): FakeItem | undefined {
    return this.items.find((item) => item.channel === channel && item.id === id);
  }

  /** Whether the channel can be used. */
  async check(target: ChannelTarget, process: number): Promise<ChannelCheck> {
    const reply = await this.#serve({ what: "check", target, id: "", process }, () => ({ kind: "None" }));
    if (reply.kind === "Refused" || reply.kind === "Unreachable") return { kind: reply.kind, message: reply.message };
    return { kind: "Usable", projectSlug: "project", orgSlug: "org" };
  }

  /** Puts a question, unless there is one of that id: then it says whether it is the same. */
  create(target: ChannelTarget, question: Question, process: number): Promise<Reply> {
    const request = { what: "create", target, id: question.id, process } as const;
    return this.#serve(request, (contact) => {
      if (!this.find(target.name, question.id)) this.#squat(target, question, contact);
      const there = this.find(target.name, question.id);
      if (!there) return { kind: "Item", item: this.#store(target, question, { process, contact }) };
      if (!there.isForeign && !isSameJson(there.question, question))
        this.violations.push(`Question "${question.id}" was put twice, in different words: ${words(there, question)}`);
      return isSameJson(there.question, question) ? { kind: "Item", item: there } : { kind: "Different" };
    });
  }

  /** What is stored under an id. */
  get(target: ChannelTarget, id: string, process: number): Promise<Reply> {
    return this.#serve({ what: "get", target, id, process }, () => {
      const item = this.find(target.name, id);
      return item ? { kind: "Item", item } : { kind: "None" };
    });
  }

  /** A person answers; whoever comes later is told that it is answered. True for the one that stays. */
  answer(item: FakeItem, { decision, comment, approver, hints }: Omit<FakeAnswer, "afterMs">): boolean {
    if (item.answer) return false;
    item.answer = {
      decision,
      approver: approver ?? `${item.channel}@example.com`,
      at: this.#options.clock.now(),
      ...(comment !== undefined && { comment }),
    };
    if (hints) this.#options.hint?.(item);
    if (item.posts) this.#post(item, item.answer);
    return true;
  }

  #post(item: FakeItem, answer: Heard): void {
    const { clock, post } = this.#options;
    if (item.confirmed || !post) return;
    void post(item, answer).then(({ kind }) => {
      if (kind !== "NotNow") item.confirmed ??= { as: kind, mark: this.#mark };
    });
    clock.at(after(clock, POST_AGAIN_MS), () => this.#post(item, answer));
  }

  get #mark(): number {
    return this.#options.mark?.() ?? 0;
  }

  /** The way of a request: there, and back, whether or not the sender lives on. */
  #serve(
    { what, target, id, process }: { what: ServiceRequest["what"]; target: ChannelTarget; id: string; process: number },
    act: (contact: FakeContact) => Reply,
  ): Promise<Reply> {
    const { clock } = this.#options;
    const seen: ServiceRequest = {
      ...{ what, channel: target.name, id, process },
      ...{ at: clock.now(), mark: this.#mark, outcome: "Unreachable" },
    };
    this.requests.push(seen);
    const nth = this.requests.filter((other) => other.what === "create" && other.channel === target.name).length;
    const { reachMs = REACH_MS, latencyMs = LATENCY_MS } = this.#options.contact(target) ?? {};
    return new Promise((resolve) => {
      const end = (reply: Reply, outcome: ServiceRequest["outcome"]): void => {
        seen.outcome = outcome;
        clock.at(after(clock, latencyMs), () => resolve(reply));
      };
      clock.at(after(clock, reachMs), () => {
        const contact = this.#reach(target);
        if (!contact) return end({ kind: "Unreachable", message: awayNow }, "Unreachable");
        if (contact.apiKey !== undefined && contact.apiKey !== target.apiKey)
          return end({ kind: "Refused", message: "The key is not valid (401): change it" }, "Refused");
        const before = this.items.length;
        const reply = act(contact);
        if (what === "create" && contact.loses?.(nth))
          return end({ kind: "Unreachable", message: "The connection was lost" }, "AnswerLost");
        end(reply, outcomeOf(what, reply, this.items.length > before));
      });
    });
  }

  #reach(target: ChannelTarget): FakeContact | undefined {
    const contact = this.#options.contact(target);
    const now = this.#options.clock.now().getTime() - this.#start;
    return contact?.away?.some(({ fromMs, toMs }) => fromMs <= now && now < toMs) ? undefined : contact;
  }

  #store(
    target: ChannelTarget,
    question: Question,
    { process, contact, isForeign = false }: { process: number; contact: FakeContact; isForeign?: boolean },
  ): FakeItem {
    const { clock } = this.#options;
    const item: FakeItem = {
      number: this.items.length + 1,
      id: question.id,
      channel: target.name,
      question: JSON.parse(JSON.stringify(question)) as Question,
      isForeign,
      posts: contact.posts === true,
      process,
      createdAt: clock.now(),
      mark: this.#mark,
    };
    this.items.push(item);
    if (question.kind === "Notice") return item;
    for (const answer of contact.people?.(item) ?? [])
      clock.at(after(clock, answer.afterMs), () => this.answer(item, answer));
    return item;
  }

  /** Somebody else was there first, with a question of his own. */
  #squat(target: ChannelTarget, question: Question, contact: FakeContact): void {
    const ids = new Set(this.items.filter(({ channel }) => channel === target.name).map(({ id }) => id));
    if (!contact.squats?.(ids.size + 1)) return;
    const about = { ...question.about, name: "somebody-elses", uid: "00000000-0000-4000-8000-ffffffffffff" };
    this.#store(target, { ...question, about }, { process: 0, contact, isForeign: true });
  }
}

function outcomeOf(what: ServiceRequest["what"], reply: Reply, isNew: boolean): ServiceRequest["outcome"] {
  if (reply.kind !== "Item") return what === "check" ? "Done" : reply.kind;
  return what === "create" && !isNew ? "Existing" : "Done";
}

function words(there: FakeItem, question: Question): string {
  return `${JSON.stringify(there.question)} and then ${JSON.stringify(question)}`;
}
