import type { MCPServerStatus } from "../../../crds/index";
import type { McpLink } from "../../adapters/mcp/port";
import { isSameTrouble } from "./changes";
import type { Decision, Observed } from "./readiness";
import { decide, RECHECK_MS, UNREADABLE_RETRY_MS } from "./readiness";

const noon = new Date("2026-01-01T12:00:00Z");
const at = (ms: number): Date => new Date(noon.getTime() + ms);
const ref = { namespace: "default", name: "fetch", key: "token" };

const seen = (over: Partial<Observed> = {}): Observed => ({
  now: noon,
  generation: 1,
  timeoutMs: 60_000,
  values: { kind: "Found", fromSecrets: false },
  link: { kind: "Connecting", since: noon },
  stored: undefined,
  ...over,
});
const connected: McpLink = {
  kind: "Connected",
  since: noon,
  serverInfo: { name: "n".repeat(2_000), version: "1" },
  protocolVersion: "2025-06-18",
  tools: [{ name: "fetch", inputSchema: { type: "object" } }],
};
const away = (detail: string, wasConnected = false): McpLink => ({
  kind: "Away",
  since: noon,
  retryAt: noon,
  detail,
  wasConnected,
});
const stored = (reason: string, over: MCPServerStatus = {}): MCPServerStatus => ({
  connected: reason === "Connected",
  ready: reason === "Connected",
  statusDetail: "It hangs.",
  observedGeneration: 1,
  conditions: [
    { type: "Ready", status: "False", reason, message: "It hangs.", lastTransitionTime: "2026-01-01T00:00:00Z" },
    {
      type: "ToolsListed",
      status: "True",
      reason: "Listed",
      message: "All.",
      lastTransitionTime: "2026-01-01T00:00:00Z",
    },
  ],
  tools: [{ name: "fetch", inputSchema: { type: "object" } }],
  toolCount: 1,
  protocolVersion: "2025-06-18",
  ...over,
});

/** "status reason, told events, kept tools, looks again after ms"; "says nothing" where nothing is said. */
function summary({ say, until }: Decision): string {
  const again = until ? `, again after ${until.getTime() - noon.getTime()} ms` : "";
  if (!say) return `says nothing${again}`;
  const { verdict, own, notes } = say;
  const told = notes.map(({ type, reason }) => ` ${type} ${reason}`).join("");
  return `${verdict.status} ${verdict.reason}${own.connected ? " connected" : ""},${told || " tells nothing"}, ${own.tools?.length ?? "no"} tools${again}`;
}

