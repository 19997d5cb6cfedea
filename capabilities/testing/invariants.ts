/**
 * The promise, checked from outside: from what the cluster stored over its whole history and what the model saw, never
 * from what the operator remembers. Each check returns the sentences that are not true of a run; none knows how a run
 * was made, and none changes anything.
 */
import { isDeepStrictEqual } from "node:util";
import { Validator } from "@cfworker/json-schema";
import type { Agent, Message, Task, TaskStatus } from "../../crds/index";
import { definitions } from "../../crds/index";
import { EVENTS } from "../runtime/event-body";
import type { StoredEvent } from "../runtime/event-body";
import type { ClusterObject } from "../runtime/objects";
import type { SeenCall } from "./scripted-model";

/** One version of one object, as it was stored. Marks order everything that happened in a run. */
export interface Version {
  mark: number;
  at: Date;
  change: "Stored" | "Deleted";
  object: ClusterObject;
}

/** One call that a process of the operator made to its outside. */
export interface OutsideCall {
  mark: number;
  at: Date;
  /** 1 for the first process. */
  process: number;
  /** `replaceStatus tasks`, `ask`, … */
  what: string;
  /** The object it was about, where there is one. */
  name: string;
}

/** How a task is to end. */
export interface Expectation {
  /** The endings that are right: a phase, `Failed:<finishReason>`, `Suspended` or `Deleted`. */
  ends: string[];
  /** Model calls and status writes of a run in which nothing went wrong. */
  calls?: number;
  writes?: number;
}

/** What a run left behind. */
export interface Evidence {
  versions: Version[];
  calls: SeenCall[];
  outside: OutsideCall[];
  /** By the task's name. */
  expected: Record<string, Expectation>;
  /** How often a process was killed; then exact counts do not hold. */
  kills: number;
  /** The API server misbehaved; then they do not hold either. */
  isStormy: boolean;
  /** The uids of objects that a person deleted. */
  deletedByPeople: ReadonlySet<string>;
  /** How soon a process notices what a person does, in milliseconds; longer with lagging watches and restarts. */
  noticeMs: number;
  /** From here on there was nothing left to do. */
  quietFrom: Date;
}

const isDisturbed = ({ kills, isStormy }: Evidence): boolean => kills > 0 || isStormy;

/** One incarnation of a task: everything stored of it and every call made for it, in order. */
interface Life {
  name: string;
  uid: string;
  versions: { mark: number; at: Date; task: Task }[];
  calls: SeenCall[];
  deleted?: Version;
  last: Task;
}

type Check = (life: Life, evidence: Evidence) => string[];

/** Every sentence of the promise that this run broke. None: all of them hold. */
export function violations(evidence: Evidence): string[] {
  const lives = livesOf(evidence);
  return [
    ...Object.entries(evidence.expected).flatMap(([name, expectation]) =>
      endsAsExpected(name, expectation, lives, evidence),
    ),
    ...lives.flatMap((life) =>
      checks.flatMap((check) => check(life, evidence).map((sentence) => `Task "${life.name}" ${sentence}`)),
    ),
    ...eventsTellTheTruth(evidence),
    ...strangers(lives, evidence),
    ...restsWhenDone(evidence),
    ...neverSpins(evidence),
  ];
}

function livesOf({ versions, calls }: Evidence): Life[] {
  const lives = new Map<string, Life>();
  for (const version of versions) {
    if (version.object.kind !== "Task") continue;
    const task = version.object as Task;
    const { uid, name } = task.metadata;
    const life = lives.get(uid) ?? {
      name,
      uid,
      versions: [],
      calls: calls.filter(({ trace }) => trace === traceOf(uid)),
      last: task,
    };
    lives.set(uid, life);
    if (version.change === "Deleted") life.deleted = version;
    else life.versions.push({ mark: version.mark, at: version.at, task });
    life.last = task;
  }
  return [...lives.values()];
}

function traceOf(uid: string): string {
  return uid.replaceAll("-", "");
}

const terminal = ["FinalAnswer", "Failed", "Cancelled"];
const phaseOf = (task: Task): string => task.status?.phase ?? "Pending";
const isTerminal = (task: Task): boolean => terminal.includes(phaseOf(task));
const windowOf = (task: Task): Message[] => task.status?.contextWindow ?? [];
const requestsOf = (task: Task): number => task.status?.usage?.requests ?? 0;

