/**
 * What the tool servers saw: no unsafe tool does its work twice, nothing is sent before it is stored that it will be,
 * and nothing is sent for those who no longer want it.
 */
import type { MCPServer } from "../../../crds/index";
import type { SeenToolCall } from "../fake-mcp";
import { forbiddenSpans } from "./asking";
import type { Evidence } from "./evidence";
import type { Check, Life, ToolLife } from "./lives";
import { stateOf } from "./lives";
import { timesToRunAgain } from "./people";

/** The heart of the promise: only a person may say that it is to be done once more. */
export const neverTwice: Check = (life, evidence) =>
  life.toolCalls.flatMap((call) => {
    const { name, sent } = call;
    const effects = sent.filter((seen) => seen.executedAt && !isSafe(seen, evidence));
    return effects.some((seen, i) => i > timesToRunAgain(call, seen.mark, evidence))
      ? [`had an unsafe tool do its work ${effects.length} times for "${name}" (${numbers(effects)})`]
      : [];
  });

/** A server may recognise a repeat by its key: the same for the same call, another for another. */
export function keysTellCallsApart(lives: Life[], evidence: Evidence): string[] {
  const calls = lives.flatMap(({ toolCalls }) => toolCalls);
  const shared = calls.filter(({ sent }) => new Set(sent.map(({ key }) => key)).size > 1);
  const owners = new Map<string, ToolLife>();
  const taken = calls.filter((call) =>
    call.sent.some(({ key }) => {
      const owner = owners.get(key) ?? call;
      owners.set(key, owner);
      return owner !== call;
    }),
  );
  const again = new Set(
    calls.filter((call) => timesToRunAgain(call, Infinity, evidence) > 0).flatMap(({ sent }) => sent),
  );
  const unsafe = evidence.toolCalls.filter((seen) => seen.executedAt && !isSafe(seen, evidence) && !again.has(seen));
  const repeated = unsafe.filter(({ key }, i) => unsafe.findIndex((other) => other.key === key) !== i);
  return [
    ...shared.map(({ name }) => `ToolCall "${name}" was sent under more than one idempotency key`),
    ...taken.map(({ name }) => `ToolCall "${name}" was sent under another call's idempotency key`),
    ...repeated.map(({ number }) => `An unsafe tool did its work twice under one idempotency key (call ${number})`),
  ];
}

/** S4: when a request leaves, it is stored that this process carries the call out, and this attempt is counted. */
export const intentBeforeEffect: Check = (life) =>
  life.toolCalls.flatMap(({ name, versions, sent }) =>
    sent.flatMap((seen, i) => {
      const stored = versions.findLast(({ mark }) => mark <= seen.mark)?.object;
      const { status, holder, attempts = 0 } = stored?.status ?? {};
      return [
        ...(status === "Executing" && holder === holderOf(seen.process)
          ? []
          : [`had a tool called for "${name}" (call ${seen.number}) that was not stored as Executing before`]),
        ...(attempts > i ? [] : [`had counted ${attempts} attempts when number ${i + 1} for "${name}" was sent`]),
      ];
    }),
  );

/** How a process names itself in what it stores. */
export function holderOf(process: number): string {
  return `process-${process}`;
}

/** One request at a time for one call. */
export const onceAtATime: Check = (life) =>
  life.toolCalls.flatMap(({ name, sent }) =>
    sent.flatMap((seen, i) => {
      const before = sent[i - 1];
      return before && (endOf(before)?.getTime() ?? Infinity) > seen.sentAt.getTime()
        ? [`had "${name}" sent twice at once (${before.number} and ${seen.number})`]
        : [];
    }),
  );

function endOf({ answeredAt, givenUpAt }: SeenToolCall): Date | undefined {
  return answeredAt ?? givenUpAt;
}

/** Once cancelled, suspended or deleted, no tool is called; once cancelled or deleted, nobody waits for one any more. */
export const callsForWhoWantsIt: Check = (life, { noticeMs }) =>
  forbiddenSpans(life, noticeMs).flatMap(({ from, to, because, abort }) =>
    life.toolCalls.flatMap(({ name, sent }) => [
      ...sent
        .filter(({ sentAt }) => sentAt.getTime() > from && sentAt.getTime() < to)
        .map(({ number }) => `had a tool called for "${name}" (call ${number}) after it was ${because}`),
      ...sent
        .filter((seen) => abort && seen.sentAt.getTime() <= from && (endOf(seen)?.getTime() ?? Infinity) > from)
        .map(({ number }) => `let the tool call for "${name}" (call ${number}) go on after it was ${because}`),
    ]),
  );

/** "Nobody knows" is said only where nobody can: its process died with it in hand, or its answer never came. */
export const unknownOnlyWhereUnknown: Check = (life, { deaths }) =>
  life.toolCalls.flatMap((call) =>
    call.versions.flatMap(({ mark, object }, i) => {
      const before = call.versions.slice(0, i).map((version) => version.object);
      const isNews = stateOf(object) === "OutcomeUnknown" && before.at(-1)?.status?.status !== "OutcomeUnknown";
      if (!isNews || hasGivenUp(call, mark)) return [];
      const holder = before.findLast((version) => stateOf(version) === "Executing")?.status?.holder;
      // A write may still arrive after its process has died; that one died before the end is what counts.
      const hasDied = deaths.some((death) => holderOf(death.process) === holder && death.mark <= mark);
      return hasDied ? [] : [`says of "${call.name}" that its outcome is unknown, but nothing had happened to it`];
    }),
  );

/** Whether whoever sent the last request before that mark had no hope of an answer any more. */
function hasGivenUp({ sent }: ToolLife, mark: number): boolean {
  const last = sent.findLast((seen) => seen.mark <= mark);
  return (last?.givenUpMark ?? Infinity) < mark;
}

/** Nothing is sent for a tool call that never was. */
export function strangeEffects(lives: Life[], { toolCalls }: Evidence): string[] {
  const known = new Set(lives.flatMap((life) => life.toolCalls).flatMap(({ sent }) => sent));
  return toolCalls
    .filter((seen) => !known.has(seen))
    .map(({ number, tool }) => `Tool "${tool}" was called (call ${number}) for no ToolCall that ever existed`);
}

/** Safe to repeat: by the server's own word, where the server is to be trusted. */
function isSafe({ server, annotations = {} }: SeenToolCall, { versions }: Evidence): boolean {
  const isTrusted = versions.some(
    ({ object }) =>
      object.kind === "MCPServer" &&
      object.metadata.name === server &&
      (object as MCPServer).spec.trustAnnotations === true,
  );
  return isTrusted && (annotations["readOnlyHint"] === true || annotations["idempotentHint"] === true);
}

function numbers(seen: SeenToolCall[]): string {
  return seen.map(({ number }) => `call ${number}`).join(", ");
}
