import type { McpOutcome } from "../adapters/mcp/port";
import { decide } from "./decide";
import { executing, inShort, known, later, now, running, seen, spec, suspended } from "./decide.fixture";
import type { Decision, Observed, ToolSeen } from "./decision";
import { MAX_ATTEMPTS } from "./limits";
import type { CallState } from "./state";

const safe: ToolSeen = { ...known, isSafe: true };
const away: ToolSeen = { ...known, isConnected: false, away: "it ended with code 1" };
const noServer: ToolSeen = { kind: "NoServer", server: "fetch" };

const over: Observed["task"] = { ...running, isOver: true };
const missing: Observed["task"] = { kind: "Missing" };

const CONNECTED = 'MCPServer "fetch" to be connected';
const waitingSince = (seconds: number): CallState => ({
  status: "Pending",
  waiting: { for: CONNECTED, since: later(seconds) },
});
const backingOff = {
  status: "ErrorBackoff",
  attempts: 1,
  holder: "me",
  startedAt: later(-10),
  retryAt: later(-1),
  because: "not connected",
  waiting: { for: "the next attempt", since: later(-2) },
  failingSince: later(-2),
} as const;
const ended: CallState = { status: "Succeeded", attempts: 1, result: "Hi", completedAt: now };

const finished = (outcome: McpOutcome): Observed["call"] => ({ kind: "Finished", outcome });
const result = finished({ kind: "Result", content: [{ type: "text", text: "Hi" }], isError: false });
const toolError = finished({ kind: "Result", content: [{ type: "text", text: "no such page" }], isError: true });
const refused = finished({ kind: "Refused", message: "unknown tool" });
const unknown = finished({ kind: "Unknown", message: "the connection broke" });
const notSent = finished({ kind: "NotSent", message: "not connected" });
const question = finished({
  kind: "InputRequired",
  requestState: "s",
  inputRequests: { city: { method: "elicitation/create", params: { message: "Which city?" } } },
});
const inFlight: Observed["call"] = { kind: "Running" };

/** A decision in a few characters: the state entered and the effect, or the wait. */
function summary(decision: Decision): string {
  return inShort(decision, ({ state, then }) => {
    const why = state.status === "Error" ? `(${state.reason})` : "";
    const nth = state.status === "Executing" || state.status === "ErrorBackoff" ? ` ${state.attempts}` : "";
    return `${state.status}${nth}${why}${then ? `+${then.kind}` : ""}`;
  });
}

type Row = [sentence: string, Observed, expected: string];

