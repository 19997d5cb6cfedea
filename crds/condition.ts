/** How conditions go on from one status to the next. Pure. */
import type { Condition } from "./generated/shared";
import { DETAIL_TEXT } from "./schema";
import { timestamp } from "./time";

/** A condition without what is worked out from the one before it. */
export type WantedCondition = Pick<Condition, "type" | "status" | "reason" | "message">;

/** What the conditions of an object follow from, besides what they are to say. */
export interface ConditionsBefore {
  /** Those stored now. */
  old: Condition[] | undefined;
  /** `metadata.generation` that was looked at. */
  generation: number;
  now: Date;
}

/** The conditions as stored: one whose value stays keeps its lastTransitionTime, and a message is cut to what the schema takes. */
export function conditionsOf(wanted: WantedCondition[], { old, generation, now }: ConditionsBefore): Condition[] {
  return wanted.map((next) => {
    const before = old?.find(({ type }) => type === next.type);
    return {
      ...next,
      message: next.message.slice(0, DETAIL_TEXT),
      observedGeneration: generation,
      lastTransitionTime: before?.status === next.status ? before.lastTransitionTime : timestamp(now),
    };
  });
}
