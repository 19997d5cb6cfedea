/**
 * The picture of overhead against load: one line per model latency for the middle, a dashed one for the tail, both axes
 * logarithmic. Makes an SVG that needs no fonts, scripts or style sheets of anybody. Pure.
 */

/** One model latency: points from few to many concurrent tasks. */
export interface Series {
  label: string;
  points: { concurrency: number; p50: number; p99: number }[];
}

export interface Picture {
  title: string;
  subtitle: string;
  series: Series[];
}

const WIDTH = 860;
const HEIGHT = 520;
const BOX = { left: 80, right: 640, top: 70, bottom: 450 };
/** Distinguishable also by people who see few colours (Okabe and Ito). */
const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"];

interface Scale {
  low: number;
  high: number;
  at(value: number): number;
}

/** The SVG. Throws when there is no point at all. */
export function plotOverhead({ title, subtitle, series }: Picture): string {
  const points = series.flatMap((one) => one.points);
  if (points.length === 0) throw new Error("No points: nothing was measured.");
  const x = logScale(
    points.map(({ concurrency }) => concurrency),
    BOX.left,
    BOX.right,
  );
  const y = logScale(
    points.flatMap(({ p50, p99 }) => [p50, p99]),
    BOX.bottom,
    BOX.top,
  );
  const ticks = [...new Set(points.map(({ concurrency }) => concurrency))];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" font-family="sans-serif" font-size="13" fill="#222">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    text({ x: BOX.left, y: 28, size: 17 }, title),
    text({ x: BOX.left, y: 48, size: 12 }, subtitle),
    ...powersOfTen(y).flatMap((value) => [
      line(BOX.left, y.at(value), BOX.right, y.at(value)),
      text({ x: BOX.left - 8, y: y.at(value) + 4, anchor: "end" }, amount(value)),
    ]),
    ...ticks.flatMap((value) => [
      line(x.at(value), BOX.bottom, x.at(value), BOX.bottom + 5),
      text({ x: x.at(value), y: BOX.bottom + 20, anchor: "middle" }, amount(value)),
    ]),
    `<rect x="${BOX.left}" y="${BOX.top}" width="${BOX.right - BOX.left}" height="${BOX.bottom - BOX.top}" fill="none" stroke="#666"/>`,
    text({ x: (BOX.left + BOX.right) / 2, y: BOX.bottom + 46, anchor: "middle" }, "tasks at once"),
    `<g transform="translate(24 ${(BOX.top + BOX.bottom) / 2}) rotate(-90)">${text({ x: 0, y: 0, anchor: "middle" }, "overhead of a task, ms (create to answer, minus the model)")}</g>`,
    ...series.flatMap((one, index) => curves(one, colourOf(index), x, y)),
    ...legend(series),
    "</svg>",
    "",
  ].join("\n");
}

function curves({ points }: Series, colour: string, x: Scale, y: Scale): string[] {
  const path = (value: "p50" | "p99"): string =>
    points.map((point) => `${round(x.at(point.concurrency))},${round(y.at(point[value]))}`).join(" ");
  const dots = points.map(
    (point) => `<circle cx="${round(x.at(point.concurrency))}" cy="${round(y.at(point.p50))}" r="3" fill="${colour}"/>`,
  );
  return [
    `<polyline points="${path("p50")}" fill="none" stroke="${colour}" stroke-width="2"/>`,
    `<polyline points="${path("p99")}" fill="none" stroke="${colour}" stroke-width="1.5" stroke-dasharray="5 4"/>`,
    ...dots,
  ];
}

function legend(series: Series[]): string[] {
  const left = BOX.right + 20;
  const rows = series.flatMap(({ label }, index) => {
    const at = BOX.top + 12 + index * 44;
    return [
      sample(left, at, colourOf(index), false),
      text({ x: left + 36, y: at + 4 }, `${label}, p50`),
      sample(left, at + 20, colourOf(index), true),
      text({ x: left + 36, y: at + 24 }, `${label}, p99`),
    ];
  });
  return rows;
}

function sample(x: number, y: number, colour: string, isDashed: boolean): string {
  return `<line x1="${x}" y1="${y}" x2="${x + 28}" y2="${y}" stroke="${colour}" stroke-width="2"${isDashed ? ' stroke-dasharray="5 4"' : ""}/>`;
}

/** From the power of ten below the smallest value to the one above the largest, except that counts start at their smallest. */
function logScale(values: number[], from: number, to: number): Scale {
  // An overhead below a tenth of a millisecond is beyond what is measured here, and has no logarithm below zero.
  const positive = values.map((value) => Math.max(value, 0.1));
  const low = 10 ** Math.floor(Math.log10(Math.min(...positive)));
  const high = Math.max(10 ** Math.ceil(Math.log10(Math.max(...positive))), low * 10);
  const span = Math.log10(high / low);
  return {
    low,
    high,
    at: (value) => from + ((to - from) * Math.log10(Math.max(value, low) / low)) / span,
  };
}

function powersOfTen({ low, high }: Scale): number[] {
  const values: number[] = [];
  for (let value = low; value <= high * 1.001; value *= 10) values.push(value);
  return values;
}

interface Place {
  x: number;
  y: number;
  anchor?: "start" | "middle" | "end";
  size?: number;
}

function text({ x, y, anchor = "start", size }: Place, words: string): string {
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}"${size === undefined ? "" : ` font-size="${size}"`}>${escape(words)}</text>`;
}

function line(x1: number, y1: number, x2: number, y2: number): string {
  return `<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" stroke="#ddd"/>`;
}

function colourOf(index: number): string {
  return COLOURS[index % COLOURS.length] ?? "#000";
}

function amount(value: number): string {
  return String(Number(value.toPrecision(3)));
}

function round(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function escape(words: string): string {
  return words.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
