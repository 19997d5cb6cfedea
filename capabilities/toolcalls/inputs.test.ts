/** How a tool's questions are put to a person, and a person's words are put back to the tool. */
import type { Decided } from "../../crds/index";
import type { JsonSchema } from "./arguments";
import { createArguments } from "./arguments";
import type { Responses } from "./inputs";
import { readQuestions, respondTo } from "./inputs";

const checker = createArguments();

type Requests = Record<string, unknown>;

const form = (properties: Record<string, unknown>, more: JsonSchema = {}, message = "Which?"): unknown => ({
  method: "elicitation/create",
  params: { mode: "form", message, requestedSchema: { type: "object", properties, ...more } },
});
const visit = (url: string, message = "Please sign in at"): unknown => ({
  method: "elicitation/create",
  params: { mode: "url", message, url },
});

const answer = (requests: Requests, words: string, decision: Decided = "Respond"): Responses =>
  respondTo(requests, { decision, words }, checker);
const why = (requests: Requests, words: string, decision: Decided = "Respond"): string => {
  const told = answer(requests, words, decision);
  return told.kind === "Unfit" ? told.why : `It fits: ${JSON.stringify(told.inputResponses)}`;
};
const accepts = (content: unknown): Responses => ({
  kind: "Responses",
  inputResponses: { q: { action: "accept", content } },
});

const flag = { q: form({ sure: { type: "boolean" } }, { required: ["sure"] }) };
const colours = ["red", "green"];
const trip = {
  q: form(
    {
      city: { type: "string", title: "Where to", minLength: 2 },
      nights: { type: "integer", minimum: 1 },
      hotel: { type: "boolean", default: true },
    },
    { required: ["city", "nights"] },
  ),
};
const two = {
  from: form({ city: { type: "string" } }, { required: ["city"] }, "From where?"),
  to: form({ city: { type: "string" }, day: { type: "string", format: "date" } }, { required: ["city"] }, "Where to?"),
};

describe("what a tool asks", () => {
  test("by one form is its message with its schema", () => {
    const schema = { type: "object", properties: { sure: { type: "boolean" } }, required: ["sure"] };
    expect(readQuestions(flag)).toEqual({ kind: "Form", message: "Which?", schema });
  });

  test("by a form of the days before there were modes is a form", () => {
    const { params } = flag.q as { params: Record<string, unknown> };
    const { mode: _mode, ...old } = params;
    expect(readQuestions({ q: { method: "elicitation/create", params: old } }).kind).toBe("Form");
  });

  test("by several forms is one question with a property for each", () => {
    const question = readQuestions(two);
    expect(question).toMatchObject({
      kind: "Form",
      message: "from: From where?\nto: Where to?",
      schema: { type: "object", required: ["from", "to"] },
    });
    expect(question).toHaveProperty("schema.properties.to.properties.day.format", "date");
  });

  test("by an address is to be confirmed", () => {
    const question = { kind: "Confirm", message: "Please sign in at https://example.com/1" };
    expect(readQuestions({ q: visit("https://example.com/1") })).toEqual(question);
  });

  test("by a form and an address is one question", () => {
    const both = readQuestions({ ...flag, there: visit("https://example.com/1") });
    expect(both).toMatchObject({ kind: "Form", schema: { required: ["sure"] } });
    expect("message" in both && both.message).toContain("https://example.com/1");
  });

  test.each<[string, Requests]>([
    ["of a model", { q: { method: "sampling/createMessage", params: {} } }],
    ["of a file system", { q: { method: "roots/list" } }],
    ["in an unknown way", { q: { method: "elicitation/create", params: { mode: "dance", message: "?" } } }],
    ["by an unknown method", { q: { method: "other" } }],
    ["without a form", { q: { method: "elicitation/create", params: { message: "?" } } }],
    ["what is no question", { q: 7 }],
    ["to visit what is no web address", { q: visit("javascript:alert(1)") }],
    ["nothing", {}],
    ["of a person and of a model at once", { ...flag, model: { method: "sampling/createMessage" } }],
  ])("%s can be put to nobody, and no answer fits", (_what, requests) => {
    const question = readQuestions(requests);
    expect(question.kind).toBe("Unsupported");
    expect("why" in question && question.why).not.toBe("");
    expect(answer(requests, "yes").kind).toBe("Unfit");
  });
});

