/**
 * Whether a channel can be used: the service is asked whose the key is. Asks nothing of webhooks, for a post is a question
 * to people. Every ending is a value.
 */
import type { HumanLayerApi } from "./humanlayer";
import type { ChannelCheck, ChannelTarget } from "./port";
import type { Trouble } from "./wire";
import { isWebAddress } from "./wire";
import { shown, spokenOf, wordsFor } from "./words";
import { isRecord } from "../../runtime/json";

/** Asks the service behind a channel; `api` is the one that the target leads to. */
export async function checkHumanLayer(
  target: ChannelTarget,
  api: HumanLayerApi,
  signal: AbortSignal,
): Promise<ChannelCheck> {
  if (!canBeSent(target.apiKey ?? "")) {
    const message =
      "The HumanLayer API key is not valid: it holds a blank or another character that no HTTP header can carry. Put a valid one into the Secret of spec.apiKeyFrom.";
    return { kind: "Refused", message };
  }
  const project = await api.get("/project", signal);
  if (project.kind === "Item") return { kind: "Usable", ...slugsIn(project.item) };
  // A server of the same protocol need not know of projects.
  const other = project.kind === "Status" && project.status === 404 ? await api.get("/status", signal) : project;
  return other.kind === "Item" ? { kind: "Usable" } : unusable(other, target);
}

/** Whether the address of a webhook can be one. */
export function checkWebhook({ webhook }: ChannelTarget): ChannelCheck {
  if (isWebAddress(webhook?.url ?? "")) return { kind: "Usable" };
  const message =
    "spec.webhook.url is not an address that can be posted to: give one with http:// or https://, without a name and password in it. Posts are signed with the secret of spec.webhook.secretFrom.";
  return { kind: "Refused", message };
}

function unusable(trouble: Trouble, target: ChannelTarget): ChannelCheck {
  const message = wordsFor(trouble, spokenOf(target));
  return { kind: isRefusal(trouble) ? "Refused" : "Unreachable", message };
}

/** What waiting does not mend. */
function isRefusal(trouble: Trouble): boolean {
  if (trouble.kind === "Unreadable") return true;
  return trouble.kind === "Status" && trouble.status < 500 && trouble.status !== 429 && trouble.status !== 408;
}

/** RFC 9110, section 5.5, without blanks: keys have none. */
function canBeSent(key: string): boolean {
  return /^[\x21-\x7e\x80-\xff]+$/.test(key);
}

/** As many characters as are shown of a name. */
const SLUG_LENGTH = 253;

/** Servers differ in how they name them. */
function slugsIn(project: unknown): { projectSlug?: string; orgSlug?: string } {
  if (!isRecord(project)) return {};
  const projectSlug = slugOf(project["project_slug"]) ?? slugOf(project["slug"]) ?? slugOf(project["project"]);
  const orgSlug = slugOf(project["org_slug"]) ?? slugOf(project["organization"]) ?? slugOf(project["org"]);
  return { ...(projectSlug !== undefined && { projectSlug }), ...(orgSlug !== undefined && { orgSlug }) };
}

function slugOf(value: unknown): string | undefined {
  const slug = isRecord(value) ? value["slug"] : value;
  const text = typeof slug === "string" ? shown(slug, "", SLUG_LENGTH) : "";
  return text === "" ? undefined : text;
}