describe("beginning", () => {
  test.each<Row>([
    ["writes down that it begins, then calls the tool", seen({}), "Executing 1+CallTool"],
    ["a tool that the agent does not offer ends at once", seen({ tool: { kind: "NotOffered" } }), "Error(NoSuchTool)"],
    [
      "a tool that its server has no longer ends at once",
      seen({ tool: { kind: "NoLonger", server: "fetch" } }),
      "Error(NoSuchTool)",
    ],
    ["arguments that do not fit end the call", seen({ fit: { kind: "Unfit", why: "x" } }), "Error(InvalidArguments)"],
    [
      "so they do before the server is there",
      seen({ fit: { kind: "Unfit", why: "x" }, tool: away }),
      "Error(InvalidArguments)",
    ],
    ["a hostile schema is not the model's fault", seen({ fit: { kind: "Hostile" } }), "Error(InvalidToolSchema)"],
    [
      "arguments that nothing is known of are the server's to judge",
      seen({ fit: { kind: "Unchecked" } }),
      "Executing 1+CallTool",
    ],
    [
      "waits silently at first for a server that was applied together with it",
      seen({ tool: noServer, createdAt: now }),
      "Stay until +2s",
    ],
    ["and for a connection that is being made", seen({ tool: away, createdAt: later(-1) }), "Stay until +1s"],
    ["after a restart too, however old the call is", seen({ tool: away, lookingSince: later(-1) }), "Stay until +1s"],
    ["says that it waits for the server to exist", seen({ tool: noServer }), "Pending"],
    ["says that it waits for the connection", seen({ tool: away }), "Pending"],
    [
      "says so once, and looks again when the server's time is up",
      seen({ tool: away, state: waitingSince(-20) }),
      "Stay until +40s",
    ],
    ["goes on when the server is connected", seen({ state: waitingSince(-20) }), "Executing 1+CallTool"],
    ["gives a server up after its timeout", seen({ tool: away, createdAt: later(-60) }), "Error(ServerUnavailable)"],
    ["counts from when it began to wait", seen({ tool: away, state: waitingSince(-60) }), "Error(ServerUnavailable)"],
    [
      "does not count what another process waited",
      seen({ tool: away, state: waitingSince(-600), lookingSince: later(-10) }),
      "Stay until +50s",
    ],
    [
      "gives a server that does not exist up too",
      seen({ tool: noServer, createdAt: later(-61) }),
      "Error(ServerUnavailable)",
    ],
    [
      "holds to a timeout that is shorter than the silence",
      seen({ tool: { ...away, timeoutMs: 500 }, createdAt: later(-1) }),
      "Error(ServerUnavailable)",
    ],
    ["starts nothing for a task that cannot be seen", seen({ task: missing }), "Stay"],
    ["starts nothing for a suspended task, and says so", seen({ task: suspended }), "Pending"],
    [
      "goes on when the task is resumed",
      seen({ state: { status: "Pending", waiting: { for: 'Task "t" to be resumed', since: later(-900) } } }),
      "Executing 1+CallTool",
    ],
    [
      "the time that a task was suspended is not the server's",
      seen({
        tool: away,
        createdAt: later(-999),
        state: { status: "Pending", waiting: { for: 'Task "t" to be resumed', since: later(-900) } },
      }),
      "Pending",
    ],
    ["starts nothing while the process stops", seen({ stopping: true }), "Stay"],
  ])("%s", (_sentence, observed, expected) => {
    expect(summary(decide(observed))).toBe(expected);
  });
});

describe("a call under way", () => {
  test.each<Row>([
    ["is waited for", seen({ state: executing, call: inFlight }), "Stay"],
    ["ends with what the tool gave back", seen({ state: executing, call: result }), "Succeeded"],
    ["ends in an error when the tool says so", seen({ state: executing, call: toolError }), "Error(ToolFailed)"],
    ["ends when the server will not carry it out", seen({ state: executing, call: refused }), "Error(Refused)"],
    ["ends when the tool asks a person", seen({ state: executing, call: question }), "Error(InputRequired)"],
    [
      "that was surely not sent is begun again, whatever the tool",
      seen({ state: executing, call: notSent }),
      "ErrorBackoff 1",
    ],
    [
      "is not tried for longer than the server's timeout",
      seen({ state: { ...executing, failingSince: later(-60) }, call: notSent }),
      "Error(ServerUnavailable)",
    ],
    [
      "is tried again until then",
      seen({ state: { ...executing, attempts: 9, failingSince: later(-59) }, call: notSent }),
      "ErrorBackoff 9",
    ],
    [
      "without an answer is not repeated when that may do harm",
      seen({ state: executing, call: unknown }),
      "OutcomeUnknown",
    ],
    [
      "without an answer is repeated when that is safe",
      seen({ state: executing, tool: safe, call: unknown }),
      "ErrorBackoff 1",
    ],
    [
      "is repeated so often",
      seen({ state: { ...executing, attempts: MAX_ATTEMPTS }, tool: safe, call: unknown }),
      "Error(NoAnswer)",
    ],
    [
      "counts as unsafe when its server is gone",
      seen({ state: executing, tool: noServer, call: unknown }),
      "OutcomeUnknown",
    ],
    ["is recorded while the task is suspended", seen({ state: executing, task: suspended, call: result }), "Succeeded"],
    ["is recorded while the task cannot be seen", seen({ state: executing, task: missing, call: result }), "Succeeded"],
    ["is recorded while the process stops", seen({ state: executing, stopping: true, call: result }), "Succeeded"],
  ])("%s", (_sentence, observed, expected) => {
    expect(summary(decide(observed))).toBe(expected);
  });
});

