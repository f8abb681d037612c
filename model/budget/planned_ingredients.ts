import { defaultsOf } from "../../data/schema.ts";
import { RECIPE_FIELDS, type RecipeConfig } from "../recipe_fields.ts";
import type { ModelSection } from "../train/run_config.ts";

/** What planned models have that a Llama has not: what paid in `bench recipes`. */
const PLANNED: Partial<RecipeConfig> = { qk_norm: true, zero_init: true };

/**
 * The ingredients of the models that a plan chooses from.
 *
 * @param given The model as a run names it; its ingredients are kept, whichever
 * model is chosen. @default none
 */
export function plannedIngredients(given?: ModelSection): RecipeConfig {
  const own = given?.family === "llama" ? Object.entries(given.fields) : [];
  return {
    ...defaultsOf(RECIPE_FIELDS),
    ...PLANNED,
    ...Object.fromEntries(
      own.filter(([key]) => Object.hasOwn(RECIPE_FIELDS, key)),
    ),
  };
}
