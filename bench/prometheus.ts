/**
 * Reads the text format of Prometheus metrics (https://prometheus.io/docs/instrumenting/exposition_formats/), as far as
 * counters need it: samples of one metric with their labels. Pure.
 */

/** One line: the labels and the value. */
export interface Sample {
  labels: Record<string, string>;
  value: number;
}

/** All samples of the metric `name`, in the order of the text. Comments and other metrics are passed over. */
export function samplesOf(text: string, name: string): Sample[] {
  const samples: Sample[] = [];
  for (const line of text.split("\n")) {
    const next = line[name.length];
    if (!line.startsWith(name) || (next !== "{" && next !== " ")) continue;
    const end = next === "{" ? line.lastIndexOf("}") : name.length - 1;
    // A timestamp may follow the value.
    const [value = ""] = line
      .slice(end + 1)
      .trim()
      .split(/\s+/);
    samples.push({
      labels: labelsIn(line.slice(name.length + 1, end)),
      value: Number(value),
    });
  }
  return samples;
}

function labelsIn(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const [, name = "", value = ""] of text.matchAll(/([A-Za-z_][A-Za-z0-9_]*)="((?:[^"\\]|\\.)*)"/g)) {
    labels[name] = value.replace(/\\(.)/g, (_all, escaped: string) => (escaped === "n" ? "\n" : escaped));
  }
  return labels;
}
