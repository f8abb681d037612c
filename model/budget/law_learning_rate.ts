import type { LanguageModel } from "../language_model.ts";
import type { ModelConfig } from "../model_config.ts";
import { blockParameters } from "./block_parameters.ts";
import { BATCH_LAWS, trainingRecipe } from "./recipe_law.ts";

/**
 * The learning rate of a run that names none, by {@linkcode trainingRecipe}.
 *
 * @param model The model.
 * @param config Its configuration.
 * @param amount Tokens that it is trained on, and those of a sequence.
 */
export function lawLearningRate(
  model: Pick<LanguageModel, "parameters" | "width">,
  config: ModelConfig,
  amount: { readonly tokens: number; readonly context: number },
): number {
  const recipe = trainingRecipe({
    ...amount,
    blockParameters: blockParameters(model, config),
    batchLaw: BATCH_LAWS[0],
  });
  return recipe.learningRate;
}
