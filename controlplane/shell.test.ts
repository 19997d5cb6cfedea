import { execFileSync } from "node:child_process";
import { quoteAll } from "./shell";

test.each([
  [["plain", "/a/path-1.js", "A=b,c:d"]],
  [["a b", "it's", 'say "hi"', "$HOME", "`id`", "back\\slash", "new\nline", "*", "", "ünï"]],
])("a shell reads back the very words that were quoted: %j", (words) => {
  const script = `for word in ${quoteAll(words)}; do printf '%s\\0' "$word"; done`;
  const read = execFileSync("sh", ["-c", script]).toString("utf8").split("\0").slice(0, -1);
  expect(read).toEqual(words);
});

test("plain words stay as they are, so that the line can be read", () => {
  expect(quoteAll(["exec", "/usr/bin/node", "PORT=3000"])).toBe("exec /usr/bin/node PORT=3000");
});
