/** A ToolCall as `decide` sees it, and decisions in a few characters: what the tables over `decide` share. For tests only. */
import type { ToolCallSpec } from "../../crds/index";
import type { Decision, Observed, TaskSeen } from "./decision";

export const now = new Date("2026-01-02T03:04:05.000Z");

/** So many seconds after `now`. */
export const later = (seconds: number): Date => new Date(now.getTime() + seconds * 1_000);

export const uid = "0d6b2d8e-3c53-4d2a-9a35-0b1f5a0d2f11";

export const spec: ToolCallSpec = {
  toolCallId: "call_1",
  taskRef: { name: "t" },
  toolRef: { name: "fetch__fetch" },
  toolType: "MCP",
  source: { kind: "MCPServer", name: "fetch", tool: "fetch" },
  arguments: "{}",
};

/** A tool that is there and must not be repeated. */
export const known = {
  kind: "Known",
  server: "fetch",
  timeoutMs: 60_000,
  isSafe: false,
  isListed: true,
  isConnected: true,
} as const;

export const running: Extract<TaskSeen, { kind: "Found" }> = {
  kind: "Found",
  name: "t",
  isSuspended: false,
  isOver: false,
};
export const suspended: Observed["task"] = { ...running, isSuspended: true };

/** The state of a call that this process has begun. */
export const executing = {
  status: "Executing",
  attempts: 1,
  holder: "me",
  startedAt: later(-10),
  waiting: { for: 'MCPServer "fetch" to answer', since: later(-10) },
} as const;

/** A new call of which nothing special is seen, but for what is given. */
export function seen(given: Partial<Observed>): Observed {
  return {
    now,
    uid,
    createdAt: later(-20),
    lookingSince: later(-3_600),
    holder: "me",
    spec,
    state: { status: "Pending" },
    task: running,
    tool: known,
    fit: { kind: "Fits" },
    call: { kind: "None" },
    people: { digest: "", mayBeApproved: false, said: [], delivery: { kind: "None" } },
    isSpecNew: false,
    deleting: false,
    stopping: false,
    ...given,
  };
}

/** A decision in a few characters; `entered` says which of a new state. */
export function inShort(
  decision: Decision,
  entered: (entering: Extract<Decision, { kind: "Enter" }>) => string,
): string {
  switch (decision.kind) {
    case "Stay":
      return decision.until ? `Stay until +${(decision.until.getTime() - now.getTime()) / 1_000}s` : "Stay";
    case "Repeat":
      return `Repeat ${decision.effect.kind}`;
    case "Enter":
      return entered(decision);
  }
}
