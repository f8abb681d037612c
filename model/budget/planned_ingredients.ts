import { defaultsOf } from "../../data/schema.ts";
import {
  FRESH_RECIPE,
  RECIPE_FIELDS,
  type RecipeConfig,
} from "../recipe_fields.ts";
import type { ModelSection } from "../train/run_config.ts";

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
    ...FRESH_RECIPE,
    ...Object.fromEntries(
      own.filter(([key]) => Object.hasOwn(RECIPE_FIELDS, key)),
    ),
  };
}
