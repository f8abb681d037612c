import {
  boolean,
  choice,
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
  const { hidden_act, final_logit_softcapping } = recipe;
  if (hidden_act !== "silu" || final_logit_softcapping !== null) {
    return "minnow";
  }
  return recipe.qk_norm ? "qwen3" : "llama";
}