describe("a call whose process died", () => {
  const elsewhere = { ...executing, holder: "another" };
  test.each<Row>([
    ["is never repeated by itself when that may do harm", seen({ state: elsewhere }), "OutcomeUnknown"],
    ["is repeated at once when that is safe", seen({ state: elsewhere, tool: safe }), "Executing 2+CallTool"],
    ["of this very name, without a call, is the same", seen({ state: executing }), "OutcomeUnknown"],
    [
      "is repeated only so often",
      seen({ state: { ...elsewhere, attempts: MAX_ATTEMPTS }, tool: safe }),
      "Error(NoAnswer)",
    ],
    [
      "waits for the server to be repeated",
      seen({ state: elsewhere, tool: { ...away, isSafe: true } }),
      "ErrorBackoff 1",
    ],
    [
      "waits for a suspended task to be repeated",
      seen({ state: elsewhere, task: suspended, tool: safe }),
      "ErrorBackoff 1",
    ],
    ["is judged while the task is suspended", seen({ state: elsewhere, task: suspended }), "OutcomeUnknown"],
    ["is left to the next process by one that stops", seen({ state: elsewhere, stopping: true }), "Stay"],
    ["is left alone while its task cannot be seen", seen({ state: elsewhere, task: missing }), "Stay"],
  ])("%s", (_sentence, observed, expected) => {
    expect(summary(decide(observed))).toBe(expected);
  });
});

describe("after a failure", () => {
  test.each<Row>([
    ["waits until it is time", seen({ state: { ...backingOff, retryAt: later(1) } }), "Stay until +1s"],
    ["begins again", seen({ state: backingOff }), "Executing 2+CallTool"],
    ["waits for a server that is away, silently at first", seen({ state: backingOff, tool: away }), "Stay until +1s"],
    ["then says so", seen({ state: { ...backingOff, retryAt: later(-2) }, tool: away }), "ErrorBackoff 1"],
    [
      "and gives it up after its timeout",
      seen({ state: { ...backingOff, waiting: { for: CONNECTED, since: later(-60) } }, tool: away }),
      "Error(ServerUnavailable)",
    ],
    ["starts nothing while the process stops", seen({ state: backingOff, stopping: true }), "Stay"],
  ])("%s", (_sentence, observed, expected) => {
    expect(summary(decide(observed))).toBe(expected);
  });

  test("since when the attempts have failed is carried on to the next one", () => {
    const decision = decide(seen({ state: backingOff }));
    expect(decision).toMatchObject({
      state: { failingSince: backingOff.failingSince, startedAt: backingOff.startedAt },
    });
  });

  test("an attempt that was sent begins the count of those that were not anew", () => {
    const state = { ...executing, failingSince: later(-50) };
    const decision = decide(seen({ state, tool: safe, call: unknown }));
    expect(decision).toMatchObject({ state: { failingSince: now } });
  });
});

