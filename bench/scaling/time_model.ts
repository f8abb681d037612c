/** Work done and the time that it took. */
export interface TimedWork {
  /** Floating-point operations. */
  readonly flops: number;
  /** Seconds. */
  readonly seconds: number;
}

/** Time as a constant plus a share of the work. */
export interface TimeModel {
  /** Seconds that no work takes. */
  readonly overhead: number;
  /** Seconds of a floating-point operation. */
  readonly perFlop: number;
}

/**
 * Fits overhead and rate to measurements so that the squares of the relative
 * errors add up to the least. Neither may be negative.
 *
 * @param timed At least one measurement.
 * @returns The model.
 */
export function fitTime(timed: readonly TimedWork[]): TimeModel {
  // Divided by the seconds, each measurement wants a·x + b·y to be 1.
  const points = timed.map(({ flops, seconds }) => ({
    x: 1 / seconds,
    y: flops / seconds,
  }));
  const sum = (of: (point: { x: number; y: number }) => number) =>
    points.reduce((total, point) => total + of(point), 0);
  const xx = sum(({ x }) => x * x);
  const xy = sum(({ x, y }) => x * y);
  const yy = sum(({ y }) => y * y);
  const x = sum((point) => point.x);
  const y = sum((point) => point.y);
  const determinant = xx * yy - xy * xy;
  const overhead = (x * yy - y * xy) / determinant;
  const perFlop = (y * xx - x * xy) / determinant;
  if (overhead >= 0 && perFlop >= 0) return { overhead, perFlop };
  return overhead < 0 || Number.isNaN(overhead)
    ? { overhead: 0, perFlop: y / yy }
    : { overhead: x / xx, perFlop: 0 };
}
