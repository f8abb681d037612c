import type { ModelShape } from "./model_shape.ts";
import { type TrainingRecipe, trainingRecipe } from "./recipe_law.ts";
import type { PlanQuestion } from "./run_plan.ts";

/** What a recipe depends on besides the model. */
export type RecipeSurroundings = Pick<
  PlanQuestion,
  "base" | "given" | "batchLaw"
>;

/**
 * The recipe of a model by law, but for what was given.
 *
 * @param surroundings The run as far as it is settled.
 * @param shape The model.
 * @param tokens Tokens to train on.
 */
export function plannedRecipe(
  { batchLaw, base, given = new Set() }: RecipeSurroundings,
  { blockParameters }: ModelShape,
  tokens: number,
): TrainingRecipe {
  const { context, batch, accumulation } = base.train;
  const recipe = trainingRecipe({ blockParameters, tokens, context, batchLaw });
  // What is given of a step's cut divides it; the rest keeps to the law.
  const divisor = (given.has("train.batch") ? batch : 1) *
    (given.has("train.accumulation") ? accumulation : 1);
  const isCut = given.has("train.batch") && given.has("train.accumulation");
  const sequences = isCut
    ? divisor
    : divisor * Math.max(1, Math.round(recipe.sequences / divisor));
  const rate = base.optimizer.learning_rate;
  return given.has("optimizer.learning_rate") && rate !== null
    ? { sequences, learningRate: rate, held: false }
    : { ...recipe, sequences };
}

/**
 * Sizes that a micro-batch may have, if what was given leaves one only.
 *
 * @param surroundings The run as far as it is settled.
 * @param sequences Sequences of a step.
 */
export function plannedBatches(
  { base, given = new Set() }: RecipeSurroundings,
  sequences: number,
): number[] | undefined {
  if (given.has("train.batch")) return [base.train.batch];
  return given.has("train.accumulation")
    ? [sequences / base.train.accumulation]
    : undefined;
}
