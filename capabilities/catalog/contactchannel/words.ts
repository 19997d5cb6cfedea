/**
 * The sentences a ContactChannel says about itself. Pure. Each names what is meant and, where something is wrong, what to
 * do about it.
 */
import type { ChannelType } from "../../../crds/index";
import type { ReadTarget } from "../../adapters/channels/target";
import { unreadable as secretUnreadable, withoutValue } from "../secret-words";

/** People can be reached. */
export function validated(type: ChannelType): string {
  return sentences[type];
}

const sentences: Record<ChannelType, string> = {
  email: "HumanLayer email channel validated successfully",
  slack: "HumanLayer slack channel validated successfully",
  kubernetes: "Kubernetes channel validated successfully: people answer with kubectl",
  webhook: "Webhook channel validated successfully",
};

type Absent = Extract<ReadTarget, { kind: "Absent" }>;

/** A value that the channel needs is not there. */
export function withoutNeeded({ field, found }: Absent): string {
  const { what, names, example } = needs[field];
  return found.kind === "NotGiven"
    ? `The field ${field} is missing: it says which Secret holds ${what}. Set it, for example to {secretKeyRef: ${example}}.`
    : withoutValue(found, names);
}

const needs: Record<Absent["field"], { what: string; names: Parameters<typeof withoutValue>[1]; example: string }> = {
  "spec.apiKeyFrom": {
    what: "the API key of your HumanLayer project",
    names: { called: "API key", placeholder: "YOUR_API_KEY" },
    example: "{name: humanlayer, key: HUMANLAYER_API_KEY}",
  },
  "spec.webhook.secretFrom": {
    what: "the key with which posts are signed",
    names: { called: "signing key", placeholder: "YOUR_SIGNING_KEY" },
    example: "{name: approvals, key: WEBHOOK_SECRET}",
  },
};

/** Nobody could say whether the value is there. */
export function unreadable({ message, ref }: Extract<ReadTarget, { kind: "Unreadable" }>): string {
  return ref ? secretUnreadable(ref, message) : message;
}
