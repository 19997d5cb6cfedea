/**
 * What every status has, and what `kubectl get` shows of an object before the operator has looked at it.
 */
import type { Schema } from "./schema";
import * as s from "./schema";

/** What the status of an object says before the operator has written one. */
const NOT_LOOKED_AT = "Waiting for the operator to look at this object.";

/** One condition, as Kubernetes has them. */
export const condition: Schema = {
  title: "Condition",
  type: "object",
  properties: {
    type: s.text("You wait for a condition by this name.", "Ready", {
      minLength: 1,
      maxLength: 316,
    }),
    status: s.choice("You read here whether the condition holds.", "True", ["True", "False", "Unknown"]),
    observedGeneration: s.count("You can tell from this which generation of the spec was looked at.", "3"),
    lastTransitionTime: s.moment("You read here when the condition last changed."),
    reason: s.text("You get the cause in one word, for programs.", "ValidationSucceeded", {
      minLength: 1,
      maxLength: 1024,
    }),
    message: s.text("You get the cause in a sentence, for people.", "OpenAI API key validated successfully", {
      maxLength: s.DETAIL_TEXT,
    }),
  },
  required: ["type", "status", "lastTransitionTime", "reason", "message"],
};

/** Fields every status has. */
const commonStatus = {
  ready: s.flag("You see true here once the object can be used.", "true"),
  status: s.text("You get the state in one word.", "Ready", { maxLength: 64 }),
  statusDetail: s.text("You get the state in a sentence, with what to do when something is missing.", NOT_LOOKED_AT, {
    maxLength: s.DETAIL_TEXT,
  }),
  conditions: s.list("You can wait for these with kubectl wait.", "[{type: Ready, status: True}]", condition, {
    maxItems: 32,
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": ["type"],
  }),
  observedGeneration: s.count("You can tell from this which generation of the spec the status speaks of.", "3"),
};

/** The status of a kind: what every kind has, its own fields, and what is shown before the operator has looked. */
export function statusOf(
  own: Record<string, Schema>,
  before: { statusDetail?: string } & Record<string, unknown> = {},
): Schema {
  return {
    description:
      "You read here what the operator found and did; only the operator writes it. Example: `{ready: true, status: Ready}`.",
    type: "object",
    properties: { ...commonStatus, ...own },
    default: {
      ready: false,
      status: "Pending",
      statusDetail: NOT_LOOKED_AT,
      ...before,
    },
  };
}
