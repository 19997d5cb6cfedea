/** What has changed from one status of an MCPServer to the next, as far as people want to hear of it. Pure. */
import type { MCPTool } from "../../../crds/index";
import { isSameJson } from "../../runtime/same-json";
import type { Note } from "../status";

/** The event about another list of tools; none before the first list, and none when it is the same. */
export function toolsUpdated(before: readonly MCPTool[] | undefined, now: readonly MCPTool[]): Note[] {
  if (before === undefined) return [];
  const old = new Map(before.map((tool) => [tool.name, tool]));
  const names = new Set(now.map(({ name }) => name));
  const parts = [
    said(
      "Added",
      now.filter(({ name }) => !old.has(name)),
    ),
    said(
      "Removed",
      before.filter(({ name }) => !names.has(name)),
    ),
    said(
      "Changed",
      now.filter((tool) => old.has(tool.name) && !isSameJson(old.get(tool.name), tool)),
    ),
  ].flat();
  return parts.length === 0 ? [] : [{ type: "Normal", reason: "ToolsUpdated", message: parts.join(" ") }];
}

/** An event has 1,024 characters for all three lists. */
const MOST_NAMES = 10;
const NAME_LENGTH = 24;

function said(what: string, tools: readonly MCPTool[]): string[] {
  if (tools.length === 0) return [];
  const names = tools
    .slice(0, MOST_NAMES)
    .map(({ name }) => (name.length > NAME_LENGTH ? `${name.slice(0, NAME_LENGTH)}…` : name));
  const more = tools.length > MOST_NAMES ? ` and ${tools.length - MOST_NAMES} more` : "";
  return [`${what}: ${names.join(", ")}${more}.`];
}

/**
 * Whether two descriptions of a failure differ in nothing but what differs between two runs of the same program: dates,
 * times, process ids, ports and random ids. Numbers of up to three digits, such as an HTTP status, do count.
 */
export function isSameTrouble(before: string, now: string): boolean {
  return essence(before) === essence(now);
}

function essence(detail: string): string {
  return detail
    .replace(/\[\d+\]|\bpid[ :=]+\d+/gi, "#")
    .replace(/\d+(?:[-:]\d+)+(?:[.,]\d+)?/g, "#") // dates and times of day
    .replace(/\b(?=[0-9a-f-]*\d)[0-9a-f][0-9a-f-]{7,}\b/gi, "#") // ids
    .replace(/\d{4,}/g, "#");
}
