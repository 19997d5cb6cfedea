import { samplesOf } from "./prometheus";

const TEXT = `# HELP requests_total How many
# TYPE requests_total counter
requests_total{code="200",verb="GET"} 12
requests_total{code="409",verb="PUT"} 1.5e+03 1700000000000
requests_total_sum{code="200"} 7
other 3
bare 42
`;

describe("the samples of a metric", () => {
  test("come with labels and values, timestamps left out", () => {
    expect(samplesOf(TEXT, "requests_total")).toEqual([
      { labels: { code: "200", verb: "GET" }, value: 12 },
      { labels: { code: "409", verb: "PUT" }, value: 1500 },
    ]);
  });

  test("may have no labels", () => {
    expect(samplesOf(TEXT, "bare")).toEqual([{ labels: {}, value: 42 }]);
  });

  test("are none where the metric is not there", () => {
    expect(samplesOf(TEXT, "requests")).toEqual([]);
  });

  test("keep quotes, braces, commas, backslashes and line breaks of label values", () => {
    const line = String.raw`m{a="x\"y,b=\"z\"",c="}",d="1\\n2\n3"} 1`;
    expect(samplesOf(line, "m")).toEqual([{ labels: { a: 'x"y,b="z"', c: "}", d: "1\\n2\n3" }, value: 1 }]);
  });
});
