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

/** Operands of {@linkcode adamw}, the first four of one shape. */
export interface AdamwOperands {
  /** Weights; updated. */
  readonly weight: Tensor;
  /** Their gradients; zeroed once they are used. */
  readonly gradient: Tensor;
  /** First moments; updated. */
  readonly m: Tensor;
  /** Second moments; updated. */
  readonly v: Tensor;
  /**
   * Numbers of this step, (8): learning rate, 1 − β₁ᵗ, 1 − β₂ᵗ, and the norm
   * that gradients are clipped to, 0 for none; the rest is not read.
   */
  readonly hyper: Tensor;
  /** Norm of all gradients and number that is not finite, (2). */
  readonly norm: Tensor;
}

/** Constants of {@linkcode adamw}. */
export interface AdamwOptions {
  /** Decay of the first moment, β₁. */
  readonly beta1: number;
  /** Decay of the second moment, β₂. */
  readonly beta2: number;
  /** Added to the root of the second moment. */
  readonly epsilon: number;
  /** Decay of the weights, relative to the learning rate. */
  readonly weightDecay: number;
}

/**
 * One step of AdamW (Loshchilov and Hutter 2017, arXiv 1711.05101) with
 * clipping by the global norm, in place. Gradients are left at zero, ready for
 * the next step to add to. Where a gradient is not finite, weights and moments
 * stay as they were.
 *
 * @param graph Graph to append to.
 * @param operands Persistent tensors and the numbers of the step.
 * @param options Constants.
 * @throws {ShapeError} if the tensors differ in shape.
 */
export function adamw(
  graph: GraphBuilder,
  operands: AdamwOperands,
  options: AdamwOptions,
): void {
  const { weight, gradient, m, v, hyper, norm } = operands;
  graph.emit(spec, { weight, gradient, m, v, hyper, norm }, options);
}

const UPDATED = ["weight", "gradient", "m", "v"] as const;

const spec: OpSpec<AdamwOptions> = {
  name: "adamw",
  infer(inputs) {
    const { weight, hyper, norm } = inputs;
    const fits = UPDATED.every((name) =>
      inputs[name].shape.join() === weight.shape.join()
    );
    if (!fits || hyper.shape.join() !== "8" || norm.shape.join() !== "2") {
      throw new ShapeError(
        `Cannot update weights [${weight.shape}] with gradients ` +
          `[${inputs.gradient.shape}], moments [${inputs.m.shape}] and ` +
          `[${inputs.v.shape}], hyper [${hyper.shape}] and norm [${norm.shape}]`,
      );
    }
    return Object.fromEntries(
      UPDATED.map((name) => [
        `new_${name}`,
        { ...inputs[name], overwrites: name },
      ]),
    );
  },
  lower({ node, capabilities, dispatch }) {
    const { weight, hyper, norm } = node.inputs;
    const count = elementCount(weight.shape);
    const width = vectorWidth(count);
    for (const block of rowBlocks(count / width, [width], capabilities)) {
      const range = {
        offset: block.start * width,
        length: block.rows * width,
      };
      dispatch({
        kernel: adamwKernel(block.rows, width, node.attributes),
        bindings: [
          ...UPDATED.map((name) => ({ tensor: node.inputs[name], ...range })),
          { tensor: hyper },
          { tensor: norm },
        ],
        workgroups: linearWorkgroups(block.rows, capabilities),
      });
    }
  },
  flops: (node) => 15 * elementCount(node.inputs.weight.shape),
};

function adamwKernel(
  items: number,
  width: VectorWidth,
  { beta1, beta2, epsilon, weightDecay }: AdamwOptions,
): KernelSource {
  const element = vectorElement(width);
  return {
    name: "adamw",
    bindings: [
      ...UPDATED.map((name) => ({ name, element, access: "write" } as const)),
      { name: "hyper", element: "f32", access: "read" },
      { name: "norm", element: "f32", access: "read" },
    ],
    body: linearMain(
      items,
      `
  let finite = norm[1] == 0.0;
  let learning_rate = hyper[0];
  let clip = hyper[3];
  var factor = 1.0;
  if (clip > 0.0) { factor = min(1.0, clip / (norm[0] + 1e-6)); }
  let g = gradient[index] * factor;
  gradient[index] = ${element}(0.0);
  if (!finite) { return; }
  let first = ${literal(beta1)} * m[index] + ${literal(1 - beta1)} * g;
  let second = ${literal(beta2)} * v[index] + ${literal(1 - beta2)} * g * g;
  m[index] = first;
  v[index] = second;
  let decayed = weight[index] * (1.0 - learning_rate * ${literal(weightDecay)});
  let denominator = sqrt(second) / sqrt(hyper[2]) + ${literal(epsilon)};
  weight[index] = decayed - (learning_rate / hyper[1]) * first / denominator;`,
    ),
  };
}

/** An f32 literal of WGSL that keeps all digits of the number. */
function literal(value: number): string {
  return `${Math.fround(value).toExponential()}f`;
}
