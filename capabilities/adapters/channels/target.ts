/**
 * From a ContactChannel to how it is reached: the values that stay in Secrets are read and put in their places. Owns no
 * memory, and decides nothing about the channel: what is missing is said as a value, and whoever asked finds the words.
 */
import type { ContactChannel } from "../../../crds/index";
import type { SecretRef, Secrets, SecretValue } from "../../runtime/secrets";
import type { ChannelTarget } from "./port";

/** What the operator's environment says of channels. */
export interface ChannelEnvironment {
  /** Where the HumanLayer API is for channels without `spec.baseUrl`; with or without `/humanlayer/v1`. */
  HUMANLAYER_API_BASE?: string;
  /** Under which address the operator's receiver is reached from outside; without it, webhooks name no address for answers. */
  KUBECHAIN_RECEIVER_URL?: string;
}

/** A value that a channel needs and does not have: the field does not say where it is, or it is not there. */
export type AbsentValue =
  | { kind: "NotGiven" }
  | (Extract<SecretValue, { kind: "Missing" | "KeyMissing" | "Empty" }> & { ref: SecretRef });

/** How a channel is reached, or why that is not known. */
export type ReadTarget =
  | { kind: "Target"; target: ChannelTarget }
  /** `field` is the field of the ContactChannel that says, or should say, where the value is. */
  | { kind: "Absent"; field: "spec.apiKeyFrom" | "spec.webhook.secretFrom"; found: AbsentValue }
  /** Nobody can say whether it is there; worth trying again. `ref` is the Secret, if it is one. */
  | { kind: "Unreadable"; message: string; ref?: SecretRef };

/** Where the values are, and what the operator's environment says. */
export interface TargetSources {
  secrets: Pick<Secrets, "read">;
  environment: ChannelEnvironment;
}

/** Reads what leads to the people behind a channel. A channel of type kubernetes leads nowhere: it is never asked for. */
export async function readTarget(channel: ContactChannel, sources: TargetSources): Promise<ReadTarget> {
  switch (channel.spec.type) {
    case "email":
    case "slack":
      return humanLayerTarget(channel, channel.spec.type, sources);
    case "webhook":
      return webhookTarget(channel, sources);
    case "kubernetes":
      return unreadable("A channel of type kubernetes has no service behind it: people answer with kubectl.");
  }
}

async function humanLayerTarget(
  channel: ContactChannel,
  type: "email" | "slack",
  { secrets, environment }: TargetSources,
): Promise<ReadTarget> {
  const { apiKeyFrom, email, slack, baseUrl } = channel.spec;
  const people = type === "email" ? email && { email } : slack && { slack };
  if (!people) return unreadable(`The block spec.${type} is missing: it says who is reached.`);
  if (apiKeyFrom === undefined) return { kind: "Absent", field: "spec.apiKeyFrom", found: { kind: "NotGiven" } };
  const ref = refOf(channel, apiKeyFrom.secretKeyRef);
  const found = await secrets.read(ref);
  if (found.kind !== "Value") return without("spec.apiKeyFrom", found, ref);
  const base = apiBase(baseUrl) ?? apiBase(environment.HUMANLAYER_API_BASE);
  const target: ChannelTarget = {
    ...identityOf(channel),
    type,
    apiKey: found.value.trim(),
    ...(base !== undefined && { baseUrl: base }),
    ...people,
  };
  return { kind: "Target", target };
}

async function webhookTarget(channel: ContactChannel, { secrets }: TargetSources): Promise<ReadTarget> {
  const { webhook } = channel.spec;
  if (!webhook) return unreadable("The block spec.webhook is missing: it says who is reached.");
  const field = "spec.webhook.secretFrom";
  if (webhook.secretFrom === undefined) return { kind: "Absent", field, found: { kind: "NotGiven" } };
  const ref = refOf(channel, webhook.secretFrom.secretKeyRef);
  const found = await secrets.read(ref);
  if (found.kind !== "Value") return without(field, found, ref);
  const target: ChannelTarget = {
    ...identityOf(channel),
    type: "webhook",
    webhook: { url: webhook.url, secret: found.value },
  };
  return { kind: "Target", target };
}

/** Below the address of every server that speaks the protocol. */
const API_PATH = "/humanlayer/v1";

/** The address of the API: some tools give it with its path and some without, and both are meant. */
export function apiBase(given: string | undefined): string | undefined {
  const trimmed = given?.trim().replace(/\/+$/, "");
  if (trimmed === undefined || trimmed === "") return undefined;
  return trimmed.endsWith(API_PATH) ? trimmed : `${trimmed}${API_PATH}`;
}

function identityOf({ metadata }: ContactChannel): Pick<ChannelTarget, "uid" | "namespace" | "name"> {
  return { uid: metadata.uid ?? "", namespace: metadata.namespace ?? "", name: metadata.name ?? "" };
}

function refOf({ metadata }: ContactChannel, { name, key }: { name: string; key: string }): SecretRef {
  return { namespace: metadata.namespace ?? "", name, key };
}

function without(
  field: Extract<ReadTarget, { kind: "Absent" }>["field"],
  found: Exclude<SecretValue, { kind: "Value" }>,
  ref: SecretRef,
): ReadTarget {
  if (found.kind === "Unreadable") return { ...unreadable(found.message), ref };
  return { kind: "Absent", field, found: { ...found, ref } };
}

function unreadable(message: string): Extract<ReadTarget, { kind: "Unreadable" }> {
  return { kind: "Unreadable", message };
}
