/**
 * What every kind of the catalog says about itself: from a verdict to the status as stored, and whether that is any news.
 * Pure. The verdict is the readiness' business; this only words it the way Kubernetes does.
 */
import type { Condition, WantedCondition } from "../../crds/index";
import { conditionsOf, DETAIL_TEXT } from "../../crds/index";
import { isSameJson, isWithin } from "../runtime/same-json";
import { storable } from "../runtime/storable";

/** The fields of a status that a verdict decides. Every kind of the catalog has them. */
export interface CommonStatus {
  ready?: boolean;
  status?: string;
  statusDetail?: string;
  observedGeneration?: number;
  conditions?: Condition[];
}

/** What an object is to say: usable or not, why in one word and in a sentence, and what else holds. */
export interface Verdict {
  ready: boolean;
  /** The STATUS column. */
  status: "Ready" | "Pending" | "Connecting" | "Error";
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
  const detail = storable(verdict.detail, DETAIL_TEXT);
  const ready: WantedCondition = {
    type: "Ready",
    status: verdict.ready ? "True" : "False",
    reason: verdict.reason,
    message: detail,
  };
  const conditions = conditionsOf([ready, ...verdict.conditions], { old: old?.conditions, generation, now });
  return {
    ready: verdict.ready,
    status: verdict.status,
    statusDetail: detail,
    observedGeneration: generation,
    conditions,
  };
}

/** Whether writing `next`, and beside it what only this kind says of itself, over `old` would change nothing. */
export function isSame(old: CommonStatus | undefined, next: Required<CommonStatus>, own: object = {}): boolean {
  const before: Readonly<Record<string, unknown>> = { ...old };
  return isWithin(next, old) && Object.entries(own).every(([field, value]) => isSameJson(value, before[field]));
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
