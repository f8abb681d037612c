import type { Tensor } from "../../kernels/ops/tensor.ts";
import type { Graph } from "../../kernels/plan/graph.ts";
import type { ParameterSpec } from "../parameter_set.ts";

/** Heads of an attention layer. */
export interface AttentionShape {
  /** Query heads. */
  readonly heads: number;
  /** Key and value heads; divides the query heads. */
  readonly kvHeads: number;
  /** Width of a head. */
  readonly headDim: number;
}

/**
 * What surrounds a forward pass: training runs over whole sequences, generation
 * over the new tokens of one sequence and a cache.
 */
export interface ForwardContext {
  /** Token ids, u32 (N). */
  readonly tokens: Tensor;
  /** Row n is at position `n mod period`, plus the offset. */
  readonly period: number;
  /** Position of row 0, u32 (1); zero where absent. */
  readonly offset?: Tensor;
  /** Weights by the family's key. */
  weight(key: string): Tensor;
  /** A constant that all passes of a program share. */
  constant(
    name: string,
    shape: readonly number[],
    values: () => Float32Array,
  ): Tensor;
  /**
   * Attention of one layer.
   *
   * @param qkv Packed queries, keys and values, (N, (heads + 2·kvHeads)·headDim).
   * @returns (N, heads·headDim).
   */
  attend(qkv: Tensor, shape: AttentionShape, layer: number): Tensor;
}

/** Result of a forward pass. */
export interface ForwardResult {
  /** Final hidden states after the last norm, (N, C). */
  readonly hidden: Tensor;
  /** Key of the weight that turns hidden states into logits, (V, C). */
  readonly head: string;
}

/**
 * A family of models: its parameters under Hugging Face names and its forward
 * graph. Gradients, memory, optimizer, checkpoints and generation follow.
 *
 * @example A family of one's own, trained
 * ```ts
 * import {
 *   differentiate,
 *   embedding,
 *   Executable,
 *   type Family,
 *   freshGradients,
 *   Graph,
 *   linearCrossEntropy,
 *   matmul,
 *   openDevice,
 *   ParameterSet,
 *   planProgram,
 *   updateParameters,
 * } from "@minnow/minnow";
 * import { assert } from "@std/assert";
 *
 * interface BigramConfig {
 *   readonly vocabulary: number;
 *   readonly width: number;
 * }
 *
 * // Predicts a token from the one before it.
 * const bigram: Family<BigramConfig> = {
 *   attention: ({ width }) => ({ heads: 1, kvHeads: 1, headDim: width }),
 *   parameters: ({ vocabulary, width }) =>
 *     ([
 *       ["embedding", [vocabulary, width]],
 *       ["hidden", [width, width]],
 *       ["head", [vocabulary, width]],
 *     ] as const).map(([key, shape]) => ({
 *       key,
 *       parts: [{ name: `${key}.weight`, shape }],
 *       decay: true,
 *       initial: { kind: "normal", deviation: 0.1 },
 *     })),
 *   forward(graph, _config, { tokens, weight }) {
 *     const x = embedding(graph, { tokens, table: weight("embedding") });
 *     const hidden = matmul(
 *       graph,
 *       { a: x, b: weight("hidden"), addend: x },
 *       { layout: "nt", activation: "silu" },
 *     );
 *     return { hidden, head: "head" };
 *   },
 * };
 *
 * const config = { vocabulary: 16, width: 8 };
 * const parameters = new ParameterSet(bigram.parameters(config), 2 ** 28);
 *
 * const micro = new Graph();
 * const tokens = micro.input("tokens", [4], "u32");
 * const { hidden, head } = bigram.forward(micro, config, {
 *   tokens,
 *   period: 4,
 *   weight: (key) => parameters.weight(key),
 *   constant: (name, shape, values) => micro.constant(name, shape, values()),
 *   attend: (qkv) => qkv,
 * });
 * const { loss } = linearCrossEntropy(micro, {
 *   hidden,
 *   weight: parameters.weight(head),
 *   weightGradient: parameters.tensor(head, "gradient"),
 *   targets: micro.constant("targets", [4], Uint32Array.of(2, 3, 4, 1)),
 *   scale: micro.constant("scale", [1], Float32Array.of(1 / 4)),
 * }, { gradients: true });
 * differentiate(micro, loss, parameters.accumulators());
 *
 * const update = new Graph();
 * const hyper = update.input("hyper", [8]);
 * updateParameters(update, parameters, hyper, {
 *   momentum: 0.95,
 *   beta1: 0.9,
 *   beta2: 0.95,
 *   epsilon: 1e-8,
 *   weight_decay: 0,
 * });
 *
 * const gpu = await openDevice();
 * const plan = planProgram(
 *   new Map([["micro", freshGradients(micro)], ["update", update]]),
 *   gpu.capabilities,
 *   { keep: [loss] },
 * );
 * const program = await Executable.compile(gpu, plan);
 * for (const { tensor, values } of parameters.initialValues(1)) {
 *   program.write(tensor, values);
 * }
 * program.write(tokens, Uint32Array.of(1, 2, 3, 4));
 * const losses = [];
 * for (let step = 1; step <= 10; step++) {
 *   program.write(
 *     hyper,
 *     Float32Array.of(0.01, 1 - 0.9 ** step, 1 - 0.95 ** step, 1),
 *   );
 *   program.submit(["micro", "update"]);
 *   losses.push((await program.read(loss))[0]);
 * }
 * assert(losses[9] < losses[0]);
 * gpu.close();
 * ```
 */
export interface Family<Config> {
  /** Parameters of a model with this configuration. */
  parameters(config: Config): ParameterSpec[];
  /** Emits the forward pass. */
  forward(
    graph: Graph,
    config: Config,
    context: ForwardContext,
  ): ForwardResult;
  /** Attention heads of every layer. */
  attention(config: Config): AttentionShape;
}
