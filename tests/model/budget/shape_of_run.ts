import type { ModelShape } from "../../../model/budget/model_shape.ts";
import { LanguageModel } from "../../../model/language_model.ts";
import { resolveModel } from "../../../model/train/resolve_model.ts";
import type { RunConfig } from "../../../model/train/run_config.ts";

/**
 * A run's model as the planner knows models.
 *
 * @param run The run.
 * @param vocabulary Ids that its tokenizer knows.
 */
export function shapeOfRun(
  { model: section, train }: Pick<RunConfig, "model" | "train">,
  vocabulary: number,
): ModelShape {
  const config = resolveModel(section, {
    vocabSize: vocabulary,
    context: train.context,
    bosTokenId: null,
    eosTokenId: null,
  }, "run.yaml");
  const { width, layers, parameters: { count } } = new LanguageModel(
    config,
    Infinity,
  );
  return {
    width,
    layers,
    section,
    config,
    parameters: count,
    // These decide what is fast, not what memory it takes.
    blockParameters: count,
    flopsPerToken: 6 * count,
  };
}
