/**
 * What is said about many measured values: how many, the middle, the tail, the worst. Percentiles are by nearest rank, so
 * every figure printed was measured. Pure.
 */

/** The usual figures of a set of values, in the unit of the values. */
export interface Summary {
  count: number;
  mean: number;
  p50: number;
  p99: number;
  max: number;
}

/** The smallest of the values that at least `percent` of them do not exceed (nearest rank). Throws on no values. */
export function percentile(values: readonly number[], percent: number): number {
  return ranked(ascending(values), percent);
}

/** The usual figures. Throws on no values: a run that measured nothing is a broken run. */
export function summarize(values: readonly number[]): Summary {
  const sorted = ascending(values);
  const sum = sorted.reduce((total, value) => total + value, 0);
  return {
    count: sorted.length,
    mean: sum / sorted.length,
    p50: ranked(sorted, 50),
    p99: ranked(sorted, 99),
    max: ranked(sorted, 100),
  };
}

/** The middle value of a few runs. */
export function median(values: readonly number[]): number {
  return percentile(values, 50);
}

/**
 * How much `values`, taken at even intervals, rise from one to the next: the slope of the least-squares line. One value
 * rises by nothing.
 */
export function risePerStep(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  let covariance = 0;
  let variance = 0;
  for (const [step, value] of values.entries()) {
    covariance += (step - middle) * (value - mean);
    variance += (step - middle) ** 2;
  }
  return variance === 0 ? 0 : covariance / variance;
}

function ascending(values: readonly number[]): number[] {
  if (values.length === 0) throw new Error("No values: nothing was measured.");
  return [...values].sort((a, b) => a - b);
}

function ranked(sorted: readonly number[], percent: number): number {
  const rank = Math.max(1, Math.ceil((percent / 100) * sorted.length));
  return sorted[rank - 1] ?? Number.NaN;
}
