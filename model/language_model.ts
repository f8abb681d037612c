import { attention } from "../kernels/ops/attention.ts";
import { cachedAttention } from "../kernels/ops/cached_attention.ts";
import { matmul } from "../kernels/ops/matmul.ts";
import { softCap } from "../kernels/ops/soft_cap.ts";
import type { Tensor } from "../kernels/ops/tensor.ts";
import type { Graph } from "../kernels/plan/graph.ts";
import type {
  AttentionShape,
  Family,
  ForwardContext,
  ForwardResult,
} from "./family/family.ts";
import { gpt2 } from "./family/gpt2.ts";
import { llama } from "./family/llama.ts";
import { layersOf, type ModelConfig } from "./model_config.ts";
import type { ParameterStorage } from "./parameter_pack.ts";
import { ParameterSet, type ParameterSpec } from "./parameter_set.ts";

/** Final hidden states, and the weight that turns them into logits. */
export interface HiddenStates {
  /** (N, C). */
  readonly hidden: Tensor;
  /** Head or tied embedding, (V, C). */
  readonly head: Tensor;
  /** Gradient accumulator of the head, (V, C). */
  readonly headGradient: Tensor;
}

/** Keys and values of the tokens seen so far, of one layer. */
export interface LayerCache {
  /** (P, kvHeads·headDim). */
  readonly keys: Tensor;
  /** (P, kvHeads·headDim). */
  readonly values: Tensor;
}

/**
 * A language model as graphs: one configuration and its parameters, from which
 * the passes of training, evaluation and generation are built.
 *
 * @example
 * ```ts
 * import { createTensor, Graph, LanguageModel, resolveModel } from "@minnow/minnow";
 * import { assertEquals } from "@std/assert";
 *
 * const config = resolveModel(
 *   {
 *     preset: null,
 *     family: "llama",
 *     fields: { hidden_size: 8, num_hidden_layers: 1, num_attention_heads: 2 },
 *   },
 *   { vocabSize: 257, context: 16, bosTokenId: 256, eosTokenId: 256 },
 *   "example",
 * );
 * const model = new LanguageModel(config, 2 ** 28);
 * assertEquals(model.parameters.count, 3232);
 *
 * const graph = new Graph();
 * const tokens = graph.input("tokens", [2 * 16], "u32");
 * const { hidden, head } = model.sequences(graph, tokens, 16);
 * assertEquals(hidden.shape, [32, 8]);
 * assertEquals(head.shape, [272, 8]);
 * ```
 */
export class LanguageModel {
  /** The configuration. */
  readonly config: ModelConfig;
  /** The parameters and where they lie. */
  readonly parameters: ParameterSet;
  readonly #build: (graph: Graph, context: ForwardContext) => ForwardResult;
  readonly #constants = new Map<string, Tensor>();

  /**
   * Lays the model's parameters out.
   *
   * @param config A configuration that has been checked.
   * @param maxBufferSize Largest buffer of the device, in bytes.
   * @param storage What is stored beside weights and gradients.
   */
  constructor(
    config: ModelConfig,
    maxBufferSize: number,
    storage: ParameterStorage = {},
  ) {
    this.config = config;
    const { specs, attention, forward } = bind(config);
    this.parameters = new ParameterSet(specs, maxBufferSize, storage);
    this.attention = attention;
    this.#build = forward;
  }

  /** Attention heads of every layer. */
  readonly attention: AttentionShape;

  /** Number of layers. */
  get layers(): number {
    return layersOf(this.config);
  }

  /** Width of the residual stream. */
  get width(): number {
    return this.config.model_type === "gpt2"
      ? this.config.n_embd
      : this.config.hidden_size;
  }

  /** Bound that logits approach smoothly, or null for none. */
  get softcap(): number | null {
    return this.config.model_type === "gpt2"
      ? null
      : this.config.final_logit_softcapping;
  }

  /** Longest sequence, in tokens. */
  get positions(): number {
    return this.config.model_type === "gpt2"
      ? this.config.n_positions
      : this.config.max_position_embeddings;
  }

  /**
   * Emits a pass over whole sequences.
   *
   * @param tokens u32 (B·T).
   * @param sequenceLength T.
   * @param starts First position that each token attends to, u32 (B·T); 0 for
   * all where absent.
   */
  sequences(
    graph: Graph,
    tokens: Tensor,
    sequenceLength: number,
    starts?: Tensor,
  ): HiddenStates {
    return this.#forward(graph, {
      tokens,
      period: sequenceLength,
      attend: (qkv, shape) =>
        attention(graph, qkv, { ...shape, sequenceLength }, starts),
    });
  }

  /**
   * Emits a pass over the next tokens of one sequence, and their keys and
   * values into the cache.
   *
   * @param tokens u32 (R).
   * @param position Tokens in the cache already, u32 (1).
   * @param cache One entry a layer.
   */
  continuation(
    graph: Graph,
    tokens: Tensor,
    position: Tensor,
    cache: readonly LayerCache[],
  ): HiddenStates {
    return this.#forward(graph, {
      tokens,
      period: tokens.shape[0],
      offset: position,
      attend: (qkv, shape, layer) =>
        cachedAttention(graph, {
          qkv,
          keyCache: cache[layer].keys,
          valueCache: cache[layer].values,
          position,
        }, shape),
    });
  }

  /**
   * Emits the logits of hidden states.
   *
   * @returns (N, V).
   */
  logits(
    graph: Graph,
    { hidden, head }: Pick<HiddenStates, "hidden" | "head">,
  ): Tensor {
    const { softcap } = this;
    return graph.scope("lm_head", () => {
      const logits = matmul(graph, { a: hidden, b: head }, { layout: "nt" });
      return softcap === null ? logits : softCap(graph, logits, softcap);
    });
  }

  #forward(
    graph: Graph,
    context: Omit<ForwardContext, "weight" | "constant">,
  ): HiddenStates {
    const { hidden, head } = this.#build(graph, {
      ...context,
      weight: (key) => this.parameters.weight(key),
      constant: (name, shape, values) => {
        const found = this.#constants.get(name) ??
          graph.constant(name, shape, values());
        this.#constants.set(name, found);
        return found;
      },
    });
    return {
      hidden,
      head: this.parameters.weight(head),
      headGradient: this.parameters.tensor(head, "gradient"),
    };
  }
}

interface BoundFamily {
  readonly specs: ParameterSpec[];
  readonly attention: AttentionShape;
  forward(graph: Graph, context: ForwardContext): ForwardResult;
}

/** Joins a configuration with the family that understands it. */
function bind(config: ModelConfig): BoundFamily {
  const join = <Config>(
    family: Family<Config>,
    known: Config,
  ): BoundFamily => ({
    specs: family.parameters(known),
    attention: family.attention(known),
    forward: (graph, context) => family.forward(graph, known, context),
  });
  return config.model_type === "gpt2"
    ? join(gpt2, config)
    : join(llama, config);
}