/** Where a task is, in the words of `Expectation.ends`. */
export function endingOf(task: Task | undefined): string {
  if (!task) return "Deleted";
  if (task.status?.status === "Suspended") return "Suspended";
  return phaseOf(task) === "Failed" ? `Failed:${task.status?.finishReason ?? "no reason"}` : phaseOf(task);
}

/** Every task reaches the end that it should, at the price that it should have. */
function endsAsExpected(name: string, expectation: Expectation, lives: Life[], evidence: Evidence): string[] {
  const life = lives.findLast((other) => other.name === name);
  const ending = endingOf(life?.deleted ? undefined : life?.last);
  if (!expectation.ends.includes(ending)) {
    return [
      `Task "${name}" ended as ${ending}, not as ${expectation.ends.join(" or ")}: ${life?.last.status?.statusDetail ?? ""}`,
    ];
  }
  return life && !isDisturbed(evidence) ? wrongPrices(life, expectation) : [];
}

/** Exact counts, which hold where nothing went wrong. */
function wrongPrices(life: Life, { calls, writes }: Expectation): string[] {
  const prices: [what: string, paid: number, due: number | undefined][] = [
    ["model calls", life.calls.length, calls],
    ["status writes", statusWrites(life).length, writes],
    ["counted requests", requestsOf(life.last), life.deleted ? undefined : life.calls.length],
  ];
  return prices.flatMap(([what, paid, due]) =>
    due === undefined || paid === due ? [] : [`Task "${life.name}" took ${paid} ${what}, not ${due}`],
  );
}

/** Neighbouring versions between which the status changed, the first status included. */
function statusWrites(life: Life): { mark: number; before: Task | undefined; after: Task }[] {
  return life.versions.flatMap(({ mark, task }, i) => {
    const before = life.versions[i - 1]?.task;
    return task.status && !isDeepStrictEqual(before?.status, task.status) ? [{ mark, before, after: task }] : [];
  });
}

const neverLost: Check = (life, { deletedByPeople }) => {
  if (!life.deleted || deletedByPeople.has(life.uid)) return [];
  const ttl = life.last.spec.ttlSecondsAfterFinished;
  const due = ttl === undefined ? Infinity : Date.parse(life.last.status?.completionTime ?? "") + ttl * 1_000;
  return life.deleted.at.getTime() >= due ? [] : ["was deleted though nobody had asked for it"];
};

const storedOnceStoredForEver: Check = (life) =>
  statusWrites(life).flatMap(({ before, after }) => (before?.status ? shrunk(before, after) : []));

function shrunk(before: Task, after: Task): string[] {
  const [old, next] = [before.status ?? {}, after.status ?? {}];
  const kept = windowOf(before);
  return [
    ...(isDeepStrictEqual(windowOf(after).slice(0, kept.length), kept)
      ? []
      : [`lost or changed messages between ${phaseOf(before)} and ${phaseOf(after)}`]),
    ...(counters(next).every((count, i) => count >= (counters(old)[i] ?? 0))
      ? []
      : ["has a usage or a number of turns that went down"]),
    ...(isTerminal(before) ? [`was written again after it had ended as ${phaseOf(before)}`] : []),
    ...(next.startTime === undefined && old.startTime !== undefined ? ["forgot when it started"] : []),
  ];
}

function counters({ usage = {}, turns = 0 }: TaskStatus): number[] {
  const { inputTokens = 0, outputTokens = 0, cachedInputTokens = 0, requests = 0, cost = 0 } = usage;
  return [inputTokens, outputTokens, cachedInputTokens, requests, cost, turns];
}

/** The answer is word for word what the model said to the very conversation it is the end of. */
const answersAreTheModels: Check = (life) => {
  if (phaseOf(life.last) !== "FinalAnswer") return [];
  const said = windowOf(life.last).at(-1);
  const asked = windowOf(life.last).slice(0, -1);
  if (said?.content !== life.last.status?.output) return ["has an output that is not the last message"];
  const given = life.calls.some(
    ({ messages, outcome }) =>
      outcome?.kind === "Answer" && isDeepStrictEqual(outcome.message, said) && isDeepStrictEqual(messages, asked),
  );
  return given ? [] : ["has an answer that the model never gave to this conversation"];
};

