import { gatherMetrics } from "../../kernels/ops/gather_metrics.ts";
import { linearCrossEntropy } from "../../kernels/ops/linear_cross_entropy.ts";
import { swap } from "../../kernels/ops/swap.ts";
import {
  byteLength,
  createTensor,
  type DType,
  type Tensor,
  type TensorRole,
} from "../../kernels/ops/tensor.ts";
import { differentiate } from "../../kernels/plan/differentiate.ts";
import { freshGradients } from "../../kernels/plan/fresh_gradients.ts";
import { Graph } from "../../kernels/plan/graph.ts";
import type { Plan } from "../../kernels/plan/plan.ts";
import type { PlanOptions } from "../../kernels/plan/plan_options.ts";
import { planProgram } from "../../kernels/plan/plan_program.ts";
import {
  recompute,
  type RecomputePolicy,
} from "../../kernels/plan/recompute.ts";
import type { Capabilities } from "../../kernels/runtime/capabilities.ts";
import type { GenerationProgram } from "../generate/generation_program.ts";
import type { LanguageModel } from "../language_model.ts";
import type { OptimizerSection } from "./run_config.ts";
import type { TrainingShape } from "./training_shape.ts";
import { type UpdateOptions, updateParameters } from "./update_parameters.ts";

/** Target that a position does not learn from. */
export const IGNORED_TARGET = 0xffff_ffff;

/** Largest buffer that reads go through. */
const READBACK_BYTES = 16 << 20;

/** Steps that may be under way before the host waits for the oldest. */
const STEPS_IN_FLIGHT = 3;

/** Numbers of one optimizer step that the host decides. */
export interface StepNumbers {
  /** Learning rate. */
  readonly learningRate: number;
  /** Steps taken, this one included: for the bias correction. */
  readonly step: number;
  /** Part of the step's weights in the average of weights. @default 1 */
  readonly averagePart?: number;
}

/**
 * The graphs and tensors of training: micro-step, update and evaluation over
 * one memory, and generation for samples where it is wanted.
 */
export interface TrainingProgram {
  /**
   * All phases by name: a step is `micro` for the first micro-batch, whose
   * gradients replace those of the step before, `accumulate` for each of the
   * others, and `update`.
   */
  readonly phases: ReadonlyMap<string, Graph>;
  /** Token ids of a micro-batch, u32 (B·T). */
  readonly tokens: Tensor;
  /** Token ids to predict, u32 (B·T); see {@linkcode IGNORED_TARGET}. */
  readonly targets: Tensor;
  /**
   * Column in which the document of each token, or its part of the sequence,
   * begins, u32 (B·T), where tokens attend from there on only.
   */
  readonly starts: Tensor | undefined;
  /** Factor of every token's loss, (1): one over the step's tokens. */
  readonly scale: Tensor;
  /** Numbers of the step for the optimizer; see {@linkcode hyperValues}. */
  readonly hyper: Tensor;
  /** Loss, gradient norm and non-finite gradients of a step, (3). */
  readonly metrics: Tensor;
  /** Loss of the evaluated micro-batches, (1). */
  readonly evaluation: Tensor;
  /** Loss of each token of the last evaluated micro-batch, (B·T). */
  readonly rows: Tensor;
  /** Generation, where it was asked for. */
  readonly generation: GenerationProgram | undefined;
  /** Plans the program for a device. */
  plan(
    capabilities: Capabilities,
    choose?: PlanOptions["choose"],
    operands?: PlanOptions["operands"],
  ): Plan;
}

/**
 * Builds the program that trains a model.
 *
 * @param model The model.
 * @param shape Size of a micro-batch.
 * @param optimizer Constants of the optimizer; the model's parameters tell
 * which one has which of them.
 * @param policy Activations that are computed again instead of kept.
 * @param generation Graphs of generation to join, for samples.
 *
 * @example The memory of a run, known without a device
 * ```ts
 * import {
 *   DEFAULT_CAPABILITIES,
 *   KEEP_ALL,
 *   LanguageModel,
 *   parseModelConfig,
 *   trainingProgram,
 * } from "@minnow/minnow";
 * import { assertEquals } from "@std/assert";
 *
 * const config = parseModelConfig({
 *   model_type: "gpt2",
 *   n_embd: 64,
 *   n_layer: 2,
 *   n_head: 2,
 *   vocab_size: 256,
 *   n_positions: 32,
 * }, "config.json");
 * const model = new LanguageModel(config, 2 ** 28);
 * const program = trainingProgram(
 *   model,
 *   { batch: 4, context: 32, vocabulary: 256 },
 *   {
 *     momentum: 0.95,
 *     beta1: 0.9,
 *     beta2: 0.95,
 *     epsilon: 1e-8,
 *     weight_decay: 0.1,
 *   },
 *   KEEP_ALL,
 * );
 * const { bytes } = program.plan(DEFAULT_CAPABILITIES);
 * assertEquals(bytes.weights, 4 * model.parameters.count);
 * assertEquals(bytes.moments, 2 * bytes.weights);
 * ```
 */
