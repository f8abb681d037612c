import { adamw } from "../../kernels/ops/adamw.ts";
import { gradientNorm } from "../../kernels/ops/gradient_norm.ts";
import { muonMomentum } from "../../kernels/ops/muon_momentum.ts";
import { muonUpdate } from "../../kernels/ops/muon_update.ts";
import { orthogonalize } from "../../kernels/ops/orthogonalize.ts";
import { weightAverage } from "../../kernels/ops/weight_average.ts";
import type { Tensor } from "../../kernels/ops/tensor.ts";
import type { Graph } from "../../kernels/plan/graph.ts";
import type { ParameterSet } from "../parameter_set.ts";
import { muonStacks } from "./muon_stacks.ts";
import type { OptimizerSection } from "./run_config.ts";

/** Constants of an update. */
export type UpdateOptions =
  & Pick<
    OptimizerSection,
    "momentum" | "beta1" | "beta2" | "epsilon" | "weight_decay"
  >
  & Partial<Pick<OptimizerSection, "cautious">>;

/**
 * Root mean square of AdamW's updates in training, which Muon's are scaled to
 * (Liu et al. 2025, arXiv 2502.16982, section 2.2).
 */
const UPDATE_RMS = 0.2;

/**
 * Emits one optimizer step: the norm of all gradients, then AdamW (Loshchilov &
 * Hutter 2017, arXiv 1711.05101) or Muon (Jordan et al. 2024,
 * kellerjordan.github.io/posts/muon) for each parameter, as its pack says.
 * Gradients are clipped together; where any is not finite, weights and moments
 * stay as they are. Averages of the weights, where they are kept, follow them.
 *
 * Muon's updates are scaled by 0.2·√max(rows, columns), the root mean square of
 * AdamW's (arXiv 2502.16982): so one learning rate and one weight decay, those
 * that laws and experience give for AdamW, serve both.
 *
 * @param graph Graph to append to.
 * @param parameters Parameters with their gradients and moments.
 * @param hyper What changes from step to step, f32 `(8)`; see `hyperValues`.
 * @param options Constants of the optimizers.
 * @returns What `gradientNorm` gives, f32 `(2)`.
 *
 * @example A model with one matrix, updated by Muon
 * ```ts
 * import {
 *   Executable,
 *   Graph,
 *   hyperValues,
 *   openDevice,
 *   ParameterSet,
 *   planProgram,
 *   updateParameters,
 * } from "@minnow/minnow";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const parameters = new ParameterSet(
 *   [{
 *     key: "w",
 *     parts: [{ name: "w", shape: [1, 25] }],
 *     decay: true,
 *     hidden: true,
 *     initial: { kind: "zeros" },
 *   }],
 *   2 ** 28,
 *   { optimizer: "muon" },
 * );
 * const constants = {
 *   momentum: 0.95,
 *   beta1: 0.9,
 *   beta2: 0.95,
 *   epsilon: 1e-8,
 *   weight_decay: 0.1,
 * };
 * const graph = new Graph();
 * const hyper = graph.input("hyper", [8]);
 * updateParameters(graph, parameters, hyper, constants);
 *
 * const gpu = await openDevice();
 * const plan = planProgram(new Map([["run", graph]]), gpu.capabilities);
 * const program = await Executable.compile(gpu, plan);
 * program.write(
 *   parameters.tensor("w", "gradient"),
 *   new Float32Array(25).fill(3),
 * );
 * program.write(
 *   hyper,
 *   hyperValues(
 *     { learningRate: 0.1, step: 1 },
 *     { beta1: 0.9, beta2: 0.95, clip: 0 },
 *   ),
 * );
 * program.submit(["run"]);
 * // About the learning rate times 0.2, whatever the gradient.
 * const [first] = await program.read(parameters.weight("w"));
 * assertAlmostEquals(first, -0.02, 0.01);
 * gpu.close();
 * ```
 */
export function updateParameters(
  graph: Graph,
  parameters: ParameterSet,
  hyper: Tensor,
  options: UpdateOptions,
): Tensor {
  const { momentum, beta1, beta2, epsilon, weight_decay, cautious } = options;
  const decayOf = ({ decay }: { readonly decay: boolean }) => ({
    weightDecay: decay ? weight_decay : 0,
    cautious,
  });
  const { packs } = parameters;
  const norm = gradientNorm(graph, packs.map((pack) => pack.gradient));
  for (const pack of packs) {
    if (pack.optimizer !== "adamw") continue;
    const { weight, gradient, firstMoment, secondMoment } = pack;
    adamw(
      graph,
      { weight, gradient, m: firstMoment, v: secondMoment, hyper, norm },
      { beta1, beta2, epsilon, ...decayOf(pack) },
    );
  }
  for (const pack of packs) {
    if (pack.optimizer !== "muon") continue;
    muonMomentum(graph, { ...pack, hyper, norm }, momentum);
  }
  for (const stack of muonStacks(parameters.muonMatrices())) {
    const [{ part: { shape } }] = stack;
    const gradients = stack.map(({ gradient }) => gradient);
    graph.scope(`muon ${shape.join("x")}`, () => {
      muonUpdate(graph, {
        weights: stack.map(({ weight }) => weight),
        directions: orthogonalize(graph, gradients),
        hyper,
        norm,
      }, {
        scale: UPDATE_RMS * Math.sqrt(Math.max(...shape)),
        ...decayOf(stack[0]),
      });
    });
  }
  for (const { average, weight } of packs) {
    if (average) weightAverage(graph, { average, weight, hyper });
  }
  return norm;
}
