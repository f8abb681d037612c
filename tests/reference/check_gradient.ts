import { assertClose, finiteDifference } from "../kernels/harness.ts";

/**
 * Asserts that a reference's gradient is the derivative of its forward
 * function, by central differences of `Σ forward(x) · upstream`. Steps of 1e-5
 * in f64 leave about 1e-9 of rounding and truncation; 1e-6 leaves room for
 * sharp curvature.
 */
export function checkGradient(
  what: string,
  forward: (x: Float64Array) => Float64Array,
  x: ArrayLike<number>,
  upstream: ArrayLike<number>,
  gradient: ArrayLike<number>,
): void {
  const loss = (probe: Float64Array) =>
    forward(probe).reduce((sum, y, i) => sum + y * upstream[i], 0);
  const expected = finiteDifference(loss, Float64Array.from(x));
  assertClose(gradient, expected, 1e-6, `reference gradient by ${what}`);
}
