/** A function with its gradient at a point. */
export interface ValueAndGradient {
  /** Value. */
  readonly value: number;
  /** Derivative by each coordinate. */
  readonly gradient: readonly number[];
}

/** Where a search ended. */
export interface Minimum {
  /** The point. */
  readonly point: readonly number[];
  /** The function's value there. */
  readonly value: number;
}

/** Share of the slope by which a step has to lower the value (Armijo). */
const SUFFICIENT = 1e-4;
/** Share of the slope that may remain after a step (weak Wolfe). */
const REMAINING = 0.9;
/** Trials of a step's length before the search gives up. */
const TRIALS = 50;

/**
 * Looks for a minimum of a function of few variables: BFGS with a line search
 * by bisection for the weak Wolfe conditions, which also does for functions
 * with kinks (Lewis and Overton 2013, "Nonsmooth optimization via quasi-Newton
 * methods"). Keeps a dense matrix, so it is meant for tens of variables.
 *
 * @param evaluate The function; values that are not finite are stepped back
 * from.
 * @param start Where to begin.
 * @param iterations Most steps. @default 500
 * @returns The lowest point that was found, `start` at worst.
 */
export function minimize(
  evaluate: (point: readonly number[]) => ValueAndGradient,
  start: readonly number[],
  iterations: number = 500,
): Minimum {
  const size = start.length;
  let point = start;
  let here = evaluate(point);
  let inverse = identity(size);
  for (let iteration = 0; iteration < iterations; iteration++) {
    let direction = inverse.map((row) => -dot(row, here.gradient));
    let slope = dot(direction, here.gradient);
    if (!(slope < 0)) {
      inverse = identity(size);
      direction = here.gradient.map((g) => -g);
      slope = dot(direction, here.gradient);
    }
    if (!(slope < -1e-24)) break;
    const taken = lineSearch(evaluate, point, here.value, direction, slope);
    if (taken === undefined) break;
    const step = subtract(taken.point, point);
    const change = subtract(taken.at.gradient, here.gradient);
    const gain = here.value - taken.at.value;
    inverse = updated(inverse, step, change, iteration === 0);
    point = taken.point;
    here = taken.at;
    if (gain <= 1e-15 * Math.abs(here.value)) break;
  }
  return { point, value: here.value };
}

function lineSearch(
  evaluate: (point: readonly number[]) => ValueAndGradient,
  point: readonly number[],
  value: number,
  direction: readonly number[],
  slope: number,
): { point: readonly number[]; at: ValueAndGradient } | undefined {
  let low = 0;
  let high = Infinity;
  let length = 1;
  let best: { point: readonly number[]; at: ValueAndGradient } | undefined;
  for (let trial = 0; trial < TRIALS; trial++) {
    const next = point.map((x, i) => x + length * direction[i]);
    const at = evaluate(next);
    // Also false for a value that is not finite.
    if (!(at.value <= value + SUFFICIENT * length * slope)) {
      high = length;
    } else {
      best = { point: next, at };
      if (dot(direction, at.gradient) >= REMAINING * slope) return best;
      low = length;
    }
    length = high === Infinity ? 2 * low : (low + high) / 2;
  }
  return best;
}

/** The approximation of the inverse Hessian after a step. */
function updated(
  inverse: readonly (readonly number[])[],
  step: readonly number[],
  change: readonly number[],
  first: boolean,
): number[][] {
  const curvature = dot(step, change);
  if (!(curvature > 1e-300)) return inverse.map((row) => [...row]);
  // The first step teaches the scale of the function (Nocedal and Wright,
  // "Numerical Optimization", equation 6.20).
  const scale = first ? curvature / dot(change, change) : 1;
  const before = inverse.map((row) => row.map((x) => scale * x));
  const moved = before.map((row) => dot(row, change));
  const factor = (1 + dot(change, moved) / curvature) / curvature;
  return before.map((row, i) =>
    row.map((x, j) =>
      x + factor * step[i] * step[j] -
      (moved[i] * step[j] + step[i] * moved[j]) / curvature
    )
  );
}

function identity(size: number): number[][] {
  return Array.from(
    { length: size },
    (_, i) => Array.from({ length: size }, (_, j) => i === j ? 1 : 0),
  );
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, x, i) => sum + x * b[i], 0);
}

function subtract(a: readonly number[], b: readonly number[]): number[] {
  return a.map((x, i) => x - b[i]);
}
