import type { ModelShape } from "./model_shape.ts";
import { isPublished, type ScalingLaw } from "./scaling_law.ts";

/** What a parameter of a token table is worth to a published law. */
const TABLE_WORTH = 1 / 4;

/**
 * N of a model as a law has it. Models of thousands of parameters are mostly
 * token tables, which know how often tokens follow each other and little more.
 * With 4096 tokens, on books and the primer, tables counted in full led plans to
 * too narrow models where the head is the table; at most 0.6 of the blocks', to
 * too wide ones where it has its own. By a quarter of them the choice was the
 * best of those trained, with heads of their own, for 1e12, 4e12 and 1.6e13 FLOP;
 * among models of bytes it is the same as before. A law of one's own was fitted
 * to all parameters.
 *
 * @param shape The model.
 * @param law The law.
 */
export function lawParameters(
  { parameters, blockParameters }: Pick<
    ModelShape,
    "parameters" | "blockParameters"
  >,
  law: Pick<ScalingLaw, "name">,
): number {
  return isPublished(law)
    ? blockParameters + TABLE_WORTH * (parameters - blockParameters)
    : parameters;
}
