import type { ModelShape } from "./model_shape.ts";
import type { ScalingLaw } from "./scaling_law.ts";

/**
 * Most parameters that a published law is asked for, by those of the blocks:
 * what they were in the smallest models that Chinchilla's law was fitted to, 44 M
 * of which a table of 32,000 × 512 are 16 M (Hoffmann et al. 2022, table A9).
 */
const MOST_BY_BLOCKS = 1.6;

/**
 * N of a model as a law has it: all parameters. Models of thousands are mostly
 * their token table, which knows how often tokens follow each other and nothing
 * more, so published laws count no more of it than in models that they know. On
 * books and the primer, with 4096 tokens and 1e12 FLOP, all counted, 74 k
 * parameters were chosen, and ended 2.7 % higher than 158 k. A law of one's own
 * was fitted to models as they are.
 *
 * @param shape The model.
 * @param law The law.
 */
export function lawParameters(
  { parameters, blockParameters }: Pick<
    ModelShape,
    "parameters" | "blockParameters"
  >,
  { vocabulary }: Pick<ScalingLaw, "vocabulary">,
): number {
  return vocabulary === undefined
    ? Math.min(parameters, MOST_BY_BLOCKS * blockParameters)
    : parameters;
}
