/** What users may say in CEL about a call, and that whatever they say costs the operator little time. */
import { createExpressions } from "./expressions";

const facts = {
  tool: "fetch",
  args: { url: "https://example.com/a", n: 3, half: 2.5, tags: ["a", "b"], deep: { inner: "x" }, none: null },
  annotations: { readOnlyHint: true },
  task: { namespace: "default", name: "t", labels: { team: "blue" } },
};

test.each([
  "tool == 'fetch'",
  "tool in ['fetch', 'search']",
  "has(args.url) && args.url.startsWith('https://')",
  "!has(args.missing)",
  "'url' in args",
  "args.url.contains('example') && args.url.endsWith('/a')",
  "args.url.matches('^https://[a-z.]+/a$')",
  "size(args.tags) == 2 && args.tags.size() == 2",
  "args.tags.exists(tag, tag == 'b')",
  "args.tags.all(tag, tag != 'c')",
  "args.deep.inner == 'x'",
  "args.none == null",
  "args.n + 1 == 4",
  "args.n % 2 == 1 && args.n > 2.5 && args.half > 2",
  "annotations.readOnlyHint",
  "task.labels.team == 'blue'",
  "args[?'missing'].orValue('none') == 'none'",
  "args.missing == 'x' || true",
])("%s holds", (text) => {
  const expressions = createExpressions();
  expect(expressions.faultOf(text)).toBeUndefined();
  expect(expressions.holds(text, facts)).toEqual({ kind: "Yes" });
  expect(expressions.holds(`!(${text})`, facts)).toEqual({ kind: "No" });
});

test.each([
  ["a name that there is not", "arg.url == 'x'"],
  ["text that is no expression", "tool =="],
  ["nothing", ""],
  ["a function that there is not", "tool.nope()"],
  ["a comparison of what cannot be compared", "tool == 1"],
  ["something that is not true or false", "tool + 'x'"],
  ["brackets without end", `${"(".repeat(3_000)}true${")".repeat(3_000)}`],
  ["negations without end", `${"!".repeat(4_000)}true`],
])("%s is a fault before anything is called", (_what, text) => {
  const expressions = createExpressions();
  const why = expressions.faultOf(text);
  expect(why).toMatch(/^[^\n]{5,300}$/);
  expect(expressions.holds(text, facts)).toEqual({ kind: "Faulty", why });
});

test.each([
  ["a field that is not there", "args.missing == 'x'", /missing/],
  ["a place that is not there", "args.tags[7] == 'x'", /index/],
  ["a method on the wrong type", "args.n.startsWith('x')", /startsWith/],
  ["what turns out to be no boolean", "args.url", /string/],
  ["what turns out to be a list", "args.tags", /list/],
  ["what every object has by nature", "args.constructor == 'x'", /constructor/],
  ["an unreadable pattern", "tool.matches(args.url + '(')", /expression/],
])("%s is a fault of these facts alone", (_what, text, words) => {
  const expressions = createExpressions();
  expect(expressions.faultOf(text)).toBeUndefined();
  const held = expressions.holds(text, facts);
  expect(held.kind === "Faulty" && held.why).toMatch(words);
});

test("facts that were left out are empty", () => {
  const expressions = createExpressions();
  expect(expressions.holds("tool == '' && size(args) + size(annotations) + size(task) == 0", {})).toEqual({
    kind: "Yes",
  });
});

/** Ten times ten times ten …, each time all the way. */
function nested(levels: number): string {
  const list = "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]";
  return Array.from({ length: levels }, (_, i) => `x${i}`).reduce((inner, x) => `${list}.all(${x}, ${inner})`, "true");
}

test.each([
  ["a pattern that tries every way there is", "args.long.matches('^(a+)+$')"],
  ["a walk over more things than there are", nested(10)],
])("%s is ended, said to be slow, and not run again; others go on", (_what, text) => {
  const expressions = createExpressions();
  const long = { ...facts, args: { long: `${"a".repeat(50)}!` } };
  expect(expressions.holds("tool == 'fetch'", long)).toEqual({ kind: "Yes" });
  const held = expressions.holds(text, long);
  expect(held.kind === "Faulty" && held.why).toMatch(/too long/);
  // Had it to run again, a thousand times would take minutes.
  for (let i = 0; i < 1_000; i++) expect(expressions.holds(text, long)).toEqual(held);
  expect(expressions.holds("tool == 'fetch'", long)).toEqual({ kind: "Yes" });
});

test("facts that are nested without end are a fault", () => {
  let deep: unknown = 1;
  for (let i = 0; i < 50_000; i++) deep = [deep];
  const held = createExpressions().holds("args.deep == 1", { args: { deep } });
  expect(held.kind === "Faulty" && held.why).toMatch(/nested/);
});

test("more expressions than are kept ready can be used", () => {
  const expressions = createExpressions();
  for (let i = 0; i < 600; i++) expect(expressions.holds(`args.n == ${i}`, facts).kind).toBe(i === 3 ? "Yes" : "No");
  expect(expressions.holds("args.n == 0", facts)).toEqual({ kind: "No" });
});