describe("where one thing is asked", () => {
  const one = (schema: unknown): Requests => ({ q: form({ it: schema }, { required: ["it"] }) });

  test.each<[string, unknown, string, unknown]>([
    ["yes", { type: "boolean" }, " Yes. ", true],
    ["true", { type: "boolean" }, "TRUE", true],
    ["no", { type: "boolean" }, "no", false],
    ["a number", { type: "number" }, " -2.5 ", -2.5],
    ["a whole number", { type: "integer" }, "7", 7],
    ["a text", { type: "string" }, " two words ", "two words"],
    ["a text that is JSON", { type: "string" }, '{"a": 1}', '{"a": 1}'],
    ["a text that looks like a number", { type: "string" }, "7", "7"],
    ["a date", { type: "string", format: "date" }, "2026-01-31", "2026-01-31"],
    ["a choice", { type: "string", enum: colours }, "Green", "green"],
    ["a choice by its older title", { type: "string", enum: ["r"], enumNames: ["Red"] }, "red", "r"],
    ["a choice by its title", { type: "string", oneOf: [{ const: "r", title: "Red" }] }, "red", "r"],
    ["several choices", { type: "array", items: { type: "string", enum: colours } }, "red, GREEN", colours],
    ["several by title", { type: "array", items: { anyOf: [{ const: "r", title: "Red" }] } }, "Red\n", ["r"]],
    ["several as JSON", { type: "array", items: { type: "string", enum: colours } }, '["red"]', ["red"]],
  ])("%s can be said plainly", (_what, schema, words, value) => {
    expect(answer(one(schema), words)).toEqual(accepts({ it: value }));
  });

  test("it can be said as JSON too", () => {
    expect(answer(flag, '{"sure": false}')).toEqual(accepts({ sure: false }));
  });

  test.each<[string, unknown, string, RegExp]>([
    ["neither yes nor no", { type: "boolean" }, "perhaps", /it: .*yes or no.*example: yes$/],
    ["no number", { type: "number", minimum: 3 }, "many", /number.*example: 3$/],
    ["a broken number", { type: "integer" }, "2.5", /answer\.it: .*example: 1$/],
    ["no words", { type: "number" }, " ", /number/],
    ["no choice", { type: "string", enum: colours }, "blue", /one of red, green.*example: red$/],
    ["a text that is too short", { type: "string", minLength: 3 }, "ab", /answer\.it/],
    ["no date", { type: "string", format: "date" }, "tomorrow", /answer\.it.*example: 2026-01-31$/],
    ["one wrong of several", { type: "array", items: { type: "string", enum: colours } }, "red, blue", /one of/],
  ])("%s does not fit, and an example is given", (_what, schema, words, told) => {
    expect(why(one(schema), words)).toMatch(told);
  });

  test("yes can be given by approving, and everything else cannot", () => {
    expect(answer(flag, "", "Approve")).toEqual(accepts({ sure: true }));
    expect(why(one({ type: "string" }), "", "Approve")).toMatch(/words.*example: some text$/);
    expect(why(trip, "", "Approve")).toMatch(/words/);
  });
});