describe("readiness of an MCPServer", () => {
  test.each<[sentence: string, Observed, expected: string]>([
    ["a new one is being connected", seen(), "Connecting Connecting, tells nothing, no tools"],
    ["a connected one is ready", seen({ link: connected }), "Ready Connected connected, Normal Connected, 1 tools"],
    [
      "one that stays connected has nothing to tell",
      seen({ link: connected, stored: stored("Connected") }),
      "Ready Connected connected, tells nothing, 1 tools",
    ],
    [
      "one that is connected after an edit says so again",
      seen({ link: connected, stored: stored("Connected"), generation: 2 }),
      "Ready Connected connected, Normal Connected, 1 tools",
    ],
    [
      "one with values from Secrets is looked at again, in case nobody heard of a change",
      seen({ link: connected, stored: stored("Connected"), values: { kind: "Found", fromSecrets: true } }),
      `Ready Connected connected, tells nothing, 1 tools, again after ${RECHECK_MS} ms`,
    ],
    [
      "R2 one that was connected stays so for its timeout",
      seen({ stored: stored("Connected"), link: { kind: "Connecting", since: at(-10_000) } }),
      "says nothing, again after 50000 ms",
    ],
    [
      "R2 also after an edit",
      seen({ stored: stored("Connected"), generation: 2 }),
      "says nothing, again after 60000 ms",
    ],
    [
      "R2 and no longer",
      seen({ stored: stored("Connected"), link: { kind: "Connecting", since: at(-60_000) } }),
      "Connecting Connecting, tells nothing, 1 tools",
    ],
    [
      "R2 a failure ends it at once",
      seen({ stored: stored("Connected"), link: away("It hangs.") }),
      "Error ConnectionFailed, Warning ConnectionFailed, 1 tools",
    ],
    [
      "R3 one that failed says so while it is tried again",
      seen({ stored: stored("ConnectionFailed") }),
      "says nothing",
    ],
    ["R3 and so does one that was lost", seen({ stored: stored("ConnectionLost") }), "says nothing"],
    [
      "R3 but an edit is another attempt",
      seen({ stored: stored("ConnectionFailed"), generation: 2 }),
      "Connecting Connecting, tells nothing, 1 tools",
    ],
    [
      "R3 and so is a value that has come",
      seen({ stored: stored("ValueMissing") }),
      "Connecting Connecting, tells nothing, 1 tools",
    ],
    [
      "one that was never connected has failed",
      seen({ link: away("It hangs.") }),
      "Error ConnectionFailed, Warning ConnectionFailed, no tools",
    ],
    [
      "one that was connected is lost",
      seen({ stored: stored("Connected"), link: away("It ended.", true) }),
      "Error ConnectionLost, Warning ConnectionLost, 1 tools",
    ],
    [
      "the same failure again is no news",
      seen({ stored: stored("ConnectionFailed"), link: away("It hangs.") }),
      "Error ConnectionFailed, tells nothing, 1 tools",
    ],
    [
      "another failure is",
      seen({ stored: stored("ConnectionFailed"), link: away("It ended.") }),
      "Error ConnectionFailed, Warning ConnectionFailed, 1 tools",
    ],
    [
      "the same failure after an edit is",
      seen({ stored: stored("ConnectionFailed"), link: away("It hangs."), generation: 2 }),
      "Error ConnectionFailed, Warning ConnectionFailed, 1 tools",
    ],
    [
      "a connection that was lost and cannot be made again is another failure",
      seen({ stored: stored("ConnectionLost"), link: away("It hangs.") }),
      "Error ConnectionFailed, Warning ConnectionFailed, 1 tools",
    ],
    [
      "without a value it is not connected, whatever connection there was",
      seen({
        stored: stored("Connected"),
        link: connected,
        values: { kind: "Absent", absent: [{ field: "spec.env", name: "TOKEN", found: { kind: "Missing", ref } }] },
      }),
      `Error ValueMissing, Warning ConnectionFailed, 1 tools, again after ${RECHECK_MS} ms`,
    ],
    [
      "a Secret that cannot be read changes nothing for one that is connected",
      seen({ stored: stored("Connected"), values: { kind: "Unreadable", ref, message: "Busy." } }),
      `says nothing, again after ${UNREADABLE_RETRY_MS} ms`,
    ],
    [
      "a Secret that cannot be read is why one was never connected",
      seen({ values: { kind: "Unreadable", ref, message: "Busy." } }),
      `Error ValueMissing, Warning ConnectionFailed, no tools, again after ${UNREADABLE_RETRY_MS} ms`,
    ],
  ])("%s", (_sentence, observed, expected) => {
    expect(summary(decide(observed))).toBe(expected);
  });

  test("what it says of tools outlives the connection as they do", () => {
    const conditions = (observed: Observed) =>
      decide(observed).say?.verdict.conditions.map(({ status, reason }) => `${status} ${reason}`);
    expect(conditions(seen())).toEqual(["Unknown NotConnected"]);
    expect(conditions(seen({ link: connected }))).toEqual(["True Listed"]);
    expect(conditions(seen({ link: away("It ended.", true), stored: stored("Connected") }))).toEqual(["True Listed"]);
    expect(conditions(seen({ link: { ...connected, tools: [{ name: "" }] } }))).toEqual(["False Shortened"]);
  });

  test("tools that cannot be kept are told of in the detail", () => {
    const { say } = decide(seen({ link: { ...connected, tools: [{ name: "" }, { name: "a" }] } }));
    expect(say?.verdict.detail).toMatch(/^Connected successfully with 2 tools\. .*1 are left out/);
    expect([say?.own.toolCount, say?.own.tools?.length]).toEqual([2, 1]);
  });

  test("what a server calls itself is kept within the schema's bounds", () => {
    expect(decide(seen({ link: connected })).say?.own.serverInfo?.name).toHaveLength(1_024);
  });

  test("every missing value is named, and the first with the command that mends it", () => {
    const absent = [
      { field: "spec.env", name: "TOKEN", found: { kind: "KeyMissing" as const, keys: ["tokn"], ref } },
      { field: "spec.headers", name: "X-Key", found: { kind: "Empty" as const, ref: { ...ref, name: "other" } } },
    ];
    const detail = decide(seen({ values: { kind: "Absent", absent } })).say?.verdict.detail ?? "";
    for (const part of [
      '"TOKEN" (spec.env)',
      '"X-Key" (spec.headers)',
      'no key "token", only "tokn"',
      "kubectl patch secret fetch",
    ])
      expect(detail).toContain(part);
  });
});

describe("the trouble of two attempts", () => {
  test.each<[sentence: string, before: string, now: string, same: boolean]>([
    ["process ids", "[4711] no token", "[12] no token", true],
    ["process ids in words", "pid 47 ended", "pid 9 ended", true],
    ["times", "2026-01-01T10:00:01.123Z no token", "2026-02-11T23:59:59.9Z no token", true],
    [
      "ids",
      "request 8c2e1f0a-1111-4222-8333-444455556666 failed",
      "request 0a1b2c3d-9999-4888-8777-666655554444 failed",
      true,
    ],
    ["addresses in memory", "at 0x7ffd1234abcd", "at 0x7ffd9999abcd", true],
    ["HTTP statuses", "The server answered 401.", "The server answered 503.", false],
    ["exit codes", "It ended with code 1.", "It ended with code 127.", false],
    ["words", "no token", "bad token", false],
  ])("that differ in %s", (...[, before, now, same]) => {
    expect(isSameTrouble(before, now)).toBe(same);
  });
});
