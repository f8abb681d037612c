import { flatRanges } from "./flat_ranges.ts";
import { linearMain, linearWorkgroups } from "./launch.ts";
import type { GraphBuilder, OpSpec } from "./op_spec.ts";
import { ShapeError } from "./op_spec.ts";
import { elementCount, type Tensor } from "./tensor.ts";
import { vectorElement } from "./vector_width.ts";

/** Operands of {@linkcode normalize}. */
export interface NormalizeInputs {
  /** What to scale, f32 of any shape. Its storage is reused where possible. */
  readonly x: Tensor;
  /** Its norm, as {@linkcode gradientNorm} gives it, f32 `(2)`. */
  readonly norm: Tensor;
}

/**
 * Divides a tensor by its norm: y = x / max(norm, epsilon).
 *
 * @param graph Graph to append to.
 * @param inputs The tensor and its norm.
 * @param epsilon Least divisor, above 0; a tensor of zeros stays one.
 * @returns y, of x's shape.
 * @throws {ShapeError} if the norm is none.
 *
 * @example
 * ```ts
 * import {
 *   Executable,
 *   gradientNorm,
 *   Graph,
 *   normalize,
 *   openDevice,
 *   planProgram,
 * } from "@minnow/minnow";
 * import { assertEquals } from "@std/assert";
 *
 * const graph = new Graph();
 * const x = graph.constant("x", [2], Float32Array.of(6, 8));
 * const y = normalize(graph, { x, norm: gradientNorm(graph, [x]) }, 1e-7);
 *
 * const gpu = await openDevice();
 * const plan = planProgram(new Map([["run", graph]]), gpu.capabilities, {
 *   keep: [y],
 * });
 * const program = await Executable.compile(gpu, plan);
 * program.submit(["run"]);
 * assertEquals(
 *   await program.read(y),
 *   Float32Array.of(0.6, 0.8),
 * );
 * gpu.close();
 * ```
 */
export function normalize(
  graph: GraphBuilder,
  { x, norm }: NormalizeInputs,
  epsilon: number,
): Tensor {
  return graph.emit(spec, { x, norm }, { epsilon }).y;
}

interface Attributes {
  readonly epsilon: number;
}

const spec: OpSpec<Attributes> = {
  name: "normalize",
  reuses: { result: "y", operand: "x" },
  infer({ x, norm }) {
    if (norm.shape.join() !== "2") {
      throw new ShapeError(
        `Cannot divide [${x.shape}] by a norm [${norm.shape}]: it must have shape [2]`,
      );
    }
    return { y: { shape: x.shape, dtype: "f32" } };
  },
  lower({ node, capabilities, inPlace, dispatch }) {
    const { x, norm } = node.inputs;
    const { y } = node.outputs;
    const { epsilon } = node.attributes;
    const tensors = inPlace ? [y] : [y, x];
    const ranges = flatRanges(tensors, capabilities);
    for (const { width, items, bindings, places } of ranges) {
      const element = vectorElement(width);
      const source = inPlace ? `y[${places[0]}]` : `x[${places[1]}]`;
      dispatch({
        kernel: {
          name: "normalize",
          bindings: [
            { name: "y", element, access: "write", reads: "old" },
            ...(inPlace
              ? []
              : [{ name: "x", element, access: "read" }] as const),
            { name: "norm", element: "f32", access: "read" },
          ],
          body: linearMain(
            items,
            `y[${places[0]}] = ${source} / max(norm[0], ${epsilon});`,
          ),
        },
        bindings: [...bindings, { tensor: norm }],
        workgroups: linearWorkgroups(items, capabilities),
      });
    }
  },
  flops: (node) => elementCount(node.inputs.x.shape),
};
