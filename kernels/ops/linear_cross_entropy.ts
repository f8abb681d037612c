import { add } from "./add.ts";
import {
  type LinearCrossEntropyAttributes,
  lowerLinearCrossEntropy,
} from "./linear_cross_entropy_lower.ts";
import {
  type GraphBuilder,
  type OpSpec,
  type ResultType,
  ShapeError,
} from "./op_spec.ts";
import { elementCount, type Tensor } from "./tensor.ts";

/** Operands of {@linkcode linearCrossEntropy}. */
export interface LinearCrossEntropyInputs {
  /** What the head is applied to, (N, C). */
  readonly hidden: Tensor;
  /** The head, or the tied embedding table, (V, C). */
  readonly weight: Tensor;
  /** The next token of each row, u32 (N). */
  readonly targets: Tensor;
  /** What the sum of the rows' losses is multiplied by, [1]. */
  readonly scale: Tensor;
  /** Persistent [1] that the loss is added to; without it a new tensor. */
  readonly loss?: Tensor;
  /**
   * Accumulator of the weight's gradient, (V, C), which the pass adds to.
   * Needed where the weight is trained.
   */
  readonly weightGradient?: Tensor;
}

/** Options of {@linkcode linearCrossEntropy}. */
export interface LinearCrossEntropyOptions {
  /** Whether the gradients are computed in the same pass. */
  readonly gradients: boolean;
  /** Target that marks a row to leave out. @default 0xffffffff */
  readonly ignoreIndex?: number;
  /** Ids that exist; logits from here to V are padding. @default V */
  readonly vocabulary?: number;
  /**
   * Bound that logits approach smoothly, as cap · tanh(logit / cap); see
   * `softCap`. Null for none.
   *
   * @default {null}
   */
  readonly softcap?: number | null;
}

/** Results of {@linkcode linearCrossEntropy}. */
export interface LinearCrossEntropyResults {
  /** Loss of each row in nats, 0 where it is left out, (N). */
  readonly rows: Tensor;
  /** Sum of the rows times the scale, added to the given loss, [1]. */
  readonly loss: Tensor;
}

/**
 * Language-model head and loss in one: cross-entropy of
 * `softmax(hidden · weightᵀ)` against the targets, some rows at a time, so
 * that the logits of all rows never exist together.
 *
 * The loss is a root: nothing scales it further, so its gradients are known in
 * the pass that computes it. With `gradients` each run of rows turns its
 * logits into their gradients at once, and from them into the rows of the
 * hidden gradient and a contribution to `weightGradient`; differentiating then
 * only hands the hidden gradient on. The loss that is differentiated must be
 * this one.
 *
 * Targets at or beyond the vocabulary are left out like `ignoreIndex`.
 *
 * @param graph Graph to append to.
 * @param operands Tensors.
 * @param options Gradients or not, and which targets and logits count.
 * @returns Losses by row and their sum.
 * @throws {ShapeError} if the operands do not fit together.
 *
 * @example
 * ```ts
 * import {
 *   Executable,
 *   Graph,
 *   linearCrossEntropy,
 *   openDevice,
 *   planProgram,
 * } from "@minnow/minnow";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const graph = new Graph();
 * // Logits that are all alike leave the four ids equally likely.
 * const { loss } = linearCrossEntropy(graph, {
 *   hidden: graph.constant("hidden", [1, 2], Float32Array.of(0, 0)),
 *   weight: graph.constant("head", [4, 2], new Float32Array(8).fill(1)),
 *   targets: graph.constant("targets", [1], Uint32Array.of(3)),
 *   scale: graph.constant("scale", [1], Float32Array.of(1)),
 * }, { gradients: false });
 *
 * const gpu = await openDevice();
 * const plan = planProgram(new Map([["run", graph]]), gpu.capabilities, {
 *   keep: [loss],
 * });
 * const program = await Executable.compile(gpu, plan);
 * program.submit(["run"]);
 * const [value] = await program.read(loss);
 * assertAlmostEquals(value, Math.log(4), 1e-5);
 * gpu.close();
 * ```
 */
