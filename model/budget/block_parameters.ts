import type { LanguageModel } from "../language_model.ts";
import type { ModelConfig } from "../model_config.ts";

/**
 * Parameters of a model without its embeddings and its head, which scaling laws
 * leave out.
 *
 * @param model The model.
 * @param config Its configuration.
 */
export function blockParameters(
  { parameters, width }: Pick<LanguageModel, "parameters" | "width">,
  config: ModelConfig,
): number {
  const tables = config.tie_word_embeddings ? 1 : 2;
  const positions = config.model_type === "gpt2" ? config.n_positions : 0;
  return parameters.count - (tables * config.vocab_size + positions) * width;
}
