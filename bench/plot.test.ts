import { plotOverhead } from "./plot";

const series = [
  {
    label: "instant model",
    points: [
      { concurrency: 1, p50: 12, p99: 30 },
      { concurrency: 100, p50: 200, p99: 400 },
    ],
  },
  { label: "1 s model", points: [{ concurrency: 1, p50: 14, p99: 31 }] },
];
const svg = plotOverhead({
  title: "Overhead <1>",
  subtitle: "2 cores & more",
  series,
});

/** The points of every curve, as numbers. */
function curves(picture: string): [number, number][][] {
  return [...picture.matchAll(/<polyline points="([^"]*)"/g)].map(([, points = ""]) =>
    points.split(" ").map((point) => point.split(",").map(Number) as [number, number]),
  );
}

describe("the picture", () => {
  test("has a line for the middle and one for the tail of every series", () => {
    expect(curves(svg).map((points) => points.length)).toEqual([2, 2, 1, 1]);
    for (const label of ["instant model, p50", "instant model, p99", "1 s model, p50", "1 s model, p99"])
      expect(svg).toContain(label);
  });

  test("puts more load to the right and more overhead higher up", () => {
    const [few, many] = curves(svg)[0] as [[number, number], [number, number]];
    expect(many[0] - few[0]).toBeGreaterThan(0);
    expect(many[1] - few[1]).toBeLessThan(0);
  });

  test("names its axes with their units", () => {
    expect(svg).toContain(">tasks at once<");
    expect(svg).toContain("overhead of a task, ms");
  });

  test("escapes what it is given", () => {
    expect(svg).toContain("Overhead &lt;1&gt;");
    expect(svg).toContain("2 cores &amp; more");
  });

  test("stays inside its box when an overhead is nought or the load is all the same", () => {
    const flat = plotOverhead({
      title: "",
      subtitle: "",
      series: [{ label: "a", points: [{ concurrency: 1, p50: 0, p99: 0 }] }],
    });
    for (const [x, y] of curves(flat).flat()) {
      expect(x).toBeGreaterThanOrEqual(80);
      expect(x).toBeLessThanOrEqual(640);
      expect(y).toBeGreaterThanOrEqual(70);
      expect(y).toBeLessThanOrEqual(450);
    }
  });

  test("of nothing is an error", () => {
    expect(() => plotOverhead({ title: "", subtitle: "", series: [] })).toThrow("No points");
  });
});
