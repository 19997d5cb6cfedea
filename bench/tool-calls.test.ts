import { turnsIn } from "../capabilities/testing/model-server-script";
import type { RequestCount } from "./api-metrics";
import { askingFor, countIn, statesOf, writesAllowed, writesPerTask, writesTable } from "./tool-calls";

describe("what a user says to have tools called", () => {
  const append = { server: "files", tool: "append", arguments: { text: "a [line]" } };
  const sleep = { server: "slow", tool: "sleep", arguments: { ms: 200 } };

  test("has the scripted model make the calls of a turn together, turn by turn, and answer then", () => {
    const turns = turnsIn(askingFor([append, sleep], [sleep])("t-1"));
    expect(turns.map(({ calls }) => calls)).toEqual([
      [
        { name: "files__append", arguments: { text: "a [line]" } },
        { name: "slow__sleep", arguments: { ms: 200 } },
      ],
      [{ name: "slow__sleep", arguments: { ms: 200 } }],
      undefined,
    ]);
    expect(turns.at(-1)?.say).not.toBe("");
  });

  test("is never the same for two tasks", () => {
    const messageOf = askingFor([append]);
    expect(messageOf("t-1")).not.toBe(messageOf("t-2"));
  });
});

describe("the writes of a task", () => {
  const request = (verb: string, resource: string, count: number, code = "200"): RequestCount => ({
    verb,
    resource,
    code,
    count,
  });
  const countOf = (requests: RequestCount[], tasks: number) =>
    writesPerTask({ requests, byClient: {}, durations: {} }, tasks);

  test("are told apart by what is written, and the bench's own creates are none", () => {
    const writes = countOf(
      [
        request("POST", "tasks", 10, "201"),
        request("PUT", "tasks/status", 39),
        request("PUT", "tasks/status", 1, "409"),
        request("POST", "toolcalls", 10, "201"),
        request("PUT", "toolcalls/status", 20),
        request("PATCH", "agents/status", 5),
        request("POST", "events", 70, "201"),
        request("PATCH", "events", 10),
      ],
      10,
    );
    expect(writes).toEqual({
      taskStatus: 4,
      callCreates: 1,
      callStatus: 2,
      others: 0.5,
      besidesEvents: 7.5,
      events: 8,
    });
  });

  test("leave out what is read and what is nobody's of us", () => {
    const { besidesEvents } = countOf([request("GET", "toolcalls", 3), request("PUT", "leases", 5)], 1);
    expect(besidesEvents).toBe(0);
  });

  test.each([
    ["without tools", { turns: 0, calls: 0 }, 2],
    ["with one call", { turns: 1, calls: 1 }, 7],
    ["with three in a row", { turns: 3, calls: 3 }, 17],
    ["with ten at once", { turns: 1, calls: 10 }, 34],
  ])("are allowed by turns and calls: %s", (_sentence, counts, allowed) => {
    expect(writesAllowed(counts)).toBe(allowed);
  });

  test("fill one cell for each column", () => {
    const { columns, rows } = writesTable([["1 call", 7, countOf([request("PUT", "tasks/status", 4)], 1)]]);
    expect(rows).toHaveLength(1);
    expect(rows[0]).toHaveLength(columns.length);
  });
});

describe("what became of calls", () => {
  const call = (server: string | undefined, status: "Succeeded" | "Error" | undefined) => ({
    spec: {
      toolCallId: "c",
      toolRef: { name: "t" },
      arguments: "{}",
      ...(server === undefined ? {} : { source: { kind: "MCPServer", name: server } }),
    },
    ...(status === undefined ? {} : { status: { status } }),
  });

  test("is counted by server and state, and a call without either counts too", () => {
    const states = statesOf([
      call("a", "Succeeded"),
      call("a", "Succeeded"),
      call("a", "Error"),
      call("b", "Succeeded"),
      call(undefined, undefined),
    ]);
    expect(states).toEqual({
      a: { Succeeded: 2, Error: 1 },
      b: { Succeeded: 1 },
      "(no server)": { "(none)": 1 },
    });
    expect(countIn(states, "Succeeded")).toBe(3);
    expect(countIn(states, "Cancelled")).toBe(0);
  });
});
