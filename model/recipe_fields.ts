import {
  boolean,
  choice,
  integer,
  nullable,
  number,
  type Section,
} from "../data/schema.ts";

/**
 * Ingredients of a model that Llama does not have. In a checkpoint that does not
 * name them, all are off.
 */
export interface RecipeConfig {
  /**
   * Whether the projections that end a block's two halves start as zeros, so
   * that each block starts as the identity (Zhang et al. 2019, arXiv
   * 1901.09321). It concerns fresh weights alone and is not part of
   * `config.json`.
   */
  readonly zero_init: boolean;
  /**
   * Whether queries and keys are normalised by head before they are rotated,
   * with weights of their own. Makes a Llama a Qwen3.
   */
  readonly qk_norm: boolean;
  /**
   * Nonlinearity of the feed-forward part: `silu` gates it (SwiGLU, Shazeer
   * 2020, arXiv 2002.05202); `relu2` stands between two plain projections,
   * down(relu(up x)²) (Primer, So et al. 2021, arXiv 2109.08668).
   */
  readonly hidden_act: "silu" | "relu2";
  /**
   * Bound that logits approach smoothly, cap · tanh(logit / cap) (Gemma 2, arXiv
   * 2408.00118); null for none.
   */
  readonly final_logit_softcapping: number | null;
  /**
   * Layers at each end, k, that add a learned row for the token to their values,
   * times a learned scalar. The i-th of the first k layers and the i-th of the
   * last k share a table (Jordan et al. 2024,
   * github.com/KellerJordan/modded-nanogpt; after Zhou et al. 2024, arXiv
   * 2410.17897). Tables start as zeros and do not decay, so that tokens that were
   * never seen add nothing.
   */
  readonly value_embeddings: number;
  /**
   * Whether layers start from a mix of the residual stream and the embedding,
   * λ·x + λ₀·x₀, with two learned scalars each, at first 1 and 0 (same source).
   * The first layer has none: there both are the same, and the scalars of later
   * layers tell what a factor of it would.
   */
  readonly residual_scalars: boolean;
}

/** What the ingredients mean and may be. */
export const RECIPE_FIELDS: Section<RecipeConfig> = {
  zero_init: boolean({
    default: false,
    description: "whether projections that end a block's halves start as zeros",
  }),
  qk_norm: boolean({
    default: false,
    description: "whether queries and keys are normalised by head",
  }),
  hidden_act: choice({
    choices: ["silu", "relu2"],
    default: "silu",
    description: "nonlinearity: silu gated, or relu2 without a gate",
  }),
  final_logit_softcapping: nullable(
    number({
      default: 30,
      minimum: 0.01,
      maximum: 1e6,
      description: "bound that logits approach smoothly",
    }),
    "no bound",
  ),
  value_embeddings: integer({
    default: 0,
    minimum: 0,
    maximum: 512,
    description:
      "layers at each end that add a learned row for the token to their values",
  }),
  residual_scalars: boolean({
    default: false,
    description:
      "whether layers start from a learned mix of residual stream and embedding",
  }),
};

/**
 * What a model that is trained from nothing has of them unless told: what paid
 * in `bench recipes`.
 */
export const FRESH_RECIPE: Partial<RecipeConfig> = { qk_norm: true };

/**
 * Names the architecture that Transformers has for a set of ingredients.
 *
 * @param recipe The ingredients.
 * @returns `llama` or `qwen3`, or `minnow` where Transformers has none: it
 * refuses that name instead of computing something else.
 */
export function exportedType(
  recipe: RecipeConfig,
): "llama" | "qwen3" | "minnow" {
  const {
    hidden_act,
    final_logit_softcapping,
    value_embeddings,
    residual_scalars,
  } = recipe;
  const own = hidden_act !== "silu" || final_logit_softcapping !== null ||
    value_embeddings > 0 || residual_scalars;
  if (own) return "minnow";
  return recipe.qk_norm ? "qwen3" : "llama";
}
