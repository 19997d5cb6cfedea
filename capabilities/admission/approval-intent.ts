/**
 * What a request wants of a ToolCall's approvals: nothing, one new entry, or something that nobody may do. Pure. It reads
 * the two ways of deciding, an annotation and an entry by hand, as one thing; whether it counts is judged elsewhere.
 */
import type { Approval, Decided } from "../../crds/index";
import { group } from "../../crds/index";
import { isSameJson } from "../runtime/same-json";
import type { Annotations, Request } from "./request";
import { annotationsOf } from "./request";

/** The annotations with which people decide (docs/approvals.md). */
export const ANNOTATIONS: Readonly<Record<Decided, string>> = {
  Approve: `${group}/approve`,
  Reject: `${group}/reject`,
  Respond: `${group}/respond`,
};

/** A new entry as it was sent: anything may be missing, or be nothing that the schema knows. */
export type Draft = Partial<Omit<Approval, "decision">> & { decision?: string };

/** What a request wants of the approvals. */
export type Intent =
  | { kind: "Nothing" }
  /** An entry that was there is no longer, or is another one. */
  | { kind: "Tampering" }
  | { kind: "Several"; count: number }
  /** `before` are the entries that were there. */
  | { kind: "Entry"; draft: Draft; before: unknown[] };

/** What of the approvals is new in this request. An annotation that is stored as it is was somebody else's, long ago. */
export function intentOf(request: Request): Intent {
  const { object, stored } = request;
  const before = entriesIn(stored?.spec);
  const after = entriesIn(object.spec);
  if (before.some((entry, place) => !isSameJson(entry, after[place]))) return { kind: "Tampering" };
  const drafts = [...after.slice(before.length), ...said(annotationsOf(object), annotationsOf(stored))];
  const [draft] = drafts;
  if (drafts.length > 1) return { kind: "Several", count: drafts.length };
  // What is no object at all is refused by the schema, in its own words.
  return isDraft(draft) ? { kind: "Entry", draft, before } : { kind: "Nothing" };
}

/** The annotations without those that decide. */
export function withoutDecisions(annotations: Annotations): Annotations {
  const names = Object.values(ANNOTATIONS);
  return Object.fromEntries(Object.entries(annotations).filter(([name]) => !names.includes(name)));
}

function entriesIn(spec: Request["object"]["spec"]): unknown[] {
  const approvals = spec?.["approvals"];
  return Array.isArray(approvals) ? approvals : [];
}

function said(now: Annotations, before: Annotations): Draft[] {
  return Object.entries(ANNOTATIONS).flatMap(([decision, name]) => {
    const words = now[name];
    if (words === undefined || words === before[name]) return [];
    return [words.trim() === "" ? { decision } : { decision, comment: words }];
  });
}

function isDraft(value: unknown): value is Draft {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