/** Everything that the model said and that was stored stands in the order in which it was said. */
const conversationsAreWhole: Check = (life, evidence) =>
  life.calls.flatMap((call) => [
    ...(opens(call.messages, life.last, evidence)
      ? []
      : [`sent a conversation (call ${call.number}) that does not begin with what the task says`]),
    ...brokenToolCalls(call.messages).map(
      (id) => `sent a conversation (call ${call.number}) in which tool call ${id} has not exactly one result after it`,
    ),
    ...(["user", "tool"].includes(call.messages.at(-1)?.role ?? "")
      ? []
      : [`sent a conversation (call ${call.number}) in which nobody awaits an answer`]),
  ]);

function opens(messages: Message[], { spec }: Task, { versions }: Evidence): boolean {
  const given: Message[] = spec.contextWindow ?? [{ role: "user", content: spec.userMessage ?? "" }];
  if (given.some(({ role }) => role === "system")) return isDeepStrictEqual(messages.slice(0, given.length), given);
  const systems = versions.flatMap(({ object }) => (object.kind === "Agent" ? (object as Agent).spec.system : []));
  const [first, ...rest] = messages;
  return (
    first?.role === "system" && systems.includes(first.content) && isDeepStrictEqual(rest.slice(0, given.length), given)
  );
}

/** The ids of tool calls that are not answered exactly once, at once and in order, and of results nobody asked for. */
function brokenToolCalls(messages: Message[]): string[] {
  const broken: string[] = [];
  let awaited: string[] = [];
  for (const message of messages) {
    if (message.role === "tool" && message.toolCallId === awaited[0]) awaited.shift();
    else if (message.role === "tool") broken.push(message.toolCallId ?? "without an id");
    else {
      broken.push(...awaited);
      awaited = (message.toolCalls ?? []).map(({ id }) => id);
    }
  }
  return [...broken, ...awaited];
}

/** S4: when a call starts, the conversation it carries is stored and the call is counted. */
const writtenBeforeAsked: Check = (life) =>
  life.calls.flatMap((call, i) => {
    const stored = life.versions.findLast(({ mark }) => mark <= call.mark)?.task;
    const counted = stored ? requestsOf(stored) : 0;
    return [
      ...(stored && isDeepStrictEqual(windowOf(stored), call.messages)
        ? []
        : [`asked the model (call ${call.number}) something that was not stored before`]),
      ...(counted > i ? [] : [`had counted ${counted} calls when call number ${i + 1} of it started`]),
    ];
  });

/** Without a crash, nothing is asked twice: a call repeats another's words only when that one failed or said nothing. */
const askedOnce: Check = (life, { kills }) =>
  kills > 0
    ? []
    : life.calls.flatMap((call, i) => {
        const twin = life.calls
          .slice(0, i)
          .find((other) => isDeepStrictEqual(other.messages, call.messages) && wasHeard(other));
        return twin
          ? [`asked again (call ${call.number}) what call ${twin.number} had answered or was still answering`]
          : [];
      });

function wasHeard({ outcome }: SeenCall): boolean {
  return (
    !outcome || (outcome.kind === "Answer" && (outcome.message.content.trim() !== "" || outcome.stop === "ToolCalls"))
  );
}

/** One call at a time. A dead process's call has ended: its connection went with it. */
const oneAtATime: Check = (life) =>
  life.calls.flatMap((call, i) => {
    const before = life.calls[i - 1];
    return before && (!before.endedAt || before.endedAt > call.startedAt)
      ? [`had two calls in flight at once (${before.number} and ${call.number})`]
      : [];
  });

/** No call comes before the time that the stored status gives for it, and thus not before the Retry-After that led to it. */
const waitsAsLongAsAsked: Check = (life, evidence) => {
  const early = life.versions.flatMap(({ mark, task }) => {
    const retryAt = phaseOf(task) === "ErrorBackoff" ? Date.parse(task.status?.retryAt ?? "") : -Infinity;
    return life.calls.filter((call) => call.mark >= mark && call.startedAt.getTime() < retryAt);
  });
  const impatient = life.calls.filter((call, i) => {
    const outcome = life.calls[i - 1]?.outcome;
    const asked = outcome?.kind === "Failure" ? (outcome.retryAfterMs ?? 0) : 0;
    const heardAt = life.calls[i - 1]?.endedAt?.getTime() ?? 0;
    return !isDisturbed(evidence) && call.startedAt.getTime() < heardAt + asked;
  });
  return [...new Set([...early, ...impatient])].map((call) => `asked (call ${call.number}) before the time was there`);
};