export function linearCrossEntropy(
  graph: GraphBuilder,
  operands: LinearCrossEntropyInputs,
  options: LinearCrossEntropyOptions,
): LinearCrossEntropyResults {
  const { hidden, weight, targets, scale, loss, weightGradient } = operands;
  const results = graph.emit(
    spec,
    { hidden, weight, targets, scale, loss, weightGradient },
    {
      gradients: options.gradients,
      ignoreIndex: options.ignoreIndex ?? 0xffffffff,
      vocabulary: options.vocabulary ?? weight.shape[0],
      weightGradient: weightGradient !== undefined,
      softcap: options.softcap ?? null,
    },
  );
  return { rows: results.rows, loss: results.loss };
}

const spec: OpSpec<LinearCrossEntropyAttributes> = {
  name: "linear_cross_entropy",
  reuses: {
    result: "weightGradientSum",
    operand: "weightGradient",
    optional: true,
  },
  infer(inputs, attributes) {
    const { hidden, weight, targets, scale, loss, weightGradient } = inputs;
    const { gradients, vocabulary, softcap } = attributes;
    const [rows, channels] = hidden.shape;
    const fits = hidden.shape.length === 2 && weight.shape.length === 2 &&
      weight.shape[1] === channels && targets.shape.join() === `${rows}` &&
      targets.dtype === "u32" && scale.shape.join() === "1" &&
      (!loss || loss.shape.join() === "1") &&
      (!weightGradient || weightGradient.shape.join() === weight.shape.join());
    if (!fits) {
      throw new ShapeError(
        `Cannot take the loss of hidden [${hidden.shape}], weight [${weight.shape}], ` +
          `${targets.dtype} targets [${targets.shape}] and scale [${scale.shape}]: ` +
          "needed are [N,C], [V,C], u32 [N] and [1]",
      );
    }
    if (
      !Number.isInteger(vocabulary) || vocabulary < 1 ||
      vocabulary > weight.shape[0]
    ) {
      throw new ShapeError(
        `Cannot take the loss over ${vocabulary} ids: the weight has ${
          weight.shape[0]
        } rows`,
      );
    }
    if (softcap !== null && !(softcap > 0 && softcap < Infinity)) {
      throw new ShapeError(
        `Cannot cap logits at ${softcap}: it must be a number above 0`,
      );
    }
    if (attributes.weightGradient && !gradients) {
      throw new ShapeError(
        "Cannot add to a weight gradient without gradients: set gradients to true",
      );
    }
    const results: Record<string, ResultType> = {
      rows: { shape: [rows], dtype: "f32" },
      loss: {
        shape: [1],
        dtype: "f32",
        ...(loss ? { overwrites: "loss" } : {}),
      },
    };
    if (gradients) {
      results.hiddenGradient = { shape: hidden.shape, dtype: "f32" };
    }
    if (attributes.weightGradient) {
      results.weightGradientSum = { shape: weight.shape, dtype: "f32" };
    }
    return results;
  },
  gradient({ node, graph, gradientOf, wants, contribute }) {
    const { rows, loss, hiddenGradient } = node.outputs;
    if (gradientOf(rows) || gradientOf(loss)?.role !== "constant") {
      throw new Error(
        `Cannot differentiate through ${node.label}: its loss must be what is differentiated`,
      );
    }
    if (!node.attributes.gradients) {
      throw new Error(
        `Cannot differentiate ${node.label}: it was built without gradients`,
      );
    }
    if (wants(node.inputs.weight) && !node.attributes.weightGradient) {
      throw new Error(
        `Cannot differentiate ${node.label} by its weight: it was built without weightGradient`,
      );
    }
    contribute(
      node.inputs.hidden,
      (sum) => sum ? add(graph, sum, hiddenGradient) : hiddenGradient,
    );
  },
  lower: lowerLinearCrossEntropy,
  flops({ inputs: { hidden, weight }, attributes }) {
    const { gradients, weightGradient } = attributes;
    const products = 1 + (gradients ? 1 : 0) + (weightGradient ? 1 : 0);
    return products * 2 * elementCount(hidden.shape) * weight.shape[0];
  },
};
