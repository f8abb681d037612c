import { type LawConstants, predictLoss } from "./scaling_law.ts";

/** The best use of an amount of training. */
export interface ComputeOptimum {
  /** N, parameters. */
  readonly parameters: number;
  /** D, tokens to train on. */
  readonly tokens: number;
  /** Loss that the law predicts, in nats a token. */
  readonly loss: number;
  /**
   * What a floating-point operation is worth, in nats: by so much one more of
   * training lowers the loss, and one of use has to be paid back.
   */
  readonly lossPerFlop: number;
}

/** Halvings of the interval in which a size is searched: to 1e-15 of it. */
const HALVINGS = 60;

/**
 * Parameters and tokens of the lowest loss for C = 6·N·D operations: N =
 * G·(C/6)^(β/(α+β)) with G = (αA/βB)^(1/(α+β)) (Hoffmann et al. 2022,
 * arXiv:2203.15556, equation 4).
 *
 * With tokens to be generated or read later, the choice is the one that reaches
 * its loss with the least 6·N·D + 2·N·D_inf (Sardana et al. 2023,
 * arXiv:2401.00448) among those that train for C: a smaller model, trained for
 * longer.
 *
 * @param law The law.
 * @param flops C, floating-point operations of training; more than 0.
 * @param inferenceTokens D_inf, tokens of the model's later use. @default 0
 * @returns The optimum, in real numbers.
 *
 * @example
 * ```ts
 * import { computeOptimum, SCALING_LAWS } from "@minnow/minnow";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const law = SCALING_LAWS.get("besiroglu");
 * if (law) {
 *   const { parameters, tokens } = computeOptimum(law, 2.21e19);
 *   assertAlmostEquals(parameters / 1e6, 394, 1);
 *   assertAlmostEquals(tokens / 1e9, 9.36, 0.01);
 * }
 * ```
 */
export function computeOptimum(
  law: LawConstants,
  flops: number,
  inferenceTokens: number = 0,
): ComputeOptimum {
  if (!(flops > 0 && Number.isFinite(flops) && inferenceTokens >= 0)) {
    throw new RangeError(
      `Cannot plan ${flops} FLOP of training for ${inferenceTokens} tokens of use`,
    );
  }
  const { A, alpha, B, beta } = law;
  const product = flops / 6;
  const ratio = (alpha * A / (beta * B)) ** (1 / (alpha + beta));
  let parameters = ratio * product ** (beta / (alpha + beta));
  if (inferenceTokens > 0) {
    // Where both gradients point the same way:
    // αA·N^−α / (βB·D^−β) = 1 + D_inf / 3D; the left side falls with N, the
    // right one grows, and the optimum without use bounds N from above.
    const tooSmall = (n: number) =>
      alpha * A * n ** -alpha / (beta * B * (product / n) ** -beta) >
        1 + inferenceTokens * n / (3 * product);
    let low = Math.log(1e-9 * parameters);
    let high = Math.log(parameters);
    for (let i = 0; i < HALVINGS; i++) {
      const middle = (low + high) / 2;
      if (tooSmall(Math.exp(middle))) low = middle;
      else high = middle;
    }
    parameters = Math.exp((low + high) / 2);
  }
  const tokens = product / parameters;
  return {
    parameters,
    tokens,
    loss: predictLoss(law, parameters, tokens),
    lossPerFlop: beta * B * tokens ** (-beta - 1) / (6 * parameters),
  };
}
