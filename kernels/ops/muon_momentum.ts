import { checkStepNumbers } from "./check_step_numbers.ts";
import { CLIP_FACTOR } from "./clip_factor.ts";
import { flatRanges } from "./flat_ranges.ts";
import { linearMain, linearWorkgroups } from "./launch.ts";
import type { GraphBuilder, OpSpec } from "./op_spec.ts";
import { ShapeError } from "./op_spec.ts";
import { elementCount, type Tensor } from "./tensor.ts";
import { vectorElement } from "./vector_width.ts";

/** Operands of {@linkcode muonMomentum}. */
export interface MuonMomentumInputs {
  /** Gradients of weights, replaced by their directions. */
  readonly gradient: Tensor;
  /** Means of gradients, updated. */
  readonly momentum: Tensor;
  /**
   * What changes from step to step, f32 `(8)`, as for `adamw`: the fourth is the
   * norm that gradients are clipped to, or 0.
   */
  readonly hyper: Tensor;
  /** What {@linkcode gradientNorm} gives of all gradients, f32 `(2)`. */
  readonly norm: Tensor;
}

/**
 * Nesterov momentum as Muon takes it (Jordan et al. 2024,
 * kellerjordan.github.io/posts/muon), written as PyTorch's Muon does: with the
 * clipped gradient g, m ← μ·m + (1 − μ)·g, and the direction is μ·m + (1 − μ)·g.
 * It takes the gradient's place. Where the norm says that elements are not finite,
 * both stay as they are.
 *
 * @param graph Graph to append to.
 * @param inputs Gradient and momentum of one shape, and the numbers of the step.
 * @param decay μ, at least 0 and below 1.
 * @throws {ShapeError} if the operands do not fit together.
 *
 * @example
 * ```ts
 * import {
 *   Executable,
 *   gradientNorm,
 *   Graph,
 *   muonMomentum,
 *   openDevice,
 *   planProgram,
 * } from "@minnow/minnow";
 * import { assertEquals } from "@std/assert";
 *
 * const graph = new Graph();
 * const gradient = graph.variable("gradient", [2], "gradient");
 * const momentum = graph.variable("momentum", [2], "moment");
 * const hyper = graph.constant("hyper", [8], new Float32Array(8));
 * const norm = gradientNorm(graph, [gradient]);
 * muonMomentum(graph, { gradient, momentum, hyper, norm }, 0.5);
 *
 * const gpu = await openDevice();
 * const plan = planProgram(new Map([["run", graph]]), gpu.capabilities);
 * const program = await Executable.compile(gpu, plan);
 * program.write(gradient, Float32Array.of(4, 8));
 * program.submit(["run"]);
 * assertEquals([...await program.read(momentum)], [2, 4]);
 * assertEquals([...await program.read(gradient)], [3, 6]);
 * gpu.close();
 * ```
 */
export function muonMomentum(
  graph: GraphBuilder,
  { gradient, momentum, hyper, norm }: MuonMomentumInputs,
  decay: number,
): void {
  graph.emit(spec, { gradient, momentum, hyper, norm }, { decay });
}

interface Attributes {
  readonly decay: number;
}

const spec: OpSpec<Attributes> = {
  name: "muon_momentum",
  infer({ gradient, momentum, hyper, norm }) {
    const { shape } = gradient;
    if (momentum.shape.join() !== shape.join()) {
      throw new ShapeError(
        `Cannot update momentum [${momentum.shape}] with a gradient [${shape}]: ` +
          "shapes must be equal",
      );
    }
    checkStepNumbers({ hyper, norm }, "update momentum");
    return {
      gradient: { shape, dtype: "f32", overwrites: "gradient" },
      momentum: { shape, dtype: "f32", overwrites: "momentum" },
    };
  },
  lower({ node, capabilities, dispatch }) {
    const { hyper, norm } = node.inputs;
    const { gradient, momentum } = node.outputs;
    const { decay } = node.attributes;
    const ranges = flatRanges([gradient, momentum], capabilities);
    for (const { width, items, bindings, places } of ranges) {
      const [at, atMomentum] = places;
      const element = vectorElement(width);
      dispatch({
        kernel: {
          name: "muon_momentum",
          bindings: [
            { name: "gradient", element, access: "write", reads: "old" },
            { name: "momentum", element, access: "write", reads: "old" },
            { name: "hyper", element: "f32", access: "read" },
            { name: "norm", element: "f32", access: "read" },
          ],
          body: linearMain(
            items,
            `
  if (broken) { return; }
  let old = momentum[${atMomentum}];
  let slope = gradient[${at}] * clip;
  let mean = old + (slope - old) * ${1 - decay};
  momentum[${atMomentum}] = mean;
  gradient[${at}] = slope + (mean - slope) * ${decay};`,
            `let broken = norm[1] > 0.0; let clip = ${CLIP_FACTOR};`,
          ),
        },
        bindings: [...bindings, { tensor: hyper }, { tensor: norm }],
        workgroups: linearWorkgroups(items, capabilities),
      });
    }
  },
  flops: (node) => 7 * elementCount(node.inputs.gradient.shape),
};
