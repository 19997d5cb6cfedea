import { similarNames } from "./similar";

describe("names a person may have meant", () => {
  test.each<[sentence: string, name: string, existing: string[], expected: string[]]>([
    ["one slip", "gpt-4", ["gpt-4o", "claude"], ["gpt-4o"]],
    ["a swapped pair", "gtp-4o", ["gpt-4o"], ["gpt-4o"]],
    ["a missing part at the end", "gpt-4o", ["gpt-4o-mini", "claude"], ["gpt-4o-mini"]],
    [
      "the closest first, and no more than two",
      "agent",
      ["agents", "agent-one", "agent-two", "agend"],
      ["agend", "agents"],
    ],
    ["nothing alike gives no hint", "gpt-4o", ["claude", "llama"], []],
    ["very short names are not alike for being short", "a", ["b", "cd"], []],
  ])("%s", (_sentence, name, existing, expected) => {
    expect(similarNames(name, existing)).toEqual(expected);
  });
});
