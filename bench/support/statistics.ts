/** Several measurements of one thing. */
export interface Summary {
  /** The middle one; half-way between the two middle ones of an even number. */
  readonly median: number;
  /** Width of the middle half, as a part of the median. */
  readonly spread: number;
  /** How many there were. */
  readonly count: number;
}

/**
 * Sums measurements up so that single disturbances count for nothing.
 *
 * @param values One or more measurements, positive.
 * @returns Median, spread and number.
 * @throws {RangeError} if there are none.
 */
export function summarize(values: readonly number[]): Summary {
  if (values.length === 0) {
    throw new RangeError("Cannot summarize no measurements");
  }
  const sorted = [...values].sort((a, b) => a - b);
  const median = quantile(sorted, 0.5);
  return {
    median,
    spread: (quantile(sorted, 0.75) - quantile(sorted, 0.25)) / median,
    count: values.length,
  };
}

/** Arithmetic mean. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Standard deviation of the population that the values are a sample of. */
export function standardDeviation(values: readonly number[]): number {
  const middle = mean(values);
  const squares = values.map((value) => (value - middle) ** 2);
  return Math.sqrt(mean(squares) * values.length / (values.length - 1));
}

/** Quantile of sorted values, linear between neighbours. */
function quantile(sorted: readonly number[], part: number): number {
  const place = part * (sorted.length - 1);
  const below = Math.floor(place);
  const above = Math.ceil(place);
  return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
}
