/** The model is asked what is stored, once, by one at a time, when it is time, and only while somebody wants it. */
import { isDeepStrictEqual } from "node:util";
import type { Agent } from "../../../crds/index";
import type { Evidence } from "./evidence";
import { isDisturbed } from "./evidence";
import type { Check, Life } from "./lives";
import { phaseOf, requestsOf, traceOf, windowOf } from "./lives";
import type { SeenCall } from "../scripted-model";

/** S4: when a call starts, the conversation it carries is stored and the call is counted. */
export const writtenBeforeAsked: Check = (life) =>
  life.calls.flatMap((call, i) => {
    const stored = life.versions.findLast(({ mark }) => mark <= call.mark)?.object;
    const counted = stored ? requestsOf(stored) : 0;
    return [
      ...(stored && isDeepStrictEqual(windowOf(stored), call.messages)
        ? []
        : [`asked the model (call ${call.number}) something that was not stored before`]),
      ...(counted > i ? [] : [`had counted ${counted} calls when call number ${i + 1} of it started`]),
    ];
  });

/** Without a crash, nothing is asked twice: a call repeats another's words only when that one failed or said nothing. */
export const askedOnce: Check = (life, { kills }) =>
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
export const oneAtATime: Check = (life) =>
  life.calls.flatMap((call, i) => {
    const before = life.calls[i - 1];
    return before && (!before.endedAt || before.endedAt > call.startedAt)
      ? [`had two calls in flight at once (${before.number} and ${call.number})`]
      : [];
  });

/** No call comes before the time that the stored status gives for it, and thus not before the Retry-After that led to it. */
export const waitsAsLongAsAsked: Check = (life, evidence) => {
  const early = life.versions.flatMap(({ mark, object: task }) => {
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
export const obeysPeople: Check = (life, { noticeMs }) =>
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

export interface Span {
  from: number;
  to: number;
  because: string;
  abort: boolean;
}

export function forbiddenSpans(life: Life, noticeMs: number): Span[] {
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
  span("cancelled", life.versions.find(({ object: task }) => task.spec.cancelled)?.at);
  span("deleted", life.deleted?.at);
  const suspended = life.versions.findIndex(({ object: task }) => task.spec.suspended);
  const resumed = life.versions.slice(suspended).find(({ object: task }) => !task.spec.suspended);
  if (suspended >= 0) span("suspended", life.versions[suspended]?.at, resumed?.at);
  return spans;
}
/** Nothing is asked that belongs to no task. */
export function strangers(lives: Life[], { calls }: Evidence): string[] {
  const traces = new Set(lives.map(({ uid }) => traceOf(uid)));
  return calls
    .filter(({ trace }) => !traces.has(trace))
    .map(({ number }) => `The model was asked (call ${number}) for no task that ever existed`);
}

/** The model is offered the tools that its agent has, as somebody who looks at the agent sees them. */
export const offersTheAgentsTools: Check = (life, evidence) =>
  life.calls.flatMap((call) => {
    const offers = offersOf(life.last.spec.agentRef.name, call, evidence);
    return offers.some((names) => isDeepStrictEqual(names, call.tools))
      ? []
      : [`offered the model (call ${call.number}) other tools than its agent has: ${call.tools.join(", ") || "none"}`];
  });

/** What the agent had when the call started, or had had a moment ago. */
function offersOf(agentName: string, call: SeenCall, { versions, noticeMs }: Evidence): string[][] {
  const stored = versions.filter(
    ({ object, mark, change }) =>
      object.kind === "Agent" && object.metadata.name === agentName && mark <= call.mark && change === "Stored",
  );
  const recent = stored.filter((_version, i) => {
    const next = stored[i + 1];
    return !next || next.at.getTime() >= call.startedAt.getTime() - noticeMs;
  });
  return recent.map(({ object }) => ((object as Agent).status?.tools ?? []).map(({ name }) => name));
}
