import { lowerInnerProduct } from "./inner_product_lower.ts";
import type { GraphBuilder, OpSpec } from "./op_spec.ts";
import { elementCount, type Tensor } from "./tensor.ts";

/** Operands of {@linkcode innerProduct}. */
export interface InnerProductInputs {
  /** Rows to take columns of `(N, W)`. */
  readonly x: Tensor;
  /** What they are multiplied by `(N, C)`. */
  readonly y: Tensor;
  /** Sum so far `(1)`, whose storage is reused; absent for zero. */
  readonly into?: Tensor | undefined;
}

/**
 * Sum of the products of two matrices' elements, in a fixed order: the gradient
 * by a scalar that scaled one of them.
 *
 * @param graph Graph to append to.
 * @param inputs Columns of `x`, as many as `y` has, and the sum so far.
 * @param column First column of `x`.
 * @returns `into + Σ x[:, column …] · y`, `(1)`.
 */
export function innerProduct(
  graph: GraphBuilder,
  { x, y, into }: InnerProductInputs,
  column: number,
): Tensor {
  return graph.emit(spec, { x, y, into }, { column }).sum;
}

const spec: OpSpec<{ readonly column: number }> = {
  name: "inner_product",
  reuses: { result: "sum", operand: "into", optional: true },
  infer: () => ({ sum: { shape: [1], dtype: "f32" } }),
  lower(context) {
    const { inputs: { x, y, into }, outputs, attributes } = context.node;
    lowerInnerProduct(context, { x, y, into, ...attributes, sum: outputs.sum });
  },
  flops: (node) => 2 * elementCount(node.inputs.y.shape),
};
