import { checkStepNumbers } from "./check_step_numbers.ts";
import { decayedWeight } from "./decayed_weight.ts";
import { flatRanges } from "./flat_ranges.ts";
import { linearMain, linearWorkgroups } from "./launch.ts";
import type { GraphBuilder, OpSpec } from "./op_spec.ts";
import { ShapeError } from "./op_spec.ts";
import { elementCount, type Tensor } from "./tensor.ts";
import { vectorElement } from "./vector_width.ts";

/** Operands of {@linkcode muonUpdate}. */
export interface MuonUpdateInputs {
  /** A weight, updated. */
  readonly weight: Tensor;
  /** Its orthogonalized direction, of the same shape. */
  readonly direction: Tensor;
  /**
   * What changes from step to step, f32 `(8)`, as for `adamw`: the first is the
   * learning rate.
   */
  readonly hyper: Tensor;
  /** What {@linkcode gradientNorm} gives of all gradients, f32 `(2)`. */
  readonly norm: Tensor;
}

/** Constants of {@linkcode muonUpdate}. */
export interface MuonUpdateOptions {
  /** Factor of the direction, besides the learning rate. */
  readonly scale: number;
  /** Part of the weight, times the learning rate, taken off each step. */
  readonly weightDecay: number;
  /**
   * Whether only weights that the step moves towards zero decay (Chen et al.
   * 2025, arXiv 2510.12402).
   *
   * @default {false}
   */
  readonly cautious?: boolean;
}

/**
 * The last part of a Muon step, in place: w ← w·(1 − rate·decay) −
 * rate·scale·direction. Where the norm says that gradients are not finite, the
 * weight stays as it is.
 *
 * @param graph Graph to append to.
 * @param inputs Weight, direction and the numbers of the step.
 * @param options Scale and weight decay.
 * @throws {ShapeError} if the operands do not fit together.
 *
 * @example
 * ```ts
 * import {
 *   Executable,
 *   Graph,
 *   muonUpdate,
 *   openDevice,
 *   planProgram,
 * } from "@minnow/minnow";
 * import { assertEquals } from "@std/assert";
 *
 * const graph = new Graph();
 * const weight = graph.parameter("w", [2]);
 * const direction = graph.constant("direction", [2], Float32Array.of(1, -1));
 * const hyper = graph.constant(
 *   "hyper",
 *   [8],
 *   Float32Array.of(0.5, 0, 0, 0, 0, 0, 0, 0),
 * );
 * const norm = graph.constant("norm", [2], Float32Array.of(1, 0));
 * muonUpdate(
 *   graph,
 *   { weight, direction, hyper, norm },
 *   { scale: 0.5, weightDecay: 0 },
 * );
 *
 * const gpu = await openDevice();
 * const plan = planProgram(new Map([["run", graph]]), gpu.capabilities);
 * const program = await Executable.compile(gpu, plan);
 * program.write(weight, Float32Array.of(2, 2));
 * program.submit(["run"]);
 * assertEquals([...await program.read(weight)], [1.75, 2.25]);
 * gpu.close();
 * ```
 */
export function muonUpdate(
  graph: GraphBuilder,
  { weight, direction, hyper, norm }: MuonUpdateInputs,
  options: MuonUpdateOptions,
): void {
  graph.emit(spec, { weight, direction, hyper, norm }, options);
}

const spec: OpSpec<MuonUpdateOptions> = {
  name: "muon_update",
  infer({ weight, direction, hyper, norm }) {
    const { shape } = weight;
    if (direction.shape.join() !== shape.join()) {
      throw new ShapeError(
        `Cannot update a weight [${shape}] with a direction [${direction.shape}]: ` +
          "shapes must be equal",
      );
    }
    checkStepNumbers({ hyper, norm }, "update a weight");
    return { weight: { shape, dtype: "f32", overwrites: "weight" } };
  },
  lower({ node, capabilities, dispatch }) {
    const { direction, hyper, norm } = node.inputs;
    const { weight } = node.outputs;
    const { scale, weightDecay, cautious = false } = node.attributes;
    const ranges = flatRanges([weight, direction], capabilities);
    for (const { width, items, bindings, places } of ranges) {
      const [at, atDirection] = places;
      const element = vectorElement(width);
      dispatch({
        kernel: {
          name: "muon_update",
          bindings: [
            { name: "weight", element, access: "write", reads: "old" },
            { name: "direction", element, access: "read" },
            { name: "hyper", element: "f32", access: "read" },
            { name: "norm", element: "f32", access: "read" },
          ],
          body: linearMain(
            items,
            `
  if (norm[1] > 0.0) { return; }
  let rate = hyper[0];
  let old = weight[${at}];
  let step = direction[${atDirection}];
  let decayed = ${
              decayedWeight({
                element,
                weightDecay,
                cautious,
                direction: "step",
              })
            };
  weight[${at}] = decayed - rate * ${scale} * step;`,
          ),
        },
        bindings: [...bindings, { tensor: hyper }, { tensor: norm }],
        workgroups: linearWorkgroups(items, capabilities),
      });
    }
  },
  flops: (node) => 5 * elementCount(node.inputs.weight.shape),
};
