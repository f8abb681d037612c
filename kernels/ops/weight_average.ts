import { flatRanges } from "./flat_ranges.ts";
import { linearMain, linearWorkgroups } from "./launch.ts";
import type { GraphBuilder, OpSpec } from "./op_spec.ts";
import { ShapeError } from "./op_spec.ts";
import { elementCount, type Tensor } from "./tensor.ts";
import { vectorElement } from "./vector_width.ts";

/** Operands of {@linkcode weightAverage}. */
export interface WeightAverageInputs {
  /** Running average, updated. */
  readonly average: Tensor;
  /** What is averaged. */
  readonly weight: Tensor;
  /**
   * What changes from step to step, f32 `(8)`, as for `adamw`: the fifth is the
   * part that the weight has in the average from now on, 1 for a copy.
   */
  readonly hyper: Tensor;
}

/**
 * Takes weights into a running average, in place: average ← average +
 * part·(weight − average). A constant part gives an exponential average, one
 * over the number of steps the mean over them.
 *
 * @param graph Graph to append to.
 * @param inputs Average and weight of one shape, and the numbers of the step.
 * @throws {ShapeError} if the operands do not fit together.
 *
 * @example
 * ```ts
 * import {
 *   Executable,
 *   Graph,
 *   openDevice,
 *   planProgram,
 *   weightAverage,
 * } from "@minnow/minnow";
 * import { assertEquals } from "@std/assert";
 *
 * const graph = new Graph();
 * const average = graph.variable("average", [2], "moment");
 * const weight = graph.constant("weight", [2], Float32Array.of(4, 8));
 * const hyper = graph.constant(
 *   "hyper",
 *   [8],
 *   Float32Array.of(0, 0, 0, 0, 0.25, 0, 0, 0),
 * );
 * weightAverage(graph, { average, weight, hyper });
 *
 * const gpu = await openDevice();
 * const plan = planProgram(new Map([["run", graph]]), gpu.capabilities);
 * const program = await Executable.compile(gpu, plan);
 * program.submit(["run"]);
 * assertEquals([...await program.read(average)], [1, 2]);
 * gpu.close();
 * ```
 */
export function weightAverage(
  graph: GraphBuilder,
  { average, weight, hyper }: WeightAverageInputs,
): void {
  graph.emit(spec, { average, weight, hyper }, {});
}

const spec: OpSpec<Record<never, never>> = {
  name: "weight_average",
  infer({ average, weight, hyper }) {
    const { shape } = average;
    if (weight.shape.join() !== shape.join() || hyper.shape.join() !== "8") {
      throw new ShapeError(
        `Cannot average weights [${weight.shape}] in [${shape}] with hyper ` +
          `[${hyper.shape}]: shapes must be equal, and hyper [8]`,
      );
    }
    return { average: { shape, dtype: "f32", overwrites: "average" } };
  },
  lower({ node, capabilities, dispatch }) {
    const { weight, hyper } = node.inputs;
    const { average } = node.outputs;
    const ranges = flatRanges([average, weight], capabilities);
    for (const { width, items, bindings, places } of ranges) {
      const [at, atWeight] = places;
      const element = vectorElement(width);
      dispatch({
        kernel: {
          name: "weight_average",
          bindings: [
            { name: "average", element, access: "write", reads: "old" },
            { name: "weight", element, access: "read" },
            { name: "hyper", element: "f32", access: "read" },
          ],
          // A sum of differences would not give the weight's own bits.
          body: linearMain(
            items,
            `
  let old = average[${at}];
  let new_value = weight[${atWeight}];
  average[${at}] = select(
    old + part * (new_value - old), new_value, part >= 1.0);`,
            "let part = hyper[4];",
          ),
        },
        bindings: [...bindings, { tensor: hyper }],
        workgroups: linearWorkgroups(items, capabilities),
      });
    }
  },
  flops: (node) => 3 * elementCount(node.inputs.weight.shape),
};
