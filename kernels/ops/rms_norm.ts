import type { GraphBuilder } from "./op_spec.ts";
import { norm, type NormInputs, type NormOptions } from "./norm.ts";
import type { Tensor } from "./tensor.ts";

/**
 * RMS norm: every row divided by the root of its mean square, times a weight.
 *
 * @param graph Graph to append to.
 * @param inputs Rows `(N, C)` and weight `(C)`.
 * @param options `epsilon` is added to the mean square.
 * @returns The normalised rows, `(N, C)`.
 * @throws {ShapeError} if the operands do not fit together.
 */
export function rmsNorm(
  graph: GraphBuilder,
  { x, weight }: Omit<NormInputs, "bias">,
  options: NormOptions,
): Tensor {
  return norm(graph, "rms", { x, weight }, options);
}