/** Once cancelled, suspended or deleted, nothing is asked, and what was being asked ends. */
const obeysPeople: Check = (life, { noticeMs }) =>
  forbiddenSpans(life, noticeMs).flatMap(({ from, to, because, abort }) => [
    ...life.calls
      .filter(({ startedAt }) => startedAt.getTime() > from && startedAt.getTime() < to)
      .map((call) => `asked the model (call ${call.number}) after it was ${because}`),
    ...life.calls
      .filter(
        ({ startedAt, endedAt }) => abort && startedAt.getTime() <= from && (endedAt?.getTime() ?? Infinity) > from,
      )
      .map((call) => `let call ${call.number} go on after it was ${because}`),
  ]);

interface Span {
  from: number;
  to: number;
  because: string;
  abort: boolean;
}

function forbiddenSpans(life: Life, noticeMs: number): Span[] {
  const spans: Span[] = [];
  const span = (because: string, from: Date | undefined, to?: Date): void => {
    if (from)
      spans.push({
        from: from.getTime() + noticeMs,
        to: to?.getTime() ?? Infinity,
        because,
        abort: because !== "suspended",
      });
  };
  span("cancelled", life.versions.find(({ task }) => task.spec.cancelled)?.at);
  span("deleted", life.deleted?.at);
  const suspended = life.versions.findIndex(({ task }) => task.spec.suspended);
  const resumed = life.versions.slice(suspended).find(({ task }) => !task.spec.suspended);
  if (suspended >= 0) span("suspended", life.versions[suspended]?.at, resumed?.at);
  return spans;
}

/** Every write says something new. */
const writesSaySomething: Check = (life) => {
  const words = statusWrites(life).map(({ after }) =>
    JSON.stringify({ ...after.status, conditions: undefined, observedGeneration: undefined }),
  );
  return words.some((word, i) => word === words[i - 1]) ? ["was written without anything having changed"] : [];
};

const taskStatus = definitions.find(({ spec }) => spec.names.kind === "Task")?.spec.versions[0]?.schema.openAPIV3Schema
  .properties?.["status"];
const schema = new Validator((taskStatus ?? false) as ConstructorParameters<typeof Validator>[0], "2020-12", false);

/** The real API server refuses what does not fit the schema, and silently drops fields that the schema does not know. */
const fitsTheSchema: Check = ({ last: { status = {} } }) => [
  ...schema
    .validate(status)
    .errors.map(
      ({ error, instanceLocation }) => `has a status that the API server refuses: ${instanceLocation} ${error}`,
    ),
  ...Object.keys(status).flatMap((field) =>
    field in (taskStatus?.properties ?? {}) ? [] : [`has a status field that the API server drops: ${field}`],
  ),
];

const checks: Check[] = [
  neverLost,
  storedOnceStoredForEver,
  answersAreTheModels,
  conversationsAreWhole,
  writtenBeforeAsked,
  askedOnce,
  oneAtATime,
  waitsAsLongAsAsked,
  obeysPeople,
  writesSaySomething,
  fitsTheSchema,
];

/** No event without the write that it tells of, and none more often than that write was made. */
function eventsTellTheTruth({ versions, isStormy }: Evidence): string[] {
  const counted = new Map<string, StoredEvent>();
  const markOf = new Map<string, number>();
  for (const { object, mark, change } of versions) {
    if (object.kind !== EVENTS.kind || change === "Deleted") continue;
    counted.set(object.metadata.name, object as StoredEvent);
    markOf.set(object.metadata.name, mark);
  }
  const told = new Map<string, { times: number; mark: number; event: StoredEvent }>();
  for (const [name, event] of counted) {
    const words = [event.involvedObject.uid, event.reason, event.message].join("\n");
    const before = told.get(words);
    told.set(words, {
      times: (before?.times ?? 0) + event.count,
      mark: Math.max(before?.mark ?? 0, markOf.get(name) ?? 0),
      event,
    });
  }
  return [...told.values()].flatMap(({ times, mark, event }) => {
    const moves = movesOf(event.involvedObject.uid, versions).filter(
      (move) => move.mark <= mark && tells(event, move.before, move.after),
    );
    // An event whose answer was lost may be told again under another name: that is all that may happen twice.
    return times <= moves.length || (isStormy && moves.length > 0)
      ? []
      : [
          `Event ${event.reason} "${event.message}" about ${event.involvedObject.kind} "${event.involvedObject.name}" was told ${times} times, but happened ${moves.length} times`,
        ];
  });
}

