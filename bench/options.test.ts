import { parseOptions } from "./options";

const known = [
  { name: "one", title: "First" },
  { name: "two", title: "Second" },
];

test.each([
  ["everything", [], { scale: "full", names: ["one", "two"] }],
  ["one scenario", ["--only", "two"], { scale: "full", names: ["two"] }],
  ["several scenarios, in the bench's order", ["--only=two,one"], { scale: "full", names: ["one", "two"] }],
  ["a small run", ["--quick"], { scale: "quick", names: ["one", "two"] }],
])("the command line asks for %s", (_what, argv, options) => {
  expect(parseOptions(argv, known)).toEqual({ kind: "Run", options });
});

test.each([
  ["an unknown scenario", ["--only", "three"], "three"],
  ["a scenario left out", ["--only"], 'scenario ""'],
  ["an unknown option", ["--fast"], "--fast"],
  ["a word that is no option", ["two"], '"two"'],
])("%s is refused by name", (_what, argv, name) => {
  expect(parseOptions(argv, known)).toEqual({ kind: "Refused", message: expect.stringContaining(name) as string });
});

test("help names every scenario", () => {
  const parsed = parseOptions(["--help"], known);
  expect(parsed).toEqual({ kind: "Help", text: expect.stringMatching(/one.*First[^]*two.*Second/) as string });
});