export function trainingProgram(
  model: LanguageModel,
  shape: TrainingShape,
  optimizer: UpdateOptions,
  policy: RecomputePolicy,
  generation?: GenerationProgram,
): TrainingProgram {
  const { batch, context, vocabulary } = shape;
  const variable = (
    name: string,
    length: number,
    role: TensorRole,
    dtype: DType = "f32",
  ) => createTensor({ name, shape: [length], dtype, role });
  const tokens = variable("tokens", batch * context, "input", "u32");
  const targets = variable("targets", batch * context, "input", "u32");
  const starts = shape.masked
    ? variable("starts", batch * context, "input", "u32")
    : undefined;
  const scale = variable("loss scale", 1, "input");
  const hyper = variable("hyper", 8, "input");
  const trainLoss = variable("training loss", 1, "state");
  const evaluationLoss = variable("evaluation loss", 1, "state");

  const counted = {
    vocabulary,
    ignoreIndex: IGNORED_TARGET,
    softcap: model.softcap,
  };
  const micro = new Graph();
  const trained = model.sequences(micro, tokens, context, starts);
  const { loss } = micro.scope("loss", () =>
    linearCrossEntropy(micro, {
      hidden: trained.hidden,
      weight: trained.head,
      weightGradient: trained.headGradient,
      targets,
      scale,
      loss: trainLoss,
    }, { gradients: true, ...counted }));
  differentiate(micro, loss, model.parameters.accumulators());

  const update = new Graph();
  update.pass = "update";
  const norm = updateParameters(update, model.parameters, hyper, optimizer);
  const metrics = gatherMetrics(update, [
    { tensor: trainLoss, clear: true },
    { tensor: norm },
  ]);

  const evaluate = new Graph();
  const evaluated = model.sequences(evaluate, tokens, context, starts);
  const { rows } = evaluate.scope("loss", () =>
    linearCrossEntropy(evaluate, {
      hidden: evaluated.hidden,
      weight: evaluated.head,
      targets,
      scale,
      loss: evaluationLoss,
    }, { gradients: false, ...counted }));
  const conclude = new Graph();
  const evaluation = gatherMetrics(conclude, [
    { tensor: evaluationLoss, clear: true },
  ]);

  const exchange = new Graph();
  for (const { weight, average } of model.parameters.packs) {
    if (average) swap(exchange, weight, average);
  }

  const accumulating = recompute(micro, policy);
  const phases = new Map([
    ["micro", freshGradients(accumulating)],
    ...(shape.accumulates ?? true
      ? [["accumulate", accumulating] as const]
      : []),
    ["update", update],
    ["evaluate", evaluate],
    ["conclude", conclude],
    ["exchange", exchange],
    ...(generation?.phases ?? []).map(({ name, graph }) =>
      [name, graph] as const
    ),
  ]);
  const keep = [
    metrics,
    evaluation,
    rows,
    ...(generation?.phases ?? []).map(({ logits }) => logits),
  ];
  const largest = Math.max(
    byteLength(rows),
    ...model.parameters.packs.map(({ weight }) => byteLength(weight)),
  );
  return {
    phases,
    tokens,
    targets,
    starts,
    scale,
    hyper,
    metrics,
    evaluation,
    rows,
    generation,
    plan: (capabilities, choose, operands) =>
      planProgram(phases, capabilities, {
        keep,
        readbackBytes: Math.min(READBACK_BYTES, largest),
        ringSlots: STEPS_IN_FLIGHT,
        ringBytes: byteLength(metrics),
        ...(choose ? { choose } : {}),
        ...(operands ? { operands } : {}),
      }),
  };
}

/**
 * What the optimizer reads on the device, in the order of `adamw`'s operand
 * `hyper`. Powers are taken in f64: in f32, 1 − β^t would lose its digits.
 *
 * @example
 * ```ts
 * import { hyperValues } from "@minnow/minnow";
 * import { assertEquals } from "@std/assert";
 *
 * const values = hyperValues(
 *   { learningRate: 0.5, step: 1 },
 *   { beta1: 0.5, beta2: 0.75, clip: 1 },
 * );
 * assertEquals([...values], [0.5, 0.5, 0.25, 1, 1, 0, 0, 0]);
 * ```
 */
export function hyperValues(
  { learningRate, step, averagePart = 1 }: StepNumbers,
  { beta1, beta2, clip }: Pick<OptimizerSection, "beta1" | "beta2" | "clip">,
): Float32Array {
  const values = new Float32Array(8);
  const corrections = [1 - beta1 ** step, 1 - beta2 ** step];
  values.set([learningRate, ...corrections, clip, averagePart]);
  return values;
}