interface Said extends ClusterObject {
  spec?: { suspended?: boolean };
  status?: TaskStatus;
}

function movesOf(uid: string, versions: Version[]): { mark: number; before: Said | undefined; after: Said }[] {
  const own = versions.filter(({ object, change }) => object.metadata.uid === uid && change === "Stored");
  return own.flatMap(({ mark, object }, i) => {
    const [before, after] = [own[i - 1]?.object as Said | undefined, object as Said];
    return after.status && !isDeepStrictEqual(before?.status, after.status) ? [{ mark, before, after }] : [];
  });
}

/** Whether going from `before` to `after` is what the event says has happened. */
function tells({ involvedObject, reason, message }: StoredEvent, before: Said | undefined, after: Said): boolean {
  const [old, next] = [before?.status ?? {}, after.status ?? {}];
  if (involvedObject.kind !== "Task") return reason === "Initializing" || isToldAs(next.statusDetail, message);
  const move = meanings[reason];
  return move ? move(old, next, message) : isToldAs(next.error, message) && reason === next.finishReason;
}

/** The words themselves, or the beginning of words that are too long for an event. */
function isToldAs(words: string | undefined, message: string): boolean {
  return words === message || (message.endsWith("…") && (words ?? "").startsWith(message.slice(0, -1)));
}

const hasAsked = (old: TaskStatus, next: TaskStatus): boolean =>
  (next.usage?.requests ?? 0) > (old.usage?.requests ?? 0);

/** What must have happened for an event of that reason to be true; any other reason is that of a failure. */
const meanings: Record<string, (old: TaskStatus, next: TaskStatus, message: string) => boolean> = {
  ValidationSucceeded: (old, next) => hasAsked(old, next) && (old.phase ?? "Pending") === "Pending",
  SendingContextWindowToLLM: hasAsked,
  LLMFinalAnswer: (_old, next) => next.phase === "FinalAnswer",
  Cancelled: (_old, next) => next.phase === "Cancelled",
  Waiting: (_old, next, message) => `Waiting for ${next.waitingFor ?? ""}`.startsWith(message),
  Suspended: (_old, next) => next.status === "Suspended",
  Resumed: (old, next) => old.status === "Suspended" && next.status !== "Suspended",
  LLMRequestFailed: (_old, next, message) =>
    isToldAs(next.error, message) && (next.phase === "ErrorBackoff" || next.finishReason === "LLMRequestFailed"),
};

/** Nothing is asked that belongs to no task. */
function strangers(lives: Life[], { calls }: Evidence): string[] {
  const traces = new Set(lives.map(({ uid }) => traceOf(uid)));
  return calls
    .filter(({ trace }) => !traces.has(trace))
    .map(({ number }) => `The model was asked (call ${number}) for no task that ever existed`);
}

/** What a process may do while there is nothing to do: look whether its watches are alive, and whether a key still works. */
const restful = ["listMetadata llms", "listMetadata agents", "listMetadata tasks", "verify", "get secrets"];

function restsWhenDone({ outside, quietFrom }: Evidence): string[] {
  const restless = outside.filter(({ at, what }) => at > quietFrom && !restful.includes(what));
  return restless.map(
    ({ what, name, at }) => `There was nothing to do, but a process did: ${what} ${name} at ${at.toISOString()}`,
  );
}

/** Attempts to write that lost a race or were refused, for every one that did not: more than that is a process that turns on the spot. */
const FUTILE_WRITES = 2;
const FUTILE_WRITES_IN_A_STORM = 10;

function neverSpins({ outside, versions, isStormy, kills }: Evidence): string[] {
  const writes = outside.filter(({ what }) => what.startsWith("replaceStatus")).length;
  const stored = versions.filter(({ object }) => "status" in object).length;
  const most = (isStormy ? FUTILE_WRITES_IN_A_STORM : FUTILE_WRITES) * stored + kills + 5;
  return writes <= most ? [] : [`A process turned on the spot: ${writes} attempts to write for ${stored} versions`];
}