describe("when nothing more is wanted", () => {
  test.each<Row>([
    ["a call of a task that is over is cancelled before it begins", seen({ task: over }), "Cancelled"],
    [
      "a call under way is cancelled and aborted",
      seen({ state: executing, task: over, call: inFlight }),
      "Cancelled+AbortCall",
    ],
    ["a call whose process died is cancelled", seen({ state: executing, task: over }), "Cancelled"],
    [
      "a call without an answer is cancelled",
      seen({ state: executing, task: over, call: unknown }),
      "Cancelled+AbortCall",
    ],
    ["what the tool did is recorded even so", seen({ state: executing, task: over, call: result }), "Succeeded"],
    ["an attempt to come is cancelled", seen({ state: backingOff, task: over }), "Cancelled"],
    [
      "a call that is being deleted is aborted",
      seen({ state: executing, deleting: true, call: inFlight }),
      "Repeat AbortCall",
    ],
    ["and nothing is started for it", seen({ deleting: true }), "Stay"],
    ["a call that is over stays as it is", seen({ state: ended, task: over }), "Stay"],
    ["a leftover of one that is over is aborted", seen({ state: ended, call: inFlight }), "Repeat AbortCall"],
    [
      "a status that the API server will not take ends the call",
      seen({ state: executing, call: result, statusRefused: "too large" }),
      "Error(StatusRefused)",
    ],
    [
      "a call that a later version left waiting for another agent is left alone",
      seen({ state: { status: "AwaitingSubAgent" } }),
      "Stay",
    ],
    ["also when its task is over", seen({ state: { status: "AwaitingSubAgent" }, task: over }), "Stay"],
  ])("%s", (_sentence, observed, expected) => {
    expect(summary(decide(observed))).toBe(expected);
  });

  test("a cancelled call says whether the tool may have done its work", () => {
    const of = (given: Partial<Observed>): Decision => decide(seen({ task: over, ...given }));
    const mayHave = expect.stringContaining("may have done its work") as string;
    expect(of({ state: executing, call: inFlight })).toMatchObject({ state: { message: mayHave, result: mayHave } });
    expect(of({ state: executing, call: notSent })).not.toMatchObject({ state: { message: mayHave } });
    expect(of({})).not.toMatchObject({ state: { message: mayHave } });
  });
});

describe("what the model is told", () => {
  const toldOf = (given: Partial<Observed>): string => {
    const decision = decide(seen(given));
    return decision.kind === "Enter" && "result" in decision.state ? decision.state.result : "";
  };

  test("of every end that is an error, that it is one", () => {
    const ends: Partial<Observed>[] = [
      { tool: { kind: "NotOffered" } },
      { fit: { kind: "Unfit", why: "arguments.url: it is missing" } },
      { fit: { kind: "Hostile" } },
      { tool: away, createdAt: later(-60) },
      ...[toolError, refused, question, unknown].map((call) => ({ state: executing, call })),
      { state: executing, call: result, statusRefused: "too large" },
      { task: over },
    ];
    for (const end of ends) expect(toldOf(end)).toMatch(/^Error: /);
  });

  test("what is wrong with the arguments, and where", () => {
    expect(toldOf({ fit: { kind: "Unfit", why: "arguments.url: it is missing" } })).toContain("arguments.url");
  });

  test("why the server cannot be reached", () => {
    expect(toldOf({ tool: away, createdAt: later(-60) })).toContain("it ended with code 1");
  });

  test("what the tool said", () => {
    expect(toldOf({ state: executing, call: result })).toBe("Hi");
    expect(toldOf({ state: executing, call: toolError })).toBe("Error: no such page");
  });

  test("what the tool asks, and that nobody can answer", () => {
    expect(toldOf({ state: executing, call: question })).toContain('"Which city?"');
    expect(decide(seen({ state: executing, call: question }))).toMatchObject({
      state: { requestState: "s", inputRequests: { city: { method: "elicitation/create" } } },
    });
  });

  test("that what is not known may have happened and was not repeated", () => {
    expect(toldOf({ state: executing, call: unknown })).toMatch(/happened or not.*not repeated.*Check/s);
  });

  test("no more of a tool's name than helps", () => {
    const long = { ...spec, toolRef: { name: "x".repeat(200_000) } };
    expect(toldOf({ spec: long, tool: { kind: "NotOffered" } }).length).toBeLessThan(400);
  });
});

test("waits between failures grow, and differ from call to call", () => {
  const waitMs = (attempts: number, uid: string): number => {
    const decision = decide(
      seen({ uid, tool: safe, state: { ...executing, attempts, failingSince: now }, call: notSent }),
    );
    if (decision.kind !== "Enter" || decision.state.status !== "ErrorBackoff") throw new Error("It does not back off.");
    return decision.state.retryAt.getTime() - now.getTime();
  };
  expect(waitMs(1, "a")).toBeGreaterThanOrEqual(500);
  expect(waitMs(4, "a") / waitMs(1, "a")).toBeCloseTo(8, 1);
  expect(waitMs(100, "a")).toBeLessThanOrEqual(30_000);
  expect(waitMs(1, "a")).not.toBe(waitMs(1, "another"));
});
