// Keys and versions, the two things every comparison in the runtime rests on; and the meaning of JSON equality.
import { isNewer, keyOf, splitKey } from "./objects";
import { applyMergePatch, isSameJson, isWithin } from "./same-json";

describe("keys", () => {
  test("come apart as they were put together", () => {
    const ref = { namespace: "default", name: "a.b-c" };
    expect(splitKey(keyOf({ metadata: ref }))).toEqual(ref);
  });
});

describe("versions", () => {
  test.each([
    ["101", "100", true],
    ["100", "101", false],
    ["100", "100", false],
    ["1000", "999", true],
    ["999", "1000", false],
    ["18446744073709551615", "9007199254740993", true],
    ["9007199254740993", "9007199254740992", true],
    ["abc", "abc", false],
    ["abc", "101", true],
    ["", "1", true],
  ])("%s is newer than %s: %s", (a, b, expected) => {
    expect(isNewer(a, b)).toBe(expected);
  });
});

describe("JSON", () => {
  test.each<[unknown, unknown, boolean]>([
    [{ a: 1, b: [1, 2] }, { b: [1, 2], a: 1 }, true],
    [{ a: 1, b: undefined }, { a: 1 }, true],
    [{ a: 1 }, { a: 1, b: 2 }, false],
    [[1, 2], [2, 1], false],
    [[], {}, false],
    [null, undefined, false],
    [{ a: null }, {}, false],
  ])("%j and %j are the same: %s", (a, b, expected) => {
    expect(isSameJson(a, b)).toBe(expected);
    expect(isSameJson(b, a)).toBe(expected);
  });

  test("knows what is within something larger", () => {
    expect(isWithin({ spec: { a: 1 } }, { spec: { a: 1, default: 2 } })).toBe(true);
    expect(isWithin({ spec: { a: 1, default: 2 } }, { spec: { a: 1 } })).toBe(false);
  });

  test("merges patches as RFC 7386 shows", () => {
    const before = { title: "a", author: { given: "b", family: "c" }, tags: [1] };
    const patch = { title: "z", author: { family: null }, tags: [2], none: null };
    expect(applyMergePatch(before, patch)).toEqual({
      title: "z",
      author: { given: "b" },
      tags: [2],
    });
    expect(before.author.family).toBe("c");
  });
});
