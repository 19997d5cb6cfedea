import type { Waiting } from "./waiting";
import { readWaiting, waitFor, waitingSentence } from "./waiting";

const began = new Date("2026-01-02T03:04:05Z");
const now = new Date("2026-01-02T04:00:00Z");
/** As the API server gives a text back: as bytes of UTF-8. */
const stored = (sentence: string): string => Buffer.from(sentence, "utf8").toString("utf8");
const again = (waiting: Waiting): Waiting | undefined => readWaiting(stored(waitingSentence(waiting))).waiting;

describe("a wait comes back from its sentence as the same wait, so that nothing is written again", () => {
  test.each<[sentence: string, phrase: string]>([
    ["a simple phrase", 'Agent "a" to become ready'],
    ["with the words that end the sentence", 'Agent "a" to become ready (it failed, since nobody, since when, came)'],
    ["with a whole end of a sentence", "ToolCall x to finish, since 2020-01-01T00:00:00Z"],
    ["with the other end too", "a person, since 2020-01-01T00:00:00Z, failing since 2020-01-01T00:00:00Z"],
    ["over several lines", 'MCPServer "m" to be connected (it said:\n\nno)'],
    ["far too long for the field", `a person (1 of 2: ${"😀".repeat(50_000)})`],
    ["cut in the middle of a character", `x${"😀".repeat(2_048)}`],
    ["with half a character", 'Agent "a" to become ready (it said \ud83d)'],
  ])("%s", (_sentence, phrase) => {
    const waiting = waitFor(phrase, undefined, began);
    const read = again(waiting);
    expect(read?.since).toEqual(began);
    expect(waitFor(phrase, read, now)).toBe(read);
    expect(waitingSentence(waiting).length).toBeLessThan(8_192);
  });
});

test("another wait begins anew", () => {
  expect(waitFor("b", { for: "a", since: began }, now)).toEqual({ for: "b", since: now });
});

test("since when attempts fail comes back too", () => {
  expect(readWaiting(waitingSentence({ for: "an answer", since: now }, began))).toEqual({
    waiting: { for: "an answer", since: now },
    failingSince: began,
  });
});

test.each([undefined, "", "a person", "a person, since yesterday", ", since 2026-01-02T03:04:05Z and more"])(
  "%j is no such sentence",
  (sentence) => {
    expect(readWaiting(sentence)).toEqual({});
  },
);
