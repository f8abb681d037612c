import type { GraphBuilder } from "./op_spec.ts";
import { norm, type NormInputs, type NormOptions } from "./norm.ts";
import type { Tensor } from "./tensor.ts";

/**
 * Layer norm: every row minus its mean, divided by its standard deviation,
 * times a weight, plus a bias. The deviation is the population's.
 *
 * @param graph Graph to append to.
 * @param inputs Rows `(N, C)`, weight `(C)` and perhaps bias `(C)`.
 * @param options `epsilon` is added to the variance.
 * @returns The normalised rows, `(N, C)`.
 * @throws {ShapeError} if the operands do not fit together.
 */
export function layerNorm(
  graph: GraphBuilder,
  inputs: NormInputs,
  options: NormOptions,
): Tensor {
  return norm(graph, "layer", inputs, options);
}
