import type { LanguageModel } from "../language_model.ts";

/**
 * Floating-point operations that training takes per token, as the field counts
 * them: six for every weight that multiplies, and attention's two products over
 * the whole context, forward and backward (PaLM, Chowdhery et al. 2022, arXiv
 * 2204.02311, appendix B; nanoGPT's count).
 *
 * @param model The model.
 * @param context Tokens of a sequence.
 *
 * @example
 * ```ts
 * import {
 *   LanguageModel,
 *   parseModelConfig,
 *   trainingFlopsPerToken,
 * } from "@minnow/minnow";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const config = parseModelConfig({ model_type: "gpt2" }, "config.json");
 * const model = new LanguageModel(config, 2 ** 28);
 * assertAlmostEquals(trainingFlopsPerToken(model, 1024), 0.855e9, 0.001e9);
 * ```
 */
export function trainingFlopsPerToken(
  model: LanguageModel,
  context: number,
): number {
  const { heads, headDim } = model.attention;
  const { config } = model;
  const matrices = model.parameters.specs
    .filter((spec) => spec.decay)
    .flatMap((spec) => spec.parts)
    .filter(({ name }) => !/\.(wte|wpe|embed_tokens)\./.test(name))
    .reduce((sum, { shape }) => sum + shape[0] * shape[1], 0);
  // A tied embedding multiplies once, as the head.
  const head = config.tie_word_embeddings ? config.vocab_size * model.width : 0;
  return 6 * (matrices + head) + 12 * model.layers * heads * headDim * context;
}
