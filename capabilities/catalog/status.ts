/**
 * What every kind of the catalog says about itself: from a verdict to the status as stored, and whether that is any news.
 * Pure. The verdict is the readiness' business; this only words it the way Kubernetes does.
 */
import type { Condition } from "../../crds/index";
import { DETAIL_TEXT } from "../../crds/index";
import { isWithin } from "../runtime/same-json";

/** The fields of a status that a verdict decides. Every kind of the catalog has them. */
export interface CommonStatus {
  ready?: boolean;
  status?: string;
  statusDetail?: string;
  observedGeneration?: number;
  conditions?: Condition[];
}

/** A condition without what is worked out from the one before it. */
export interface WantedCondition {
  type: string;
  status: Condition["status"];
  reason: string;
  message: string;
}

/** What an object is to say: usable or not, why in one word and in a sentence, and what else holds. */
export interface Verdict {
  ready: boolean;
  /** The STATUS column. */
  status: "Ready" | "Pending" | "Error";
  /** The DETAIL column, the event and the message of the Ready condition. */
  detail: string;
  /** The reason of the Ready condition and of the event. */
  reason: string;
  /** Conditions besides Ready. */
  conditions: WantedCondition[];
  /** The state is only on its way to the next one: it is written, but told in no event. */
  passing?: true;
}

/** The status that says `verdict` about generation `generation`. A condition that stays keeps its lastTransitionTime. */
export function statusOf(
  old: CommonStatus | undefined,
  verdict: Verdict,
  generation: number,
  now: Date,
): Required<CommonStatus> {
  const detail = verdict.detail.slice(0, DETAIL_TEXT);
  const ready: WantedCondition = {
    type: "Ready",
    status: verdict.ready ? "True" : "False",
    reason: verdict.reason,
    message: detail,
  };
  const conditions = [ready, ...verdict.conditions].map((wanted) => conditionOf(wanted, old, generation, now));
  return {
    ready: verdict.ready,
    status: verdict.status,
    statusDetail: detail,
    observedGeneration: generation,
    conditions,
  };
}

function conditionOf(wanted: WantedCondition, old: CommonStatus | undefined, generation: number, now: Date): Condition {
  const before = old?.conditions?.find(({ type }) => type === wanted.type);
  const lastTransitionTime = before?.status === wanted.status ? before.lastTransitionTime : timestamp(now);
  return {
    ...wanted,
    message: wanted.message.slice(0, DETAIL_TEXT),
    observedGeneration: generation,
    lastTransitionTime,
  };
}

/** RFC 3339 without fractions, as the API server itself writes times (metav1.Time). */
function timestamp(when: Date): string {
  return `${when.toISOString().slice(0, 19)}Z`;
}

/** Whether writing `next` over `old` would change nothing. */
export function isSame(old: CommonStatus | undefined, next: Required<CommonStatus>): boolean {
  return isWithin(next, old);
}

/** Something to tell with an event. */
export interface Note {
  type: "Normal" | "Warning";
  reason: string;
  message: string;
}

/**
 * The events of going from `old` to `next`: one when the object became usable, or unusable, or is so for another reason,
 * or was looked at anew after an edit. A change of nothing but a condition is told by the condition.
 */
export function notesOf(old: CommonStatus | undefined, next: Required<CommonStatus>, verdict: Verdict): Note[] {
  if (verdict.passing) return [];
  const isNews =
    old?.ready !== next.ready ||
    old.statusDetail !== next.statusDetail ||
    old.observedGeneration !== next.observedGeneration;
  if (!isNews) return [];
  return [
    {
      type: verdict.ready ? "Normal" : "Warning",
      reason: verdict.reason,
      message: next.statusDetail,
    },
  ];
}

/** Whether the operator has ever said anything about an object; until then the schema's default stands there. */
export function isUnseen(status: CommonStatus | undefined): boolean {
  return status?.observedGeneration === undefined;
}
