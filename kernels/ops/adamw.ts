import { checkStepNumbers } from "./check_step_numbers.ts";
import { CLIP_FACTOR } from "./clip_factor.ts";
import { decayedWeight } from "./decayed_weight.ts";
import type { KernelSource } from "./kernel_source.ts";
import { linearMain, linearWorkgroups, rowBlocks } from "./launch.ts";
import type { GraphBuilder, OpSpec } from "./op_spec.ts";
import { ShapeError } from "./op_spec.ts";
import { elementCount, type Tensor } from "./tensor.ts";
import {
  vectorElement,
  type VectorWidth,
  vectorWidth,
} from "./vector_width.ts";

/** Operands of an optimizer step, all updated tensors of one shape. */
export interface AdamwInputs {
  /** Weights, updated. */
  readonly weight: Tensor;
  /** Their gradient. */
  readonly gradient: Tensor;
  /** Mean of gradients, updated. */
  readonly m: Tensor;
  /** Mean of squared gradients, updated. */
  readonly v: Tensor;
  /**
   * What changes from step to step, f32 `(8)`: learning rate, 1 − β₁ᵗ, 1 − β₂ᵗ,
   * and the norm that gradients are clipped to, or 0. The rest is unused.
   */
  readonly hyper: Tensor;
  /** What {@linkcode gradientNorm} gives, f32 `(2)`. */
  readonly norm: Tensor;
}

/** Constants of an optimizer step. */
export interface AdamwOptions {
  /** Decay of the mean of gradients. */
  readonly beta1: number;
  /** Decay of the mean of squared gradients. */
  readonly beta2: number;
  /** Added to the root of the mean square. */
  readonly epsilon: number;
  /** Part of the weights, times the learning rate, taken off each step. */
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
 * One AdamW step in place (Loshchilov & Hutter 2017, arXiv 1711.05101), in the
 * order of operations of PyTorch's, with gradients clipped by their global norm.
 * Where the norm says that elements are not finite, weights and moments stay as
 * they are.
 *
 * @param graph Graph to append to.
 * @param inputs Weights, gradient, moments and the numbers of the step.
 * @param options Decay rates, epsilon and weight decay.
 * @throws {ShapeError} if the operands do not fit together.
 *
 * @example
 * ```ts
 * import {
 *   adamw,
 *   Executable,
 *   gradientNorm,
 *   Graph,
 *   openDevice,
 *   planProgram,
 * } from "@minnow/minnow";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const graph = new Graph();
 * graph.pass = "update";
 * const weight = graph.parameter("w", [1]);
 * const gradient = graph.variable("w.gradient", [1], "gradient");
 * const m = graph.variable("first moment", [1], "moment");
 * const v = graph.variable("second moment", [1], "moment");
 * const hyper = graph.input("hyper", [8]);
 * const norm = gradientNorm(graph, [gradient]);
 * adamw(
 *   graph,
 *   { weight, gradient, m, v, hyper, norm },
 *   { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0 },
 * );
 *
 * const gpu = await openDevice();
 * const plan = planProgram(new Map([["update", graph]]), gpu.capabilities);
 * const program = await Executable.compile(gpu, plan);
 * program.write(weight, Float32Array.of(1));
 * program.write(gradient, Float32Array.of(2));
 * program.write(hyper, Float32Array.of(0.1, 1 - 0.9, 1 - 0.95, 0));
 * program.submit(["update"]);
 * // The first step is as long as the learning rate, whatever the gradient.
 * assertAlmostEquals((await program.read(weight))[0], 0.9, 1e-6);
 * gpu.close();
 * ```
 */
export function adamw(
  graph: GraphBuilder,
  { weight, gradient, m, v, hyper, norm }: AdamwInputs,
  options: AdamwOptions,
): void {
  graph.emit(spec, { weight, gradient, m, v, hyper, norm }, options);
}

const spec: OpSpec<AdamwOptions> = {
  name: "adamw",
  infer(inputs) {
    const { weight, hyper, norm } = inputs;
    for (const name of ["gradient", "m", "v"]) {
      if (inputs[name].shape.join() !== weight.shape.join()) {
        throw new ShapeError(
          `Cannot update weights [${weight.shape}] with ${name} ` +
            `[${inputs[name].shape}]: shapes must be equal`,
        );
      }
    }
    checkStepNumbers({ hyper, norm }, "update weights");
    const { shape } = weight;
    return {
      weight: { shape, dtype: "f32", overwrites: "weight" },
      m: { shape, dtype: "f32", overwrites: "m" },
      v: { shape, dtype: "f32", overwrites: "v" },
    };
  },
  lower({ node, capabilities, dispatch }) {
    const { weight, m, v } = node.outputs;
    const { gradient, hyper, norm } = node.inputs;
    const elements = elementCount(weight.shape);
    const width = vectorWidth(elements);
    for (const block of rowBlocks(elements / width, [width], capabilities)) {
      const range = {
        offset: block.start * width,
        length: block.rows * width,
      };
      dispatch({
        kernel: updateKernel(block.rows, width, node.attributes),
        bindings: [
          { tensor: weight, ...range },
          { tensor: m, ...range },
          { tensor: v, ...range },
          { tensor: gradient, ...range },
          { tensor: hyper },
          { tensor: norm },
        ],
        workgroups: linearWorkgroups(block.rows, capabilities),
      });
    }
  },
  flops: (node) => 15 * elementCount(node.inputs.weight.shape),
};

function updateKernel(
  items: number,
  width: VectorWidth,
  { beta1, beta2, epsilon, weightDecay, cautious = false }: AdamwOptions,
): KernelSource {
  const element = vectorElement(width);
  return {
    name: "adamw",
    bindings: [
      { name: "weight", element, access: "write", reads: "old" },
      { name: "m", element, access: "write", reads: "old" },
      { name: "v", element, access: "write", reads: "old" },
      { name: "gradient", element, access: "read" },
      { name: "hyper", element: "f32", access: "read" },
      { name: "norm", element: "f32", access: "read" },
    ],
    body: linearMain(
      items,
      `
  if (broken) { return; }
  let slope = gradient[index] * clip;
  let mean = m[index] + (slope - m[index]) * ${1 - beta1};
  let square = v[index] * ${beta2} + slope * slope * ${1 - beta2};
  m[index] = mean;
  v[index] = square;
  let old = weight[index];
  let decayed = ${
        decayedWeight({ element, weightDecay, cautious, direction: "mean" })
      };
  let spread = sqrt(square) / root + ${epsilon};
  weight[index] = decayed - pace * (mean / spread);`,
      `
  let broken = norm[1] > 0.0;
  let clip = ${CLIP_FACTOR};
  let rate = hyper[0];
  let pace = rate / hyper[1];
  let root = sqrt(hyper[2]);`,
    ),
  };
}
