import type { CommonStatus, Verdict } from "./status";
import { isSame, isUnseen, notesOf, statusOf } from "./status";

const noon = new Date("2026-03-01T12:00:00.123Z");
const later = new Date("2026-03-01T13:00:00Z");
const ready: Verdict = {
  ready: true,
  status: "Ready",
  reason: "ValidationSucceeded",
  detail: "All is well",
  conditions: [{ type: "Extra", status: "True", reason: "Fine", message: "Fine." }],
};
const broken: Verdict = { ...ready, ready: false, status: "Error", reason: "ValidationFailed", detail: "It broke" };
const atNoon = statusOf(undefined, ready, 1, noon);
const fromSchema: CommonStatus = { ready: false, status: "Pending", statusDetail: "Waiting." };

describe("the status of an object of the catalog", () => {
  test("has the columns, the generation and every condition, in times without fractions", () => {
    expect(atNoon).toMatchObject({ ready: true, status: "Ready", statusDetail: "All is well", observedGeneration: 1 });
    expect(atNoon.conditions).toEqual([
      {
        type: "Ready",
        status: "True",
        reason: "ValidationSucceeded",
        message: "All is well",
        observedGeneration: 1,
        lastTransitionTime: "2026-03-01T12:00:00Z",
      },
      {
        type: "Extra",
        status: "True",
        reason: "Fine",
        message: "Fine.",
        observedGeneration: 1,
        lastTransitionTime: "2026-03-01T12:00:00Z",
      },
    ]);
  });

  test("said again later is the same status", () => {
    expect(isSame(atNoon, statusOf(atNoon, ready, 1, later))).toBe(true);
  });

  test("a condition that turns gets a new transition time, one that stays keeps its own", () => {
    const next = statusOf(atNoon, broken, 2, later);
    expect(next.conditions.map(({ type, lastTransitionTime }) => [type, lastTransitionTime])).toEqual([
      ["Ready", "2026-03-01T13:00:00Z"],
      ["Extra", "2026-03-01T12:00:00Z"],
    ]);
  });

  test.each<[sentence: string, Verdict, generation: number]>([
    ["another detail", { ...ready, detail: "Otherwise" }, 1],
    ["another generation", ready, 2],
    ["another condition", { ...ready, conditions: [] }, 1],
  ])("%s is another status", (_sentence, verdict, generation) => {
    expect(isSame(atNoon, statusOf(atNoon, verdict, generation, later))).toBe(false);
  });

  test("what only a kind says of itself counts to the last field, and what is gone counts too", () => {
    const old = { ...atNoon, tools: [{ name: "a", outputSchema: {} }] };
    const same = statusOf(atNoon, ready, 1, later);
    expect(isSame(old, same, { tools: [{ outputSchema: {}, name: "a" }] })).toBe(true);
    expect(isSame(old, same, { tools: [{ name: "a" }] })).toBe(false);
    expect(isSame(old, same, { tools: undefined })).toBe(false);
  });

  test("a detail that is cut holds no half of a symbol", () => {
    const long = { ...ready, detail: `${"x".repeat(32_767)}🚀` };
    const { statusDetail, conditions } = statusOf(undefined, long, 1, noon);
    expect([statusDetail.length, conditions[0]?.message === statusDetail]).toEqual([32_768, true]);
    expect(statusDetail).not.toMatch(/\p{Surrogate}/u);
  });

  test("an object with nothing but the schema's default was never looked at", () => {
    expect([isUnseen(undefined), isUnseen(fromSchema), isUnseen(atNoon)]).toEqual([true, true, false]);
  });
});

describe("the events of a status", () => {
  const notes = (old: CommonStatus | undefined, verdict: Verdict, generation = 1) =>
    notesOf(old, statusOf(old, verdict, generation, later), verdict).map(({ type, reason }) => `${type} ${reason}`);

  test.each<[sentence: string, CommonStatus | undefined, Verdict, generation: number, expected: string[]]>([
    ["becoming usable is told", fromSchema, ready, 1, ["Normal ValidationSucceeded"]],
    ["becoming unusable is told as a warning", atNoon, broken, 1, ["Warning ValidationFailed"]],
    [
      "failing for another reason is told",
      statusOf(undefined, broken, 1, noon),
      { ...broken, detail: "Otherwise" },
      1,
      ["Warning ValidationFailed"],
    ],
    ["failing for the same reason is not", statusOf(undefined, broken, 1, noon), broken, 1, []],
    ["a successful look at an edit is told", atNoon, ready, 2, ["Normal ValidationSucceeded"]],
    ["another condition alone is told by the condition", atNoon, { ...ready, conditions: [] }, 1, []],
    ["a state that is only passed through is not told", fromSchema, { ...broken, passing: true }, 1, []],
  ])("%s", (...[, old, verdict, generation, expected]) => {
    expect(notes(old, verdict, generation)).toEqual(expected);
  });
});
