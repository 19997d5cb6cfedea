/**
 * Whether an MCPServer can be used, and what there is to say about it. Pure and level-based: it looks at the connection
 * as it is and at what is written, never at what happened.
 *
 * R1 A server is Ready while this process is connected to it.
 * R2 One that was connected stays so in words while a connection is being made, up to its timeout: a restart of the
 *    operator or an edit must not take tools from agents for the seconds that connecting takes. Calls wait by themselves.
 * R3 One that failed says so until it is connected, not "connecting" between any two attempts.
 * R4 The tools that were seen last stay in the status while the server is away: agents keep their offer.
 */
import type { MCPServerStatus, WantedCondition } from "../../../crds/index";
import type { McpLink } from "../../adapters/mcp/port";
import { assertNever } from "../../runtime/assert-never";
import { later } from "../../runtime/later";
import type { SecretRef } from "../../runtime/secrets";
import { storable } from "../../runtime/storable";
import type { Absence } from "../secret-words";
import type { Note, Verdict } from "../status";
import { fit } from "./fit";
import { isSameTrouble, toolsUpdated } from "./changes";
import * as words from "./words";

/** A value of `spec.env` or `spec.headers` that is not where it should be. */
export interface AbsentValue {
  /** `spec.env` or `spec.headers`. */
  field: string;
  name: string;
  found: Absence;
}

/** What the search for the values found, without any of them. */
export type Values =
  | { kind: "Found"; fromSecrets: boolean }
  | { kind: "Absent"; absent: AbsentValue[] }
  | { kind: "Unreadable"; ref: SecretRef; message: string };

/** Everything that the readiness of an MCPServer depends on. */
export interface Observed {
  now: Date;
  generation: number;
  timeoutMs: number;
  values: Values;
  /** The connection to the server as it is described now. */
  link: McpLink;
  /** What is written. */
  stored: MCPServerStatus | undefined;
}

/** The parts of the status that only an MCPServer has. */
export type Own = Pick<MCPServerStatus, "connected" | "serverInfo" | "protocolVersion" | "tools" | "toolCount">;

/** What to say, if anything, and when to look again at the latest. */
export interface Decision {
  say?: { verdict: Verdict; own: Own; notes: Note[] };
  until?: Date;
}

/** A missing value is looked for again this often, and so are values in Secrets, in case nobody heard of a change. */
export const RECHECK_MS = 5 * 60_000;
/** A Secret that could not be read is tried again after this time. */
export const UNREADABLE_RETRY_MS = 5_000;

/** Pure: same observation, same decision. */
export function decide(seen: Observed): Decision {
  const { values } = seen;
  switch (values.kind) {
    case "Absent":
      return {
        say: unconnected(seen, "ValueMissing", words.withoutValues(values.absent)),
        until: later(seen.now, RECHECK_MS),
      };
    case "Unreadable":
      return awaitSecret(seen, words.unreadable(values.ref, values.message));
    case "Found": {
      const { say, until } = judge(seen);
      const due = until ?? (values.fromSecrets ? later(seen.now, RECHECK_MS) : undefined);
      return { ...(say && { say }), ...(due && { until: due }) };
    }
    default:
      return assertNever(values);
  }
}

/** The API server did not say whether the value is there: no reason to stop what works. */
function awaitSecret(seen: Observed, message: string): Decision {
  const until = later(seen.now, UNREADABLE_RETRY_MS);
  return seen.stored?.connected ? { until } : { say: unconnected(seen, "ValueMissing", message), until };
}

function judge(seen: Observed): Decision {
  const { link } = seen;
  switch (link.kind) {
    case "Connected":
      return { say: connected(seen, link) };
    case "Connecting":
      return awaitConnection(seen, link.since);
    case "Away":
      return {
        say: unconnected(seen, link.wasConnected ? "ConnectionLost" : "ConnectionFailed", words.trouble(link.detail)),
      };
    default:
      return assertNever(link);
  }
}

