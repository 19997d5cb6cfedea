import { figure, percent, toMarkdown } from "./table";

describe("a table", () => {
  test("is Markdown with padded columns, numbers to the right", () => {
    const table = {
      title: "Speed",
      columns: ["mode", "tasks/s"],
      rows: [
        ["product", "99.5"],
        ["sketch", "120"],
      ],
    };
    expect(toMarkdown(table)).toBe(
      [
        "Speed",
        "",
        "| mode    | tasks/s |",
        "| ------- | ------: |",
        "| product |    99.5 |",
        "| sketch  |     120 |",
      ].join("\n"),
    );
  });

  test("keeps its columns when a cell has a bar or a line break in it", () => {
    const [row = ""] = toMarkdown({
      title: "",
      columns: ["a", "b"],
      rows: [["x|y", "1\n2"]],
    })
      .split("\n")
      .slice(-1);
    expect(row.split(/(?<!\\)\|/)).toHaveLength(4);
  });

  test("may have no rows", () => {
    expect(toMarkdown({ title: "None", columns: ["a"], rows: [] }).split("\n")).toHaveLength(4);
  });
});

test.each([
  [0, "0"],
  [12, "12"],
  [0.12345, "0.123"],
  [1.2345, "1.23"],
  [12.345, "12.3"],
  [123.45, "123"],
  [-12.345, "-12.3"],
  [Number.NaN, "–"],
])("the figure %d is written %s", (value, expected) => {
  expect(figure(value)).toBe(expected);
});

test("a share is written in percent", () => {
  expect(percent(0.876)).toBe("88 %");
});
