import { InputError } from "../../data/input_error.ts";

/** A run of an isoFLOP sweep. */
export interface IsoFlopPoint {
  /** C, floating-point operations of its training. */
  readonly flops: number;
  /** N, parameters of the model. */
  readonly parameters: number;
  /** Loss that it reached, in nats a token. */
  readonly loss: number;
}

/** The best size for one amount of training. */
export interface IsoFlopMinimum {
  /** C. */
  readonly flops: number;
  /** Parameters at the parabola's lowest point. */
  readonly parameters: number;
  /** C / 6N there. */
  readonly tokens: number;
  /** The parabola's lowest loss. */
  readonly loss: number;
  /** How steep it is: the factor of (log N − log N there)². */
  readonly curvature: number;
  /** Whether the lowest point lies between the smallest and largest model. */
  readonly inside: boolean;
}

/** What a sweep says about how size grows with training. */
export interface IsoFlopFit {
  /** A minimum for each amount of training, ascending. */
  readonly minima: readonly IsoFlopMinimum[];
  /** Exponent a of N ∝ C^a over the minima; null with fewer than two. */
  readonly sizeExponent: number | null;
}

/**
 * Fits a parabola of the loss over log N for each amount of training and takes
 * its lowest point (Hoffmann et al. 2022, arXiv:2203.15556, approach 2).
 *
 * @param points Runs; those of one amount of training have equal `flops`, at
 * least three sizes each.
 * @returns The minima, and how their size grows.
 * @throws {InputError} If an amount has fewer than three sizes or its losses
 * have no lowest point.
 *
 * @example
 * ```ts
 * import { fitIsoFlop } from "@minnow/minnow";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const points = [1e12, 4e12].flatMap((flops) =>
 *   [0.5, 1, 2].map((times) => ({
 *     flops,
 *     parameters: times * Math.sqrt(flops / 120),
 *     loss: 2 + 0.1 * Math.log(times) ** 2,
 *   }))
 * );
 * const { minima, sizeExponent } = fitIsoFlop(points);
 * assertAlmostEquals(minima[0].parameters, Math.sqrt(1e12 / 120), 1);
 * assertAlmostEquals(sizeExponent ?? 0, 0.5, 1e-9);
 * ```
 */
export function fitIsoFlop(points: readonly IsoFlopPoint[]): IsoFlopFit {
  const minima = [...Map.groupBy(points, ({ flops }) => flops)]
    .sort(([a], [b]) => a - b)
    .map(([flops, runs]) => minimumOf(flops, runs));
  return { minima, sizeExponent: slopeOf(minima) };
}

function minimumOf(
  flops: number,
  runs: readonly IsoFlopPoint[],
): IsoFlopMinimum {
  const refuse = (reason: string) =>
    new InputError(
      `Cannot find the best size for ${flops.toExponential(2)} FLOP: ${reason}`,
    );
  const sizes = new Set(runs.map(({ parameters }) => parameters));
  if (sizes.size < 3) {
    throw refuse(`a parabola takes 3 sizes, and there are ${sizes.size}`);
  }
  const logs = runs.map(({ parameters }) => Math.log(parameters));
  const middle = mean(logs);
  // Centred, so that the normal equations keep their digits.
  const x = logs.map((log) => log - middle);
  const y = runs.map(({ loss }) => loss);
  const [s2, s3, s4] = [2, 3, 4].map((power) => mean(x.map((v) => v ** power)));
  const average = mean(y);
  const first = mean(x.map((v, i) => v * (y[i] - average)));
  const second = mean(x.map((v, i) => v * v * (y[i] - average)));
  const curve = (second * s2 - first * s3) / ((s4 - s2 * s2) * s2 - s3 * s3);
  const slope = (first - curve * s3) / s2;
  if (!(curve > 0)) {
    throw refuse("its losses have no lowest point; widen the sizes");
  }
  const at = -slope / (2 * curve);
  const parameters = Math.exp(middle + at);
  return {
    flops,
    parameters,
    tokens: flops / (6 * parameters),
    loss: average - curve * s2 + slope * at + curve * at * at,
    curvature: curve,
    inside: at >= Math.min(...x) && at <= Math.max(...x),
  };
}

/** Least-squares slope of log N over log C. */
function slopeOf(minima: readonly IsoFlopMinimum[]): number | null {
  if (minima.length < 2) return null;
  const x = minima.map(({ flops }) => Math.log(flops));
  const y = minima.map(({ parameters }) => Math.log(parameters));
  const [meanX, meanY] = [mean(x), mean(y)];
  const covariance = mean(x.map((v, i) => (v - meanX) * (y[i] - meanY)));
  return covariance / mean(x.map((v) => (v - meanX) ** 2));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
