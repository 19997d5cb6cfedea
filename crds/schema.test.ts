import { address, choice, duration, list, object, spokenText, text } from "./schema";

describe("a duration", () => {
  const pattern = new RegExp(duration("You wait.", "5m").pattern ?? "^$");

  test.each(["30s", "5m", "1h30m", "72h", "500ms"])("may be written %s", (written) => {
    expect(pattern.test(written)).toBe(true);
  });

  test.each(["", "5", "10 minutes", "-5m", "5d", "1.5h", "5m ", "1000000h"])("may not be written '%s'", (written) => {
    expect(pattern.test(written)).toBe(false);
  });
});

describe("a field", () => {
  test("is described by what it is about and an example", () => {
    expect(text("You name it.", "gpt-4o").description).toBe("You name it. Example: `gpt-4o`.");
  });

  test("keeps the bounds it is given over the usual ones", () => {
    expect(text("You name it.", "gpt-4o", { maxLength: 5 })).toMatchObject({
      type: "string",
      maxLength: 5,
    });
  });

  test("does not share its words with whoever passed them", () => {
    const words = ["a", "b"];
    choice("You choose.", "a", words).enum?.push("c");
    expect(words).toEqual(["a", "b"]);
  });

  test("with its own rule says in the rule's message what is wrong", () => {
    for (const field of [spokenText("the prompt", "You ask.", "hi"), address("You point.", "https://example.com")]) {
      expect(field["x-kubernetes-validations"]?.map(({ message }) => typeof message)).toEqual(["string"]);
    }
  });
});

test("a list is replaced as a whole unless it says how its items are told apart", () => {
  const items = object("You name it.", "{}", {});
  expect(list("You list.", "[]", items, { maxItems: 1 })).toMatchObject({
    "x-kubernetes-list-type": "atomic",
  });
  expect(
    list("You list.", "[]", items, {
      maxItems: 1,
      "x-kubernetes-list-type": "set",
    }),
  ).toMatchObject({ "x-kubernetes-list-type": "set" });
});
