import { lowerInnerProduct } from "./inner_product_lower.ts";
import type { GraphBuilder, OpSpec } from "./op_spec.ts";
import { ShapeError } from "./op_spec.ts";
import { scaledColumns } from "./scaled_columns.ts";
import { elementCount, type Tensor } from "./tensor.ts";

/**
 * Weighted sum over all elements, in a fixed order: turns any tensor into a
 * scalar that can be differentiated.
 *
 * @param graph Graph to append to.
 * @param x Tensor of any shape.
 * @param weights Tensor of the same shape.
 * @returns The sum of `x · weights`, `(1)`.
 * @throws {ShapeError} if the shapes differ.
 *
 * @example
 * ```ts
 * import {
 *   Executable,
 *   Graph,
 *   openDevice,
 *   planProgram,
 *   weightedSum,
 * } from "@minnow/minnow";
 * import { assertEquals } from "@std/assert";
 *
 * const graph = new Graph();
 * const x = graph.constant("x", [3], Float32Array.of(1, 2, 3));
 * const weights = graph.constant("weights", [3], Float32Array.of(1, 10, 100));
 * const sum = weightedSum(graph, x, weights);
 *
 * const gpu = await openDevice();
 * const plan = planProgram(new Map([["run", graph]]), gpu.capabilities, {
 *   keep: [sum],
 * });
 * const program = await Executable.compile(gpu, plan);
 * program.submit(["run"]);
 * assertEquals([...await program.read(sum)], [321]);
 * gpu.close();
 * ```
 */
export function weightedSum(
  graph: GraphBuilder,
  x: Tensor,
  weights: Tensor,
): Tensor {
  return graph.emit(spec, { x, weights }, {}).sum;
}

const spec: OpSpec<Record<never, never>> = {
  name: "weighted_sum",
  infer({ x, weights }) {
    if (x.shape.join() !== weights.shape.join()) {
      throw new ShapeError(
        `Cannot weight [${x.shape}] with [${weights.shape}]: shapes must be equal`,
      );
    }
    return { sum: { shape: [1], dtype: "f32" } };
  },
  gradient({ node, graph, gradientOf, contribute }) {
    const scale = gradientOf(node.outputs.sum);
    if (!scale) return;
    const { x, weights } = node.inputs;
    contribute(x, (into) => scaledColumns(graph, { x: weights, scale, into }));
    contribute(weights, (into) => scaledColumns(graph, { x, scale, into }));
  },
  lower(context) {
    const { inputs: { x, weights }, outputs: { sum } } = context.node;
    lowerInnerProduct(context, { x, y: weights, column: 0, sum });
  },
  flops: (node) => 2 * elementCount(node.inputs.x.shape),
};
