import { isIngredient } from "../budget/planned_ingredients.ts";

/**
 * Whether keys of a run name a model, which a plan then leaves alone. An
 * ingredient of the recipe names none: it is kept in whichever model is chosen.
 *
 * @param given Dotted keys that were given.
 */
export function namesModel(given: Iterable<string>): boolean {
  for (const key of given) {
    const [section, field] = key.split(".");
    if (section === "model" && !isIngredient(field)) return true;
  }
  return false;
}