describe("where several things are asked", () => {
  const rome = { city: "Rome", nights: 3, hotel: true };

  test.each([
    ["JSON", '{"city": "Rome", "nights": 3}'],
    ["lines", "city=Rome\nnights = 3"],
    ["lines with colons, titles and blanks", "\n  where TO: Rome \n\nNights: 3\n"],
  ])("%s will do, and what is not said is as the form says", (_what, words) => {
    expect(answer(trip, words)).toEqual(accepts(rome));
  });

  test("a value may have signs of its own", () => {
    expect(answer(trip, "city: a=b:c\nnights=1\nhotel=no")).toEqual(
      accepts({ city: "a=b:c", nights: 1, hotel: false }),
    );
  });

  test.each([
    ["what is missing", "city=Rome", /nights/],
    ["what does not fit", '{"city": "Rome", "nights": 0}', /answer\.nights/],
    ["what is not asked", "city=Rome\nnights=3\nstars=5", /no "stars".*city, nights, hotel/],
    ["what JSON has too much", '{"city": "Rome", "nights": 3, "stars": 5}', /no "stars"/],
    ["what is of no form", "Rome for three nights", /name=value: city, nights, hotel/],
    ["what has the wrong type", "city=Rome\nnights=three", /nights: .*number/],
    ["nothing", " \n ", /empty/],
    ["JSON that is no form", "[1]", /name=value/],
  ])("%s is said, with an example that fits", (_what, words, told) => {
    const [said = "", example = ""] = why(trip, words).split("A right answer is, for example: ");
    expect(said).toMatch(told);
    expect(answer(trip, example).kind).toBe("Responses");
  });

  test("an answer to several forms goes to each", () => {
    const both = {
      kind: "Responses",
      inputResponses: {
        from: { action: "accept", content: { city: "Rome" } },
        to: { action: "accept", content: { city: "Oslo", day: "2026-01-31" } },
      },
    };
    expect(answer(two, "from.city=Rome\nto.city=Oslo\nday=2026-01-31")).toEqual(both);
    expect(answer(two, JSON.stringify({ from: { city: "Rome" }, to: { city: "Oslo", day: "2026-01-31" } }))).toEqual(
      both,
    );
    expect(why(two, "city=Rome")).toMatch(/several "city": from.city, to.city/);
    expect(why(two, '{"from": {"city": "Rome"}}')).toMatch(/answer\.to/);
    expect(why(two, '{"from": "Rome", "to": "Oslo"}')).toMatch(/answer\.from/);
    expect(why(two, '{"there": {}}')).toMatch(/no "there".*from, to/);
    const [, example = ""] = why(two, "").split("for example: ");
    expect(answer(two, example).kind).toBe("Responses");
  });
});

test.each<[string, Requests, boolean]>([
  ["an address", { q: visit("https://example.com") }, true],
  ["a form without fields", { q: form({}) }, true],
  ["yes or no", flag, true],
  ["several things", trip, false],
  ["a text", { q: form({ it: { type: "string" } }) }, false],
  ["what nobody can be asked", { q: { method: "roots/list" } }, false],
])("approving is an answer to %s, or is none", (_what, requests, may) => {
  expect(answer(requests, "", "Approve").kind).toBe(may ? "Responses" : "Unfit");
});

describe("where nothing but a word is wanted", () => {
  const there = { q: visit("https://example.com/1") };

  test.each<[string, Decided, string, unknown]>([
    ["approving", "Approve", "", { action: "accept" }],
    ["done", "Respond", "Done!", { action: "accept" }],
    ["no", "Respond", "no", { action: "decline" }],
    ["rejecting", "Reject", "", { action: "decline" }],
  ])("%s is an answer", (_what, decision, words, said) => {
    expect(answer(there, words, decision)).toEqual({ kind: "Responses", inputResponses: { q: said } });
  });

  test("other words are not", () => {
    expect(why(there, "what is this?")).toMatch(/[Aa]pprove.*reject/);
  });

  test("a form without fields is accepted without contents", () => {
    expect(answer({ q: form({}) }, "", "Approve")).toEqual(accepts({}));
  });
});

test("rejecting declines everything that is asked", () => {
  expect(answer({ ...two, there: visit("https://example.com") }, "", "Reject")).toEqual({
    kind: "Responses",
    inputResponses: { from: { action: "decline" }, to: { action: "decline" }, there: { action: "decline" } },
  });
});

test("an address beside a form is accepted with the form's answer", () => {
  expect(answer({ ...flag, there: visit("https://example.com") }, "yes")).toEqual({
    kind: "Responses",
    inputResponses: { q: { action: "accept", content: { sure: true } }, there: { action: "accept" } },
  });
});

test("a form that would keep the process busy is said to do so, and takes no answer", () => {
  const hostile = { q: form({ it: { type: "string", pattern: "^(a+)+$" } }, { required: ["it"] }) };
  expect(why(hostile, `${"a".repeat(60)}!`)).toMatch(/too long/);
});
