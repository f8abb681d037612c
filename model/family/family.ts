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
