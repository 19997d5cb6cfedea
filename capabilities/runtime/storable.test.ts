import { storable } from "./storable";

test.each<[sentence: string, text: string, most: number | undefined, expected: string]>([
  ["an ordinary text stays as it is", "Grüße, 東京 😀\n", undefined, "Grüße, 東京 😀\n"],
  ["a long one is cut", "abcdef", 3, "abc"],
  ["a cut leaves no half of a character", "ab😀", 3, "ab\uFFFD"],
  ["nor does anybody else", "a\ud800b\udc00", undefined, "a\uFFFDb\uFFFD"],
])("%s, and comes back as it went", (_sentence, text, most, expected) => {
  const stored = storable(text, most);
  expect(stored).toBe(expected);
  expect(Buffer.from(stored, "utf8").toString("utf8")).toBe(stored);
});
