import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Effect } from "../capabilities/testing/tool-server";
import { executedIn, executionsIn, recordFrom, stdioServer } from "./tool-servers";

const line = (moment: Effect["moment"], key?: string): string => {
  const effect: Effect = {
    at: "2026-01-01T00:00:00Z",
    pid: 1,
    tool: "sleep",
    arguments: {},
    moment,
    ...(key === undefined ? {} : { key }),
  };
  return `${JSON.stringify(effect)}\n`;
};

describe("the record of a server of tools", () => {
  test("says how many calls were under way together at most, and how many there were", () => {
    const text = [
      line("connected"),
      line("begin", "a"),
      line("begin", "b"),
      line("end", "a"),
      line("begin", "c"),
      line("end", "b"),
      line("end", "c"),
    ].join("");
    expect(executionsIn(text)).toEqual({ begun: 3, most: 2, repeated: 0 });
  });

  test("shows calls that were begun twice, however often", () => {
    const text = [line("begin", "a"), line("begin", "a"), line("begin", "a"), line("begin", "b")].join("");
    expect(executionsIn(text).repeated).toBe(1);
  });

  test("says how long after which answer a call was executed, which not at all, and which too early", () => {
    const at = (time: string, text: string, moment: Effect["moment"] = "begin"): string =>
      `${JSON.stringify({ at: `2026-01-01T00:00:0${time}Z`, pid: 1, tool: "append", arguments: { text }, moment, key: text })}\n`;
    const text = [
      line("connected"),
      at("1.250", "a"),
      at("2.000", "a", "end"),
      at("3.000", "b"),
      at("4.000", "x"),
    ].join("");
    const origin = Date.parse("2026-01-01T00:00:00Z");
    const sentAt = new Map([
      ["a", origin + 1_200],
      ["b", origin + 3_100],
      ["c", origin],
    ]);
    expect(executedIn(text, sentAt)).toEqual({ afterMs: [50, -100], early: 1, repeated: 0 });
    expect(executedIn(text + at("5.000", "a"), sentAt).repeated).toBe(1);
  });

  test("is read up to the last whole line", () => {
    expect(executionsIn(`${line("begin", "a")}{"at":"20`).begun).toBe(1);
  });

  test("shows nothing while it is not there, and later only what came since", () => {
    const folder = mkdtempSync(join(tmpdir(), "kubechain-record-"));
    const file = join(folder, "record.jsonl");
    const all = recordFrom(file);
    expect(all()).toEqual({ begun: 0, most: 0, repeated: 0 });
    appendFileSync(file, line("begin", "a") + line("end", "a"));
    const later = recordFrom(file);
    appendFileSync(file, line("begin", "b"));
    expect([all().begun, later().begun]).toEqual([2, 1]);
    rmSync(folder, { recursive: true });
  });
});

test("a server for the operator to start has its own arguments after the program's", () => {
  const { transport, command, args = [] } = stdioServer("--hang", "list");
  expect(transport).toBe("stdio");
  expect(command).toMatch(/node/);
  expect(args.slice(1)).toEqual(["--hang", "list"]);
});
