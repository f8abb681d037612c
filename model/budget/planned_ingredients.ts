import { defaultsOf } from "../../data/schema.ts";
import {
  FRESH_RECIPE,
  RECIPE_FIELDS,
  type RecipeConfig,
} from "../recipe_fields.ts";
import type { ModelSection } from "../train/run_config.ts";

/** What the models that a plan chooses from have in common. */
export interface PlannedIngredients extends RecipeConfig {
  /** Whether the head is the token table; absent for what suits its size. */
  readonly tie_word_embeddings?: boolean;
}

/**
 * Whether a key of a model is an ingredient, kept in whichever model is chosen.
 *
 * @param field The key.
 */
export function isIngredient(field: string): boolean {
  return field === "tie_word_embeddings" || Object.hasOwn(RECIPE_FIELDS, field);
}

/**
 * The ingredients of the models that a plan chooses from.
 *
 * @param given The model as a run names it; its ingredients are kept, whichever
 * model is chosen. @default none
 */
export function plannedIngredients(
  given?: ModelSection,
): PlannedIngredients {
  const own = given?.family === "llama" ? Object.entries(given.fields) : [];
  return {
    ...defaultsOf(RECIPE_FIELDS),
    ...FRESH_RECIPE,
    ...Object.fromEntries(
      own.filter(([key]) => isIngredient(key)),
    ),
  };
}
