import { checkStepNumbers } from "./check_step_numbers.ts";
import { decayedWeight } from "./decayed_weight.ts";
import { linearMain, linearWorkgroups } from "./launch.ts";
import { numbered } from "./numbered.ts";
import type { GraphBuilder, OpSpec } from "./op_spec.ts";
import { ShapeError } from "./op_spec.ts";
import { slicesOf } from "./slices_of.ts";
import { stackRanges } from "./stack_ranges.ts";
import { elementCount, type Tensor } from "./tensor.ts";
import { vectorElement } from "./vector_width.ts";

/** Operands of {@linkcode muonUpdate}. */
export interface MuonUpdateInputs {
  /** Weights of one shape, updated. */
  readonly weights: readonly Tensor[];
  /** Their orthogonalized directions, a stack (number of weights, …shape). */
  readonly directions: Tensor;
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
 * The last part of a Muon step for weights of one shape, in place:
 * w ← w·(1 − rate·decay) − rate·scale·direction. Where the norm says that
 * gradients are not finite, weights stay as they are.
 *
 * @param graph Graph to append to.
 * @param inputs Weights, directions and the numbers of the step.
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
 * const directions = graph.constant(
 *   "directions",
 *   [1, 2],
 *   Float32Array.of(1, -1),
 * );
 * const hyper = graph.constant(
 *   "hyper",
 *   [8],
 *   Float32Array.of(0.5, 0, 0, 0, 0, 0, 0, 0),
 * );
 * const norm = graph.constant("norm", [2], Float32Array.of(1, 0));
 * muonUpdate(
 *   graph,
 *   { weights: [weight], directions, hyper, norm },
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
  { weights, directions, hyper, norm }: MuonUpdateInputs,
  options: MuonUpdateOptions,
): void {
  graph.emit(spec, {
    directions,
    hyper,
    norm,
    ...numbered("weight", weights),
  }, { ...options, count: weights.length });
}

interface Attributes extends MuonUpdateOptions {
  readonly count: number;
}

const spec: OpSpec<Attributes> = {
  name: "muon_update",
  infer(inputs, { count }) {
    const { directions, hyper, norm } = inputs;
    const updated = Array.from({ length: count }, (_, i) => `weight${i}`);
    for (const name of updated) {
      const { shape } = inputs[name];
      if (directions.shape.join() !== [count, ...shape].join()) {
        throw new ShapeError(
          `Cannot update ${count} weights [${shape}] with directions [${directions.shape}]: ` +
            `there must be as many, of one shape`,
        );
      }
    }
    checkStepNumbers({ hyper, norm }, "update weights");
    return Object.fromEntries(
      updated.map((name) => [name, {
        shape: inputs[name].shape,
        dtype: "f32",
        overwrites: name,
      }]),
    );
  },
  lower({ node, capabilities, dispatch }) {
    const { directions, hyper, norm } = node.inputs;
    const { scale, weightDecay, cautious = false, count } = node.attributes;
    const weights = Array.from(
      { length: count },
      (_, index) => node.outputs[`weight${index}`],
    );
    const ranges = stackRanges([weights, slicesOf(directions)], capabilities);
    for (const { count, width, items, bindings, places } of ranges) {
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
            count * items,
            `
  let matrix = index / ${items}u;
  let item = index % ${items}u;
  if (broken) { return; }
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
            `let broken = norm[1] > 0.0; let rate = hyper[0];`,
          ),
        },
        bindings: [...bindings, { tensor: hyper }, { tensor: norm }],
        workgroups: linearWorkgroups(count * items, capabilities),
      });
    }
  },
  flops: (node) => 5 * elementCount(node.inputs.directions.shape),
};
