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
  const columns = config.model_type === "gpt2"
    ? tables * width
    : tables * width +
      config.value_embeddings * config.num_key_value_heads * config.head_dim;
  const positions = config.model_type === "gpt2" ? config.n_positions : 0;
  return parameters.count - columns * config.vocab_size - positions * width;
}