function awaitConnection(seen: Observed, since: Date): Decision {
  const { stored, now, generation, timeoutMs } = seen;
  const patience = later(since, timeoutMs);
  if (stored?.connected && now < patience) return { until: patience }; // R2
  const hasFailed = FAILURES.includes(readyReason(stored) ?? "") && stored?.observedGeneration === generation;
  if (hasFailed) return {}; // R3
  return { say: { verdict: connecting(stored), own: kept(stored), notes: [] } };
}

/** Reasons of the Ready condition that tell of an attempt that failed. */
const FAILURES = ["ConnectionFailed", "ConnectionLost"];

function readyReason(stored: MCPServerStatus | undefined): string | undefined {
  return stored?.conditions?.find(({ type }) => type === "Ready")?.reason;
}

function connecting(stored: MCPServerStatus | undefined): Verdict {
  return {
    ready: false,
    status: "Connecting",
    reason: "Connecting",
    detail: "Connecting to the MCP server",
    conditions: [toolsListed(stored)],
    passing: true,
  };
}

function connected(seen: Observed, link: Extract<McpLink, { kind: "Connected" }>): NonNullable<Decision["say"]> {
  const { stored, generation } = seen;
  const { tools, missing } = fit(link.tools);
  const isNews = !stored?.connected || stored.observedGeneration !== generation;
  const detail = words.connected(link.tools.length, missing);
  return {
    verdict: {
      ready: true,
      status: "Ready",
      reason: "Connected",
      detail,
      conditions: [listedNow(missing)],
    },
    own: {
      connected: true,
      serverInfo: words.introduced(link.serverInfo),
      protocolVersion: storable(link.protocolVersion, 64),
      tools,
      toolCount: link.tools.length,
    },
    notes: [
      ...(isNews
        ? [{ type: "Normal", reason: "Connected", message: "MCP server connected successfully" } as const]
        : []),
      ...toolsUpdated(stored?.tools, tools),
    ],
  };
}

/** A failure that reads as the last one did, but for what differs between two runs of a program, is no news. */
function unconnected(seen: Observed, reason: string, found: string): NonNullable<Decision["say"]> {
  const { stored, generation } = seen;
  const isRepeat =
    readyReason(stored) === reason &&
    stored?.observedGeneration === generation &&
    isSameTrouble(stored.statusDetail ?? "", found);
  const detail = isRepeat ? (stored.statusDetail ?? found) : found;
  // A missing value is told like any other reason for which there is no connection.
  const told = reason === "ConnectionLost" ? reason : "ConnectionFailed";
  return {
    verdict: { ready: false, status: "Error", reason, detail, conditions: [toolsListed(stored)] },
    own: kept(stored),
    notes: isRepeat ? [] : [{ type: "Warning", reason: told, message: detail }],
  };
}

/** What was seen last, without a connection (R4). */
function kept(stored: MCPServerStatus | undefined): Own {
  const { serverInfo, protocolVersion, tools, toolCount } = stored ?? {};
  return {
    connected: false,
    ...(serverInfo && { serverInfo }),
    ...(protocolVersion !== undefined && { protocolVersion }),
    ...(tools && { tools }),
    ...(toolCount !== undefined && { toolCount }),
  };
}

/** What is said of the tools outlives the connection as the tools do. */
function toolsListed(stored: MCPServerStatus | undefined): WantedCondition {
  const before = stored?.conditions?.find(({ type }) => type === TOOLS_LISTED);
  if (before) return { type: TOOLS_LISTED, status: before.status, reason: before.reason, message: before.message };
  const message = "The server has not been connected yet, so its tools are not known.";
  return { type: TOOLS_LISTED, status: "Unknown", reason: "NotConnected", message };
}

const TOOLS_LISTED = "ToolsListed";

function listedNow(missing: string | undefined): WantedCondition {
  return missing === undefined
    ? {
        type: TOOLS_LISTED,
        status: "True",
        reason: "Listed",
        message: "Every tool is listed as the server describes it.",
      }
    : { type: TOOLS_LISTED, status: "False", reason: "Shortened", message: missing };
}
