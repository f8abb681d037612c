import type { KernelSource } from "./kernel_source.ts";
import { laneSum } from "./lane_sum.ts";
import { linearMain, linearWorkgroups, rowBlocks } from "./launch.ts";
import type { GraphBuilder, OpSpec } from "./op_spec.ts";
import { ShapeError } from "./op_spec.ts";
import { elementCount, type Tensor } from "./tensor.ts";
import { vectorElement, vectorWidth } from "./vector_width.ts";

/** Partial sums, and so invocations of the first stage. */
const PARTIAL_SUMS = 256;

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
    const upstream = gradientOf(node.outputs.sum);
    if (!upstream) return;
    const { x, weights } = node.inputs;
    contribute(
      x,
      (into) => graph.emit(scaled, { x: weights, upstream, into }, {}).sum,
    );
    contribute(
      weights,
      (into) => graph.emit(scaled, { x, upstream, into }, {}).sum,
    );
  },
  lower({ node, capabilities, scratch, dispatch }) {
    const { x, weights } = node.inputs;
    const count = elementCount(x.shape);
    const width = vectorWidth(count);
    const items = count / width;
    const partial = scratch("partial", [PARTIAL_SUMS]);
    for (const block of rowBlocks(items, [width], capabilities)) {
      const range = {
        offset: block.start * width,
        length: block.rows * width,
      };
      dispatch({
        kernel: partialKernel(block.rows, width, block.start > 0),
        bindings: [
          { tensor: partial },
          { tensor: x, ...range },
          { tensor: weights, ...range },
        ],
        workgroups: linearWorkgroups(PARTIAL_SUMS, capabilities),
      });
    }
    dispatch({
      kernel: TOTAL_KERNEL,
      bindings: [{ tensor: node.outputs.sum }, { tensor: partial }],
      workgroups: [1, 1, 1],
    });
  },
  flops: (node) => 2 * elementCount(node.inputs.x.shape),
};

/** `into + upstream[0] · x`. */
const scaled: OpSpec<Record<never, never>> = {
  name: "weighted_sum_gradient",
  reuses: { result: "sum", operand: "into" },
  infer: ({ x }) => ({ sum: { shape: x.shape, dtype: "f32" } }),
  lower({ node, capabilities, inPlace, dispatch }) {
    const { x, upstream, into } = node.inputs;
    const { sum } = node.outputs;
    const count = elementCount(x.shape);
    const width = vectorWidth(count);
    const start = inPlace ? "sum" : into ? "into" : "zero";
    for (const block of rowBlocks(count / width, [width], capabilities)) {
      const range = {
        offset: block.start * width,
        length: block.rows * width,
      };
      dispatch({
        kernel: scaledKernel(block.rows, width, start),
        bindings: [
          { tensor: sum, ...range },
          { tensor: x, ...range },
          { tensor: upstream },
          ...(start === "into" && into ? [{ tensor: into, ...range }] : []),
        ],
        workgroups: linearWorkgroups(block.rows, capabilities),
      });
    }
  },
  flops: (node) => 2 * elementCount(node.inputs.x.shape),
};

/** Invocation i sums the items i, i + PARTIAL_SUMS, … of its block. */
function partialKernel(
  items: number,
  width: 1 | 4,
  accumulate: boolean,
): KernelSource {
  const element = vectorElement(width);
  return {
    name: "weighted_sum_partial",
    bindings: [
      { name: "partial", element: "f32", access: "write" },
      { name: "x", element, access: "read" },
      { name: "weights", element, access: "read" },
    ],
    body: linearMain(
      PARTIAL_SUMS,
      `
  var total = ${element}(0.0);
  for (var item = index; item < ${items}u; item += ${PARTIAL_SUMS}u) {
    total += x[item] * weights[item];
  }
  partial[index] = ${accumulate ? "partial[index] + " : ""}${
        laneSum("total", width)
      };`,
    ),
  };
}

const TOTAL_KERNEL: KernelSource = {
  name: "weighted_sum_total",
  bindings: [
    { name: "sum", element: "f32", access: "write" },
    { name: "partial", element: "f32", access: "read" },
  ],
  body: `
@compute @workgroup_size(1)
fn main() {
  var total = 0.0;
  for (var i = 0u; i < ${PARTIAL_SUMS}u; i++) { total += partial[i]; }
  sum[0] = total;
}`,
};

function scaledKernel(
  items: number,
  width: 1 | 4,
  start: "sum" | "into" | "zero",
): KernelSource {
  const element = vectorElement(width);
  return {
    name: "weighted_sum_gradient",
    bindings: [
      { name: "sum", element, access: "write" },
      { name: "x", element, access: "read" },
      { name: "upstream", element: "f32", access: "read" },
      ...(start === "into"
        ? [{ name: "into", element, access: "read" } as const]
        : []),
    ],
    body: linearMain(
      items,
      `sum[index] = ${
        start === "zero" ? "" : `${start}[index] + `
      }upstream[0] * x[index];`,
    ),
  };
}
