import type { ModelShape } from "./model_shape.ts";
import type { ScalingLaw } from "./scaling_law.ts";

/** What a parameter of a token table is worth to a published law. */
const TABLE_WORTH = 1 / 4;

/**
 * N of a model as a law has it. Models of thousands of parameters are mostly
 * token tables, which know how often tokens follow each other and little more,
 * and published laws were fitted to models that are mostly blocks. With tables
 * counted in full, plans chose too narrow models with tied heads, and with
 * tables left out too wide ones with untied heads; a quarter is right for both,
 * on books and the primer with 4096 tokens and 1e12 FLOP, and moves no choice
 * among models of bytes. A law of one's own was fitted to all parameters.
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
    ? blockParameters + TABLE_WORTH * (parameters - blockParameters)
    : parameters;
}
